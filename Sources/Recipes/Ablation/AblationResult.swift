public import Evaluating
public import Evaluation
import Files
public import Foundation
import Imaging
import Reporting
import SystemErrors
import TextFiles

/// What an ablation found: `ablation.json`.
public struct AblationResult: Sendable, Codable {
    /// What was measured, and how the intervals were made.
    public struct Method: Sendable, Codable {
        /// Which policy of a run.
        public let checkpoint: String
        /// Which of a sample's questions.
        public let questions: String
        /// Samples that were answered, of each run.
        public let samples: Int
        /// Answers, of each run.
        public let answers: Int
        /// The draws of samples and seeds.
        public let bootstrap: Bootstrap
    }

    /// One run: a variant with a seed.
    public struct Run: Sendable, Codable {
        /// The seed.
        public let seed: Int
        /// The run's folder.
        public let folder: String
        /// The folder of its evaluation.
        public let evaluation: String
        /// Its metrics by their names; those that the data cannot tell are missing.
        public let metrics: [String: Double]
        /// What it took.
        public let cost: AblationCost
    }

    /// One variant.
    public struct Variant: Sendable, Codable {
        /// What people read.
        public let name: String
        /// The name of its folders.
        public let slug: String
        /// Its level of each axis.
        public let levels: [AblationVariant.Level]
        /// Whether the others are compared with it.
        public let isBaseline: Bool
        /// Its runs that are done, in the order of the seeds.
        public let runs: [Run]
        /// The mean of each metric over the seeds.
        public let metrics: [String: SeedMean]
        /// How much each metric differs from the baseline's, over the seeds that both have; empty for
        /// the baseline.
        public let differences: [String: SeedDifference]
        /// The mean cost of its runs; nil without any.
        public let cost: AblationCost?

        package enum CodingKeys: String, CodingKey {
            case name, slug, levels, runs, metrics, differences, cost
            case isBaseline = "is_baseline"
        }
    }

    /// The plan's name.
    public let name: String
    /// What was asked.
    public let question: String
    /// The plan's file.
    public let plan: String
    /// The seeds.
    public let seeds: [Int]
    /// The metrics that tables show, the most important first.
    public let metrics: [MeasuredMetric]
    /// How it was measured; nil while nothing is.
    public let method: Method?
    /// The variants.
    public let variants: [Variant]
    /// Runs that are not done, in the order of the plan.
    public let missing: [String]
    /// Runs that ended without a result in the last session.
    public let failures: [AblationFailure]

    /// Whether every run is done.
    public var isComplete: Bool { missing.isEmpty }
    /// The variant that others are compared with.
    public var baseline: Variant? { variants.first(where: \.isBaseline) }

    /// The JSON of `ablation.json`.
    public func document() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// Reads `ablation.json`.
    ///
    /// - Parameter path: the file
    /// - Returns: the result
    /// - Throws: `MissingInputError`, or `EvaluationError` if it is none
    public static func load(_ path: String) throws -> AblationResult {
        let data = try inputFile(path, "result of an ablation")
        do {
            return try JSONDecoder().decode(AblationResult.self, file: data)
        } catch let error as DecodingError {
            throw EvaluationError(
                place: path, message: "not the result of an ablation: \(systemReason(error))")
        }
    }
}

/// What a run took.
public struct AblationCost: Sendable, Hashable, Codable {
    /// Optimizer steps.
    public var steps: Double
    /// Seconds in steps, on a machine that may have had other work.
    public var trainingSeconds: Double
    /// Tokens of prompts and answers.
    public var tokens: Double
    /// Seconds of the evaluation.
    public var evaluationSeconds: Double
    /// The most memory, in MiB; 0 where it is not known.
    public var peakMemory: Double

    package enum CodingKeys: String, CodingKey {
        case steps, tokens
        case trainingSeconds = "training_seconds"
        case evaluationSeconds = "evaluation_seconds"
        case peakMemory = "peak_rss_mb"
    }

    /// The means of several costs; nil without any.
    package static func mean(_ costs: [AblationCost]) -> AblationCost? {
        if costs.isEmpty { return nil }
        func mean(_ part: (AblationCost) -> Double) -> Double {
            costs.reduce(0) { $0 + part($1) } / Double(costs.count)
        }
        return AblationCost(
            steps: mean(\.steps), trainingSeconds: mean(\.trainingSeconds), tokens: mean(\.tokens),
            evaluationSeconds: mean(\.evaluationSeconds), peakMemory: mean(\.peakMemory))
    }
}

extension AblationCost {
    /// The cost of a run.
    package init(_ result: AblationRecord.RunResult) {
        let steps = result.record.steps
        func values(_ name: String) -> [Double] {
            steps.compactMap { $0.values[name] }.filter(\.isFinite)
        }
        self.init(
            steps: Double(steps.count),
            trainingSeconds: values("step_time").reduce(0, +),
            tokens: values("num_tokens").max() ?? 0,
            evaluationSeconds: result.evaluation.seconds,
            peakMemory: values("perf/peak_rss_mb").max() ?? 0)
    }
}

extension AblationResult {
    /// Sums up what is done.
    ///
    /// - Parameters:
    ///   - record: the runs
    ///   - failures: runs that ended without a result in this session
    /// - Throws: `EvaluationComparison.Mismatch` where runs were not evaluated on the same questions
    package init(_ record: AblationRecord, failures: [AblationFailure]) throws {
        let (plan, grid) = (record.plan, record.grid)
        let bootstrap = Bootstrap(
            seed: UInt64(plan.measure.seed), resamples: plan.measure.resamples)
        name = plan.name
        question = plan.question
        self.plan = plan.file
        seeds = plan.seeds
        metrics = plan.measure.metrics
        let first = record.results.values.min { $0.run.number < $1.run.number }
        method = first.map { first in
            Method(
                checkpoint: plan.measure.checkpoint.rawValue,
                questions: plan.measure.questions.rawValue,
                samples: first.evaluation.summary.samples,
                answers: first.evaluation.summary.answers, bootstrap: bootstrap)
        }
        variants = try grid.variants.indices.map { place in
            try Self.variant(place, record, bootstrap)
        }
        missing = record.missing.map(\.title)
        let done = Set(record.results.values.map(\.run.title))
        self.failures = failures.filter { !done.contains($0.run) }
    }

    private static func variant(
        _ place: Int, _ record: AblationRecord, _ bootstrap: Bootstrap
    ) throws -> Variant {
        let variant = record.grid.variants[place]
        let results = record.results(of: place)
        let runs = results.map { result in
            Run(
                seed: result.run.seed, folder: result.folder,
                evaluation: result.run.evaluation,
                metrics: Self.values(result.evaluation),
                cost: AblationCost(result))
        }
        var means: [String: SeedMean] = [:]
        for name in MeasuredMetric.all.map(\.name) {
            let values = runs.compactMap { $0.metrics[name] }
            // A mean over some of the runs would be one of other runs.
            guard values.count == runs.count else { continue }
            means[name] = SeedMean(values, confidence: bootstrap.confidence)
        }
        return Variant(
            name: variant.name, slug: variant.slug, levels: variant.levels,
            isBaseline: variant.isBaseline, runs: runs, metrics: means,
            differences: variant.isBaseline
                ? [:] : try differences(place, record, bootstrap),
            cost: AblationCost.mean(runs.map(\.cost)))
    }

    /// Every metric of an evaluation that has a value, by its name.
    private static func values(_ evaluation: EvaluationResult) -> [String: Double] {
        Dictionary(
            uniqueKeysWithValues: MeasuredMetric.all.compactMap { metric in
                metric.value(evaluation).map { (metric.name, $0) }
            })
    }

    private static func differences(
        _ place: Int, _ record: AblationRecord, _ bootstrap: Bootstrap
    ) throws -> [String: SeedDifference] {
        let baseline = record.results(of: record.grid.baseline)
        let pairs = record.results(of: place).compactMap { result in
            baseline.first { $0.run.seed == result.run.seed }.map { base in
                (baseline: base.evaluation, other: result.evaluation)
            }
        }
        let metrics = record.plan.measure.metrics
        let strict = try bootstrap.differences(
            of: metrics.filter { !$0.isPaper }.map(\.metric),
            pairs: pairs.map { ($0.baseline.outcomes, $0.other.outcomes) })
        let drawn = pairs.compactMap { pair in
            pair.baseline.drawnOutcomes.flatMap { baseline in
                pair.other.drawnOutcomes.map { (baseline: baseline, other: $0) }
            }
        }
        let paper = try bootstrap.differences(
            of: metrics.filter(\.isPaper).map(\.metric),
            pairs: drawn.count == pairs.count ? drawn : [])
        var found: [String: SeedDifference] = [:]
        for (metric, difference) in strict { found[MeasuredMetric(metric).name] = difference }
        for (metric, difference) in paper {
            found[MeasuredMetric(metric, isPaper: true).name] = difference
        }
        return found
    }
}

extension EvaluationResult {
    /// The answers that the published protocol counts; nil where it cannot be computed.
    var drawnOutcomes: [PaperOutcome]? {
        paper.flatMap { paper in
            paperOutcomes.flatMap { PaperOutcome.drawn($0, seed: paper.questionSeed) }
        }
    }
}

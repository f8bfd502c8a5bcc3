public import Evaluation
import Files
public import Foundation
import Imaging
import SystemErrors
import TextFiles

/// An evaluation cannot be made or read.
public struct EvaluationError: Error, Sendable, CustomStringConvertible {
    /// What it is about: a file, or a sample.
    public let place: String
    /// What is wrong, and what to do.
    public let message: String

    /// An error from its parts.
    public init(place: String, message: String) {
        self.place = place
        self.message = message
    }

    /// Place and message.
    public var description: String { "\(place): \(message)" }
}

/// What a policy was worth on held-out samples.
public struct EvaluationResult: Sendable, Codable {
    /// What was evaluated, and how.
    public var setup: Setup
    /// The metrics by the strict protocol.
    public var summary: EvaluationSummary
    /// The metrics by the published protocol; nil where it was not asked for, or a question that it
    /// draws was not asked.
    public var paper: PaperSummary?
    /// Seconds that it took, in all sessions.
    public var seconds: Double
    /// What a sample takes; nil in what was written before it was known.
    public var secondsPerSample: Timing?
    /// The answers, in the order of the samples; not part of `evaluation.json`.
    public var answers: [EvaluatedAnswer] = []

    /// Seconds per sample, all of its questions together; with several workers those of each.
    public struct Timing: Sendable, Hashable, Codable {
        /// In the policy.
        public var generation: Double
        /// In the segmenter.
        public var segmentation: Double

        /// Seconds from their parts.
        public init(generation: Double, segmentation: Double) {
            self.generation = generation
            self.segmentation = segmentation
        }
    }

    package enum CodingKeys: String, CodingKey {
        case setup, summary, paper, seconds
        case secondsPerSample = "seconds_per_sample"
    }

    /// A result from its parts.
    public init(
        setup: Setup, summary: EvaluationSummary, paper: PaperSummary? = nil, seconds: Double,
        secondsPerSample: Timing? = nil, answers: [EvaluatedAnswer]
    ) {
        self.setup = setup
        self.summary = summary
        self.paper = paper
        self.seconds = seconds
        self.secondsPerSample = secondsPerSample
        self.answers = answers
    }

    /// The outcomes of the answers.
    public var outcomes: [SampleOutcome] { answers.map(\.outcome) }

    /// What the published protocol computes its metrics from; nil where an answer lacks it.
    public var paperOutcomes: [PaperOutcome]? {
        let outcomes = answers.compactMap(\.paperOutcome)
        return outcomes.count == answers.count ? outcomes : nil
    }

    /// Whether the metrics are those of a seed and a number of draws.
    package func isComputed(seed: UInt64, resamples: Int) -> Bool {
        let bootstrap = summary.bootstrap
        return bootstrap.seed == seed && bootstrap.resamples == resamples && setup.seed == seed
    }

    /// The same answers with their metrics computed anew, without any model.
    ///
    /// - Parameters:
    ///   - seed: decides about the bootstrap's draws and, where each question was asked, which one of
    ///     them the published protocol draws
    ///   - resamples: how often the bootstrap draws all samples
    /// - Returns: the evaluation with those metrics
    public func recomputed(seed: UInt64, resamples: Int) -> EvaluationResult {
        var result = self
        if setup.questions != .random { result.setup.seed = seed }
        let bootstrap = Bootstrap(seed: seed, resamples: resamples)
        result.summary = EvaluationSummary(outcomes, bootstrap: bootstrap)
        result.paper = paperOutcomes.flatMap {
            PaperSummary($0, questionSeed: result.setup.seed, bootstrap: bootstrap)
        }
        return result
    }

    package static func predictions(_ folder: String) -> String { folder + "/predictions.jsonl" }
    package static func document(_ folder: String) -> String { folder + "/evaluation.json" }

    /// Writes `predictions.jsonl` and `evaluation.json`; each appears whole or not at all.
    ///
    /// - Parameter folder: the folder, made if need be
    /// - Throws: `ImageError` that names the file which cannot be written
    public func write(to folder: String) throws {
        try makeFolder(folder)
        let encoder = JSONEncoder.answers
        let lines = try LineOutput(path: Self.predictions(folder))
        for answer in answers { try lines.write(Array(encoder.encode(answer)) + [0x0A]) }
        try lines.finish()
        try ImageCodec.write(Array(document()), path: Self.document(folder))
    }

    /// The JSON of `evaluation.json`.
    public func document() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// Reads what ``write(to:)`` wrote.
    ///
    /// - Parameter folder: the folder
    /// - Returns: the evaluation with its answers
    /// - Throws: `MissingInputError`, or ``EvaluationError`` that names file and line
    public static func load(folder: String) throws -> EvaluationResult {
        try EvaluationFolder.requireFinished(folder)
        let decoder = JSONDecoder.answers
        var result: EvaluationResult
        do {
            let data = try inputFile(Self.document(folder), "evaluation")
            result = try decoder.decode(EvaluationResult.self, file: data)
        } catch let error as DecodingError {
            throw EvaluationError(
                place: Self.document(folder), message: "not an evaluation: \(systemReason(error))")
        }
        let lines = try recordLines(
            of: inputFile(Self.predictions(folder), "file of answers"), Self.predictions(folder))
        for (number, line) in lines {
            do {
                result.answers.append(try decoder.decode(EvaluatedAnswer.self, from: line))
            } catch let error as DecodingError {
                throw EvaluationError(
                    place: "\(Self.predictions(folder)):\(number)",
                    message: "not an answer of an evaluation: \(systemReason(error))")
            }
        }
        guard result.answers.count == result.summary.answers else {
            throw EvaluationError(
                place: Self.predictions(folder),
                message: "holds \(result.answers.count) answers, evaluation.json speaks of "
                    + "\(result.summary.answers): evaluate again")
        }
        return result
    }
}

/// The lines of a file of JSON lines, with their numbers; blank ones do not count.
///
/// - Throws: ``EvaluationError`` if the file is no text
package func recordLines(
    of data: Data, _ path: String, validating: Bool = true
) throws -> [(number: Int, bytes: Data)] {
    do throws(TextFault) {
        return try TextContents(data, validating: validating).lines()
    } catch {
        throw EvaluationError(place: path, message: error.description)
    }
}

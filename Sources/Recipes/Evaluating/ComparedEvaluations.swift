public import Evaluation
public import Foundation
import TextFiles

/// Two evaluations of the same questions, metric by metric: the `compare` command.
public struct ComparedEvaluations: Sendable, Encodable {
    /// A metric in both evaluations.
    public struct Row: Sendable, Hashable, Encodable {
        /// In the first.
        public var before: Double?
        /// In the second.
        public var after: Double?
        /// The second less the first, with a paired interval.
        public var change: Estimate

        package enum CodingKeys: String, CodingKey { case before, after, change }

        /// Writes every key, those without a value as null.
        public func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(before, forKey: .before)
            try fields.encode(after, forKey: .after)
            try fields.encode(change, forKey: .change)
        }
    }

    /// How the first evaluation was made.
    public var before: EvaluationResult.Setup
    /// How the second one was made.
    public var after: EvaluationResult.Setup
    /// How the intervals were made.
    public var bootstrap: Bootstrap
    /// Samples of both.
    public var samples: Int
    /// Answers of both.
    public var answers: Int
    /// Each metric by the strict protocol, by its name.
    public var strict: [String: Row]
    /// Each metric by the published protocol; nil where one of the two does not have it.
    public var paper: [String: Row]?
    /// Why ``paper`` is nil.
    public var paperIsMissing: String?

    package enum CodingKeys: String, CodingKey {
        case before, after, bootstrap, samples, answers, strict, paper
        case paperIsMissing = "paper_is_missing"
    }

    /// Compares two evaluations.
    ///
    /// - Parameters:
    ///   - before: the first
    ///   - after: the second
    ///   - bootstrap: how the intervals are made
    /// - Throws: `EvaluationComparison.Mismatch` where they are not about the same questions and truths,
    ///   or read answers in different ways
    public init(
        from before: EvaluationResult, to after: EvaluationResult,
        bootstrap: Bootstrap = Bootstrap()
    ) throws {
        try Self.requireSameTruths(before, after)
        self.before = before.setup
        self.after = after.setup
        self.bootstrap = bootstrap
        samples = after.summary.samples
        answers = after.summary.answers
        let change = try EvaluationComparison(
            from: before.outcomes, to: after.outcomes, bootstrap: bootstrap)
        strict = Self.rows(Metric.allCases) { metric in
            Row(
                before: before.summary[metric].value, after: after.summary[metric].value,
                change: change[metric])
        }
        do {
            paper = try Self.paper(before, after, bootstrap)
        } catch {
            paperIsMissing = error.description
        }
    }

    private static func rows(_ metrics: [Metric], _ row: (Metric) -> Row) -> [String: Row] {
        Dictionary(uniqueKeysWithValues: metrics.map { ($0.rawValue, row($0)) })
    }

    private static func requireSameTruths(
        _ before: EvaluationResult, _ after: EvaluationResult
    ) throws(EvaluationComparison.Mismatch) {
        if before.setup.parser != after.setup.parser {
            throw EvaluationComparison.Mismatch(
                description: "one evaluation reads answers with the \(before.setup.parser) parser, "
                    + "the other with the \(after.setup.parser) one: compare what is read alike")
        }
        for (old, new) in zip(before.answers, after.answers)
        where old.outcome.id == new.outcome.id
            && old.outcome.questionIndex == new.outcome.questionIndex
        {
            let place =
                "question \(old.outcome.questionIndex) about sample '\(old.outcome.id)'"
            if old.question != new.question {
                throw EvaluationComparison.Mismatch(
                    description: "\(place) is '\(old.question)' in one evaluation and "
                        + "'\(new.question)' in the other: compare evaluations of the same data")
            }
            let isSame =
                old.outcome.overlap.isEmptyTarget == new.outcome.overlap.isEmptyTarget
                && (old.truth == nil || new.truth == nil || old.truth == new.truth)
                && old.outcome.overlap.ignored == new.outcome.overlap.ignored
            if !isSame {
                throw EvaluationComparison.Mismatch(
                    description: "\(place) has another truth in the other evaluation: compare "
                        + "evaluations of the same data")
            }
        }
    }

    private static func paper(
        _ before: EvaluationResult, _ after: EvaluationResult, _ bootstrap: Bootstrap
    ) throws(EvaluationComparison.Mismatch) -> [String: Row] {
        guard let old = before.paperOutcomes, let new = after.paperOutcomes else {
            throw EvaluationComparison.Mismatch(
                description: "one evaluation was not read for the published protocol: evaluate "
                    + "with --protocol both")
        }
        // Both draw the same questions, whatever the seed of the second.
        let seed = before.setup.seed
        guard let first = PaperOutcome.drawn(old, seed: seed),
            let second = PaperOutcome.drawn(new, seed: seed),
            let one = PaperSummary(old, questionSeed: seed, bootstrap: bootstrap),
            let two = PaperSummary(new, questionSeed: seed, bootstrap: bootstrap)
        else {
            throw EvaluationComparison.Mismatch(
                description: "a question that seed \(seed) draws was not asked: evaluate with "
                    + "--questions all")
        }
        let change = try EvaluationComparison(from: first, to: second, bootstrap: bootstrap)
        return rows(Metric.paperCases) { metric in
            Row(before: one[metric].value, after: two[metric].value, change: change[metric])
        }
    }

    /// Both protocols as tables for terminals.
    public var table: String {
        var text =
            "strict, \(counted(answers, "question")) about \(counted(samples, "sample"))\n"
            + Self.table(strict, bootstrap)
        if let paper {
            text += "\npaper, one question about each of \(counted(samples, "sample"))\n"
            text += Self.table(paper, bootstrap)
        } else if let paperIsMissing {
            text += "\npaper: \(paperIsMissing)\n"
        }
        return text
    }

    private static func table(_ rows: [String: Row], _ bootstrap: Bootstrap) -> String {
        let lines = Metric.allCases.compactMap { metric -> [String]? in
            guard let row = rows[metric.rawValue], row.before != nil || row.after != nil else {
                return nil
            }
            return [
                metric.title, metricText(row.before, metric), metricText(row.after, metric),
                row.change.value.map { signedText($0, metric) } ?? "–",
                signedIntervalText(row.change, metric)
                    .replacingOccurrences(of: "\u{A0}", with: " "),
            ]
        }
        return textTable(
            [["", "before", "after", "change", intervalTitle(bootstrap)]] + lines)
    }

    /// The comparison as JSON.
    public func document() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}

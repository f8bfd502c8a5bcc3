public import Evaluation
public import Foundation
import Imaging

/// An evaluation cannot be made or read.
public struct EvaluationError: Error, Sendable, CustomStringConvertible {
    /// What it is about: a file, or a sample.
    public let place: String
    /// What is wrong, and what to do.
    public let message: String

    /// Place and message.
    public var description: String { "\(place): \(message)" }
}

/// What a policy was worth on held-out samples.
public struct EvaluationResult: Sendable, Codable {
    /// What was evaluated, and how: part of `evaluation.json`.
    public struct Setup: Sendable, Hashable, Codable {
        /// The policy's folder; empty for one that was in memory.
        public var policy = ""
        /// The segmenter's folder or file; empty for one that was in memory.
        public var segmenter = ""
        /// The shards.
        public var data: [String] = []
        /// Which of a sample's questions were asked.
        public var questions = EvaluatedQuestions.first
        /// The side of the square that the policy saw.
        public var imageSize = 840
        /// Decided about questions and bootstrap.
        public var seed: UInt64 = 0
        /// Which answers were read.
        public var parser = ""
        /// The most tokens that an answer might have.
        public var maxCompletionLength = 1024

        enum CodingKeys: String, CodingKey {
            case policy, segmenter, data, questions, seed, parser
            case imageSize = "image_size"
            case maxCompletionLength = "max_completion_length"
        }
    }

    /// What was evaluated, and how.
    public var setup: Setup
    /// The metrics.
    public var summary: EvaluationSummary
    /// Seconds that it took.
    public var seconds: Double
    /// The answers, in the order of the samples; not part of `evaluation.json`.
    public var answers: [EvaluatedAnswer] = []

    enum CodingKeys: String, CodingKey { case setup, summary, seconds }

    /// A result from its parts.
    public init(
        setup: Setup, summary: EvaluationSummary, seconds: Double, answers: [EvaluatedAnswer]
    ) {
        self.setup = setup
        self.summary = summary
        self.seconds = seconds
        self.answers = answers
    }

    /// The outcomes of the answers.
    public var outcomes: [SampleOutcome] { answers.map(\.outcome) }

    private static func predictions(_ folder: String) -> String { folder + "/predictions.jsonl" }
    private static func document(_ folder: String) -> String { folder + "/evaluation.json" }

    /// Writes `predictions.jsonl` and `evaluation.json`; each appears whole or not at all.
    ///
    /// - Parameter folder: the folder, made if need be
    /// - Throws: `ImageError` that names the file which cannot be written
    public func write(to folder: String) throws {
        try makeFolder(folder)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
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
    /// - Throws: ``MissingInputError``, or ``EvaluationError`` that names file and line
    public static func load(folder: String) throws -> EvaluationResult {
        let decoder = JSONDecoder()
        func bytes(_ path: String, _ what: String) throws -> Data {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw MissingInputError(path: path, what: what)
            }
            return data
        }
        var result: EvaluationResult
        do {
            let data = try bytes(Self.document(folder), "evaluation")
            result = try decoder.decode(EvaluationResult.self, from: data)
        } catch let error as DecodingError {
            throw EvaluationError(
                place: Self.document(folder), message: "not an evaluation: \(reason(error))")
        }
        let lines = try bytes(Self.predictions(folder), "file of answers")
            .split(separator: 0x0A, omittingEmptySubsequences: true)
        for (index, line) in lines.enumerated() {
            do {
                result.answers.append(try decoder.decode(EvaluatedAnswer.self, from: Data(line)))
            } catch let error as DecodingError {
                throw EvaluationError(
                    place: "\(Self.predictions(folder)):\(index + 1)",
                    message: "not an answer of an evaluation: \(reason(error))")
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

/// Which of a sample's questions an evaluation asks.
public enum EvaluatedQuestions: String, Sendable, Hashable, Codable, CaseIterable {
    /// The first.
    case first
    /// One, drawn from the seed and the sample's id.
    case random
    /// Each one.
    case all
}

/// A decoding error in one line.
func reason(_ error: DecodingError) -> String {
    func path(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? "" : " in \(path)"
    }
    switch error {
    case .keyNotFound(let key, let context): return "no \(key.stringValue)\(path(context))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
        return context.debugDescription + path(context)
    case .dataCorrupted(let context): return context.debugDescription + path(context)
    @unknown default: return "\(error)"
    }
}

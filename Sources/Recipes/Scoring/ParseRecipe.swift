import Files
import Policies
public import Segmentation
import TrainingRuns

/// Reads completions, with both acceptances, and scores nothing: `score --no-segmenter`.
public struct ParseRecipe {
    /// The file of completions; `-` is standard input.
    public var completions: String
    /// Shards that must have every sample; none checks no sample.
    public var data: [String] = []
    /// The name of the grammar.
    public var variant = "box_2points"
    /// Whose failure is told first.
    public var parser = AnswerAcceptance.strict

    /// Completions with the defaults.
    public init(completions: String) { self.completions = completions }

    /// What was read.
    public struct Summary: Sendable {
        /// How many completions there are.
        public var count = 0
        /// How many of them the strict parser accepts.
        public var strict = 0
        /// How many of them the lenient parser accepts.
        public var lenient = 0
        /// How many of them are thoughts and then an answer, and nothing else.
        public var thinkAnswer = 0
        /// How many times each kind of failure came, of ``ParseRecipe/parser``.
        public var failures: [String: Int] = [:]
    }

    /// Writes a line per completion, in their order.
    ///
    /// - Parameters:
    ///   - output: the file; nil or `-` is standard output
    ///   - onProgress: gets the number of lines that were written so far
    /// - Returns: what was read
    /// - Throws: ``CompletionFileError`` and the errors of the shards and the output; a file then
    ///   stays as it was
    public func run(
        to output: String?, onProgress: (_ done: Int) -> Void = { _ in }
    ) throws -> Summary {
        let grammar = try promptVariant(variant).grammar
        let strict = AnswerParser(grammar: grammar, acceptance: .strict)
        let lenient = AnswerParser(grammar: grammar, acceptance: .lenient)
        let source = try CompletionSource(path: completions, data: data)
        try requireWritable([.json(output)], inputs: source.inputs)
        try source.check()
        let lines = try LineOutput(path: output)
        var summary = Summary()
        try source.forEach { record, _ in
            let parses = (strict.parse(record.completion), lenient.parse(record.completion))
            let hasFormat = ThinkAnswerFormat.matches(record.completion)
            let line = JSONLine { line in
                line.member("id", record.id)
                line.member("strict", parses.0.prompts, leavingOut: true)
                line.member("lenient", parses.1.prompts, leavingOut: true)
                line.member("think_answer", hasFormat)
                line.member("error", error(parses.0.failure, parses.1.failure))
            }
            try lines.write(line.bytes)
            summary.count += 1
            summary.strict += parses.0.failure == nil ? 1 : 0
            summary.lenient += parses.1.failure == nil ? 1 : 0
            summary.thinkAnswer += hasFormat ? 1 : 0
            if let failure = (parser == .strict ? parses.0 : parses.1).failure {
                summary.failures[failure.kind, default: 0] += 1
            }
            onProgress(summary.count)
        }
        try lines.finish()
        return summary
    }

    /// Why ``parser`` does not accept an answer, and why the other does not, if that is not the
    /// same; nil where ``parser`` does.
    private func error(_ strict: ParseFailure?, _ lenient: ParseFailure?) -> String? {
        let (own, other) = parser == .strict ? (strict, lenient) : (lenient, strict)
        guard let own else { return nil }
        guard let other, other != own else { return own.description }
        return "\(own) (\(parser == .strict ? "lenient" : "strict"): \(other))"
    }
}

extension Result<ParsedAnswer, ParseFailure> {
    /// The prompts of an answer that could be read.
    package var prompts: [SegmentationPrompt]? { (try? get())?.prompts }

    /// Why the answer could not be read.
    package var failure: ParseFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}

import NN
public import Torch

// Legend: P prompt positions, M merged blocks of all pictures, A tokens that are taught, C hidden size.

/// A text to learn after a prompt, or to be read before it.
public struct Lesson: Sendable, Hashable {
    /// The tokens after the prompt.
    public var tokenIDs: [Int]
    /// The first of `tokenIDs` that is to be learned; those before are only read.
    public var start: Int

    /// A lesson; at least one token is to be learned.
    public init(tokenIDs: [Int], start: Int) {
        precondition((0..<tokenIDs.count).contains(start), "a lesson without anything to learn")
        self.tokenIDs = tokenIDs
        self.start = start
    }
}

/// What the model makes of lessons.
public struct LessonScores {
    /// The log-probability of each token to be learned, float32 [A], lesson after lesson.
    public let logProbabilities: Tensor
    /// How many of them are the model's likeliest token.
    public let hits: Int
    /// The pictures' tokens as they enter the language model, [M, C].
    public let pictures: Tensor
    /// The pictures' positions after the layer that was asked for, [M, C]; nil if none was.
    public let layer: Tensor?
}

extension VisionLanguageModel {
    /// Scores what is to be learned after a prompt, over the whole vocabulary, with gradients where they
    /// are enabled.
    ///
    /// All lessons share the prompt, pictures included, which goes through the model once.
    ///
    /// - Parameters:
    ///   - lessons: the texts after the prompt, at least one
    ///   - input: the prompt
    ///   - layer: a layer, from 0, whose states of the pictures' positions are wanted too
    /// - Returns: log-probabilities and states
    /// - Throws: ``PolicyInputError`` if a token is not in the vocabulary
    public func teach(
        _ lessons: [Lesson], after input: VisionLanguageInput, layer: Int? = nil
    ) throws -> LessonScores {
        for (row, lesson) in lessons.enumerated() {
            try requireTokens(lesson.tokenIDs, in: "lesson \(row)")
        }
        let prompt = try prepared([input])[0]
        let places = try Tensor.of(
            input.tokenIDs.indices.filter {
                input.tokenIDs[$0] == options.placeholders.picture
            }
        ).to(device)
        var states: Tensor?
        let taught = PromptCompletions(input: input, completions: lessons.map(\.tokenIDs))
        let hidden = try predictors([taught], prompts: [prompt]) {
            if $0 == layer { states = $1 }
        }
        var rows: [Int] = []
        var first = 0
        for lesson in lessons {
            rows += first + lesson.start..<first + lesson.tokenIDs.count
            first += lesson.tokenIDs.count
        }
        let targets = try Tensor.of(
            lessons.flatMap { $0.tokenIDs[$0.start...] }, shape: [rows.count, 1]
        ).to(device)
        let all = try logits(
            of: hidden.indexed(0, Tensor.of(rows).to(device)), headWeights()
        ).logSoftmax(-1)  // [A, V]
        let hits = try withoutGradients {
            try (all.detached().argmax(-1, keepDim: true) - targets .== 0).to(.float32).sum().item()
        }
        return LessonScores(
            logProbabilities: try all.gathered(-1, targets).squeezed(-1), hits: Int(hits),
            pictures: try prompt.embeddings.indexed(0, places),
            layer: try states?.indexed(0, places))
    }
}

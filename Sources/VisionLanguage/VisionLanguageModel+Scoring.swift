import NN
public import Torch

// Legend: P prompt positions, G completions, L tokens of the longest, T tokens of all completions,
// N positions of prompt and completions, C hidden size, V vocabulary.

/// What the model thinks of given completions.
public struct CompletionScores {
    /// The log-probability of each token, float32 [G, L]; 0 past a completion's end.
    public let logProbabilities: Tensor
    /// The entropy of the distribution that each token comes from, float32 [G, L]; nil unless asked for.
    ///
    /// It has no gradient, and is 0 past a completion's end.
    public let entropies: Tensor?
}

/// A prompt with completions of it.
public struct PromptCompletions {
    /// The prompt.
    public var input: VisionLanguageInput
    /// Token ids, each completion with the token that ended it; at least one.
    public var completions: [[Int]]

    /// A prompt with completions.
    public init(input: VisionLanguageInput, completions: [[Int]]) {
        self.input = input
        self.completions = completions
    }
}

extension VisionLanguageModel {
    /// Scores completions of one prompt, with gradients where they are enabled.
    ///
    /// The pictures and the prompt go through the model once for all completions, which attend to the
    /// prompt's keys and values; completions are not padded except inside attention. Logits are
    /// computed for the completions' tokens only, `chunk` tokens at a time.
    ///
    /// - Parameters:
    ///   - input: the prompt
    ///   - completions: token ids, each completion with the token that ended it, none empty
    ///   - temperature: divides the logits; 0 counts as 1
    ///   - suppressed: the tokens that could not be drawn; nil for
    ///     ``PolicyOptions/placeholderTokenIDs``
    ///   - withEntropies: whether to compute entropies
    ///   - chunk: how many rows of logits to compute at a time
    /// - Returns: log-probabilities under the distribution that
    ///   ``GeneratedCompletion/logProbabilities`` describes
    /// - Throws: ``PolicyInputError`` if a completion is empty or has a token that could not be drawn
    public func score(
        _ input: VisionLanguageInput, completions: [[Int]], temperature: Double = 1,
        suppressing suppressed: [Int]? = nil, withEntropies: Bool = false, chunk: Int = 256
    ) throws -> CompletionScores {
        try score(
            [PromptCompletions(input: input, completions: completions)], temperature: temperature,
            suppressing: suppressed, withEntropies: withEntropies, chunk: chunk)[0]
    }

    /// Scores completions of several prompts together; see
    /// ``score(_:completions:temperature:suppressing:withEntropies:chunk:)``.
    ///
    /// - Returns: scores per prompt
    /// - Throws: ``PolicyInputError`` if a completion is empty or has a token that could not be drawn
    public func score(
        _ groups: [PromptCompletions], temperature: Double = 1,
        suppressing suppressed: [Int]? = nil, withEntropies: Bool = false, chunk: Int = 256
    ) throws -> [CompletionScores] {
        precondition(groups.allSatisfy { !$0.completions.isEmpty } && chunk > 0)
        let suppressed = suppressed ?? options.placeholderTokenIDs
        for group in groups {
            try requirePossible(group.completions, suppressed: Set(suppressed))
        }
        // Weights are about to change, or others are in use for long.
        if gradientsAreEnabled, changesPacked {
            decodingWeights.forget()
        }
        let hidden = try predictors(groups)  // [T, C]
        let known = suppressed.filter { (0..<options.text.vocabularySize).contains($0) }
        let joined = try headWeights().joined(hidden)
        let scores = try joined.hidden.tokenProbabilities(
            of: Tensor.of(groups.flatMap { $0.completions.flatMap(\.self) }).to(device),
            head: joined.matrix, suppressed: Tensor.of(known).to(device),
            temperature: temperature > 0 ? temperature : 1, withEntropies: withEntropies,
            chunk: chunk, keptBytes: keptProbabilityBytes)
        var start = 0
        return try groups.map { group in
            let lengths = group.completions.map(\.count)
            let end = start + lengths.reduce(0, +)
            func part(_ values: Tensor) throws -> Tensor {
                try rows(values.sliced(0, from: start, to: end), lengths: lengths)
            }
            defer { start = end }
            return CompletionScores(
                logProbabilities: try part(scores.logProbabilities),
                entropies: try scores.entropies.map(part))
        }
    }

    private func requirePossible(_ completions: [[Int]], suppressed: Set<Int>) throws {
        for (row, completion) in completions.enumerated() {
            try requireTokens(completion, in: "completion \(row)")
            if let index = completion.firstIndex(where: suppressed.contains) {
                throw PolicyInputError(
                    "token \(index) of completion \(row) is \(completion[index]), which is never "
                        + "drawn: its log-probability is -∞",
                    advice: "score completions that this policy sampled, or suppress no tokens")
            }
        }
    }

    /// The hidden states [T, C] that each completion token is predicted from; `onLayer` is given every
    /// layer's states [N, C]: per prompt its positions, then its completions'.
    func predictors(
        _ groups: [PromptCompletions], onLayer: ((Int, Tensor) -> Void)? = nil
    ) throws -> Tensor {
        try predictors(groups, prompts: prepared(groups.map(\.input)), onLayer: onLayer)
    }

    /// ``predictors(_:onLayer:)`` of prompts that are embedded already.
    func predictors(
        _ groups: [PromptCompletions], prompts: [PreparedPrompt],
        onLayer: ((Int, Tensor) -> Void)? = nil
    ) throws -> Tensor {
        var positions = MultimodalPositions(text: 0)
        var chosen: [Int] = []
        var embeddings: [Tensor] = []
        var parts: [(pattern: any SequencePattern, length: Int)] = []
        var starts: [Int] = []
        for (group, prompt) in zip(groups, prompts) {
            let start = positions.time.count
            starts.append(start)
            let length = group.input.tokenIDs.count
            // Nothing follows the last token of a completion: it need not be read.
            let fed = group.completions.map { $0.dropLast() }
            positions.append(prompt.positions)
            for tokens in fed {
                chosen.append(start + length - 1)
                chosen += positions.time.count..<positions.time.count + tokens.count
                positions.append(text: tokens.count, from: prompt.positions.next)
            }
            embeddings.append(prompt.embeddings)
            let tokens = fed.flatMap(\.self)
            if !tokens.isEmpty { embeddings.append(try embed(tokens)) }
            parts.append((try pattern(length, fed.map(\.count)), length + tokens.count))
        }
        let hidden = try text(
            Tensor.concatenate(embeddings, dim: 0), rotary: text.rotary(positions),
            pattern: JoinedPattern(parts: parts),
            pictures: PlacedFeatures(zip(starts, prompts).map { ($0, $1) }, device: device),
            checkpointsLayers: checkpointsLayers, onLayer: onLayer)
        return try hidden.indexed(0, Tensor.of(chosen).to(device))
    }

    /// Who sees whom among a prompt and its completions.
    private func pattern(_ length: Int, _ completions: [Int]) throws -> any SequencePattern {
        // One completion is one sequence with its prompt: no padding and no mask.
        completions.count == 1
            ? CausalPattern(remembers: false)
            : try SharedPrefixPattern(
                prefixLength: length, lengths: completions, device: device)
    }

    /// Values of all tokens, completion after completion, as rows [G, L] with 0 at their ends.
    private func rows(_ values: Tensor, lengths: [Int]) throws -> Tensor {
        let blank = try Tensor.zeros([1], device: device)
        let flat = try Tensor.concatenate([values, blank], dim: 0)  // [T + 1]
        let total = lengths.reduce(0, +)
        let longest = lengths.max() ?? 0
        var index: [Int] = []
        var start = 0
        for length in lengths {
            for place in 0..<longest { index.append(place < length ? start + place : total) }
            start += length
        }
        return try flat.indexed(0, Tensor.of(index).to(device)).reshaped(lengths.count, longest)
    }
}

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

extension Qwen25VLModel {
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
    ///     ``Qwen25VLConfiguration/placeholderTokenIDs``
    ///   - withEntropies: whether to compute entropies
    ///   - chunk: how many rows of logits to compute at a time
    /// - Returns: log-probabilities under the distribution that
    ///   ``GeneratedCompletion/logProbabilities`` describes
    /// - Throws: ``Qwen25VLInputError`` if a completion is empty or has a token that could not be drawn
    public func score(
        _ input: Qwen25VLInput, completions: [[Int]], temperature: Double = 1,
        suppressing suppressed: [Int]? = nil, withEntropies: Bool = false, chunk: Int = 256
    ) throws -> CompletionScores {
        precondition(!completions.isEmpty && chunk > 0)
        let suppressed = suppressed ?? configuration.placeholderTokenIDs
        try requirePossible(completions, suppressed: Set(suppressed))
        // Weights are about to change, or others are in use for long.
        if gradientsAreEnabled { decodingWeights.forget() }
        let hidden = try predictors(prepared(input), input, completions: completions)  // [T, C]
        let known = suppressed.filter { (0..<configuration.text.vocabularySize).contains($0) }
        let scores = try hidden.tokenProbabilities(
            of: Tensor.of(completions.flatMap(\.self)).to(device), head: headWeights(),
            suppressed: Tensor.of(known).to(device),
            temperature: temperature > 0 ? temperature : 1, withEntropies: withEntropies,
            chunk: chunk, keptBytes: keptProbabilityBytes)
        let lengths = completions.map(\.count)
        return CompletionScores(
            logProbabilities: try rows(scores.logProbabilities, lengths: lengths),
            entropies: try scores.entropies.map { try rows($0, lengths: lengths) })
    }

    private func requirePossible(_ completions: [[Int]], suppressed: Set<Int>) throws {
        for (row, completion) in completions.enumerated() {
            try requireTokens(completion, in: "completion \(row)")
            if let index = completion.firstIndex(where: suppressed.contains) {
                throw Qwen25VLInputError(
                    "token \(index) of completion \(row) is \(completion[index]), which is never "
                        + "drawn: its log-probability is -∞",
                    advice: "score completions that this policy sampled, or suppress no tokens")
            }
        }
    }

    /// The hidden states [T, C] that each completion token is predicted from; `onLayer` is given every
    /// layer's states [N, C], the prompt's positions first.
    func predictors(
        _ prompt: PreparedPrompt, _ input: Qwen25VLInput, completions: [[Int]],
        onLayer: ((Int, Tensor) -> Void)? = nil
    ) throws -> Tensor {
        let length = input.tokenIDs.count
        // Nothing follows the last token of a completion: it need not be read.
        let fed = completions.map { $0.dropLast() }
        var positions = prompt.positions
        var chosen: [Int] = []
        var start = length
        for tokens in fed {
            positions.append(text: tokens.count, from: prompt.positions.next)
            chosen.append(length - 1)
            chosen += start..<start + tokens.count
            start += tokens.count
        }
        var embeddings = prompt.embeddings
        let tokens = fed.flatMap(\.self)
        if !tokens.isEmpty {
            embeddings = try Tensor.concatenate([embeddings, embed(tokens)], dim: 0)  // [N, C]
        }
        let hidden =
            // One completion is one sequence with its prompt: no padding and no mask.
            try fed.count == 1
            ? text(
                embeddings, rotary: text.rotary(positions),
                pattern: CausalPattern(remembers: false), onLayer: onLayer)
            : text(
                embeddings, rotary: text.rotary(positions),
                pattern: SharedPrefixPattern(
                    prefixLength: length, lengths: fed.map(\.count), device: device),
                onLayer: onLayer)
        return try hidden.indexed(0, Tensor.of(chosen).to(device))
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

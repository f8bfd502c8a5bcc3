import NN
import Torch

// Legend: P prompt positions, A rows that are not finished, C hidden size, V vocabulary.

/// What the model remembers of a prompt: enough to continue it any number of times.
public struct PrefixState {
    /// Per layer, what it remembers of the prompt.
    let layers: [LayerState]
    /// The hidden state [1, C] of the prompt's last token.
    let lastHidden: Tensor
    /// How many tokens the prompt has.
    public let length: Int
    /// The position of the token that follows, in all three directions.
    public let nextPosition: Int
}

/// One completion of a prompt.
public struct GeneratedCompletion: Sendable, Equatable {
    /// Why a completion ended.
    public enum StopReason: Hashable, Sendable {
        /// The model wrote this token, which ends completions.
        case eos(Int)
        /// The completion has as many tokens as it may.
        case length
    }

    /// The tokens, with the one that ended the completion.
    public var tokenIDs: [Int]
    /// The natural logarithm of each token's probability when it was drawn.
    ///
    /// The distribution is softmax(logits / temperature) over all tokens but the suppressed ones;
    /// top-k and top-p do not enter. ``VisionLanguageModel/score(_:completions:temperature:suppressing:withEntropies:chunk:)`` gives the
    /// same up to rounding.
    public var logProbabilities: [Float]
    /// Why it ended.
    public var stopReason: StopReason
}

/// A token as soon as it is drawn.
public struct GeneratedToken: Sendable, Equatable {
    /// Which completion it belongs to.
    public let row: Int
    /// The token.
    public let tokenID: Int
    /// Its log-probability, as in ``GeneratedCompletion/logProbabilities``.
    public let logProbability: Float
}

extension VisionLanguageModel {
    /// Reads a prompt once, without gradients.
    public func prefill(_ input: VisionLanguageInput) throws -> PrefixState {
        try prefill([input])[0]
    }

    /// Reads prompts together, each once, without gradients.
    public func prefill(_ inputs: [VisionLanguageInput]) throws -> [PrefixState] {
        try withoutGradients {
            let prompts = try prepared(inputs)
            let patterns = prompts.map { _ in CausalPattern(remembers: true) }
            var positions = MultimodalPositions(text: 0)
            var starts: [Int] = []
            for prompt in prompts {
                starts.append(positions.time.count)
                positions.append(prompt.positions)
            }
            let hidden = try text(
                Tensor.concatenate(prompts.map(\.embeddings), dim: 0),
                rotary: text.rotary(positions),
                pattern: JoinedPattern(
                    parts: zip(patterns, inputs).map { ($0, $1.tokenIDs.count) }),
                pictures: PlacedFeatures(
                    zip(starts, prompts).map { ($0, $1) }, device: device))
            var end = 0
            return try inputs.indices.map { index in
                let length = inputs[index].tokenIDs.count
                end += length
                return PrefixState(
                    layers: patterns[index].states,
                    lastHidden: try hidden.sliced(0, from: end - 1, to: end).clone(),
                    length: length, nextPosition: prompts[index].positions.next)
            }
        }
    }

    /// Completes a prompt once per seed; the prompt and its pictures are read once.
    ///
    /// A completion depends on the weights, the prompt and its own seed; other rows enter only as far
    /// as a matrix product of another height rounds otherwise. Records no gradients.
    ///
    /// - Parameters:
    ///   - input: the prompt
    ///   - parameters: temperature and its kin
    ///   - seeds: one per completion
    ///   - suppressed: tokens that are never drawn; nil for ``PolicyOptions/placeholderTokenIDs``.
    ///     A placeholder that is not suppressed and drawn is text like any other token
    ///   - onToken: is told every token when it is drawn; what it throws ends the generation
    /// - Returns: one completion per seed, in their order
    /// - Throws: ``PolicyInputError`` if the prompt or the parameters are unusable
    public func generate(
        _ input: VisionLanguageInput, parameters: GenerationParameters, seeds: [UInt64],
        suppressing suppressed: [Int]? = nil, onToken: ((GeneratedToken) throws -> Void)? = nil
    ) throws -> [GeneratedCompletion] {
        try parameters.validate()
        return try generate(
            prefill(input), parameters: parameters, seeds: seeds, suppressing: suppressed,
            onToken: onToken)
    }

    /// Completes a prompt that was read before; see
    /// ``generate(_:parameters:seeds:suppressing:onToken:)``.
    public func generate(
        _ prefix: PrefixState, parameters: GenerationParameters, seeds: [UInt64],
        suppressing suppressed: [Int]? = nil, onToken: ((GeneratedToken) throws -> Void)? = nil
    ) throws -> [GeneratedCompletion] {
        try generate(
            [prefix], parameters: parameters, seeds: [seeds], suppressing: suppressed,
            onToken: onToken)[0]
    }

    /// Completes several prompts together, each once per seed of its own.
    ///
    /// The prompts may have different lengths. All rows go through the model at once; those of a prompt
    /// share its keys and values, and rows that are finished leave.
    ///
    /// - Parameters:
    ///   - prefixes: prompts that were read before
    ///   - parameters: temperature and its kin
    ///   - seeds: per prompt, one per completion
    ///   - suppressed: tokens that are never drawn; nil for ``PolicyOptions/placeholderTokenIDs``
    ///   - onToken: is told every token when it is drawn; rows are counted through all prompts
    /// - Returns: per prompt one completion per seed, in their order
    /// - Throws: ``PolicyInputError`` if the parameters are unusable
    public func generate(
        _ prefixes: [PrefixState], parameters: GenerationParameters, seeds: [[UInt64]],
        suppressing suppressed: [Int]? = nil, onToken: ((GeneratedToken) throws -> Void)? = nil
    ) throws -> [[GeneratedCompletion]] {
        precondition(prefixes.count == seeds.count, "every prompt needs its seeds")
        try parameters.validate()
        let rowCount = seeds.reduce(0) { $0 + $1.count }
        if rowCount == 0 { return seeds.map { _ in [] } }
        let completions = try withoutGradients {
            let model = try decodingModel(rows: rowCount)
            var decoding = try Decoding(
                model: self, text: model.text, prefixes: prefixes, parameters: parameters,
                seeds: seeds, suppressed: suppressed ?? options.placeholderTokenIDs)
            var hidden = try Tensor.concatenate(
                zip(prefixes, seeds).map { try $0.lastHidden.expanded($1.count, -1) }, dim: 0)
            while let next = try decoding.draw(model.head(hidden), onToken: onToken) {
                hidden = try decoding.feed(next)  // [A, C]
            }
            return decoding.completions
        }
        var start = 0
        return seeds.map { seeds in
            defer { start += seeds.count }
            return Array(completions[start..<start + seeds.count])
        }
    }
}

/// The rows of one generation.
private struct Decoding {
    let model: VisionLanguageModel
    let text: TextDecoder
    let parameters: GenerationParameters
    let distribution: TokenDistribution
    let pattern: DecodingPattern
    let rotary: DecodingRotary
    let stops: Set<Int>
    var completions: [GeneratedCompletion]
    var streams: [UniformStream]
    /// The completions that are not finished, ascending.
    var active: [Int]

    init(
        model: VisionLanguageModel, text: TextDecoder, prefixes: [PrefixState],
        parameters: GenerationParameters, seeds: [[UInt64]], suppressed: [Int]
    ) throws {
        self.model = model
        self.text = text
        self.parameters = parameters
        distribution = try TokenDistribution(
            temperature: parameters.temperature, suppressed: suppressed,
            vocabulary: model.options.text.vocabularySize, device: model.device)
        let owners = seeds.enumerated().flatMap { [Int](repeating: $0, count: $1.count) }
        pattern = try DecodingPattern(
            prompts: prefixes, owners: owners, capacity: parameters.maxNewTokens,
            device: model.device)
        rotary = try DecodingRotary(
            starts: prefixes.map(\.nextPosition), steps: parameters.maxNewTokens, model.text.rotary)
        stops = Set(model.generation.eosTokenIDs)
        completions = owners.map { _ in
            GeneratedCompletion(tokenIDs: [], logProbabilities: [], stopReason: .length)
        }
        streams = seeds.joined().map(UniformStream.init)
        active = Array(owners.indices)
    }

    /// Draws a token for each active row from logits [A, V], and drops the rows that it ends.
    ///
    /// - Returns: the tokens of the rows that go on; nil when there are none
    mutating func draw(
        _ logits: Tensor, onToken: ((GeneratedToken) throws -> Void)?
    ) throws -> [Int]? {
        let logProbabilities = try distribution.logProbabilities(logits)  // [A, V]
        let uniforms = active.map { streams[$0].next() }
        let ids = try TokenSampler(parameters: parameters)(logProbabilities, uniforms: uniforms)
        let index = try Tensor.of(ids, shape: [ids.count, 1]).to(logProbabilities.device)
        let chosen = try logProbabilities.gathered(-1, index).floats
        var kept: [Int] = []
        for (place, row) in active.enumerated() {
            completions[row].tokenIDs.append(ids[place])
            completions[row].logProbabilities.append(chosen[place])
            try onToken?(
                GeneratedToken(row: row, tokenID: ids[place], logProbability: chosen[place]))
            if stops.contains(ids[place]) {
                completions[row].stopReason = .eos(ids[place])
            } else if completions[row].tokenIDs.count < parameters.maxNewTokens {
                kept.append(place)
            }
        }
        active = kept.map { active[$0] }
        if kept.isEmpty { return nil }
        try pattern.keep(rows: kept)
        return kept.map { ids[$0] }
    }

    /// Runs one token per active row through the model: hidden states [A, C].
    func feed(_ ids: [Int]) throws -> Tensor {
        let hidden = try text(
            model.embed(ids), rotary: rotary(step: pattern.length, owners: pattern.owners),
            pattern: pattern)
        pattern.advance()
        return hidden
    }
}

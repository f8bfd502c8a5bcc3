import Torch

/// How completions are generated.
public struct GenerationParameters: Hashable, Sendable {
    /// Divides the logits; 0 means greedy.
    public var temperature: Double
    /// Draws among this many most likely tokens only; 0 means all.
    public var topK: Int
    /// Draws among the most likely tokens that together have at least this probability; 1 means all.
    public var topP: Double
    /// The most tokens that a completion may have.
    public var maxNewTokens: Int

    /// Parameters that draw from the whole distribution unless told otherwise.
    public init(
        temperature: Double = 1, topK: Int = 0, topP: Double = 1, maxNewTokens: Int
    ) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.maxNewTokens = maxNewTokens
    }

    func validate() throws {
        func require(_ condition: Bool, _ name: String, _ value: Any, _ rule: String) throws {
            if condition { return }
            throw PolicyInputError("\(name) is \(value)", advice: rule)
        }
        try require(
            temperature >= 0 && temperature.isFinite, "temperature", temperature,
            "it is 0 (greedy) or positive")
        try require(topK >= 0, "top_k", topK, "it is 0 (all tokens) or positive")
        try require(topP > 0 && topP <= 1, "top_p", topP, "it is above 0 and at most 1")
        try require(maxNewTokens > 0, "the number of new tokens", maxNewTokens, "allow at least 1")
    }
}

/// The distribution over the next token, for the sampler; the scorer has the same
/// (`Tensor.tokenProbabilities`): the softmax of
/// (logits without the suppressed tokens) / temperature, in float32.
///
/// Suppressed tokens have probability 0 and the others share the rest. Temperature 0 (greedy) scores
/// as temperature 1. Top-k and top-p choose among tokens; they do not change the log-probabilities.
struct TokenDistribution {
    // Legend: N rows, V vocabulary.
    private let temperature: Double
    private let bias: Tensor?  // [V], -∞ where suppressed

    init(temperature: Double, suppressed: [Int], vocabulary: Int, device: Device) throws {
        self.temperature = temperature > 0 ? temperature : 1
        if suppressed.isEmpty {
            bias = nil
        } else {
            var values = [Float](repeating: 0, count: vocabulary)
            for id in suppressed where values.indices.contains(id) { values[id] = -.infinity }
            bias = try Tensor.of(values).to(device)
        }
    }

    /// Log-probabilities [N, V], float32, of logits [N, V].
    func logProbabilities(_ logits: Tensor) throws -> Tensor {
        var logits = try logits.to(.float32)
        if let bias { logits = try logits + bias }
        if temperature != 1 { logits = try logits / temperature }
        return try logits.logSoftmax(-1)
    }
}

/// A stream of uniform numbers that depends on its seed only (SplitMix64).
struct UniformStream {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// The next number of [0, 1), a multiple of 2⁻⁵².
    mutating func next() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        z ^= z >> 31
        return Double(z >> 12) * 0x1p-52
    }
}

/// Chooses tokens.
struct TokenSampler {
    // Legend: N rows, V vocabulary.
    let parameters: GenerationParameters

    /// One token id per row of log-probabilities [N, V].
    ///
    /// The token is the first whose cumulative probability, in the order of ids, exceeds the row's
    /// uniform number: a row's choice depends on nothing but its distribution and its number.
    func callAsFunction(_ logProbabilities: Tensor, uniforms: [Double]) throws -> [Int] {
        if parameters.temperature == 0 { return try logProbabilities.argmax(-1).integers }
        let kept = try restricted(logProbabilities)
        let cumulative = try kept.exp().to(.float64).cumulativeSum(-1)  // [N, V]
        let target = try Tensor.of(uniforms, shape: [uniforms.count, 1]).to(kept.device)
        let total = try cumulative.sliced(-1, from: -1)  // [N, 1]
        return try (cumulative .<= target * total).to(.int64).sum(-1).integers
    }

    /// -∞ for the tokens that top-k and top-p leave out.
    private func restricted(_ logProbabilities: Tensor) throws -> Tensor {
        var result = logProbabilities
        let vocabulary = result.size(-1)
        if parameters.topK > 0, parameters.topK < vocabulary {
            let least = try result.topK(parameters.topK, dim: -1).values.sliced(-1, from: -1)
            result = try result.filled(where: result .< least, with: -Double.infinity)
        }
        if parameters.topP < 1 {
            let ranked = try result.sorted(dim: -1, descending: true)
            let probabilities = try ranked.values.to(.float64).softmax(-1)
            let before = try probabilities.cumulativeSum(-1) - probabilities
            let values = try ranked.values.filled(
                where: before .>= parameters.topP, with: -Double.infinity)
            result = try result.scattered(-1, ranked.indices, values)
        }
        return result
    }
}

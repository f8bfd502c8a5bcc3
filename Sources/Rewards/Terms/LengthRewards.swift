/// A completion whose tokens nobody counted.
struct NoTokenCountError: Error, CustomStringConvertible {
    var description: String { "the number of the completion's tokens is not known" }
}

/// A penalty for each token above a target.
struct LengthPenalty: Reward {
    static let name = "length_penalty"
    static let help = "Minus per_token for each token of the completion above target"
    static let parameters = [
        RewardParameter("target", 0, in: 0...1e9, "So many tokens cost nothing"),
        RewardParameter("per_token", 0.001, in: 0...1000, "What each token above costs"),
    ]
    static let needsTokenCount = true
    let target: Double
    let perToken: Double

    init(_ values: RewardParameters) {
        target = values["target"]
        perToken = values["per_token"]
    }

    func value(_ completion: RewardContext) throws -> Double {
        guard let count = completion.tokenCount else { throw NoTokenCountError() }
        return -perToken * max(0, Double(count) - target)
    }
}

/// DAPO's soft punishment of overlong completions (arXiv 2503.14476, equation 13), -1...0.
struct OverlongPenalty: Reward {
    static let name = "overlong_penalty"
    static let help =
        "0 up to max_length - cache tokens, from there falling evenly to -1 at max_length (DAPO)"
    static let parameters = [
        RewardParameter(
            orMaxCompletionLength: "max_length",
            "At so many tokens the penalty is whole; grpo.max_completion_length if not given"),
        RewardParameter(
            "cache", 0.2, in: 0...1e9,
            "Over so many tokens it grows; below 1 a share of max_length"),
    ]
    static let needsTokenCount = true
    let maxLength: Double
    let cache: Double

    init(_ values: RewardParameters) {
        maxLength = values["max_length"]
        let cache = values["cache"]
        self.cache = cache < 1 ? cache * maxLength : cache
    }

    func value(_ completion: RewardContext) throws -> Double {
        guard let count = completion.tokenCount.map(Double.init) else { throw NoTokenCountError() }
        if count <= maxLength - cache { return 0 }
        // Without a cache there is no slope.
        return cache == 0 ? -1 : max(-1, (maxLength - cache - count) / cache)
    }
}

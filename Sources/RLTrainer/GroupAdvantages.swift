/// By what the centred rewards of a group are divided (TRL's `scale_rewards`).
public enum RewardScale: String, Sendable, CaseIterable, Codable {
    /// The group's own standard deviation.
    case group
    /// The standard deviation over all completions of the batch.
    case batch
    /// Nothing.
    case none
}

/// How much better each completion is than its group (GRPO, arXiv 2402.03300).
///
/// `(reward - mean) / (deviation + 1e-4)`, mean over the group, deviation unbiased, as TRL computes
/// them. A group whose rewards are equal up to rounding gets exactly 0. A NaN reward takes no part
/// and gets 0.
///
/// - Parameters:
///   - rewards: the rewards of each group's completions
///   - scale: what to divide by
/// - Returns: advantages of the same shape
public func groupAdvantages(rewards: [[Double]], scale: RewardScale) -> [[Double]] {
    let batchDeviation = deviation(rewards.flatMap { $0.filter { !$0.isNaN } })
    return rewards.map { group in
        let valid = group.filter { !$0.isNaN }
        if valid.isEmpty || isFlat(valid) { return group.map { _ in 0 } }
        let mean = valid.reduce(0, +) / Double(valid.count)
        let divisor: Double
        switch scale {
        case .group: divisor = deviation(valid) + 1e-4
        case .batch: divisor = batchDeviation + 1e-4
        case .none: divisor = 1
        }
        return group.map { $0.isNaN ? 0 : ($0 - mean) / divisor }
    }
}

/// Whether rewards differ by no more than rounding.
public func isFlat(_ rewards: [Double]) -> Bool {
    guard let low = rewards.min(), let high = rewards.max() else { return true }
    return high - low <= 1e-8 * max(1, low.magnitude, high.magnitude)
}

/// The unbiased standard deviation; 0 for fewer than two numbers.
func deviation(_ values: [Double]) -> Double {
    if values.count < 2 { return 0 }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
}

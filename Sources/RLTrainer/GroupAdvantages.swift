/// By what the centred rewards of a group are divided (TRL's `scale_rewards`).
public enum RewardScale: String, Sendable, CaseIterable, Codable {
    /// The group's own standard deviation.
    case group
    /// The standard deviation over all completions of the batch.
    case batch
    /// Nothing.
    case none
}

/// What a completion's reward is compared with.
public enum AdvantageEstimator: String, Sendable, CaseIterable, Codable {
    /// The mean of its group (GRPO, arXiv 2402.03300).
    case groupMean = "group_mean"
    /// The mean of the others of its group (RLOO, arXiv 2402.14740).
    case leaveOneOut = "leave_one_out"
}

/// How much better each completion is than its group, as TRL computes it.
///
/// `(reward - baseline) / (deviation + 1e-4)`, deviation unbiased. A group whose rewards are equal up
/// to rounding gets exactly 0. A NaN reward takes no part and gets 0.
///
/// - Parameters:
///   - rewards: the rewards of each group's completions
///   - scale: what to divide by
///   - estimator: what to compare with
/// - Returns: advantages of the same shape
public func groupAdvantages(
    rewards: [[Double]], scale: RewardScale, estimator: AdvantageEstimator = .groupMean
) -> [[Double]] {
    let batchDeviation = deviation(valid(rewards.flatMap(\.self)))
    return rewards.map { group in
        let valid = valid(group)
        if isFlat(valid) { return group.map { _ in 0 } }
        let (count, sum) = (Double(valid.count), valid.reduce(0, +))
        let divisor: Double
        switch scale {
        case .group: divisor = deviation(valid) + 1e-4
        case .batch: divisor = batchDeviation + 1e-4
        case .none: divisor = 1
        }
        return group.map { reward in
            if reward.isNaN { return 0 }
            switch estimator {
            case .groupMean: return (reward - sum / count) / divisor
            case .leaveOneOut: return (reward - (sum - reward) / (count - 1)) / divisor
            }
        }
    }
}

/// Which groups TRL counts in `frac_reward_zero_std`: those whose deviation is 0 up to rounding, or with
/// ``RewardScale/batch`` all or none, as the deviation of the batch is.
func groupsWithoutDeviation(rewards: [[Double]], scale: RewardScale) -> [Bool] {
    func isZero(_ values: [Double]) -> Bool { values.count > 1 && deviation(values) <= 1e-8 }
    if scale == .batch {
        let all = isZero(valid(rewards.flatMap(\.self)))
        return rewards.map { _ in all }
    }
    return rewards.map { isZero(valid($0)) }
}

private func valid(_ rewards: [Double]) -> [Double] { rewards.filter { !$0.isNaN } }

/// Whether rewards differ by no more than rounding.
private func isFlat(_ rewards: [Double]) -> Bool {
    guard let low = rewards.min(), let high = rewards.max() else { return true }
    return high - low <= 1e-12 * max(1, low.magnitude, high.magnitude)
}

/// The unbiased standard deviation; 0 for fewer than two numbers.
///
/// Infinite where the squares are beyond the largest number, unless it is only rounding that is squared.
func deviation(_ values: [Double]) -> Double {
    if values.count < 2 { return 0 }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    if squares == .infinity, mean.isFinite, isFlat(values) { return 0 }
    return (squares / Double(values.count - 1)).squareRoot()
}

import Rewards

/// The rewards of a batch of rollouts as advantages are computed from them, by group and place.
///
/// A reward is a completion's total, that of another one of its group where rewards change places, less
/// what the divergence takes from it. Where every term abstained there is none, as where one failed; but a
/// place that gets no reward by abstention has no advantage either, and takes no part in the loss.
struct BatchRewards {
    /// The weighted sums of the terms, by group and completion; NaN without a reward.
    private var totals: [[Double]]
    /// Whose total counts at each place.
    private let origins: [[Int]]
    /// Whose terms all abstained, by group and completion.
    private let abstentions: [[Bool]]
    /// What is taken off at each place; NaN where that is beyond all numbers.
    private var penalties: [[Double]]

    /// Rewards from their parts, which have the same shape.
    init(rewards: [[RewardBreakdown]], origins: [[Int]], penalties: [[Double]]) {
        totals = rewards.map { $0.map(\.total) }
        abstentions = rewards.map { $0.map(\.abstains) }
        (self.origins, self.penalties) = (origins, penalties)
    }

    /// A completion that loses its reward, because numbers that follow from it are not finite.
    struct Loss: Hashable {
        /// The group in the batch.
        let group: Int
        /// The completion in the group.
        let completion: Int
        /// What is not finite.
        let what: String
        /// What the divergence takes off, if that is larger than any term.
        let penalty: Double?
    }

    /// The rewards, NaN where there is none.
    var values: [[Double]] {
        totals.indices.map { group in
            origins[group].indices.map {
                totals[group][origins[group][$0]] - penalties[group][$0]
            }
        }
    }

    /// The advantages, nil where a reward is missing by abstention.
    func advantages(scale: RewardScale, estimator: AdvantageEstimator) -> [[Double?]] {
        let found = groupAdvantages(rewards: values, scale: scale, estimator: estimator)
        return found.indices.map { group in
            found[group].indices.map {
                abstentions[group][origins[group][$0]] ? nil : found[group][$0]
            }
        }
    }

    /// Takes away rewards until mean, deviation and advantages of each group and of the batch are finite:
    /// those of the largest magnitude of what is not, equal ones together, and again.
    ///
    /// Groups come one after the other, the batch as a whole last.
    ///
    /// - Parameters:
    ///   - scale: by what advantages are divided
    ///   - estimator: what they are compared with
    ///   - largest: the largest part of a completion's total, by group and completion
    /// - Returns: the completions that lost their reward, in the order in which they did
    mutating func removeOverflow(
        scale: RewardScale, estimator: AdvantageEstimator,
        largest: (_ group: Int, _ completion: Int) -> Double
    ) -> [Loss] {
        var losses: [Loss] = []
        while true {
            let rewards = values
            guard let problem = problem(rewards, scale, estimator) else { return losses }
            let places = problem.groups.flatMap { group in
                rewards[group].indices.map { (group: group, place: $0) }
            }
            func size(_ place: (group: Int, place: Int)) -> Double {
                let reward = rewards[place.group][place.place]
                return reward.isNaN ? -1 : reward.magnitude
            }
            let most = places.map(size).max() ?? -1
            precondition(most >= 0, "numbers are not finite without a reward")
            for place in places where size(place) == most {
                let (group, origin) = (place.group, origins[place.group][place.place])
                let penalty = penalties[group][place.place]
                let isPenalty = penalty.magnitude > largest(group, origin).magnitude
                if isPenalty {
                    penalties[group][place.place] = .nan
                } else {
                    totals[group][origin] = .nan
                }
                losses.append(
                    Loss(
                        group: group, completion: isPenalty ? place.place : origin,
                        what: problem.what, penalty: isPenalty ? penalty : nil))
            }
        }
    }

    private struct Problem {
        let groups: [Int]
        let what: String
    }

    /// The first thing that is not finite.
    private func problem(
        _ rewards: [[Double]], _ scale: RewardScale, _ estimator: AdvantageEstimator
    ) -> Problem? {
        for group in rewards.indices {
            if let what = Self.overflow(rewards[group]) {
                return Problem(groups: [group], what: "the \(what) of its group's rewards")
            }
        }
        if let what = Self.overflow(rewards.flatMap(\.self)) {
            return Problem(
                groups: Array(rewards.indices), what: "the \(what) of the batch's rewards")
        }
        let advantages = groupAdvantages(rewards: rewards, scale: scale, estimator: estimator)
        for group in rewards.indices {
            // The loss is computed in float32.
            if advantages[group].contains(where: { !Float($0).isFinite }) {
                return Problem(groups: [group], what: "an advantage in its group")
            }
        }
        return nil
    }

    private static func overflow(_ rewards: [Double]) -> String? {
        let valid = rewards.filter { !$0.isNaN }
        if valid.isEmpty { return nil }
        if !mean(valid).isFinite { return "mean" }
        return deviation(valid).isFinite ? nil : "deviation"
    }
}

extension RolloutGroup {
    /// Takes a completion's reward away.
    mutating func loseReward(_ completion: Int, _ fault: RewardFault) {
        rewards[completion].fault = fault
        rewards[completion].total = .nan
        for term in rewards[completion].terms.indices {
            rewards[completion].terms[term].value = .nan
        }
    }

    /// The largest part of a completion's reward; nil where it has none.
    func largestPart(_ completion: Int, _ weights: RewardWeights) -> WeightedTerm? {
        weights.parts(rewards[completion].terms.map(\.value)).largest
    }
}

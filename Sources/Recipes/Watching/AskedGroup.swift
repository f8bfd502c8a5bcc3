package import Reporting

/// The answers to one question of a step, as `rollouts/` has them.
package struct AskedGroup: Sendable {
    /// The optimizer step.
    package let step: Int
    /// The answers, in the order of the file; at least one.
    package let answers: [StoredRollout]

    /// The groups of a step's completions: neighbours of one sample and one pass.
    ///
    /// - Parameters:
    ///   - rollouts: the completions of a step, in the order of the file
    ///   - step: the step
    /// - Returns: the groups, in the order of the file
    package static func groups(_ rollouts: [StoredRollout], step: Int) -> [AskedGroup] {
        var groups: [[StoredRollout]] = []
        for rollout in rollouts {
            let last = groups.last?.last
            if let last, last.id == rollout.id, last.epoch == rollout.epoch,
                last.question == rollout.question
            {
                groups[groups.count - 1].append(rollout)
            } else {
                groups.append([rollout])
            }
        }
        return groups.map { AskedGroup(step: step, answers: $0) }
    }

    /// How far the rewards of the answers are apart; 0 where fewer than two have one.
    package var spread: Double {
        let rewards = answers.compactMap(\.reward)
        return (rewards.max() ?? 0) - (rewards.min() ?? 0)
    }

    /// The group whose rewards are furthest apart, the first of several: what the step learnt most from.
    package static func mostTelling(_ groups: [AskedGroup]) -> AskedGroup? {
        groups.reduce(nil) { best, group in
            guard let best else { return group }
            return group.spread > best.spread ? group : best
        }
    }
}

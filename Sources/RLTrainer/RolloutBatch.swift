import Datasets
import NN
import Rewards
public import Torch

/// Rollouts that one or several optimizer steps learn from, and what does not change while they do.
///
/// Legend: G completions of a group, L tokens of its longest.
struct RolloutBatch<P: Policy> {
    var groups: [RolloutGroup<P.Prompt>]
    /// Which tokens count, one [G, L] per group.
    var masks: [Tensor]
    /// log π when the group was drawn, [G, L]; nil until its first update, if that is the step that
    /// drew it.
    var old: [Tensor?]
    /// log π of the reference policy, [G, L]; nil without one.
    var reference: [Tensor?]
    /// Σ (log π - log π_ref) of each group's tokens that count; empty unless rewards depend on it.
    var klSums: [Double]
    /// The place of the batch's first example in the data.
    var start: EpochSampler.Cursor
    /// What was wrong when the batch was drawn, until a step has reported it.
    var faults: [Fault] = []
    /// How many steps have used the batch.
    var position = 0
}

/// Draws batches of rollouts: completions, rewards, log-probabilities, advantages.
final class RolloutGenerator<P: Policy> {
    /// Tokens of prompts and completions drawn so far.
    private(set) var tokenCount = 0
    /// Batches drawn so far.
    private(set) var generationCount = 0
    private let policies: [P]
    private let references: [P]
    private let stage: RolloutStage
    private let configuration: GRPOConfiguration
    private let pool: WorkerPool
    private let scoring: BackgroundWorkers

    /// A generator with one policy per worker, and one reference each or none at all.
    init(
        policies: [P], references: [P], stage: RolloutStage, configuration: GRPOConfiguration,
        pool: WorkerPool
    ) {
        self.policies = policies
        self.references = references
        self.stage = stage
        self.configuration = configuration
        self.pool = pool
        scoring = BackgroundWorkers(count: configuration.rewardWorkers)
    }

    /// Continues after so many batches and tokens.
    func restore(generations: Int, tokens: Int) {
        (generationCount, tokenCount) = (generations, tokens)
    }

    /// Draws the next batch; samples that cannot be used are left out.
    ///
    /// - Throws: the error of policy, segmenter or source; ``TrainingError`` if no sample can be used,
    ///   no completion has a reward, or with `strict` anything is wrong with one of them
    func draw(
        from source: any ExampleSource, _ timings: inout StepTimings
    ) throws -> RolloutBatch<P> {
        let start = source.cursor
        var faults: [Fault] = []
        let examples = try timed(&timings.data) {
            try (0..<configuration.promptsPerGeneration).map { _ in
                try source.nextUsable { error in
                    faults.append(Fault(error))
                    try requireNone(faults)
                }
            }
        }
        let drawn = try pool.mapShares(examples.count) { indices, worker in
            try draw(examples, indices, worker)
        }
        for part in drawn { timings.add(part.timings, workers: pool.count) }
        let groups = drawn.map(\.group)
        var batch = RolloutBatch<P>(
            groups: groups,
            masks: try groups.map {
                try completionMask(
                    $0.completions, masksTruncated: configuration.masksTruncatedCompletions)
            }, old: drawn.map(\.old), reference: drawn.map(\.reference), klSums: [],
            start: start)
        try addAdvantages(&batch)
        batch.masks = try batch.groups.map {
            try $0.mask(masksTruncated: configuration.masksTruncatedCompletions)
        }
        batch.faults = faults + (try rewardFaults(batch.groups))
        try requireNone(batch.faults)
        tokenCount += groups.reduce(0) { $0 + $1.tokenCount }
        generationCount += 1
        return batch
    }

    /// Fails with the first fault if the run is strict.
    private func requireNone(_ faults: [Fault]) throws {
        guard configuration.strict, let first = faults.first else { return }
        throw TrainingError(description: first.description)
    }

    /// The completions without a reward.
    ///
    /// - Throws: ``TrainingError`` if no completion has one: it is not they that something is wrong with
    private func rewardFaults(_ groups: [RolloutGroup<P.Prompt>]) throws -> [Fault] {
        let faults = groups.flatMap { group in
            group.rewards.enumerated().compactMap { index, reward in
                reward.fault.map { Fault($0, sampleID: group.example.id, completion: index) }
            }
        }
        let count = groups.reduce(0) { $0 + $1.rewards.count }
        if let first = faults.first, faults.count == count, !configuration.strict {
            throw TrainingError(
                description: "none of the \(count) completions that were drawn has a reward; the "
                    + "first one: \(first)")
        }
        return faults
    }

    /// What one worker makes of one example.
    private struct Drawn {
        var group: RolloutGroup<P.Prompt>
        var old: Tensor?
        var reference: Tensor?
        var timings = StepTimings()
    }

    /// All of one worker's examples, by their indices in the batch.
    private func draw(
        _ examples: [TrainingExample], _ indices: [Int], _ worker: Int
    ) throws -> [Drawn] {
        var timings = StepTimings()
        let drawn = try timed(&timings.rollout) {
            try stage.completions(
                of: indices.map { examples[$0] }, policy: policies[worker],
                generation: generationCount)
        }
        // Where others score, the policies go on meanwhile.
        let pending = try drawn.map { drawn in
            try scoring.start { [stage] in
                var time = PhaseTime()
                let rewards = try timed(&time) { try stage.rewards(of: drawn) }
                return Rewarded(rewards: rewards, time: time)
            }
        }
        let referenceScores: [Tensor]? = try timed(&timings.reference) {
            references.isEmpty ? nil : try scores(drawn, references[worker])
        }
        // A group of the first step is scored by its update, before the policy changes.
        let late = indices.indices.filter {
            indices[$0] >= configuration.promptsPerStep || configuration.penalizesDivergence
        }
        let old = try timed(&timings.old) {
            try scores(late.map { drawn[$0] }, policies[worker])
        }
        var parts = try drawn.indices.map { place in
            let rewarded = try pending[place].value()
            timings.reward = timings.reward + rewarded.time
            return Drawn(
                group: RolloutGroup(drawn[place], rewards: rewarded.rewards),
                reference: referenceScores?[place])
        }
        for (place, scores) in zip(late, old) { parts[place].old = scores }
        if !parts.isEmpty { parts[0].timings = timings }
        return parts
    }

    /// A group's rewards with the time that they took.
    private struct Rewarded: Sendable {
        var rewards: [RewardBreakdown]
        var time: PhaseTime
    }

    private func scores(
        _ drawn: [DrawnCompletions<P.Prompt>], _ policy: P
    ) throws -> [Tensor] {
        let sizes = drawn.map { drawn in
            drawn.completions.reduce(drawn.prompt.tokenCount) { $0 + $1.tokenIDs.count }
        }
        return try withoutGradients {
            try stretches(of: sizes, within: configuration.microBatchTokens).flatMap { range in
                try policy.score(
                    drawn[range].map {
                        ScoreRequest(
                            prompt: $0.prompt, completions: $0.completions.map(\.tokenIDs))
                    },
                    temperature: configuration.sampling.scoringTemperature, withEntropies: false
                ).map(\.logProbabilities)
            }
        }
    }

    private func addAdvantages(_ batch: inout RolloutBatch<P>) throws {
        let divergences = try divergences(batch)
        var rewards = BatchRewards(
            rewards: batch.groups.map(\.rewards),
            origins: batch.groups.map { group in
                let places = Array(group.rewards.indices)
                return configuration.shufflesRewards
                    ? shuffledRewards(
                        places, run: configuration.seed, generation: generationCount,
                        sample: group.example.id) : places
            },
            penalties: divergences?.map { sums in sums.map { configuration.loss.beta * $0 } }
                ?? batch.groups.map { $0.rewards.map { _ in 0 } })
        removeOverflow(&rewards, &batch)
        let advantages = rewards.advantages(
            scale: configuration.rewardScale, estimator: configuration.advantageEstimator)
        let flat = groupsWithoutDeviation(
            rewards: rewards.values, scale: configuration.rewardScale)
        for index in batch.groups.indices {
            batch.groups[index].advantages = advantages[index]
            batch.groups[index].hasNoDeviation = flat[index]
        }
        batch.klSums = (divergences ?? []).enumerated().map { index, sums in
            zip(sums, advantages[index]).reduce(0) { $1.1 == nil ? $0 : $0 + $1.0 }
        }
    }

    /// How far each completion is from the reference; nil where that is no part of rewards.
    private func divergences(_ batch: RolloutBatch<P>) throws -> [[Double]]? {
        guard configuration.penalizesDivergence else { return nil }
        return try batch.groups.indices.map { index in
            guard let old = batch.old[index], let reference = batch.reference[index] else {
                preconditionFailure("the divergence needs scores of policy and reference")
            }
            let sums = try divergenceSums(old, reference, mask: batch.masks[index])
            if let broken = sums.firstIndex(where: { !$0.isFinite }) {
                throw TrainingError(
                    description: "sample \(batch.groups[index].example.id), completion "
                        + "\(broken): the divergence from the reference is \(sums[broken]): the "
                        + "weights of one of the policies are damaged, or the dtype is too narrow")
            }
            return sums
        }
    }

    /// Makes faults of rewards that are too large to compute with.
    private func removeOverflow(_ rewards: inout BatchRewards, _ batch: inout RolloutBatch<P>) {
        let (groups, weights) = (batch.groups, stage.scorer.weights)
        let losses = rewards.removeOverflow(
            scale: configuration.rewardScale, estimator: configuration.advantageEstimator
        ) { groups[$0].largestPart($1, weights)?.product ?? 0 }
        for loss in losses {
            let cause =
                if let penalty = loss.penalty {
                    "the divergence from the reference takes \(penalty) off"
                } else {
                    groups[loss.group].largestPart(loss.completion, weights)
                        .map { "\($0)" } ?? "the reward"
                }
            batch.groups[loss.group].loseReward(
                loss.completion,
                RewardFault(
                    kind: .notFinite, description: "\(cause): \(loss.what) is not finite"))
        }
    }
}

extension SamplingParameters {
    /// By what logits are divided when completions are scored: greedy ones with undivided logits.
    var scoringTemperature: Double { temperature == 0 ? 1 : temperature }
}

/// Which tokens of a group's completions count, float32 [G, L]: a completion's own.
///
/// - Parameters:
///   - completions: the group's G completions, L the length of the longest
///   - masksTruncated: whether none of a completion counts that reached the longest length
/// - Returns: 1 for tokens that count, 0 elsewhere
/// - Throws: `TorchError`
public func completionMask(_ completions: [Completion], masksTruncated: Bool) throws -> Tensor {
    let length = completions.map(\.tokenIDs.count).max() ?? 0
    let rows = completions.map { completion -> [Float] in
        let count = completion.tokenIDs.count
        let isMasked = masksTruncated && completion.stopReason == .length
        return [Float](repeating: isMasked ? 0 : 1, count: count)
            + [Float](repeating: 0, count: length - count)
    }
    return try Tensor.of(rows.flatMap(\.self), shape: [completions.count, length])
}

extension RolloutGroup {
    /// The completions that take part in the loss, by their places; all but those whose terms all
    /// abstained.
    var learningPlaces: [Int] { advantages.indices.filter { advantages[$0] != nil } }

    /// Whether any completion takes part in the loss.
    var learns: Bool { advantages.contains { $0 != nil } }

    /// Which tokens count, float32 [G, L]: as ``completionMask(_:masksTruncated:)``, and none of a completion
    /// that takes no part.
    func mask(masksTruncated: Bool) throws -> Tensor {
        let mask = try completionMask(completions, masksTruncated: masksTruncated)
        let places = learningPlaces
        if places.count == completions.count { return mask }
        let parts = advantages.map { Float($0 == nil ? 0 : 1) }
        return try mask * Tensor.of(parts).unsqueezed(1)
    }
}

/// The sampler's log-probabilities of a group's G completions, 0 past their ends: float32 [G, L].
func sampledLogProbabilities(_ completions: [Completion]) throws -> Tensor {
    let length = completions.map(\.tokenIDs.count).max() ?? 0
    return try Tensor.of(
        completions.flatMap { completion in
            completion.logProbabilities
                + [Float](repeating: 0, count: length - completion.tokenIDs.count)
        }, shape: [completions.count, length])
}

/// Σ (log π - log π_ref) over the tokens of each completion that count (the estimator k1).
///
/// - Parameters:
///   - current: log π, [G, L]
///   - reference: log π_ref, [G, L]
///   - mask: 1 for tokens that count, [G, L]
/// - Returns: G numbers
/// - Throws: `TorchError`
public func divergenceSums(
    _ current: Tensor, _ reference: Tensor, mask: Tensor
) throws -> [Double] {
    try withoutGradients {
        let difference = try (current - reference).to(.cpu)
        let inside = try mask .> 0.5
        return try Tensor.select(inside, difference, else: mask * 0).sum(1)
            .values(Double.self)
    }
}

/// A group's rewards in another order, which is a function of run, batch of rollouts and sample.
///
/// - Parameters:
///   - rewards: one per completion, or whatever stands for it
///   - run: the run's seed
///   - generation: how many batches of rollouts came before
///   - sample: the sample's id
/// - Returns: the same, most likely at other places
public func shuffledRewards<Reward>(
    _ rewards: [Reward], run: UInt64, generation: Int, sample: String
) -> [Reward] {
    var hash = StableHash()
    hash.combine("reward shuffle")
    hash.combine(run)
    hash.combine(generation)
    hash.combine(sample)
    var generator = SeededGenerator(seed: hash.value)
    return generator.permutation(count: rewards.count).map { rewards[$0] }
}

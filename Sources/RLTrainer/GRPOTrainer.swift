import Datasets
public import Files
import NN
public import Rewards
public import Segmentation
import Torch

/// A run that cannot go on.
public struct TrainingError: Error, Sendable, CustomStringConvertible {
    /// What happened, where, and what to do.
    public let description: String
}

/// What one optimizer step did.
public struct StepReport<Prompt> {
    /// The numbers.
    public let metrics: StepMetrics
    /// The rollouts that the step learnt from.
    public let groups: [RolloutGroup<Prompt>]
    /// Whether no earlier step learnt from these rollouts.
    public let isFresh: Bool
    /// What was wrong and did not stop the run: with samples and rewards in the step that drew them.
    public let faults: [Fault]
    /// Whether there was anything to learn from; if every completion's terms all abstained, nothing has
    /// changed but the number of the step.
    public let hasLearned: Bool
    /// What the parts of the step took.
    public let timings: StepTimings
}

/// Group relative policy optimization (arXiv 2402.03300) of a policy that prompts a frozen segmenter.
///
/// ``step()`` makes one optimizer step. When no rollouts are left, it draws and scores
/// `promptsPerStep × stepsPerGeneration` groups; each step takes the next `promptsPerStep` of them, and
/// when all are used they are used again, `numIterations` times in all. A step is a few micro-batches,
/// each of as many whole groups as `microBatchTokens` allows, then clipping and the optimizer. With
/// several workers a group is one worker's: worker i mod `workers` draws and scores group i of what is
/// drawn, and has group i of a step's; gradients are then added up worker by worker, numbers group by
/// group. The caller owns the loop, the files and the terminal.
public final class GRPOTrainer<P: Policy> {
    /// What decides about the run.
    public let configuration: GRPOConfiguration
    /// Optimizer steps done.
    public internal(set) var stepCount = 0
    /// How often something was wrong so far.
    public internal(set) var faultCounts = FaultCounts()
    /// Tokens of prompts and completions seen so far.
    public var tokenCount: Int { generator.tokenCount }
    let optimizer: AdamW
    /// One per worker; the first is the one that is trained, the others share its memory.
    let policies: [P]
    let source: any ExampleSource
    let scorer: Scorer
    let generator: RolloutGenerator<P>
    /// What is left to be learnt from.
    var batch: RolloutBatch<P>?
    private let pool: WorkerPool
    private let trainable: [Parameter]
    private let loss: LossConfiguration

    /// A trainer of the policy's parameters that require gradients.
    ///
    /// - Parameters:
    ///   - policy: what is trained
    ///   - reference: a frozen policy to stay close to; needed when `beta` is not 0
    ///   - segmenter: what the policy prompts
    ///   - scorer: turns answers into rewards
    ///   - source: the questions
    ///   - configuration: the hyper-parameters
    /// - Throws: ``TrainingError`` if nothing is trainable, the reference is missing, or `rloo` should
    ///   have a divergence in the loss
    public init(
        policy: P, reference: P?, segmenter: any Segmenter, scorer: Scorer,
        source: any ExampleSource, configuration: GRPOConfiguration
    ) throws {
        trainable = policy.parameters.trainable
        if trainable.isEmpty {
            throw TrainingError(description: "no parameter of the policy is trainable")
        }
        if configuration.loss.beta != 0, reference == nil {
            throw TrainingError(description: "beta is not 0, but there is no reference policy")
        }
        loss = configuration.updateLoss
        if loss.lossType == .rloo, loss.beta != 0 {
            throw TrainingError(
                description: "the loss rloo takes no divergence: set kl_in_reward, or beta to 0")
        }
        let others = 1..<max(1, configuration.workers)
        policies = try [policy] + others.map { _ in try policy.sharingParameters() }
        let reference = configuration.loss.beta == 0 ? nil : reference
        let references = try reference.map { first in
            try [first] + others.map { _ in try first.sharingParameters() }
        }
        pool = WorkerPool(count: policies.count)
        self.source = source
        self.scorer = scorer
        self.configuration = configuration
        generator = RolloutGenerator(
            policies: policies, references: references ?? [],
            stage: RolloutStage(
                segmenter: segmenter, scorer: scorer, sampling: configuration.sampling,
                groupSize: configuration.numGenerations, seed: configuration.seed,
                rewardTimeout: configuration.rewardTimeout,
                batchTokens: configuration.rolloutBatchTokens),
            configuration: configuration, pool: pool)
        optimizer = try AdamW(parameters: trainable, options: configuration.optimizer)
    }

    /// Makes one optimizer step.
    ///
    /// If the loss or the gradient is not finite, parameters and the optimizer's state stay as they are
    /// to the bit, and everything else goes on as after any other step: the rollouts are used, and the
    /// step counts. So it is where no completion of the step takes part, because all reward terms
    /// abstained; that is no fault.
    ///
    /// - Returns: what it did
    /// - Throws: the error of a policy, segmenter or data source; ``TrainingError`` if no sample or
    ///   reward can be used, or with `strict` if one cannot; parameters and the optimizer's state are
    ///   then as before the step. ``DivergedError`` after a step without effect that is one too many
    public func step() throws -> StepReport<P.Prompt> {
        var timings = StepTimings()
        var total = PhaseTime()
        let report = try timed(&total) {
            var current = try batch ?? generator.draw(from: source, &timings)
            let position = current.position
            let first = position % configuration.stepsPerGeneration * configuration.promptsPerStep
            let indices = first..<first + configuration.promptsPerStep
            let (metrics, faults) = try update(&current, indices, &timings)
            current.position += 1
            batch = current.position < configuration.stepsPerBatch ? current : nil
            let groups = Array(current.groups[indices])
            return StepReport(
                metrics: metrics, groups: groups,
                isFresh: position < configuration.stepsPerGeneration, faults: faults,
                hasLearned: groups.contains(where: \.learns), timings: timings)
        }
        timings.step = total
        var metrics = report.metrics
        metrics.appendTimings(
            timings, tokenCount: report.groups.reduce(0) { $0 + $1.tokenCount })
        try requireProgress(metrics, report.faults)
        return StepReport(
            metrics: metrics, groups: report.groups, isFresh: report.isFresh,
            faults: report.faults, hasLearned: report.hasLearned, timings: timings)
    }

    // MARK: - Update

    private func update(
        _ batch: inout RolloutBatch<P>, _ indices: Range<Int>, _ timings: inout StepTimings
    ) throws -> (StepMetrics, [Fault]) {
        let groups = Array(batch.groups[indices])
        let parts = try gradients(batch, indices)
        var (statistics, sampler) = (UpdateStatistics(), SamplerDifference())
        let learns = groups.contains(where: \.learns)
        for (index, part) in zip(indices, parts) {
            if let output = part.output {
                statistics.add(output, loss: part.loss, entropySum: part.entropySum)
            }
            if configuration.penalizesDivergence { statistics.add(klSum: batch.klSums[index]) }
            sampler.add(part.sampler)
            timings.add(part.timings, workers: pool.count)
        }
        let learningRate =
            configuration.optimizer.learningRate * configuration.schedule.factor(step: stepCount)
        let norm = try timed(&timings.optimizer) {
            try optimize(if: learns && statistics.loss.isFinite, learningRate: learningRate)
        }
        stepCount += 1
        let skip = skip(groups, losses: parts.map(\.loss), loss: statistics.loss, norm: norm)
        let faults = batch.faults + (skip.map { [$0] } ?? [])
        batch.faults = []
        faultCounts.add(faults, hasLearned: learns)
        for (index, part) in zip(indices, parts) {
            // Scores that are no numbers are none: the group's next update makes others.
            batch.old[index] = try skip == nil || part.old?.isFinite() == true ? part.old : nil
        }
        var metrics = metrics(
            groups, learns ? (statistics, sampler, norm) : nil, learningRate: learningRate)
        metrics.append(faults, faultCounts)
        return (metrics, faults)
    }

    /// Takes what the gradients say into the parameters, if that is wanted and their norm is finite.
    ///
    /// - Returns: the norm
    private func optimize(if isWanted: Bool, learningRate: Double) throws -> Double {
        for other in policies.dropFirst() {
            try trainable.addGradients(of: other.parameters.trainable)
        }
        let norm = try trainable.gradientNorm()
        if isWanted, norm.isFinite {
            try trainable.clipGradients(maxNorm: configuration.maxGradientNorm, norm: norm)
            try optimizer.step(learningRate: learningRate)
        }
        try clearGradients()
        return norm
    }

    private func clearGradients() throws {
        for policy in policies { try policy.parameters.trainable.clearGradients() }
    }

    /// Leaves the gradient of a step's groups with the policies of the workers that had them.
    private func gradients(
        _ batch: RolloutBatch<P>, _ indices: Range<Int>
    ) throws -> [GroupUpdate] {
        let tokenCount = try indices.reduce(0) { try $0 + batch.masks[$1].sum().item() }
        let groupCount = indices.count { batch.groups[$0].learns }
        try clearGradients()
        do {
            return try pool.mapShares(indices.count) { places, worker in
                let all = places.map { indices.lowerBound + $0 }
                let mine = all.filter { batch.groups[$0].learns }
                let sizes = mine.map { batch.groups[$0].positionCount }
                let updates = try stretches(of: sizes, within: configuration.microBatchTokens)
                    .flatMap {
                        try gradient(
                            Array(mine[$0]), batch, policies[worker], groupCount: groupCount,
                            tokenCount: tokenCount)
                    }
                let found = Dictionary(uniqueKeysWithValues: zip(mine, updates))
                return all.map { found[$0] ?? GroupUpdate(old: batch.old[$0]) }
            }
        } catch {
            try clearGradients()
            throw error
        }
    }

    /// Adds the gradient of some groups, which are one micro-batch, to those of a policy.
    private func gradient(
        _ indices: [Int], _ batch: RolloutBatch<P>, _ policy: P, groupCount: Int,
        tokenCount: Double
    ) throws -> [GroupUpdate] {
        var timings = StepTimings()
        // By run, step and group: the same after a resumption and on whatever thread.
        policy.setDropout(
            seed: StableHash.seed(
                runSeed: configuration.seed, step: stepCount,
                sampleID: "dropout \(batch.groups[indices[0]].example.id)", index: indices[0]))
        defer { policy.setDropout(seed: nil) }
        var parts = try timed(&timings.update) {
            let scores = try withGradients(enabled: true) {
                try policy.score(
                    indices.map {
                        let group = batch.groups[$0]
                        return ScoreRequest(
                            prompt: group.prompt, completions: group.completions.map(\.tokenIDs))
                    },
                    temperature: configuration.sampling.scoringTemperature, withEntropies: true)
            }
            let losses = try zip(indices, scores).map { index, scores in
                try groupLoss(
                    index, batch, scores, groupCount: groupCount, tokenCount: tokenCount)
            }
            try losses.map(\.loss).sum().backward()
            return try losses.map { try $0.update() }
        }
        parts[0].timings = timings
        return parts
    }

    /// The loss of one group, before its gradient is taken.
    private func groupLoss(
        _ index: Int, _ batch: RolloutBatch<P>, _ scores: TokenScores, groupCount: Int,
        tokenCount: Double
    ) throws -> GroupLoss {
        let (group, mask) = (batch.groups[index], batch.masks[index])
        guard let entropies = scores.entropies else {
            preconditionFailure("a policy must give the entropies that it is asked for")
        }
        let detached = try scores.logProbabilities.detached()
        let old = batch.old[index] ?? detached
        let device = scores.logProbabilities.device
        let inputs = LossInputs(
            logProbabilities: scores.logProbabilities, oldLogProbabilities: old,
            referenceLogProbabilities: batch.reference[index],
            advantages: try Tensor.of(group.advantages.map { $0 ?? 0 }).to(device),
            mask: try mask.to(device), microBatchCount: groupCount, stepTokenCount: tokenCount)
        let output = try withGradients(enabled: true) {
            try policyLoss(inputs.rows(group.advantages.map { $0 != nil }), loss)
        }
        return GroupLoss(
            output: output, old: old,
            entropySum: try (entropies.to(.cpu) * mask).sum().item(),
            sampler: try SamplerDifference(group.completions, scored: detached, mask: mask))
    }

    /// Why the step had to be skipped, if so.
    private func skip(
        _ groups: [RolloutGroup<P.Prompt>], losses: [Double], loss: Double, norm: Double
    ) -> Fault? {
        if loss.isFinite, norm.isFinite { return nil }
        let broken = groups.indices.filter { !losses[$0].isFinite }
        let ids = (broken.isEmpty ? Array(groups.indices) : broken).map { groups[$0].example.id }
        // Rewards that nothing scales down may be too much for the loss's float32.
        let advantage = groups.flatMap(\.advantages).compactMap { $0?.magnitude }.max() ?? 0
        let hint = advantage > 1e20 ? ", the largest advantage \(advantage)" : ""
        return Fault(
            kind: .step, sampleIDs: ids, completion: nil,
            description: "step \(stepCount): the loss is \(loss) and the norm of its gradient "
                + "\(norm)\(hint) (samples \(ids.joined(separator: ", "))): no parameter was changed"
        )
    }

    /// Fails after a skipped step that is one too many.
    private func requireProgress(_ metrics: StepMetrics, _ faults: [Fault]) throws {
        let (count, limit) = (faultCounts.skippedInARow, configuration.maxSkippedSteps)
        guard let fault = faults.last, fault.kind == .step, configuration.strict || count > limit
        else { return }
        throw DivergedError(
            metrics: metrics, faults: faults,
            description:
                "\(fault)\(count > 1 ? "; it is the last of \(count) such steps in a row" : ""). "
                + "Try a smaller learning_rate or max_grad_norm, or float32")
    }

    /// The numbers of a step; those of its update are NaN where there was none.
    private func metrics(
        _ groups: [RolloutGroup<P.Prompt>],
        _ update: (statistics: UpdateStatistics, sampler: SamplerDifference, norm: Double)?,
        learningRate: Double
    ) -> StepMetrics {
        let statistics = update?.statistics ?? UpdateStatistics()
        let loss = update == nil ? .nan : statistics.loss
        var metrics = StepMetrics(step: stepCount)
        metrics.append(
            "epoch", configuration.epochs(steps: stepCount, epochLength: source.epochLength))
        metrics.append("loss", loss)
        metrics.append("policy_loss", loss)
        metrics.append("grad_norm", update?.norm ?? .nan)
        metrics.append("learning_rate", learningRate)
        metrics.append("num_tokens", Double(tokenCount))
        metrics.appendRollouts(groups, abstaining: scorer.abstainingTerms)
        let usesReference = configuration.loss.beta != 0
        for entry in statistics.entries(
            lossType: self.loss.lossType, usesReference: usesReference)
        { metrics.append(entry.name, update == nil ? .nan : entry.value) }
        metrics.append(update?.sampler)
        return metrics
    }
}

extension [Tensor] {
    /// The sum of numbers, at least one.
    fileprivate func sum() throws -> Tensor {
        try withGradients(enabled: true) { try dropFirst().reduce(self[0]) { try $0 + $1 } }
    }
}

extension FaultCounts {
    /// Counts the faults of a step.
    fileprivate mutating func add(_ faults: [Fault], hasLearned: Bool) {
        let isSkipped = faults.contains { $0.kind == .step }
        total += faults.count
        skippedSteps += isSkipped ? 1 : 0
        // A step with nothing to learn from does not tell whether the run goes well again.
        if isSkipped { skippedInARow += 1 } else if hasLearned { skippedInARow = 0 }
    }
}

extension Tensor {
    /// Whether all numbers are.
    fileprivate func isFinite() throws -> Bool { try to(.cpu).floats.allSatisfy(\.isFinite) }
}

extension [Parameter] {
    /// Those that require gradients.
    fileprivate var trainable: [Parameter] { filter { $0.tensor.requiresGradient } }
}

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
    /// Whether the rollouts were drawn in this step, not in an earlier one.
    public let isFresh: Bool
}

/// Group relative policy optimization (arXiv 2402.03300) of a policy that prompts a frozen segmenter.
///
/// ``step()`` makes one optimizer step: draw and score `promptsPerStep` groups (or use those of the
/// steps before, with `numIterations` > 1), then one micro-batch per group, then clip and step. The
/// caller owns the loop, the files and the terminal.
public final class GRPOTrainer<P: Policy> {
    /// What decides about the run.
    public let configuration: GRPOConfiguration
    /// Optimizer steps done.
    public private(set) var stepCount = 0
    /// Tokens of prompts and completions seen so far.
    public private(set) var tokenCount = 0
    private let policy: P
    private let reference: P?
    private let source: any ExampleSource
    private let stage: RolloutStage<P>
    private let trainable: [Parameter]
    private let optimizer: AdamW
    private var batch: RolloutBatch?
    private var generationCount = 0
    private var promptCount = 0

    /// The rollouts in use, and what does not change while they are.
    private struct RolloutBatch {
        var groups: [RolloutGroup<P.Prompt>]
        var old: [Tensor?]
        var reference: [Tensor?]
        var iteration = 0
    }

    /// A trainer of the policy's parameters that require gradients.
    ///
    /// - Parameters:
    ///   - policy: what is trained
    ///   - reference: a frozen policy to stay close to; needed when `beta` is not 0
    ///   - segmenter: what the policy prompts
    ///   - scorer: turns answers into rewards
    ///   - source: the questions
    ///   - configuration: the hyper-parameters
    /// - Throws: ``TrainingError`` if nothing is trainable or the reference is missing
    public init(
        policy: P, reference: P?, segmenter: any Segmenter, scorer: Scorer,
        source: any ExampleSource, configuration: GRPOConfiguration
    ) throws {
        trainable = policy.parameters.filter { $0.tensor.requiresGradient }
        if trainable.isEmpty {
            throw TrainingError(description: "no parameter of the policy is trainable")
        }
        if configuration.loss.beta != 0, reference == nil {
            throw TrainingError(description: "beta is not 0, but there is no reference policy")
        }
        self.policy = policy
        self.reference = configuration.loss.beta == 0 ? nil : reference
        self.source = source
        self.configuration = configuration
        stage = RolloutStage(
            policy: policy, segmenter: segmenter, scorer: scorer,
            sampling: configuration.sampling, groupSize: configuration.numGenerations,
            seed: configuration.seed)
        optimizer = try AdamW(parameters: trainable, options: configuration.optimizer)
    }

    /// Makes one optimizer step.
    ///
    /// - Returns: what it did
    /// - Throws: the error of a policy, segmenter or data source, or ``TrainingError`` if the loss or
    ///   the gradient is not finite; parameters are then as before the step
    public func step() throws -> StepReport<P.Prompt> {
        var timings = StepTimings()
        var total = 0.0
        let (report, isFresh) = try timed(&total) {
            let isFresh = batch == nil
            var current = try batch ?? draw(&timings)
            let report = try update(&current, &timings)
            current.iteration += 1
            batch = current.iteration < configuration.numIterations ? current : nil
            return (UpdateResult(groups: current.groups, metrics: report), isFresh)
        }
        timings.step = total
        var metrics = report.metrics
        metrics.appendTimings(
            timings, tokenCount: report.groups.reduce(0) { $0 + $1.tokenCount })
        return StepReport(metrics: metrics, groups: report.groups, isFresh: isFresh)
    }

    private struct UpdateResult {
        let groups: [RolloutGroup<P.Prompt>]
        let metrics: StepMetrics
    }

    // MARK: - Rollouts

    private func draw(_ timings: inout StepTimings) throws -> RolloutBatch {
        var groups: [RolloutGroup<P.Prompt>] = []
        for _ in 0..<configuration.promptsPerStep {
            let example = try timed(&timings.data) { try source.next() }
            groups.append(
                try stage.group(example, generation: generationCount, timings: &timings))
        }
        let advantages = groupAdvantages(
            rewards: groups.map { $0.rewards.map(\.total) }, scale: configuration.rewardScale)
        for index in groups.indices { groups[index].advantages = advantages[index] }
        generationCount += 1
        promptCount += groups.count
        tokenCount += groups.reduce(0) { $0 + $1.tokenCount }
        let references = try timed(&timings.reference) { try groups.map(referenceScores) }
        return RolloutBatch(
            groups: groups, old: groups.map { _ in nil }, reference: references)
    }

    private func referenceScores(_ group: RolloutGroup<P.Prompt>) throws -> Tensor? {
        guard let reference else { return nil }
        return try withoutGradients {
            try reference.score(
                group.prompt, completions: group.completions.map(\.tokenIDs),
                temperature: scoringTemperature
            ).logProbabilities
        }
    }

    /// Greedy rollouts are scored with the undivided logits.
    private var scoringTemperature: Double {
        configuration.sampling.temperature == 0 ? 1 : configuration.sampling.temperature
    }

    // MARK: - Update

    private func update(
        _ batch: inout RolloutBatch, _ timings: inout StepTimings
    ) throws -> StepMetrics {
        var sums = UpdateSums()
        let masks = try batch.groups.map { try completionMask($0) }
        let stepTokens = try masks.reduce(0) { try $0 + $1.sum().item() }
        try trainable.clearGradients()
        try timed(&timings.update) {
            for index in batch.groups.indices {
                try accumulate(index, &batch, masks[index], stepTokens, &sums)
            }
        }
        let learningRate =
            configuration.optimizer.learningRate * configuration.schedule.factor(step: stepCount)
        let norm = try timed(&timings.optimizer) {
            let norm = try trainable.gradientNorm()
            try requireFinite(sums.loss, norm, batch.groups)
            try trainable.clipGradients(maxNorm: configuration.maxGradientNorm, norm: norm)
            try optimizer.step(learningRate: learningRate)
            try trainable.clearGradients()
            return norm
        }
        stepCount += 1
        return metrics(batch.groups, sums, norm: norm, learningRate: learningRate)
    }

    /// Adds one group's gradient.
    private func accumulate(
        _ index: Int, _ batch: inout RolloutBatch, _ mask: Tensor, _ stepTokens: Double,
        _ sums: inout UpdateSums
    ) throws {
        let group = batch.groups[index]
        let scores = try withGradients(enabled: true) {
            try policy.score(
                group.prompt, completions: group.completions.map(\.tokenIDs),
                temperature: scoringTemperature)
        }
        let detached = try scores.logProbabilities.detached()
        let old = batch.old[index] ?? detached
        batch.old[index] = old
        let device = scores.logProbabilities.device
        let output = try withGradients(enabled: true) {
            try policyLoss(
                LossInputs(
                    logProbabilities: scores.logProbabilities, oldLogProbabilities: old,
                    referenceLogProbabilities: batch.reference[index],
                    advantages: try Tensor.of(group.advantages.map(Float.init)).to(device),
                    mask: try mask.to(device), microBatchCount: batch.groups.count,
                    stepTokenCount: stepTokens),
                configuration.loss)
        }
        try output.loss.backward()
        sums.add(output, loss: try output.loss.item())
        sums.entropySum += try (scores.entropies.to(.cpu) * mask).sum().item()
        try compareWithSampler(group, detached, mask, &sums)
    }

    private func compareWithSampler(
        _ group: RolloutGroup<P.Prompt>, _ scored: Tensor, _ mask: Tensor, _ sums: inout UpdateSums
    ) throws {
        let length = mask.size(1)
        let sampled = try Tensor.of(
            group.completions.flatMap { completion in
                completion.logProbabilities
                    + [Float](repeating: 0, count: length - completion.tokenIDs.count)
            }, shape: [group.completions.count, length])
        let difference = try ((scored.to(.cpu) - sampled).abs() * mask)
        sums.samplerDifferenceSum += try difference.sum().item()
        sums.samplerDifferenceMax = max(sums.samplerDifferenceMax, try difference.max().item())
    }

    /// Which tokens count, [G, L]: a completion's own, none of a truncated one if the configuration
    /// says so.
    private func completionMask(_ group: RolloutGroup<P.Prompt>) throws -> Tensor {
        let length = group.completions.map(\.tokenIDs.count).max() ?? 0
        let rows = group.completions.map { completion -> [Float] in
            let count = completion.tokenIDs.count
            let isMasked =
                configuration.masksTruncatedCompletions && completion.stopReason == .length
            return [Float](repeating: isMasked ? 0 : 1, count: count)
                + [Float](repeating: 0, count: length - count)
        }
        return try Tensor.of(rows.flatMap(\.self), shape: [group.completions.count, length])
    }

    private func requireFinite(
        _ loss: Double, _ norm: Double, _ groups: [RolloutGroup<P.Prompt>]
    ) throws {
        if loss.isFinite, norm.isFinite { return }
        try trainable.clearGradients()
        let ids = groups.map(\.example.id).joined(separator: ", ")
        throw TrainingError(
            description: "step \(stepCount + 1): the loss is \(loss) and the norm of its gradient "
                + "\(norm) (samples \(ids)); the parameters are as before the step. Try a smaller "
                + "learning_rate or max_grad_norm, or float32")
    }

    private func metrics(
        _ groups: [RolloutGroup<P.Prompt>], _ sums: UpdateSums, norm: Double, learningRate: Double
    ) -> StepMetrics {
        var metrics = StepMetrics(step: stepCount)
        metrics.append("epoch", Double(promptCount) / Double(max(1, source.epochLength)))
        metrics.append("loss", sums.loss)
        metrics.append("policy_loss", sums.loss)
        metrics.append("grad_norm", norm)
        metrics.append("learning_rate", learningRate)
        metrics.append("num_tokens", Double(tokenCount))
        metrics.appendRollouts(groups)
        metrics.appendUpdate(sums, usesReference: reference != nil)
        return metrics
    }
}

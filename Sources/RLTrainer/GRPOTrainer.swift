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
}

/// Group relative policy optimization (arXiv 2402.03300) of a policy that prompts a frozen segmenter.
///
/// ``step()`` makes one optimizer step. When no rollouts are left, it draws and scores
/// `promptsPerStep × stepsPerGeneration` groups; each step takes the next `promptsPerStep` of them, and
/// when all are used they are used again, `numIterations` times in all. A step is one micro-batch per
/// group, then clipping and the optimizer. The caller owns the loop, the files and the terminal.
public final class GRPOTrainer<P: Policy> {
    /// What decides about the run.
    public let configuration: GRPOConfiguration
    /// Optimizer steps done.
    public private(set) var stepCount = 0
    /// Tokens of prompts and completions seen so far.
    public var tokenCount: Int { generator.tokenCount }
    let optimizer: AdamW
    private let policy: P
    private let source: any ExampleSource
    private let generator: RolloutGenerator<P>
    private let trainable: [Parameter]
    private let loss: LossConfiguration
    private var batch: RolloutBatch<P>?

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
        trainable = policy.parameters.filter { $0.tensor.requiresGradient }
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
        self.policy = policy
        self.source = source
        self.configuration = configuration
        generator = RolloutGenerator(
            policy: policy, reference: configuration.loss.beta == 0 ? nil : reference,
            stage: RolloutStage(
                policy: policy, segmenter: segmenter, scorer: scorer,
                sampling: configuration.sampling, groupSize: configuration.numGenerations,
                seed: configuration.seed), configuration: configuration)
        optimizer = try AdamW(parameters: trainable, options: configuration.optimizer)
    }

    /// Makes one optimizer step.
    ///
    /// - Returns: what it did
    /// - Throws: the error of a policy, segmenter or data source, or ``TrainingError`` if the loss or
    ///   the gradient is not finite; parameters and the optimizer's state are then as before the step
    public func step() throws -> StepReport<P.Prompt> {
        var timings = StepTimings()
        var total = 0.0
        let report = try timed(&total) {
            var current = try batch ?? generator.draw(from: source, &timings)
            let position = current.position
            let first = position % configuration.stepsPerGeneration * configuration.promptsPerStep
            let indices = first..<first + configuration.promptsPerStep
            let metrics = try update(&current, indices, &timings)
            current.position += 1
            batch = current.position < configuration.stepsPerBatch ? current : nil
            return StepReport(
                metrics: metrics, groups: Array(current.groups[indices]),
                isFresh: position < configuration.stepsPerGeneration)
        }
        timings.step = total
        var metrics = report.metrics
        metrics.appendTimings(
            timings, tokenCount: report.groups.reduce(0) { $0 + $1.tokenCount })
        return StepReport(metrics: metrics, groups: report.groups, isFresh: report.isFresh)
    }

    // MARK: - Update

    /// What one step's micro-batches share, and what they add up to.
    private struct Update {
        var statistics = UpdateStatistics()
        var sampler = SamplerDifference()
        let microBatchCount: Int
        let tokenCount: Double
    }

    private func update(
        _ batch: inout RolloutBatch<P>, _ indices: Range<Int>, _ timings: inout StepTimings
    ) throws -> StepMetrics {
        let groups = Array(batch.groups[indices])
        var update = Update(
            microBatchCount: indices.count,
            tokenCount: try indices.reduce(0) { try $0 + batch.masks[$1].sum().item() })
        try trainable.clearGradients()
        try timed(&timings.update) {
            for index in indices { try accumulate(index, &batch, &update) }
        }
        let learningRate =
            configuration.optimizer.learningRate * configuration.schedule.factor(step: stepCount)
        let norm = try timed(&timings.optimizer) {
            let norm = try trainable.gradientNorm()
            try requireFinite(update.statistics.loss, norm, groups)
            try trainable.clipGradients(maxNorm: configuration.maxGradientNorm, norm: norm)
            try optimizer.step(learningRate: learningRate)
            try trainable.clearGradients()
            return norm
        }
        stepCount += 1
        return metrics(groups, update, norm: norm, learningRate: learningRate)
    }

    /// Adds one group's gradient.
    private func accumulate(
        _ index: Int, _ batch: inout RolloutBatch<P>, _ update: inout Update
    ) throws {
        let (group, mask) = (batch.groups[index], batch.masks[index])
        let scores = try withGradients(enabled: true) {
            try policy.score(
                group.prompt, completions: group.completions.map(\.tokenIDs),
                temperature: configuration.sampling.scoringTemperature)
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
                    advantages: try Tensor.of(group.advantages).to(device),
                    mask: try mask.to(device), microBatchCount: update.microBatchCount,
                    stepTokenCount: update.tokenCount),
                loss)
        }
        try output.loss.backward()
        update.statistics.add(
            output, loss: try output.loss.item(),
            entropySum: try (scores.entropies.to(.cpu) * mask).sum().item())
        if configuration.penalizesDivergence { update.statistics.add(klSum: batch.klSums[index]) }
        try compareWithSampler(group, detached, mask, &update.sampler)
    }

    private func compareWithSampler(
        _ group: RolloutGroup<P.Prompt>, _ scored: Tensor, _ mask: Tensor,
        _ difference: inout SamplerDifference
    ) throws {
        let length = mask.size(1)
        let sampled = try Tensor.of(
            group.completions.flatMap { completion in
                completion.logProbabilities
                    + [Float](repeating: 0, count: length - completion.tokenIDs.count)
            }, shape: [group.completions.count, length])
        let distances = try ((scored.to(.cpu) - sampled).abs() * mask)
        difference.sum += try distances.sum().item()
        difference.max = max(difference.max, try distances.max().item())
        difference.count += try mask.sum().item()
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
        _ groups: [RolloutGroup<P.Prompt>], _ update: Update, norm: Double, learningRate: Double
    ) -> StepMetrics {
        var metrics = StepMetrics(step: stepCount)
        metrics.append(
            "epoch", configuration.epochs(steps: stepCount, epochLength: source.epochLength))
        metrics.append("loss", update.statistics.loss)
        metrics.append("policy_loss", update.statistics.loss)
        metrics.append("grad_norm", norm)
        metrics.append("learning_rate", learningRate)
        metrics.append("num_tokens", Double(tokenCount))
        metrics.appendRollouts(groups)
        let usesReference = configuration.loss.beta != 0
        for entry in update.statistics.entries(
            lossType: loss.lossType, usesReference: usesReference)
        { metrics.append(entry.name, entry.value) }
        metrics.append(update.sampler)
        return metrics
    }
}

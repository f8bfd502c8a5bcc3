public import Torch

/// How per-token losses become one number (TRL's `loss_type`).
public enum LossType: String, Sendable, CaseIterable, Codable {
    /// The mean over completions of the mean over their tokens (arXiv 2402.03300).
    case grpo
    /// The mean over the tokens of a micro-batch, which is one group here.
    case bnpo
    /// The sum over tokens, divided by completions × longest length allowed (arXiv 2503.20783).
    case drGRPO = "dr_grpo"
    /// The mean over all tokens of the optimizer step (arXiv 2503.14476).
    case dapo
    /// As `dapo`, with a clipped and detached ratio as the weight of log π (arXiv 2506.13585).
    case cispo
}

/// At which level π / π_old is taken (TRL's `importance_sampling_level`).
public enum ImportanceSamplingLevel: String, Sendable, CaseIterable, Codable {
    /// For each token.
    case token
    /// One length-normalised ratio per completion (GSPO, arXiv 2507.18071).
    case sequence
}

/// What the policy's loss depends on, with TRL's names and defaults.
public struct LossConfiguration: Hashable, Sendable {
    /// How per-token losses become one number.
    public var lossType = LossType.dapo
    /// The weight of the divergence from the reference policy.
    public var beta = 0.0
    /// How far the ratio may fall below 1.
    public var epsilon = 0.2
    /// How far the ratio may rise above 1, or for `cispo` the bound itself; ``epsilon`` if nil.
    public var epsilonHigh: Double?
    /// The upper bound of the unclipped ratio (two-sided clipping); none if nil.
    public var delta: Double?
    /// At which level the ratio is taken.
    public var importanceSamplingLevel = ImportanceSamplingLevel.token
    /// Whether the divergence is multiplied by the ratio, which makes its gradient that of the
    /// reverse divergence.
    public var usesBiasCorrectionKL = true
    /// The longest completion allowed, for `dr_grpo`.
    public var maxCompletionLength = 256

    /// The defaults.
    public init() {}
}

/// What one micro-batch's loss is computed from.
///
/// Legend: B completions, L tokens.
public struct LossInputs {
    /// log π of each token, with gradient, [B, L].
    public var logProbabilities: Tensor
    /// log π when the completions were drawn, [B, L].
    public var oldLogProbabilities: Tensor
    /// log π of the reference policy, [B, L]; needed when `beta` is not 0.
    public var referenceLogProbabilities: Tensor?
    /// The advantage of each completion, [B].
    public var advantages: Tensor
    /// 1 for tokens that count, 0 elsewhere, float32 [B, L].
    public var mask: Tensor
    /// Micro-batches of the optimizer step.
    public var microBatchCount: Int
    /// Tokens that count in all micro-batches of the optimizer step.
    public var stepTokenCount: Double

    /// Inputs from their parts.
    public init(
        logProbabilities: Tensor, oldLogProbabilities: Tensor, referenceLogProbabilities: Tensor?,
        advantages: Tensor, mask: Tensor, microBatchCount: Int, stepTokenCount: Double
    ) {
        self.logProbabilities = logProbabilities
        self.oldLogProbabilities = oldLogProbabilities
        self.referenceLogProbabilities = referenceLogProbabilities
        self.advantages = advantages
        self.mask = mask
        self.microBatchCount = microBatchCount
        self.stepTokenCount = stepTokenCount
    }
}

/// The loss of one micro-batch, and sums over its tokens for the metrics.
public struct LossOutput {
    /// This micro-batch's part of the step's loss, a scalar with gradient; the parts of all
    /// micro-batches add up to it.
    public var loss: Tensor
    /// Tokens that count.
    public var tokenCount: Double
    /// Σ of the divergence from the reference; 0 without a reference.
    public var klSum: Double
    /// Tokens whose ratio is below `1 - epsilon` while the advantage is negative.
    public var lowClippedCount: Double
    /// Tokens whose ratio is above `1 + epsilon_high` while the advantage is positive; for `cispo`
    /// those at the bound.
    public var highClippedCount: Double
}

/// The GRPO family's loss of one micro-batch, by TRL's formulas; a pure function.
///
/// Everything outside the mask is replaced before it enters a product, so that not even NaN there
/// reaches the loss or a gradient.
public func policyLoss(
    _ inputs: LossInputs, _ configuration: LossConfiguration
) throws -> LossOutput {
    let inside = try inputs.mask .> 0.5
    let zeros = try inputs.mask * 0
    func kept(_ tensor: Tensor) throws -> Tensor { try Tensor.select(inside, tensor, else: zeros) }

    let logProbabilities = try kept(inputs.logProbabilities)
    let logRatio = try logProbabilities - kept(inputs.oldLogProbabilities)
    let ratio = try importanceRatio(logRatio, inputs.mask, configuration)  // [B, L] or [B, 1]
    let advantages = try inputs.advantages.unsqueezed(1)  // [B, 1]
    var tokenLoss = try surrogate(ratio, advantages, logProbabilities, configuration)  // [B, L]

    var klSum = 0.0
    if configuration.beta != 0, let reference = inputs.referenceLogProbabilities {
        let difference = try kept(reference) - logProbabilities
        var kl = try difference.exp() - difference - 1  // k3
        if configuration.usesBiasCorrectionKL { kl = try kl * ratio }
        tokenLoss = try tokenLoss + kl * configuration.beta
        klSum = try (kl.detached() * inputs.mask).sum().item()
    }
    let clipped = try clippedCounts(ratio.detached(), advantages, inputs.mask, configuration)
    return LossOutput(
        loss: try aggregate(tokenLoss * inputs.mask, inputs, configuration),
        tokenCount: try inputs.mask.sum().item(), klSum: klSum,
        lowClippedCount: clipped.low, highClippedCount: clipped.high)
}

private func importanceRatio(
    _ logRatio: Tensor, _ mask: Tensor, _ configuration: LossConfiguration
) throws -> Tensor {
    switch configuration.importanceSamplingLevel {
    case .token: return try logRatio.exp()
    case .sequence:
        let tokens = try mask.sum(1, keepDims: true).clamped(min: 1.0)
        return try ((logRatio * mask).sum(1, keepDims: true) / tokens).exp()
    }
}

private func surrogate(
    _ ratio: Tensor, _ advantages: Tensor, _ logProbabilities: Tensor,
    _ configuration: LossConfiguration
) throws -> Tensor {
    let high = configuration.epsilonHigh ?? configuration.epsilon
    if configuration.lossType == .cispo {
        return try -(ratio.clamped(max: high).detached() * advantages * logProbabilities)
    }
    let clipped = try ratio.clamped(min: 1 - configuration.epsilon).clamped(max: 1 + high)
    let bounded = try configuration.delta.map { try ratio.clamped(max: $0) } ?? ratio
    return try -(bounded * advantages).minimum(clipped * advantages)
}

private func aggregate(
    _ maskedLoss: Tensor, _ inputs: LossInputs, _ configuration: LossConfiguration
) throws -> Tensor {
    // With one ratio per completion the loss may be [B, 1] before the mask makes it [B, L].
    let mask = inputs.mask
    let parts = Double(inputs.microBatchCount)
    switch configuration.lossType {
    case .grpo:
        return try (maskedLoss.sum(1) / mask.sum(1).clamped(min: 1.0)).mean() / parts
    case .bnpo:
        return try maskedLoss.sum() / mask.sum().clamped(min: 1.0) / parts
    case .drGRPO:
        let places = Double(mask.size(0) * configuration.maxCompletionLength)
        return try maskedLoss.sum() / (places * parts)
    case .dapo, .cispo:
        return try maskedLoss.sum() / max(1, inputs.stepTokenCount)
    }
}

private struct ClippedCounts {
    var low: Double
    var high: Double
}

private func clippedCounts(
    _ ratio: Tensor, _ advantages: Tensor, _ mask: Tensor, _ configuration: LossConfiguration
) throws -> ClippedCounts {
    let bound = configuration.epsilonHigh ?? configuration.epsilon
    let positive = try advantages .> 0
    if configuration.lossType == .cispo {
        let high = try (ratio .> bound).logicalAnd(positive).to(.float32) * mask
        return ClippedCounts(low: 0, high: try high.sum().item())
    }
    let low = try (ratio .< (1 - configuration.epsilon)).logicalAnd(advantages .< 0)
    let high = try (ratio .> (1 + bound)).logicalAnd(positive)
    return ClippedCounts(
        low: try (low.to(.float32) * mask).sum().item(),
        high: try (high.to(.float32) * mask).sum().item())
}

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
    /// The mean over completions of a surrogate with the ratio of whole completions, which is not
    /// divided by their length (arXiv 2402.14740); takes no divergence into the loss.
    case rloo
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
    /// At which level the ratio is taken; `rloo` has its own.
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
/// Legend: B completions, L tokens. The loss is computed in the element type of `logProbabilities`.
public struct LossInputs {
    /// log π of each token, with gradient, [B, L].
    public var logProbabilities: Tensor
    /// log π when the completions were drawn, [B, L].
    public var oldLogProbabilities: Tensor
    /// log π of the reference policy, [B, L]; needed when `beta` is not 0.
    public var referenceLogProbabilities: Tensor?
    /// The advantage of each completion, [B].
    public var advantages: Tensor
    /// 1 for tokens that count, 0 elsewhere, [B, L].
    public var mask: Tensor
    /// Micro-batches of the optimizer step.
    public var microBatchCount: Int
    /// Tokens that count in all micro-batches of the optimizer step.
    ///
    /// TRL has the mean over the steps that share a batch of rollouts: a step's gradient then depends
    /// on how long the answers of other steps are.
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
    /// Which ratios were clipped.
    public var clipping: ClippedRatios
}

/// Differences of log-probabilities above this count as this, without gradient.
///
/// e²⁰ is far outside of every clip range, and its products stay finite in float32, where e⁸⁹ does
/// not. TRL has no such bound; up to it the loss is TRL's.
public let largestLogRatio = 20.0

/// The GRPO family's loss of one micro-batch, by TRL's formulas; a pure function.
///
/// Everything outside the mask is replaced before it enters a product, so that not even NaN there
/// reaches the loss or a gradient. Large log-ratios are bounded by ``largestLogRatio``.
public func policyLoss(
    _ inputs: LossInputs, _ configuration: LossConfiguration
) throws -> LossOutput {
    let batch = try MaskedBatch(inputs)
    let ratio = try batch.importanceRatio(configuration)  // [B, L] or [B, 1]
    let bounded = try configuration.delta.map { try ratio.clamped(max: $0) } ?? ratio
    var tokenLoss = try surrogate(ratio, bounded, batch, configuration)  // as the ratio, or [B, L]

    var klSum = 0.0
    if configuration.beta != 0, configuration.lossType != .rloo, let reference = batch.reference {
        let difference = try (reference - batch.current).clamped(max: largestLogRatio)
        var kl = try difference.exp() - difference - 1  // k3
        if configuration.usesBiasCorrectionKL { kl = try kl * ratio }
        tokenLoss = try tokenLoss + kl * configuration.beta
        klSum = try (kl.detached() * batch.mask).sum().item()
    }
    return LossOutput(
        loss: try aggregate(tokenLoss, batch.mask, inputs, configuration),
        tokenCount: try batch.mask.sum().item(), klSum: klSum,
        clipping: try ClippedRatios(
            ratio: configuration.lossType == .cispo ? ratio.detached() : bounded.detached(),
            advantages: batch.advantages, mask: batch.mask, configuration))
}

/// A micro-batch in one element type, with 0 outside the mask.
private struct MaskedBatch {
    let current: Tensor  // [B, L]
    let reference: Tensor?  // [B, L]
    let logRatio: Tensor  // [B, L]
    let advantages: Tensor  // [B, 1]
    let mask: Tensor  // [B, L]

    init(_ inputs: LossInputs) throws {
        let dtype = inputs.logProbabilities.dtype
        let mask = try inputs.mask.to(dtype)
        let inside = try mask .> 0.5
        let zeros = try mask * 0
        func kept(_ tensor: Tensor) throws -> Tensor {
            try Tensor.select(inside, tensor.to(dtype), else: zeros)
        }
        self.mask = mask
        current = try kept(inputs.logProbabilities)
        reference = try inputs.referenceLogProbabilities.map(kept)
        logRatio = try current - kept(inputs.oldLogProbabilities)
        advantages = try inputs.advantages.to(dtype).unsqueezed(1)
    }

    /// [B, L], or [B, 1] where a completion has one ratio.
    func importanceRatio(_ configuration: LossConfiguration) throws -> Tensor {
        let logarithm: Tensor
        if configuration.hasOneRatioPerCompletion {
            let sum = try logRatio.sum(1, keepDims: true)
            logarithm =
                configuration.lossType == .rloo
                ? sum : try sum / mask.sum(1, keepDims: true).clamped(min: 1.0)
        } else {
            logarithm = logRatio
        }
        return try logarithm.clamped(max: largestLogRatio).exp()
    }
}

extension LossConfiguration {
    /// Whether the ratio belongs to a completion, not to a token.
    public var hasOneRatioPerCompletion: Bool {
        importanceSamplingLevel == .sequence || lossType == .rloo
    }
}

private func surrogate(
    _ ratio: Tensor, _ bounded: Tensor, _ batch: MaskedBatch, _ configuration: LossConfiguration
) throws -> Tensor {
    let high = configuration.epsilonHigh ?? configuration.epsilon
    if configuration.lossType == .cispo {
        return try -(ratio.clamped(max: high).detached() * batch.advantages * batch.current)
    }
    let clipped = try ratio.clamped(min: 1 - configuration.epsilon).clamped(max: 1 + high)
    return try -(bounded * batch.advantages).minimum(clipped * batch.advantages)
}

private func aggregate(
    _ loss: Tensor, _ mask: Tensor, _ inputs: LossInputs, _ configuration: LossConfiguration
) throws -> Tensor {
    let parts = Double(inputs.microBatchCount)
    // With one ratio per completion the loss may be [B, 1] before the mask makes it [B, L].
    let masked = try loss * mask
    switch configuration.lossType {
    case .rloo:
        return try loss.mean() / parts
    case .grpo:
        return try (masked.sum(1) / mask.sum(1).clamped(min: 1.0)).mean() / parts
    case .bnpo:
        return try masked.sum() / mask.sum().clamped(min: 1.0) / parts
    case .drGRPO:
        let places = Double(mask.size(0) * configuration.maxCompletionLength)
        return try masked.sum() / (places * parts)
    case .dapo, .cispo:
        return try masked.sum() / (inputs.stepTokenCount > 0 ? inputs.stepTokenCount : 1)
    }
}

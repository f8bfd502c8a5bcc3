// Reference: sam2, training/loss_fns.py (dice_loss, sigmoid_focal_loss, iou_loss)
//
// Legend: P prompts, M masks per prompt, h × w the grid of the masks.
public import Torch

/// The losses of masks, each a number per mask.
///
/// Targets are shares of covered area, 0 to 1, of the logits' shape: coarse grids have cells that an
/// object covers in part.
public enum MaskLoss {
    /// 1 - (2 Σ p t + 1) / (Σ p + Σ t + 1) over the grid (Milletari et al., 2016, with the smoothing of
    /// 1 that SAM has).
    ///
    /// - Parameters:
    ///   - logits: [.., h, w]
    ///   - targets: [.., h, w]
    /// - Returns: [..]
    /// - Throws: `TorchError`
    public static func dice(_ logits: Tensor, _ targets: Tensor) throws -> Tensor {
        let shares = try logits.sigmoid()
        let common = try (shares * targets).sum(-2, -1) * 2.0 + 1.0
        let total = try shares.sum(-2, -1) + targets.sum(-2, -1) + 1.0
        return try -(common / total) + 1.0
    }

    /// The mean over the grid of the binary cross-entropy, in nats.
    ///
    /// - Parameters:
    ///   - logits: [.., h, w]
    ///   - targets: [.., h, w]
    ///   - positiveWeight: multiplies the part of what is covered, as objects are smaller than their
    ///     surroundings
    /// - Returns: [..]
    /// - Throws: `TorchError`
    public static func crossEntropy(
        _ logits: Tensor, _ targets: Tensor, positiveWeight: Double = 1
    ) throws -> Tensor {
        let inside = try (-logits).softplus() * targets * positiveWeight
        let outside = try logits.softplus() * (-targets + 1.0)
        return try (inside + outside).mean(-2, -1)
    }

    /// The mean over the grid of α_t (1 - p_t)^γ times the cross-entropy (Lin et al., 2017).
    ///
    /// - Parameters:
    ///   - logits: [.., h, w]
    ///   - targets: [.., h, w]
    ///   - alpha: the weight of what is covered; what is not has 1 - `alpha`
    ///   - gamma: how little certain cells count
    /// - Returns: [..]
    /// - Throws: `TorchError`
    public static func focal(
        _ logits: Tensor, _ targets: Tensor, alpha: Double, gamma: Double
    ) throws -> Tensor {
        let shares = try logits.sigmoid()
        let opposite = try -targets + 1.0
        let entropy = try (-logits).softplus() * targets + logits.softplus() * opposite
        let miss = try shares * opposite + (-shares + 1.0) * targets
        let weight = try targets * alpha + opposite * (1 - alpha)
        return try (weight * miss.power(gamma) * entropy).mean(-2, -1)
    }

    /// Intersection over union of what is above 0 with what is covered by half or more; 1 where both
    /// are empty. No gradient flows through it.
    ///
    /// - Parameters:
    ///   - logits: [.., h, w]
    ///   - targets: [.., h, w]
    /// - Returns: [..], float32
    /// - Throws: `TorchError`
    public static func overlap(_ logits: Tensor, _ targets: Tensor) throws -> Tensor {
        try withoutGradients {
            let (mask, truth) = (try logits .> 0, try targets .>= 0.5)
            let common = try mask.logicalAnd(truth).to(.float32).sum(-2, -1)
            let union = try mask.logicalOr(truth).to(.float32).sum(-2, -1)
            return try (common / union).filled(where: union .< 1, with: 1)
        }
    }
}

/// How much each loss counts; one with weight 0 is not computed.
public struct SegmenterLossWeights: Hashable, Sendable {
    /// Of ``MaskLoss/dice(_:_:)``.
    public var dice = 1.0
    /// Of ``MaskLoss/crossEntropy(_:_:positiveWeight:)``.
    public var crossEntropy = 4.0
    /// How much more covered cells count in the cross-entropy at the start of the run.
    public var positiveWeight = 4.0
    /// The share of the run over which that sinks to 1.
    public var positiveWeightShare = 0.2
    /// Of ``MaskLoss/focal(_:_:alpha:gamma:)``.
    public var focal = 0.0
    /// The focal loss's weight of covered cells.
    public var focalAlpha = 0.25
    /// The focal loss's exponent.
    public var focalGamma = 2.0
    /// Of the squared error of the predicted IoU.
    public var predictedIoU = 1.0
    /// Of the best of the alternative masks; at 0 they learn nothing.
    public var alternatives = 0.0
    /// Of the ``SegmenterAuxiliaryHead``.
    public var auxiliary = 0.5

    /// What was found to work for a model of half a million parameters.
    public init() {}

    /// How much more covered cells count, `progress` of the way through the run.
    public func positiveWeight(progress: Double) -> Double {
        if progress >= positiveWeightShare { return 1 }
        return positiveWeight + (1 - positiveWeight) * progress / positiveWeightShare
    }

    /// The weighted losses of masks.
    ///
    /// - Parameters:
    ///   - logits: [P, M, h, w]
    ///   - targets: [P, M, h, w]
    ///   - progress: how much of the run is done, 0 to 1
    /// - Returns: [P, M]
    /// - Throws: `TorchError`
    public func masks(_ logits: Tensor, _ targets: Tensor, progress: Double) throws -> Tensor {
        var total = try Tensor.zeros([logits.size(0), logits.size(1)], device: logits.device)
        if dice > 0 { total = try total + MaskLoss.dice(logits, targets) * dice }
        if crossEntropy > 0 {
            let part = try MaskLoss.crossEntropy(
                logits, targets, positiveWeight: positiveWeight(progress: progress))
            total = try total + part * crossEntropy
        }
        if focal > 0 {
            let part = try MaskLoss.focal(logits, targets, alpha: focalAlpha, gamma: focalGamma)
            total = try total + part * focal
        }
        return total
    }
}

// Reference: sam2, training/loss_fns.py (dice_loss, sigmoid_focal_loss, iou_loss)
//
// Legend: P prompts, M masks per prompt, h × w the grid of the masks.
public import Torch

/// The losses of masks, each a number per mask.
///
/// Targets are shares of covered area, 0 to 1, of the logits' shape: coarse grids have cells that an
/// object covers in part. Where pixels are ignored, `counted` says which share of each cell counts, and
/// targets are shares of that; a cell of which nothing counts is as if it were not there.
public enum MaskLoss {
    /// 1 - (2 Σ p t + 1) / (Σ p + Σ t + 1) over the grid (Milletari et al., 2016, with the smoothing of
    /// 1 that SAM has).
    ///
    /// - Parameters:
    ///   - logits: [.., h, w]
    ///   - targets: [.., h, w]
    ///   - counted: [.., h, w], shares of the cells that count; nil: all of each
    /// - Returns: [..]
    /// - Throws: `TorchError`
    public static func dice(
        _ logits: Tensor, _ targets: Tensor, counted: Tensor? = nil
    ) throws -> Tensor {
        var (shares, targets) = (try logits.sigmoid(), targets)
        if let counted {
            let common = try (shares * targets * counted).sum(-2, -1) * 2.0 + 1.0
            (shares, targets) = (try shares * counted, try targets * counted)
            let total = try shares.sum(-2, -1) + targets.sum(-2, -1) + 1.0
            return try -(common / total) + 1.0
        }
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
    ///   - counted: [.., h, w], shares of the cells that count; nil: all of each
    /// - Returns: [..]
    /// - Throws: `TorchError`
    public static func crossEntropy(
        _ logits: Tensor, _ targets: Tensor, positiveWeight: Double = 1, counted: Tensor? = nil
    ) throws -> Tensor {
        let inside = try (-logits).softplus() * targets * positiveWeight
        let outside = try logits.softplus() * (-targets + 1.0)
        return try mean(inside + outside, counted)
    }

    /// The mean over the grid of α_t (1 - p_t)^γ times the cross-entropy (Lin et al., 2017).
    ///
    /// - Parameters:
    ///   - logits: [.., h, w]
    ///   - targets: [.., h, w]
    ///   - alpha: the weight of what is covered; what is not has 1 - `alpha`
    ///   - gamma: how little certain cells count
    ///   - counted: [.., h, w], shares of the cells that count; nil: all of each
    /// - Returns: [..]
    /// - Throws: `TorchError`
    public static func focal(
        _ logits: Tensor, _ targets: Tensor, alpha: Double, gamma: Double, counted: Tensor? = nil
    ) throws -> Tensor {
        let shares = try logits.sigmoid()
        let opposite = try -targets + 1.0
        let entropy = try (-logits).softplus() * targets + logits.softplus() * opposite
        let miss = try shares * opposite + (-shares + 1.0) * targets
        let weight = try targets * alpha + opposite * (1 - alpha)
        return try mean(weight * miss.power(gamma) * entropy, counted)
    }

    /// The mean over the grid, of what counts; 0 where nothing does.
    private static func mean(_ values: Tensor, _ counted: Tensor?) throws -> Tensor {
        guard let counted else { return try values.mean(-2, -1) }
        return try (values * counted).sum(-2, -1) / counted.sum(-2, -1).clamped(min: 1e-6)
    }

    /// Intersection over union of what is above 0 with what is covered by half or more.
    ///
    /// It is 1 where both are empty. No gradient flows through it. Cells of which less than half counts
    /// are left out.
    ///
    /// - Parameters:
    ///   - logits: [.., h, w]
    ///   - targets: [.., h, w]
    ///   - counted: [.., h, w], shares of the cells that count; nil: all of each
    /// - Returns: [..], float32
    /// - Throws: `TorchError`
    public static func overlap(
        _ logits: Tensor, _ targets: Tensor, counted: Tensor? = nil
    ) throws -> Tensor {
        try withoutGradients {
            var (mask, truth) = (try logits .> 0, try targets .>= 0.5)
            if let counted {
                let known = try counted .>= 0.5
                (mask, truth) = (try mask.logicalAnd(known), try truth.logicalAnd(known))
            }
            let common = try mask.logicalAnd(truth).to(.float32).sum(-2, -1)
            let union = try mask.logicalOr(truth).to(.float32).sum(-2, -1)
            return try (common / union).filled(where: union .< 1, with: 1)
        }
    }
}

/// How much each loss counts; one with weight 0 is not computed.
public struct SegmenterLossWeights: Hashable, Sendable {
    /// Of `MaskLoss/dice(_:_:)`.
    public var dice = 1.0
    /// Of `MaskLoss/crossEntropy(_:_:positiveWeight:)`.
    public var crossEntropy = 4.0
    /// How much more covered cells count in the cross-entropy at the start of the run.
    public var positiveWeight = 4.0
    /// The share of the run over which that sinks to 1.
    public var positiveWeightShare = 0.2
    /// Of `MaskLoss/focal(_:_:alpha:gamma:)`.
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
    ///   - counted: [P, M, h, w], shares of the cells that count; nil: all of each
    ///   - progress: how much of the run is done, 0 to 1
    /// - Returns: [P, M]
    /// - Throws: `TorchError`
    public func masks(
        _ logits: Tensor, _ targets: Tensor, counted: Tensor? = nil, progress: Double
    ) throws -> Tensor {
        var total = try Tensor.zeros([logits.size(0), logits.size(1)], device: logits.device)
        if dice > 0 {
            total = try total + MaskLoss.dice(logits, targets, counted: counted) * dice
        }
        if crossEntropy > 0 {
            let part = try MaskLoss.crossEntropy(
                logits, targets, positiveWeight: positiveWeight(progress: progress),
                counted: counted)
            total = try total + part * crossEntropy
        }
        if focal > 0 {
            let part = try MaskLoss.focal(
                logits, targets, alpha: focalAlpha, gamma: focalGamma, counted: counted)
            total = try total + part * focal
        }
        return total
    }
}

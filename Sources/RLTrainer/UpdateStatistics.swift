public import Files
import Torch

/// Which ratios of a micro-batch were clipped, counted as TRL counts them.
///
/// A ratio belongs to a token, or to a completion with ``ImportanceSamplingLevel/sequence``.
public struct ClippedRatios {
    /// How many ratios there are: tokens that count, or completions.
    public var count: Double
    /// Those below `1 - epsilon` while the advantage is negative.
    public var low: Double
    /// Those above `1 + epsilon_high` while the advantage is positive; for `cispo` above
    /// `epsilon_high`.
    public var high: Double
    /// The smallest share of low ones in a completion; nil if no completion has a ratio.
    public var lowestLowShare: Double?
    /// The largest share of high ones in a completion; nil if no completion has a ratio.
    public var highestHighShare: Double?

    /// Counts.
    ///
    /// - Parameters:
    ///   - ratio: [B, L] or [B, 1], after the bound `delta`
    ///   - advantages: [B, 1]
    ///   - mask: [B, L]
    ///   - configuration: the bounds
    /// - Throws: `TorchError`
    init(
        ratio: Tensor, advantages: Tensor, mask: Tensor, _ configuration: LossConfiguration
    ) throws {
        let bound = configuration.epsilonHigh ?? configuration.epsilon
        let isCISPO = configuration.lossType == .cispo
        // A completion has one ratio even where none of its tokens counts.
        let weight = try configuration.hasOneRatioPerCompletion ? ratio * 0 + 1 : mask
        let low = try (ratio .< (isCISPO ? -1 : 1 - configuration.epsilon))
            .logicalAnd(advantages .< 0)
        let high = try (ratio .> (isCISPO ? bound : 1 + bound)).logicalAnd(advantages .> 0)
        let lows = try (low.to(mask.dtype) * weight).sum(1).values(Double.self)
        let highs = try (high.to(mask.dtype) * weight).sum(1).values(Double.self)
        let counts = try weight.sum(1).values(Double.self)
        count = counts.reduce(0, +)
        self.low = lows.reduce(0, +)
        self.high = highs.reduce(0, +)
        let rows = counts.indices.filter { counts[$0] > 0 }
        lowestLowShare = rows.map { lows[$0] / counts[$0] }.min()
        highestHighShare = rows.map { highs[$0] / counts[$0] }.max()
    }
}

/// Sums over the micro-batches of one optimizer step.
///
/// Means are over all tokens (or completions) of the step: with one micro-batch they are TRL's, with
/// several TRL logs the mean of the micro-batches' means.
public struct UpdateStatistics {
    /// The step's loss.
    public private(set) var loss = 0.0
    private var tokenCount = 0.0
    private var klSum = 0.0
    private var entropySum = 0.0
    private var ratioCount = 0.0
    private var low = 0.0
    private var high = 0.0
    private var lowMin: Double?
    private var highMax: Double?

    /// Nothing yet.
    public init() {}

    /// Adds a micro-batch.
    ///
    /// - Parameters:
    ///   - output: its loss
    ///   - value: the loss as a number
    ///   - entropySum: Σ of the entropies of tokens that count
    public mutating func add(_ output: LossOutput, loss value: Double, entropySum: Double) {
        loss += value
        self.entropySum += entropySum
        tokenCount += output.tokenCount
        klSum += output.klSum
        let clipping = output.clipping
        ratioCount += clipping.count
        low += clipping.low
        high += clipping.high
        if let share = clipping.lowestLowShare { lowMin = min(lowMin ?? share, share) }
        if let share = clipping.highestHighShare { highMax = max(highMax ?? share, share) }
    }

    /// Adds to the divergence what no loss has.
    mutating func add(klSum sum: Double) { klSum += sum }

    /// The numbers by TRL's names.
    ///
    /// - Parameters:
    ///   - lossType: decides about the names of clipped shares
    ///   - usesReference: whether there is a divergence
    /// - Returns: names with numbers, in a fixed order
    public func entries(lossType: LossType, usesReference: Bool) -> [StepMetrics.Entry] {
        let tokens = max(1, tokenCount)
        let ratios = max(1, ratioCount)
        var entries: [StepMetrics.Entry] = []
        func append(_ name: String, _ value: Double) {
            entries.append(StepMetrics.Entry(name: name, value: value))
        }
        if usesReference { append("kl", klSum / tokens) }
        append("entropy", entropySum / tokens)
        if lossType == .cispo {
            append("cispo_clip_ratio", high / ratios)
            return entries
        }
        append("clip_ratio/region_mean", (low + high) / ratios)
        append("clip_ratio/low_mean", low / ratios)
        append("clip_ratio/low_min", lowMin ?? 0)
        append("clip_ratio/high_mean", high / ratios)
        append("clip_ratio/high_max", highMax ?? 0)
        return entries
    }
}

import Foundation

/// How the learning rate changes over a run: a factor by optimizer step, with the names and formulas
/// of transformers' `lr_scheduler_type`.
public struct LearningRateSchedule: Hashable, Sendable {
    /// The shape after the warm-up.
    public enum Kind: String, Sendable, CaseIterable, Codable {
        /// Falls to 0 in a straight line.
        case linear
        /// Falls to 0 along half a cosine.
        case cosine
        /// Stays; no warm-up.
        case constant
        /// Stays after the warm-up.
        case constantWithWarmup = "constant_with_warmup"
        /// Falls with the square root of the step.
        case inverseSqrt = "inverse_sqrt"
    }

    /// The shape.
    public let kind: Kind
    /// Steps over which the factor rises from 0 to 1.
    public let warmupSteps: Int
    /// Steps of the whole run.
    public let totalSteps: Int

    /// A schedule of `totalSteps` steps.
    public init(kind: Kind, warmupSteps: Int, totalSteps: Int) {
        precondition(warmupSteps >= 0 && totalSteps >= 0)
        self.kind = kind
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
    }

    /// The factor of optimizer step `step`, counted from 0.
    public func factor(step: Int) -> Double {
        if kind == .constant { return 1 }
        if step < warmupSteps { return Double(step) / Double(max(1, warmupSteps)) }
        let after = Double(step - warmupSteps)
        let length = Double(max(1, totalSteps - warmupSteps))
        let left = max(0, Double(totalSteps - step) / length)
        switch kind {
        case .constant, .constantWithWarmup: return 1
        case .linear: return left
        case .cosine: return max(0, 0.5 * (1 + cos(Double.pi * after / length)))
        case .inverseSqrt:
            let scale = Double(warmupSteps > 0 ? warmupSteps : 10_000)
            let shift = scale - Double(warmupSteps)
            return 1 / ((Double(step) + shift) / scale).squareRoot()
        }
    }
}

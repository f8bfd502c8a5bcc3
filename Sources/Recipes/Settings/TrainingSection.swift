package import Configuration
public import NN
public import SharedSettings

/// How long and how fast the policy learns.
public struct TrainingSection: Sendable, Hashable, OptimizerSettings {
    /// Optimizer steps; all epochs if nil.
    public var maxSteps: Int?
    /// Passes over the data.
    public var numTrainEpochs = 1.0
    /// Minutes of training, in all sessions together, after which the run ends; no bound if nil.
    public var maxMinutes: Double?
    /// The learning rate's peak.
    public var learningRate = 1e-6
    /// How the learning rate changes.
    public var schedule = LearningRateSchedule.Kind.linear
    /// Steps over which the learning rate rises; from `warmupRatio` if nil.
    public var warmupSteps: Int?
    /// The share of steps over which the learning rate rises.
    public var warmupRatio = 0.0
    /// Decoupled weight decay.
    public var weightDecay = 0.0
    /// Decay of the mean of gradients.
    public var adamBeta1 = 0.9
    /// Decay of the mean of squared gradients.
    public var adamBeta2 = 0.999
    /// Added to AdamW's denominator.
    public var adamEpsilon = 1e-8
    /// The norm that gradients are clipped to.
    public var maxGradientNorm = 1.0
    /// Steps in a row that may be skipped because their loss or gradient is not finite.
    public var maxSkippedSteps = 5
    /// Whether layers are computed again for the gradient.
    public var gradientCheckpointing = GradientCheckpointing.auto
    /// What ends a run that learns nothing.
    public var stopWhen = StopTable()

    /// The defaults.
    public init() {}
}

extension ConfigurationKey {
    /// How long and how fast a policy learns.
    package static func training(_ section: WritableKeyPath<Root, TrainingSection>) -> [Self] {
        [
            Self(
                "training.max_steps", section.appending(path: \.maxSteps),
                "Optimizer steps; null: as num_train_epochs says", rule: .atLeast(1)),
            Self(
                "training.num_train_epochs", section.appending(path: \.numTrainEpochs),
                "Passes over the data",
                in: 0.001...100_000),
            Self(
                "training.max_minutes", section.appending(path: \.maxMinutes),
                "Minutes, all sessions together, after which the run ends with the step that it is in, "
                    + "if not before; null: no bound", rule: .above(0)),
        ] + Self.learningRate(section) + [
            Self(
                "training.warmup_steps", section.appending(path: \.warmupSteps),
                "Steps over which the learning rate rises; null: as warmup_ratio says",
                rule: .atLeast(0)),
            Self(
                "training.warmup_ratio", section.appending(path: \.warmupRatio),
                "The share of steps over which the learning rate rises", in: 0...1),
        ] + Self.adamW(section) + [
            Self(
                "training.max_skipped_steps", section.appending(path: \.maxSkippedSteps),
                "Steps in a row that may be skipped because their loss or gradient is not finite; one "
                    + "more stops the run", in: 0...1_000_000),
            .checkpointing(section.appending(path: \.gradientCheckpointing)),
            Self(
                table: "training.stop_when", section.appending(path: \.stopWhen),
                "What ends a run that learns nothing, with a checkpoint and exit status 80: conditions "
                    + "with the steps in a row in which each must hold, or true for as many as its "
                    + "warning takes; {}: nothing does (run-warnings.md)"),
        ]
    }
}

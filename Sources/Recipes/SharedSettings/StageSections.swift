package import Configuration
public import NN

/// How long and how fast a stage before reinforcement learning teaches.
public struct StageTraining: Sendable, Hashable, OptimizerSettings {
    /// Optimizer steps.
    public var maxSteps = 1000
    /// Pictures per step.
    public var picturesPerStep: Int
    /// The learning rate's peak.
    public var learningRate = 1e-5
    /// How the learning rate changes.
    public var schedule = LearningRateSchedule.Kind.cosine
    /// Steps over which the learning rate rises.
    public var warmupSteps = 0
    /// Decoupled weight decay.
    public var weightDecay: Double
    /// Decay of the mean of gradients.
    public var adamBeta1 = 0.9
    /// Decay of the mean of squared gradients.
    public var adamBeta2: Double
    /// Added to AdamW's denominator.
    public var adamEpsilon = 1e-8
    /// The norm that gradients are clipped to.
    public var maxGradientNorm = 1.0

    /// The defaults of a stage.
    package init(picturesPerStep: Int, weightDecay: Double, adamBeta2: Double) {
        self.picturesPerStep = picturesPerStep
        self.weightDecay = weightDecay
        self.adamBeta2 = adamBeta2
    }

    /// The learning rate of each step.
    package var learningRates: LearningRateSchedule {
        LearningRateSchedule(kind: schedule, warmupSteps: warmupSteps, totalSteps: maxSteps)
    }
}

/// What a run of such a stage leaves behind.
public struct StageLogging: Sendable, Hashable, CheckpointSettings {
    /// Steps between checkpoints; only the last one if 0.
    public var saveSteps = 500
    /// Checkpoints that are kept; all if nil.
    public var saveTotalLimit: Int? = 2
    /// Steps between evaluations on held-out shards; only the last one if 0.
    public var evalSteps = 250
    /// Held-out samples that are evaluated, those of the last evaluation as the stage has it.
    public var evalSamples: Int
    /// The programs that are told of the run.
    public var trackers = TrackerTable()

    /// The defaults of a stage.
    package init(evalSamples: Int) { self.evalSamples = evalSamples }

    /// What is most likely not meant.
    package var warnings: [String] { warnings(standard: Self(evalSamples: 0).saveTotalLimit) }
}

extension ConfigurationKey {
    /// How long and how fast a stage teaches.
    ///
    /// - Parameters:
    ///   - section: what is said of it
    ///   - length: the keys of its steps and their sizes, which each stage bounds
    /// - Returns: the keys below `training`
    package static func stageTraining(
        _ section: WritableKeyPath<Root, StageTraining>, length: [Self]
    ) -> [Self] {
        length + learningRate(section) + [
            Self(
                "training.warmup_steps", section.appending(path: \.warmupSteps),
                "Steps over which the learning rate rises", in: 0...)
        ] + adamW(section)
    }

    /// What a run of a stage leaves behind.
    ///
    /// - Parameters:
    ///   - section: what is said of it
    ///   - evaluations: what the steps between evaluations mean
    ///   - samples: what the number of evaluated samples means
    /// - Returns: the keys below `logging`
    package static func stageLogging(
        _ section: WritableKeyPath<Root, StageLogging>, evaluations: String, samples: String
    ) -> [Self] {
        checkpoints(section) + [
            Self(
                "logging.eval_steps", section.appending(path: \.evalSteps), evaluations, in: 0...),
            Self(
                "logging.eval_samples", section.appending(path: \.evalSamples), samples, in: 1...),
            .trackers(section.appending(path: \.trackers)),
        ]
    }
}

extension ConfigurationReader {
    /// Reports shards that are missing or stand twice.
    package mutating func requireShards(train: [String], validation: [String]) {
        if train.isEmpty { report("data.train", "needs at least one shard") }
        requireDistinct(train, "data.train")
        requireDistinct(validation, "data.validation")
    }
}

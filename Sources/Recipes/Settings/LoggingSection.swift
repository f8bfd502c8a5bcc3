package import Configuration
public import SharedSettings

/// What a run leaves behind.
public struct LoggingSection: Sendable, Hashable, CheckpointSettings {
    /// Optimizer steps between checkpoints; only the last one if 0.
    public var saveSteps = 100
    /// Checkpoints that are kept; all if nil.
    public var saveTotalLimit: Int?
    /// Minutes that the session may take in all, loading included; no limit if nil.
    public var saveBeforeTimeLimit: Double?
    /// Optimizer steps between records of completions; none if 0.
    public var logCompletionsSteps = 1
    /// Whether the run's numbers are also written for TensorBoard.
    public var tensorboard = true
    /// Optimizer steps between pictures for TensorBoard; none if 0.
    public var logImagesSteps = 50
    /// Questions that are pictured at once, at most.
    public var numImages = 4
    /// The programs that are told of the run.
    public var trackers = TrackerTable()

    /// The defaults.
    public init() {}
}

extension ConfigurationKey {
    /// What a run leaves behind.
    package static func logging(_ section: WritableKeyPath<Root, LoggingSection>) -> [Self] {
        Self.checkpoints(section) + [
            Self(
                "logging.save_before_time_limit", section.appending(path: \.saveBeforeTimeLimit),
                "Minutes that a session may take, loading included: it ends in time with a checkpoint, "
                    + "and exit status 75; null: no limit", rule: .above(0)),
            Self(
                "logging.log_completions_steps", section.appending(path: \.logCompletionsSteps),
                "Optimizer steps between records of completions in rollouts/; 0: none", in: 0...),
            Self(
                "logging.tensorboard", section.appending(path: \.tensorboard),
                "Whether metrics, pictures and answers are also written to event files, which "
                    + "TensorBoard opens"),
            Self(
                "logging.log_images_steps", section.appending(path: \.logImagesSteps),
                "Optimizer steps between pictures in event files, the first step's first; 0: none",
                in: 0...),
            Self(
                "logging.num_images", section.appending(path: \.numImages),
                "The most questions that are pictured at once", in: 1...1000),
            .trackers(section.appending(path: \.trackers)),
        ]
    }
}

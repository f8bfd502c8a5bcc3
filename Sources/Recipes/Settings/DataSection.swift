public import Configuration
public import Datasets

extension QuestionSelector: ConfigurationValue {}

/// What the policy is asked.
public struct DataSection: Sendable, Hashable {
    /// The shards to train on.
    public var train: [String] = []
    /// Held-out shards.
    public var validation: [String] = []
    /// S: the side of the square that images and masks are stretched to.
    public var imageSize = 840
    /// Which of a sample's questions is asked.
    public var question = QuestionSelector.random
    /// Samples made ready ahead of the training thread; at least those of a batch of rollouts.
    public var prefetch = 4
    /// Threads that make them ready.
    public var workers = 1

    /// The defaults.
    public init() {}
}

extension ConfigurationKey {
    /// The shards of a run, and what a policy is asked about them.
    package static func data(_ section: WritableKeyPath<Root, DataSection>) -> [Self] {
        [
            Self("data.train", path: section.appending(path: \.train), "The shards to train on"),
            Self(
                "data.validation", path: section.appending(path: \.validation),
                "Held-out shards, to evaluate the policy on while it is trained"),
            Self(
                "data.image_size", section.appending(path: \.imageSize),
                "S: images and masks are stretched to S x S pixels", in: 28...4096),
            Self(
                "data.question", section.appending(path: \.question),
                "Which of a sample's questions is asked"),
            Self(
                "data.prefetch", section.appending(path: \.prefetch),
                "Samples made ready ahead of the training thread: pictures and masks decoded and "
                    + "stretched, prompts made; at least those of a batch of rollouts", in: 1...256),
            Self(
                "data.workers", section.appending(path: \.workers),
                "Threads that make them ready; examples and their order do not depend on it",
                in: 1...256),
        ]
    }
}

package import Configuration

/// What configurations of all kinds of runs say about checkpoints.
package protocol CheckpointSettings {
    var saveSteps: Int { get set }
    var saveTotalLimit: Int? { get set }
}

extension ConfigurationKey {
    /// How often checkpoints are written and how many stay, below `logging`.
    package static func checkpoints<Section: CheckpointSettings>(
        _ section: WritableKeyPath<Root, Section>
    ) -> [Self] {
        [
            Self(
                "logging.save_steps", section.appending(path: \.saveSteps),
                "Optimizer steps between checkpoints; 0: only the last", in: 0...),
            Self(
                "logging.save_total_limit", section.appending(path: \.saveTotalLimit),
                "Checkpoints that are kept; null: all", rule: .atLeast(1)),
        ]
    }
}

extension CheckpointSettings {
    /// What is most likely not meant, where the limit is not the `standard` one.
    package func warnings(standard: Int?) -> [String] {
        guard saveSteps == 0, let saveTotalLimit, saveTotalLimit != standard else { return [] }
        return [
            "logging.save_total_limit is \(saveTotalLimit), but with logging.save_steps 0 a session "
                + "has one checkpoint, after its last step"
        ]
    }
}

package import Configuration
import Rewards
import SharedSettings

extension RewardTable {
    /// What keeps programs from being started here and now, as far as files tell.
    package var problems: [(key: String, message: String)] {
        entries.compactMap { entry in
            entry.command?.problem.map { (entry.name + ".command", $0) }
        }
    }
}

extension ConfigurationReader {
    /// Reports programs of trackers and rewards that are not there.
    package mutating func requirePrograms(_ configuration: RunConfiguration) {
        requirePrograms("logging.trackers", configuration.logging.trackers)
        requirePrograms("rewards", configuration.rewards)
    }
}

extension RunConfiguration {
    /// What keeps programs from being started here and now, by key.
    public var programProblems: [String] {
        rewards.problems.map { "rewards.\($0.key): \($0.message)" }
            + logging.trackers.programProblems
    }
}

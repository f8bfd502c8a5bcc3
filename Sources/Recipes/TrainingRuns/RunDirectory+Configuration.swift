import Configuration
public import Embeddings
package import Files
package import Runs
package import Settings
import SharedSettings
package import Threads

extension RunDirectory {
    /// Makes the folder of a training run, or brings the one that it continues in to the state of a
    /// checkpoint.
    ///
    /// - Parameters:
    ///   - configuration: what is written as `config.yaml`; names the folder
    ///   - plan: how many threads compute
    ///   - command: what is written as the command in `run.json`
    ///   - start: where the run begins
    ///   - lock: keeps the folder; nil if it was not there when `start` was found
    /// - Throws: ``FileError`` if the folder is in use or cannot be written
    package convenience init(
        _ configuration: RunConfiguration, _ plan: ThreadPlan, command: [String], start: RunStart,
        lock: FolderLock?
    ) throws {
        let opening = Opening(
            path: configuration.outputDirectory,
            configuration: configuration.resolved(comments: true),
            description: try Self.description(
                device: configuration.device, threads: plan.threads, workers: plan.workers,
                seed: configuration.seed, command: command, resumedFrom: start.checkpoint?.path),
            start: start.point)
        try self.init(
            opening, events: RunEvents(configuration, after: start.checkpoint?.step ?? 0),
            isTracked: !configuration.logging.trackers.entries.isEmpty, lock: lock)
    }

    /// The configuration of the run that a folder holds; nil if it holds none.
    package static func configuration(of path: String) -> RunConfiguration? {
        configurationFile(of: path).flatMap { try? RunConfiguration.load(file: $0) }
    }
}

extension RunEvents {
    /// The events of a session that continues after a step; nil if the configuration wants none.
    package convenience init?(_ configuration: RunConfiguration, after step: Int) {
        guard configuration.logging.tensorboard else { return nil }
        self.init(
            run: configuration.outputDirectory, after: step)
    }
}

extension EmbeddingCacheSettings {
    /// The settings with a folder in a run's folder, where they name none.
    ///
    /// - Parameter run: the run's folder
    /// - Returns: settings with a path
    public func inRun(_ run: String) -> EmbeddingCacheSettings {
        var result = self
        result.path = path ?? "\(run)/\(RunDirectory.embeddingsFolder)"
        return result
    }
}

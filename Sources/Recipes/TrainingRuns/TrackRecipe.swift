package import Configuration
import Files
import Foundation
import RLTrainer
import Runs
import Settings
import Shards
package import SharedSettings
package import Trackers

/// Tells trackers of a run that is not going on now: what they miss of it, or all of it.
package struct TrackRecipe {
    /// The run's folder.
    private let run: String
    private let trackers: RunTrackers
    /// Keeps the folder.
    private let lock: FolderLock

    /// A run, and who is to be told of it.
    ///
    /// - Parameters:
    ///   - run: the run's folder
    ///   - configuration: what the run depended on
    ///   - table: the trackers
    /// - Throws: `FileError` if the run goes on now, or its records cannot be read or written
    package init(
        run: String, configuration: some KeyedConfiguration, trackers table: TrackerTable
    ) throws {
        self.run = run
        lock = try FolderLock(
            run, hint: "leave its trackers to it: a run that goes on tells them itself")
        let journal = try TrackerJournal(run: run)
        try journal.complete()
        let metrics = FileManager.default.contents(atPath: run + "/metrics.jsonl") ?? Data()
        let step = lastStep(of: metrics)
        if !journal.hasEnded, step > 0, CheckpointFolder(run: run).steps.contains(step) {
            let total = Self.steps(configuration)
            let isFinished = total.map { step >= $0 } == true
            journal.add(
                .end(step: step, ending: isFinished ? "finished" : "stopped", message: nil))
        }
        if let failure = journal.failure { throw failure }
        // Nobody waits for the run: as long as programs answer, they are told.
        let patient = table.entries.map { entry in
            var entry = entry
            entry.wait = 1e9
            return entry
        }
        trackers = try RunTrackers(
            patient, journal: journal,
            introduction: TrackerIntroduction(
                run: run, command: type(of: configuration).command, version: Think2Seg.version,
                step: step, configuration: configuration.json))
    }

    /// The step that a run ends after; nil if it counts passes over shards that are not there.
    private static func steps(_ configuration: some KeyedConfiguration) -> Int? {
        let data = Data(configuration.json.utf8)
        let values = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
        if let steps = values?["training.max_steps"] as? Int { return steps }
        guard let run = configuration as? RunConfiguration,
            let samples = try? ShardedDataset(paths: run.data.train)
        else { return nil }
        return run.grpo.stepCount(
            epochs: run.training.numTrainEpochs, sampleCount: samples.count)
    }

    /// Sends what there is to send.
    ///
    /// - Parameter onProgress: called again and again with how far trackers are
    /// - Returns: what each tracker has, and what people should know
    package func send(
        onProgress: ([RunTrackers.Progress]) -> Void
    ) -> (progress: [RunTrackers.Progress], notes: [String]) {
        trackers.start()
        let notes = trackers.finish(onWait: onProgress)
        return (trackers.progress, notes)
    }
}

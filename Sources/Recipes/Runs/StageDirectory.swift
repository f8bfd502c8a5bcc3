package import Files
import Foundation
package import Trackers

/// The files of a run that comes before reinforcement learning.
///
/// `config.yaml`, `run.json`, `metrics.jsonl`, `checkpoints/step-N/`. A checkpoint is written beside its
/// place and appears by a rename.
package final class StageDirectory {
    /// What a folder holds before a run begins or goes on.
    package struct Opening {
        /// The folder.
        package let path: String
        /// The newest checkpoint, if the run goes on.
        package let checkpoint: String?
        /// The steps that it holds; 0 without one.
        package let step: Int
        /// Newer checkpoints that are damaged, in lines for people.
        package let leftOut: [String]

        /// A value from its parts.
        package init(path: String, checkpoint: String?, step: Int, leftOut: [String]) {
            self.path = path
            self.checkpoint = checkpoint
            self.step = step
            self.leftOut = leftOut
        }

        /// What of the run's lines is damaged, if it goes on, in lines for people.
        package var damage: [String] {
            checkpoint == nil ? [] : RunDirectory.damagedLines(in: path, upTo: step)
        }

        /// How many threads the run computed with, if it goes on.
        package var recordedThreads: RecordedThreads {
            checkpoint == nil ? RecordedThreads() : RunDirectory.recordedThreads(of: path)
        }

        /// Looks at a folder.
        ///
        /// - Throws: ``FileError`` if it holds another run, or nothing to go on from
        package init(_ path: String, resumes: Bool) throws {
            self.path = path
            try FolderPlace.requireName(path)
            if !resumes {
                try FolderPlace.require(path, tries: false)
                try Self.requireNoRun(path)
                try RunDirectory.requireFree(path)
                (checkpoint, step, leftOut) = (nil, 0, [])
                return
            }
            let folder = CheckpointFolder(run: path)
            var problems: [String] = []
            for step in folder.steps {
                do {
                    let manifest = try CheckpointManifest(folder: folder.step(step))
                    try manifest.verify(folder.step(step))
                    (checkpoint, self.step) = (folder.step(step), step)
                    leftOut = problems
                    return
                } catch let error as FileError {
                    problems.append("checkpoint step-\(step) is left out: \(error)")
                }
            }
            throw FileError(
                path: path,
                message: ([
                    "holds no checkpoint to go on from; start without --resume, in another folder if "
                        + "this one is not empty"
                ] + problems)
                .joined(separator: "\n"), kind: problems.isEmpty ? .unusable : .damaged)
        }

        /// Fails for a folder that a run can go on in.
        private static func requireNoRun(_ path: String) throws {
            guard let newest = CheckpointFolder(run: path).steps.max() else { return }
            throw FileError(
                path: path,
                message:
                    "the folder is not empty: it holds a run with a checkpoint of step \(newest); go on "
                    + "from it with --resume, or choose another output_dir, or move the old run away"
            )
        }
    }

    private let path: String
    /// What trackers are told; nil without any.
    package let records: TrackerJournal?
    private let metrics: LineFile
    private let checkpoints: CheckpointFolder
    private let lock: FolderLock

    /// Makes the folder, or cuts its metrics back to the checkpoint that the run goes on from.
    package init(
        _ opening: Opening, description: String, configuration: String, isTracked: Bool
    ) throws {
        path = opening.path
        try FolderPlace.require(path)
        do {
            checkpoints = CheckpointFolder(run: path)
            try FileManager.default.createDirectory(
                atPath: checkpoints.path, withIntermediateDirectories: true)
            lock = try FolderLock(path)
            try checkpoints.clear()
            if opening.checkpoint != nil {
                for step in checkpoints.steps where step > opening.step {
                    try checkpoints.putAside(step)
                }
            }
            try RunDirectory.write(configuration, to: path + "/config.yaml")
            try RunDirectory.write(description, to: path + "/run.json")
            let file = path + "/metrics.jsonl"
            let goesOn =
                try opening.checkpoint != nil
                && StepLines.cut(file, to: opening.step, evaluated: opening.step)
            if !goesOn { try DurableFiles.write(Data(), to: file) }
            metrics = try LineFile(file)
            try TrackerJournal.cutBack(path, to: opening.step)
            records = isTracked ? try TrackerJournal(run: path) : nil
            try records?.complete()
        } catch let error as FileError {
            throw error
        } catch {
            throw FileError.writing(path, error)
        }
    }

    /// Where a step's checkpoint stands.
    package func checkpoint(step: Int) -> String { checkpoints.step(step) }

    /// Adds a line of numbers to `metrics.jsonl`.
    package func append(_ numbers: StepMetrics) throws {
        try metrics.append(numbers.jsonLine)
        records?.add(numbers)
    }

    /// Writes a checkpoint, and removes all but the newest `keep`.
    package func writeCheckpoint(step: Int, keep: Int?, fill: (String) throws -> Void) throws {
        try checkpoints.write(step: step) { folder in
            try fill(folder)
            try metrics.synchronize()
        }
        try checkpoints.removeAll(butNewest: keep, best: nil)
    }
}

/// Whether something that happens every `interval` steps, never if 0, happens after step `step`.
package func isDue(_ step: Int, every interval: Int) -> Bool {
    interval > 0 && step % interval == 0
}

public import Files
import Foundation
import SystemErrors
package import Trackers

/// The files of a run.
///
/// `config.yaml` (resolved), `run.json` (what ran, where), `metrics.jsonl` (one line per optimizer
/// step), `faults.jsonl` (what was wrong, if something was), `warnings.jsonl` (what its numbers warn of, if
/// they do), `rollouts/step-N.jsonl`, `events.out.tfevents.*`, `trackers/` (what programs are told),
/// `evaluation/step-N/`, `checkpoints/step-N/`; `without-checkpoint-N/`, which holds what
/// was there of steps before a run began anew. A checkpoint is written beside its place
/// and appears by a rename, or not at all. The folder is this process's as long as the object exists.
public final class RunDirectory {
    /// The folder.
    public let path: String
    /// The folder of embeddings in a run's folder.
    package static let embeddingsFolder = "embeddings"
    /// The folder of its checkpoints.
    package let checkpoints: CheckpointFolder
    /// Writes them.
    package let writer = CheckpointWriter()
    /// What TensorBoard shows of the run; nil if `logging.tensorboard` is off.
    package let events: RunEvents?
    /// What trackers are told; nil without any.
    package let records: TrackerJournal?
    private let metrics: LineFile
    private let lock: FolderLock

    /// What the folder of a run begins with.
    package struct Opening {
        /// The folder.
        package let path: String
        /// The text of `config.yaml`.
        package let configuration: String
        /// The text of `run.json`.
        package let description: String
        /// Where the run begins.
        package let start: ResumePoint

        /// A value from its parts.
        package init(path: String, configuration: String, description: String, start: ResumePoint) {
            self.path = path
            self.configuration = configuration
            self.description = description
            self.start = start
        }
    }

    /// Makes the folder of a run, or brings the one that it continues in to the state of a checkpoint.
    ///
    /// - Parameters:
    ///   - opening: the folder, its first files, and where the run begins
    ///   - events: what TensorBoard is shown; nil for nothing
    ///   - isTracked: whether programs are told of the run
    ///   - lock: keeps the folder; nil if it was not there when `opening.start` was found
    /// - Throws: ``FileError`` if the folder is in use or cannot be written
    package init(
        _ opening: Opening, events: RunEvents?, isTracked: Bool = false, lock: FolderLock?
    ) throws {
        let (path, start) = (opening.path, opening.start)
        self.path = path
        checkpoints = CheckpointFolder(run: path)
        self.events = events
        if !start.isInPlace {
            try Self.requireFree(path)
            try FolderPlace.require(path)
        }
        do {
            let lock =
                try start.abandoned.map { abandoned in
                    let lock = try lock ?? FolderLock(path)
                    try abandoned.putAside()
                    return lock
                } ?? lock
            for folder in [
                path, path + "/rollouts", path + "/checkpoints", path + "/evaluation",
            ] {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true)
            }
            self.lock = try lock ?? FolderLock(path)
            if start.isInPlace { try Self.cutBack(path, to: start) }
            // First: it tells that the folder is a run's, if anything after it fails.
            try Self.write(opening.description, to: path + "/run.json")
            try Self.write(opening.configuration, to: path + "/config.yaml")
            let file = path + "/metrics.jsonl"
            if !start.isInPlace { try Self.write("", to: file) }
            metrics = try LineFile(file)
            records = isTracked ? try TrackerJournal(run: path) : nil
            try records?.complete()
        } catch let error as FileError {
            throw error
        } catch {
            throw FileError(
                path: path, message: "cannot be made a run's folder: \(systemReason(error))")
        }
    }

    /// Fails if a folder holds another run, or anything else.
    public static func requireFree(_ path: String) throws {
        try FolderPlace.requireName(path)
        if isFree(path) { return }
        let contents = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let some = contents.sorted().prefix(3).joined(separator: ", ")
        throw FileError(
            path: path,
            message:
                "the folder is not empty (\(some)); choose another output_dir, or move the old "
                + "run away")
    }

    /// Whether a folder is missing, empty, or what a run leaves that failed before its first step.
    package static func isFree(_ path: String) -> Bool {
        let contents = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return contents.isEmpty || holdsNothing(path, contents)
    }

    /// Adds a line of numbers to `metrics.jsonl`.
    public func append(_ step: StepMetrics) throws {
        try metrics.append(step.jsonLine)
        try events?.append(step)
        records?.add(step)
    }

    /// Where a step's checkpoint stands.
    public func checkpoint(step: Int) -> String { checkpoints.step(step) }

    /// Begins to write a checkpoint, on a thread of its own; waits for the one before, if that is not
    /// done.
    ///
    /// - Parameters:
    ///   - step: the optimizer step that it is of
    ///   - retention: which checkpoints stay
    ///   - fill: writes its files to an existing folder
    /// - Throws: what the checkpoint before threw, ``FileError`` or what `fill` threw
    package func save(
        step: Int, _ retention: CheckpointRetention,
        fill: @escaping @Sendable (String) throws -> Void
    ) throws {
        let (run, checkpoints, metrics) = (path, checkpoints, metrics)
        try writer.begin {
            // What the checkpoint is a step of must not be younger than the checkpoint.
            try metrics.synchronize()
            try RunEvents.synchronize(run)
            try checkpoints.write(step: step, fill: fill)
            try checkpoints.link(best: retention.best)
            try checkpoints.removeAll(butNewest: retention.keep, best: retention.best)
        }
    }

    /// Whether a folder is what a run leaves that failed before its first step.
    private static func holdsNothing(_ path: String, _ contents: [String]) -> Bool {
        let files = FileManager.default
        func isEmptyFolder(_ name: String) -> Bool {
            (try? files.contentsOfDirectory(atPath: "\(path)/\(name)"))?.isEmpty ?? true
        }
        let own = [
            "config.yaml", "run.json", "metrics.jsonl", "rollouts", "checkpoints", "evaluation",
            faultsFile, RunWarnings.file, RunEvents.folder, TrackerJournal.folder, embeddingsFolder,
        ]
        guard contents.allSatisfy(own.contains),
            contents.contains("run.json") || !contents.contains("config.yaml")
        else { return false }
        let metrics = try? files.attributesOfItem(atPath: path + "/metrics.jsonl")
        let size = metrics?[.size] as? Int ?? 0
        return size == 0 && !TrackerJournal.holdsSteps(path)
            && ["rollouts", "checkpoints", "evaluation", RunEvents.folder].allSatisfy(isEmptyFolder)
    }

    package static func write(_ text: String, to path: String) throws {
        try DurableFiles.write(Data(text.utf8), to: path)
    }
}

/// Where a run begins, as far as the files in its folder go.
package struct ResumePoint: Sendable {
    /// Whether the folder is this run's already.
    package var isInPlace = false
    /// The step that the run goes on after; 0 at the beginning.
    package var step = 0
    /// Steps of checkpoints that are damaged and make way.
    package var damaged: [Int] = []
    /// What the folder holds of steps that the run does not go on from, and makes way; nil if nothing.
    package var abandoned: AbandonedSteps?
    /// What evaluations found so far; nil without any.
    package var evaluation: EvaluationProgress?

    /// A value from its parts.
    package init(
        isInPlace: Bool = false, step: Int = 0, damaged: [Int] = [],
        abandoned: AbandonedSteps? = nil, evaluation: EvaluationProgress? = nil
    ) {
        self.isInPlace = isInPlace
        self.step = step
        self.damaged = damaged
        self.abandoned = abandoned
        self.evaluation = evaluation
    }
}

/// Which checkpoints stay when another is written.
package struct CheckpointRetention: Sendable {
    /// How many of the newest; all if nil.
    package var keep: Int?
    /// The step that stays in any case.
    package var best: Int?

    /// A value from its parts.
    package init(keep: Int? = nil, best: Int? = nil) {
        self.keep = keep
        self.best = best
    }
}

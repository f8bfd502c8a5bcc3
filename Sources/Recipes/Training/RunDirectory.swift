import Foundation
import Imaging
public import RLTrainer
import Rewards
import Segmentation
import SystemErrors
import Torch

/// The files of a run.
///
/// `config.yaml` (resolved), `run.json` (what ran, where), `metrics.jsonl` (one line per optimizer
/// step), `faults.jsonl` (what was wrong, if something was), `rollouts/step-N.jsonl`,
/// `tensorboard/`, `evaluation/step-N/`, `checkpoints/step-N/`; `without-checkpoint-N/`, which holds what
/// was there of steps before a run began anew. A checkpoint is written beside its place
/// and appears by a rename, or not at all. The folder is this process's as long as the object exists.
public final class RunDirectory {
    /// The folder.
    public let path: String
    /// The folder of its checkpoints.
    let checkpoints: CheckpointFolder
    /// Writes them.
    let writer = CheckpointWriter()
    /// What TensorBoard shows of the run; nil if `logging.tensorboard` is off.
    let events: RunEvents?
    private let template: PromptTemplate
    private let metrics: LineFile
    private let lock: FolderLock

    /// Makes the folder of a run, or brings the one that it continues in to the state of a checkpoint.
    ///
    /// - Parameters:
    ///   - configuration: what is written as `config.yaml`; names the folder
    ///   - plan: how many threads compute
    ///   - command: what is written as the command in `run.json`
    ///   - start: where the run begins
    ///   - lock: keeps the folder; nil if it was not there when `start` was found
    /// - Throws: ``RunDirectoryError`` if the folder is in use or cannot be written
    init(
        _ configuration: RunConfiguration, _ plan: ThreadPlan, command: [String], start: RunStart,
        lock: FolderLock?
    ) throws {
        let path = configuration.outputDirectory
        self.path = path
        checkpoints = CheckpointFolder(run: path)
        template = PromptTemplate(try variant(configuration.prompt.variant))
        events = RunEvents(configuration, after: start.checkpoint?.step ?? 0)
        if !start.isInPlace { try Self.requireFree(path) }
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
            try Self.write(
                Self.description(
                    device: configuration.device, plan, seed: configuration.seed, command: command,
                    resumedFrom: start.checkpoint?.path),
                to: path + "/run.json")
            try Self.write(configuration.resolved(comments: true), to: path + "/config.yaml")
            let file = path + "/metrics.jsonl"
            if !start.isInPlace { try Self.write("", to: file) }
            metrics = try LineFile(file)
        } catch let error as RunDirectoryError {
            throw error
        } catch {
            throw RunDirectoryError(
                path: path, message: "cannot be made a run's folder: \(systemReason(error))")
        }
    }

    /// Fails if a folder holds another run, or anything else.
    public static func requireFree(_ path: String) throws {
        if isFree(path) { return }
        let contents = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let some = contents.sorted().prefix(3).joined(separator: ", ")
        throw RunDirectoryError(
            path: path,
            message:
                "the folder is not empty (\(some)); choose another output_dir, or move the old "
                + "run away")
    }

    /// Whether a folder is missing, empty, or what a run leaves that failed before its first step.
    static func isFree(_ path: String) -> Bool {
        let contents = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return contents.isEmpty || holdsNothing(path, contents)
    }

    /// Adds a line of numbers to `metrics.jsonl`.
    public func append(_ step: StepMetrics) throws {
        try metrics.append(step.jsonLine)
        try events?.append(step)
    }

    /// Writes an evaluation to `evaluation/step-N/`, and its numbers to `metrics.jsonl`.
    func write(_ outcome: TrainingEvaluation.Outcome) throws {
        try outcome.result.write(to: "\(path)/evaluation/step-\(outcome.step)")
        try append(outcome.numbers)
    }

    /// Writes the completions of a step to `rollouts/step-N.jsonl`.
    public func write<Prompt>(rollouts groups: [RolloutGroup<Prompt>], step: Int) throws {
        let lines = try groups.flatMap { group in
            try group.completions.indices.map {
                try RolloutRecord(group, $0, step: step, template: template).line()
            }
        }
        try Self.write(
            lines.joined(separator: "\n") + "\n", to: "\(path)/rollouts/step-\(step).jsonl")
    }

    /// Where a step's checkpoint stands.
    public func checkpoint(step: Int) -> String { checkpoints.step(step) }

    /// Begins to write a checkpoint, on a thread of its own; waits for the one before, if that is not
    /// done.
    ///
    /// - Parameters:
    ///   - snapshot: what it consists of
    ///   - retention: which checkpoints stay
    /// - Throws: what the checkpoint before threw, ``RunDirectoryError`` or `CheckpointError`
    func save(_ snapshot: RunSnapshot, _ retention: CheckpointRetention) throws {
        let (run, checkpoints, metrics) = (path, checkpoints, metrics)
        try writer.begin {
            // What the checkpoint is a step of must not be younger than the checkpoint.
            try metrics.synchronize()
            try RunEvents.synchronize(run)
            try checkpoints.write(step: snapshot.step, fill: snapshot.write)
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
            faultsFile, RunEvents.folder, EmbeddingCacheSettings.folder,
        ]
        guard contents.allSatisfy(own.contains),
            contents.contains("run.json") || !contents.contains("config.yaml")
        else { return false }
        let metrics = try? files.attributesOfItem(atPath: path + "/metrics.jsonl")
        let size = metrics?[.size] as? Int ?? 0
        return size == 0
            && ["rollouts", "checkpoints", "evaluation", RunEvents.folder].allSatisfy(isEmptyFolder)
    }

    static func write(_ text: String, to path: String) throws {
        try DurableFiles.write(Data(text.utf8), to: path)
    }
}

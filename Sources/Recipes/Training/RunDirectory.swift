import Foundation
import Imaging
public import RLTrainer
import Rewards
import Segmentation
import Torch

/// A run's folder cannot be used.
public struct RunDirectoryError: Error, Sendable, CustomStringConvertible {
    /// The folder or file.
    public let path: String
    /// What is wrong, and what to do.
    public let message: String

    /// Path and message.
    public var description: String { "\(path): \(message)" }
}

/// The files of a run.
///
/// `config.yaml` (resolved), `run.json` (what ran, where), `metrics.jsonl` (one line per optimizer
/// step), `rollouts/step-N.jsonl`, `tensorboard/` (see ``RunEvents``), `checkpoints/step-N/`. A checkpoint is written beside its place and
/// appears by a rename, or not at all. The folder is this process's as long as the object exists.
public final class RunDirectory {
    /// The folder.
    public let path: String
    /// What TensorBoard shows of the run; nil if `logging.tensorboard` is off.
    let events: RunEvents?
    private let template: PromptTemplate
    private let metrics: FileHandle
    private let lock: FolderLock

    /// Makes the folder of a run, or brings the one that it continues in to the state of a checkpoint.
    ///
    /// - Parameters:
    ///   - configuration: what is written as `config.yaml`; names the folder
    ///   - command: what is written as the command in `run.json`
    ///   - start: where the run begins
    /// - Throws: ``RunDirectoryError`` if the folder is in use or cannot be written
    init(_ configuration: RunConfiguration, command: [String], start: RunStart) throws {
        let path = configuration.outputDirectory
        self.path = path
        template = PromptTemplate(try variant(configuration.prompt.variant))
        events = RunEvents(configuration, after: start.checkpoint?.step ?? 0)
        if !start.isInPlace { try Self.requireFree(path) }
        do {
            for folder in [path, path + "/rollouts", path + "/checkpoints"] {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true)
            }
            lock = try FolderLock(path)
            if start.isInPlace { try Self.cutBack(path, to: start) }
            try Self.write(configuration.resolved(comments: true), to: path + "/config.yaml")
            try Self.write(
                Self.description(
                    device: configuration.device, seed: configuration.seed, command: command,
                    resumedFrom: start.checkpoint?.path),
                to: path + "/run.json")
            let file = path + "/metrics.jsonl"
            if !start.isInPlace { try Self.write("", to: file) }
            metrics = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
            try metrics.seekToEnd()
        } catch let error as RunDirectoryError {
            throw error
        } catch {
            throw RunDirectoryError(path: path, message: "cannot write: \(systemReason(error))")
        }
    }

    deinit { try? metrics.close() }

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

    /// Adds a step to `metrics.jsonl`.
    public func append(_ step: StepMetrics) throws {
        do {
            try metrics.write(contentsOf: Data((step.jsonLine + "\n").utf8))
        } catch {
            throw RunDirectoryError(
                path: path + "/metrics.jsonl", message: "cannot write: \(systemReason(error))")
        }
        try events?.append(step)
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
    public func checkpoint(step: Int) -> String { "\(path)/checkpoints/step-\(step)" }

    /// Writes a checkpoint: `fill` gets a folder beside its place, which is then renamed.
    ///
    /// - Parameters:
    ///   - step: the optimizer step
    ///   - keep: how many checkpoints stay, the newest ones; all if nil
    ///   - fill: writes the files
    /// - Throws: what `fill` throws, or ``RunDirectoryError``; nothing is left behind then
    public func writeCheckpoint(
        step: Int, keep: Int?, fill: (_ folder: String) throws -> Void
    ) throws {
        try Self.writeCheckpoint(in: path, step: step, keep: keep) { folder in
            try fill(folder)
            // What the checkpoint is a step of must not be younger than the checkpoint.
            try metrics.synchronize()
            try RunEvents.synchronize(path)
        }
    }

    /// Writes a checkpoint of the run at `path`; see ``writeCheckpoint(step:keep:fill:)``.
    static func writeCheckpoint(
        in path: String, step: Int, keep: Int?, fill: (_ folder: String) throws -> Void
    ) throws {
        let files = FileManager.default
        let final = "\(path)/checkpoints/step-\(step)"
        let temporary = "\(path)/checkpoints/.step-\(step).tmp"
        try? files.removeItem(atPath: temporary)
        do {
            try files.createDirectory(atPath: temporary, withIntermediateDirectories: true)
            try fill(temporary)
            try DurableFiles.synchronizeTree(temporary)
            try DurableFiles.publish(temporary, as: final)
        } catch {
            try? files.removeItem(atPath: temporary)
            if error is CheckpointError || error is RunDirectoryError { throw error }
            throw RunDirectoryError(path: final, message: "cannot write: \(systemReason(error))")
        }
        if let keep { try removeCheckpoints(in: path, keeping: keep) }
    }

    private static func removeCheckpoints(in path: String, keeping count: Int) throws {
        let folder = path + "/checkpoints"
        for step in RunCheckpoint.steps(ofRun: path).dropFirst(count).reversed() {
            // Out of sight first: what is killed while it removes leaves no half of a checkpoint.
            let doomed = "\(folder)/.step-\(step).old"
            try? FileManager.default.removeItem(atPath: doomed)
            try FileManager.default.moveItem(
                atPath: "\(folder)/step-\(step)", toPath: doomed)
            try FileManager.default.removeItem(atPath: doomed)
        }
    }

    /// Whether a folder is what a run leaves that failed before its first step.
    private static func holdsNothing(_ path: String, _ contents: [String]) -> Bool {
        let files = FileManager.default
        func isEmptyFolder(_ name: String) -> Bool {
            (try? files.contentsOfDirectory(atPath: "\(path)/\(name)"))?.isEmpty ?? true
        }
        let own = [
            "config.yaml", "run.json", "metrics.jsonl", "rollouts", "checkpoints",
            RunEvents.folder,
        ]
        guard contents.allSatisfy(own.contains), contents.contains("run.json") else { return false }
        let metrics = try? files.attributesOfItem(atPath: path + "/metrics.jsonl")
        let size = metrics?[.size] as? Int ?? 0
        return size == 0
            && ["rollouts", "checkpoints", RunEvents.folder].allSatisfy(isEmptyFolder)
    }

    static func write(_ text: String, to path: String) throws {
        try DurableFiles.write(Data(text.utf8), to: path)
    }
}

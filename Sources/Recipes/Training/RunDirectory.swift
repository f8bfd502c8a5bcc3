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
/// step), `rollouts/step-N.jsonl`, `checkpoints/step-N/policy/`. A checkpoint is written beside its
/// place and appears by a rename, or not at all.
public final class RunDirectory {
    /// The folder.
    public let path: String
    private let metrics: FileHandle

    /// Makes the folder of a new run.
    ///
    /// - Parameters:
    ///   - path: the folder; must be missing or empty
    ///   - configuration: what is written as `config.yaml`
    ///   - command: what is written as the command in `run.json`
    /// - Throws: ``RunDirectoryError`` if the folder is in use or cannot be written
    public init(path: String, configuration: RunConfiguration, command: [String]) throws {
        self.path = path
        try Self.requireFree(path)
        let files = FileManager.default
        do {
            for folder in [path, path + "/rollouts", path + "/checkpoints"] {
                try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            }
            try Self.write(configuration.resolved(comments: true), to: path + "/config.yaml")
            try Self.write(
                Self.description(
                    device: configuration.device, seed: configuration.seed, command: command),
                to: path + "/run.json")
            try Self.write("", to: path + "/metrics.jsonl")
            metrics = try FileHandle(
                forWritingTo: URL(fileURLWithPath: path + "/metrics.jsonl"))
        } catch let error as RunDirectoryError {
            throw error
        } catch {
            throw RunDirectoryError(path: path, message: "cannot write: \(systemReason(error))")
        }
    }

    deinit { try? metrics.close() }

    /// Fails if a folder holds another run, or anything else.
    public static func requireFree(_ path: String) throws {
        let contents = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        if contents.isEmpty || holdsNothing(path, contents) { return }
        let some = contents.sorted().prefix(3).joined(separator: ", ")
        throw RunDirectoryError(
            path: path,
            message:
                "the folder is not empty (\(some)); choose another output_dir, or move the old "
                + "run away")
    }

    /// Adds a step to `metrics.jsonl`.
    public func append(_ step: StepMetrics) throws {
        do {
            try metrics.write(contentsOf: Data((step.jsonLine + "\n").utf8))
        } catch {
            throw RunDirectoryError(
                path: path + "/metrics.jsonl", message: "cannot write: \(systemReason(error))")
        }
    }

    /// Writes the completions of a step to `rollouts/step-N.jsonl`.
    public func write<Prompt>(rollouts groups: [RolloutGroup<Prompt>], step: Int) throws {
        let lines = try groups.flatMap { group in
            try group.completions.indices.map { try RolloutRecord(group, $0, step: step).line() }
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
        try Self.writeCheckpoint(in: path, step: step, keep: keep, fill: fill)
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
            try files.moveItem(atPath: temporary, toPath: final)
        } catch {
            try? files.removeItem(atPath: temporary)
            if error is CheckpointError { throw error }
            throw RunDirectoryError(path: final, message: "cannot write: \(systemReason(error))")
        }
        if let keep { try removeCheckpoints(in: path, keeping: keep) }
    }

    private static func removeCheckpoints(in path: String, keeping count: Int) throws {
        let folder = path + "/checkpoints"
        let steps = try FileManager.default.contentsOfDirectory(atPath: folder)
            .compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5)) : nil }
        for step in steps.sorted().dropLast(count) {
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
        let own = ["config.yaml", "run.json", "metrics.jsonl", "rollouts", "checkpoints"]
        guard contents.allSatisfy(own.contains), contents.contains("run.json") else { return false }
        let metrics = try? files.attributesOfItem(atPath: path + "/metrics.jsonl")
        let size = metrics?[.size] as? Int ?? 0
        return size == 0 && isEmptyFolder("rollouts") && isEmptyFolder("checkpoints")
    }

    /// What ran and where, for `run.json`.
    static func description(device: String, seed: Int, command: [String]) throws -> String {
        struct Run: Encodable {
            let program = "think2seg"
            let version = Think2Seg.version
            let libtorch = TorchRuntime.version
            let device: String
            let threads: Int
            let seed: Int
            let command: [String]
        }
        let run = Run(
            device: device, threads: TorchRuntime.threadCount, seed: seed, command: command)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(run), as: UTF8.self) + "\n"
    }

    static func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw RunDirectoryError(path: path, message: "cannot write: \(systemReason(error))")
        }
    }
}

/// What is recorded of one completion.
private struct RolloutRecord: Encodable {
    let step: Int
    let id: String
    let epoch: Int
    let question: String
    let completion: String
    let length: Int
    let stopReason: StopReason
    let parseError: String?
    let prompts: [Prediction.Prompt]
    let rewards: [String: Double]
    let reward: Double
    let advantage: Double

    enum CodingKeys: String, CodingKey {
        case step, id, epoch, question, completion, length, prompts, rewards, reward, advantage
        case stopReason = "stop_reason"
        case parseError = "parse_error"
    }

    init<P>(_ group: RolloutGroup<P>, _ index: Int, step: Int) {
        let (completion, score) = (group.completions[index], group.rewards[index])
        self.step = step
        id = group.example.id
        epoch = group.example.epoch
        question = group.example.question
        self.completion = completion.text
        length = completion.tokenIDs.count
        stopReason = completion.stopReason
        parseError = score.failure?.description
        prompts = score.prompts.map(Prediction.Prompt.init)
        rewards = Dictionary(
            uniqueKeysWithValues: score.terms.map { ($0.term.rawValue, $0.value) })
        reward = score.total
        advantage = group.advantages[index]
    }

    func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

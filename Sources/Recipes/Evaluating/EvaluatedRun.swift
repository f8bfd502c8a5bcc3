import Configuration
public import Embeddings
import Files
import Foundation
public import Policies
import Runs
import Settings
public import SharedSettings
import SupervisedTraining
public import TrainingRuns

/// A run of `train` or `sft` whose policy is asked.
public struct EvaluatedRun: Sendable {
    /// The run's folder.
    public let folder: String
    /// The command that made it: `train` or `sft`.
    public let command: String
    /// How its policy was asked; how long answers may be is not known of a run of `sft`.
    public let asking: AskingSettings
    /// What made masks; nil for a run of `sft`.
    public let segmenter: SegmenterSection?
    /// The held-out shards.
    public let validation: [String]
    /// Where models computed.
    public let device: String
    /// The policy's element type.
    public let dtype: ModelDType
    /// Whether its logits were computed in float32 whatever `dtype` is.
    public let castsHeadToFloat32: Bool

    /// Finds a run.
    ///
    /// - Parameter path: the run's folder; or a configuration, whose folder is the run's if it holds
    ///   checkpoints, and else the one that `output_dir` names
    /// - Throws: `MissingInputError`, `ConfigurationError`, `FileError` for a run of another command
    public init(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw MissingInputError(path: path, what: "configuration or folder of a run")
        }
        let file = path.isFolder ? path + "/config.yaml" : path
        if path.isFolder { try Self.requireRun(path, file) }
        let beside = path.isFolder ? path : path.parentFolder
        let isRun = FileManager.default.fileExists(atPath: CheckpointFolder(run: beside).path)
        func place(_ output: String) -> String { path.isFolder || isRun ? beside : output }
        func warmStart() throws -> SFTConfiguration {
            try SFTConfiguration.load(
                file: file, overrides: [], requiresInputs: false, resumes: true, onNote: { _ in })
        }
        // What a run says of itself counts; a configuration beside none is tried as either.
        if (path.isFolder || isRun) && RunContents(beside).command == SFTConfiguration.command {
            let found = try warmStart()
            self.init(found, folder: place(found.outputDirectory))
            return
        }
        do {
            let found = try RunConfiguration.load(ofRun: file)
            self.init(found, folder: place(found.outputDirectory))
        } catch let error as ConfigurationError {
            guard let found = try? warmStart() else { throw Self.refusal(of: beside) ?? error }
            self.init(found, folder: place(found.outputDirectory))
        }
    }

    private init(_ run: RunConfiguration, folder: String) {
        self.folder = folder
        command = RunConfiguration.command
        asking = run.asking
        segmenter = run.segmenter
        validation = run.data.validation
        device = run.device
        dtype = run.policy.dtype
        castsHeadToFloat32 = run.policy.castsHeadToFloat32
    }

    private init(_ run: SFTConfiguration, folder: String) {
        self.folder = folder
        command = SFTConfiguration.command
        asking = run.asking
        segmenter = nil
        validation = run.data.validation
        device = run.device
        dtype = run.policy.dtype
        castsHeadToFloat32 = false
    }

    /// Fails for a folder that is a policy's or a checkpoint's, and says how that is named.
    private static func requireRun(_ folder: String, _ file: String) throws {
        func has(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: "\(folder)/\(name)")
        }
        if has("config.yaml") { return }
        var what = "configuration of a run"
        if has("config.json") { what += "; name the folder of a policy with --policy" }
        if has(CheckpointManifest.file) {
            what += "; name the run, and a checkpoint with --checkpoint"
        } else if let run = RunContents.run(holding: folder) {
            what += "; \(folder) is a part of a run: name that, \(run)"
        }
        throw MissingInputError(path: file, what: what)
    }

    /// That a folder holds a run of a command that makes no policy; nil if it does not.
    private static func refusal(of folder: String) -> FileError? {
        let commands = try? CheckpointRecipe.list(folder, readingAll: false).map(\.command)
        guard let other = commands?.first(where: { $0 == "pretrain-segmenter" }) else { return nil }
        return FileError(
            path: folder, message: "is a run of \(other), which has no policy",
            kind: .ofAnotherCommand)
    }

    /// The folder of a checkpoint's policy; of a run of `sft` without checkpoints, that of the finished one.
    ///
    /// - Parameters:
    ///   - choice: which checkpoint
    ///   - onWarning: gets a line for each newer checkpoint that is damaged and left out
    /// - Returns: the folder
    /// - Throws: `MissingInputError` or `FileError` where there is no such checkpoint, or it
    ///   is damaged
    public func policy(
        _ choice: CheckpointRecipe.Choice, onWarning: (String) -> Void = { _ in }
    ) throws -> String {
        let checkpoints = CheckpointFolder(run: folder)
        let finished = CheckpointRecipe.finished("policy", of: folder)
        if choice == .newest, checkpoints.steps.isEmpty, let finished { return finished }
        guard finished != nil || FileManager.default.fileExists(atPath: checkpoints.path) else {
            throw MissingInputError(
                path: checkpoints.path,
                what: "folder of checkpoints; train first, or name a policy with --policy")
        }
        let checkpoint = try CheckpointRecipe.chosen(folder, choice, onWarning: onWarning)
        return try CheckpointRecipe.policy(of: checkpoint, readingAll: false)
    }
}

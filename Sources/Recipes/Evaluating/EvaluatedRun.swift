import Files
import Foundation
import Runs
public import Settings
public import TrainingRuns

/// A run of `train` whose policy is to be evaluated.
public struct EvaluatedRun: Sendable {
    /// The run's folder.
    public let folder: String
    /// What it was trained with.
    public let configuration: RunConfiguration

    /// Finds a run.
    ///
    /// - Parameter path: the run's folder; or a configuration, whose folder is the run's if it holds
    ///   checkpoints, and else the one that `output_dir` names
    /// - Throws: `MissingInputError`, `ConfigurationError`
    public init(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw MissingInputError(path: path, what: "configuration or folder of a run")
        }
        let file = isFolder.boolValue ? path + "/config.yaml" : path
        configuration = try RunConfiguration.load(file: file)
        let beside = isFolder.boolValue ? path : path.parentFolder
        let isRun = FileManager.default.fileExists(atPath: CheckpointFolder(run: beside).path)
        folder = isFolder.boolValue || isRun ? beside : configuration.outputDirectory
    }

    /// The folder of a checkpoint's policy.
    ///
    /// - Parameter choice: which checkpoint
    /// - Returns: the folder
    /// - Throws: `MissingInputError` or `FileError` where there is no such checkpoint, or it
    ///   is damaged
    public func policy(_ choice: CheckpointRecipe.Choice) throws -> String {
        let checkpoints = CheckpointFolder(run: folder)
        guard FileManager.default.fileExists(atPath: checkpoints.path) else {
            throw MissingInputError(
                path: checkpoints.path,
                what: "folder of checkpoints; train first, or name a policy with --policy")
        }
        let checkpoint = try CheckpointRecipe.chosen(folder, choice)
        return try RunCheckpoint(path: checkpoint, readingAll: false).policy
    }
}

import Files
import Foundation
import Runs

extension CheckpointRecipe {
    /// The folder of the `policy` or `segmenter` that a finished run of `sft` or `pretrain-segmenter` made; nil
    /// if it has none.
    package static func finished(_ part: String, of run: String) -> String? {
        let folder = "\(run)/\(part)"
        return FileManager.default.fileExists(atPath: folder + "/config.json") ? folder : nil
    }

    /// What is said of a run without checkpoints; nil if a folder is no run's.
    static func noCheckpoint(ofRun path: String) -> MissingInputError? {
        InputKind.of(path) == .run ? noCheckpoint(in: path) : nil
    }

    /// What is said of a run without checkpoints, and what to do.
    static func noCheckpoint(in run: String) -> MissingInputError {
        let parts = ["policy", "segmenter"]
        let finished = parts.compactMap { part in
            Self.finished(part, of: run).map { "its finished \(part) is the folder \($0)" }
        }
        return MissingInputError(
            path: CheckpointFolder(run: run).path,
            what: "checkpoint; "
                + (finished.first.map { "the run has none, \($0)" }
                    ?? "the run has none yet: train on, to the next step of logging.save_steps or to "
                    + "the end, both of which write one"))
    }
}

import Files
import Foundation
import Runs

/// A checkpoint of a command that comes before reinforcement learning: of `sft`, with `policy/`, or of
/// `pretrain-segmenter`, with `segmenter/`.
struct StageCheckpoint {
    /// The folder.
    let path: String
    /// The command that wrote it.
    let command: String
    /// The folder of its policy; nil if it has none.
    let policy: String?

    /// Recognizes a checkpoint by its files; nil for one of `train`, or none that is known.
    ///
    /// - Parameters:
    ///   - path: the checkpoint's folder
    ///   - manifest: what it consists of, which is not verified here
    init?(path: String, manifest: CheckpointManifest) {
        guard (try? CheckpointState(folder: path)) == nil, (try? StageState(folder: path)) != nil
        else { return nil }
        func has(_ folder: String) -> Bool {
            manifest.files.keys.contains { $0.hasPrefix(folder + "/") }
        }
        self.path = path
        if has("segmenter") {
            (command, policy) = ("pretrain-segmenter", nil)
        } else if has(RunCheckpoint.policyFolder) {
            (command, policy) = ("sft", "\(path)/\(RunCheckpoint.policyFolder)")
        } else {
            return nil
        }
    }

    /// What is said where a checkpoint of `train` is needed, or one with a policy.
    var refusal: FileError {
        let part = policy ?? "\(path)/segmenter"
        return FileError(
            path: path,
            message: "is a checkpoint of \(command), and not of train; its "
                + "\(policy == nil ? "segmenter" : "policy") is the folder \(part)",
            kind: .ofAnotherCommand)
    }
}

import SourceCommit
import Torch

/// The project itself.
public enum Think2Seg {
    /// The version, as `--version` prints it.
    public static let version = "0.1.0"

    /// The commit that the program was built from: ten digits, with `-dirty` behind them where tracked files
    /// were others; nil if it was built from neither a repository nor an archive of one.
    public static let commit: String? = sourceCommit()

    /// Version, commit and libtorch, in a line.
    package static var description: String {
        "think2seg \(version) (commit \(commit ?? "unknown"), libtorch \(TorchRuntime.loadedVersion))"
    }
}

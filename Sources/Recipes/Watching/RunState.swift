package import Files
import Foundation
import Runs

/// Whether a run goes on, as far as its folder tells.
package enum RunState: Sendable, Hashable {
    /// A process has the folder.
    case running
    /// All steps are done.
    case finished
    /// It ended before its last step, and left a checkpoint of the step it ended after.
    case stopped
    /// It ended without a checkpoint of its last step: it was killed, or failed.
    case cut(newestCheckpoint: Int?)
    /// The file system does not tell whether a process has the folder.
    case unknown

    /// The state of a run.
    ///
    /// - Parameters:
    ///   - holder: who has the folder, asked before `step` was read
    ///   - run: the run's folder
    ///   - step: the last step in `metrics.jsonl`; 0 before the first
    ///   - total: the step that the run ends after; nil if not known
    package init(_ holder: FolderLock.Holder, run: String, step: Int, total: Int?) {
        switch holder {
        case .somebody: self = .running
        case .unknown: self = .unknown
        case .nobody:
            let checkpoints = CheckpointFolder(run: run).steps
            if !checkpoints.contains(step) {
                self = .cut(newestCheckpoint: checkpoints.first { $0 < step })
            } else {
                self = total.map { step >= $0 } == true ? .finished : .stopped
            }
        }
    }

    /// Whether nothing more comes, as far as is known.
    package var hasEnded: Bool {
        switch self {
        case .running, .unknown: false
        case .finished, .stopped, .cut: true
        }
    }

    /// The state in words.
    ///
    /// - Parameters:
    ///   - step: the last step
    ///   - total: the step that the run ends after; nil if not known
    /// - Returns: a sentence without its full stop
    package func words(step: Int, total: Int?) -> String {
        let place = total.map { "step \(step) of \($0)" } ?? "step \(step)"
        switch self {
        case .running:
            if step == 0 { return "goes on: before its first step" }
            return total == step
                ? "goes on: all \(step) steps are done, what comes after them is not"
                : "goes on: \(place)"
        case .finished: return "has ended: all \(step) steps are done"
        case .stopped:
            return "has ended after \(place), with a checkpoint of it"
        case .cut(let checkpoint):
            if step == 0 { return "was cut before its first step; the same command begins anew" }
            let rest = checkpoint.map { "goes on after step \($0)" } ?? "begins anew"
            return "was cut after \(place): killed, or failed; the same command \(rest)"
        case .unknown:
            return "\(place); the file system does not tell whether the run goes on"
        }
    }
}

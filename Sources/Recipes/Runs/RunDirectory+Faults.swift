import Files
import Foundation

extension RunDirectory {
    /// The name of the file with what was wrong in a run; there is none while nothing was.
    package static let faultsFile = "faults.jsonl"

    /// Takes what ``faultsFile`` and ``RunWarnings/file`` have of later steps away.
    static func cutFaults(_ path: String, to step: Int) throws {
        for name in [faultsFile, RunWarnings.file] { try cut("\(path)/\(name)", to: step) }
    }

    private static func cut(_ file: String, to step: Int) throws {
        guard let text = FileManager.default.contents(atPath: file) else { return }
        let kept = linesUpTo(step, of: text)
        if kept.isEmpty {
            try FileManager.default.removeItem(atPath: file)
        } else if kept != text {
            try DurableFiles.write(kept, to: file)
        }
    }
}

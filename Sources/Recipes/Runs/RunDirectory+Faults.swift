import Files
import Foundation

extension RunDirectory {
    /// The name of the file with what was wrong in a run; there is none while nothing was.
    package static let faultsFile = "faults.jsonl"

    /// Takes the faults of later steps away.
    static func cutFaults(_ path: String, to step: Int) throws {
        let file = "\(path)/\(faultsFile)"
        guard let text = FileManager.default.contents(atPath: file) else { return }
        let kept = linesUpTo(step, of: text)
        if kept.isEmpty {
            try FileManager.default.removeItem(atPath: file)
        } else if kept != text {
            try DurableFiles.write(kept, to: file)
        }
    }
}

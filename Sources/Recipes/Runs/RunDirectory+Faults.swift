import Foundation

extension RunDirectory {
    /// The name of the file with what was wrong in a run; there is none while nothing was.
    package static let faultsFile = "faults.jsonl"

    /// Takes what ``faultsFile`` and ``RunWarnings/file`` have of later steps away.
    static func cutFaults(_ path: String, to step: Int) throws {
        for name in [faultsFile, RunWarnings.file] {
            let file = "\(path)/\(name)"
            guard FileManager.default.fileExists(atPath: file) else { continue }
            if try !StepLines.cut(file, to: step) {
                try FileManager.default.removeItem(atPath: file)
            }
        }
    }
}

import Foundation
import TextFiles

/// What was wrong in a step, as a run's folder keeps it.
package struct RunFault: Decodable, Sendable {
    /// The optimizer step.
    package let step: Int
    /// What was wrong, for people.
    package let message: String
}

extension RunDirectory {
    /// What a run's ``faultsFile`` holds, in order, without lines that are damaged; none without a file.
    package static func faults(in path: String) -> [RunFault] {
        let data = FileManager.default.contents(atPath: "\(path)/\(faultsFile)") ?? Data()
        return data.split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONDecoder().decode(RunFault.self, file: Data($0))
        }
    }

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

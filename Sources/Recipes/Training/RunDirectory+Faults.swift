import Foundation
import RLTrainer

extension RunDirectory {
    /// The name of the file with what was wrong in a run; there is none while nothing was.
    static let faultsFile = "faults.jsonl"

    /// What is recorded of one fault.
    private struct FaultRecord: Encodable {
        let step: Int
        let kind: String
        let ids: [String]
        let completion: Int?
        let message: String
    }

    /// Adds what was wrong in a step to ``faultsFile``, one line each.
    ///
    /// - Throws: ``RunDirectoryError`` if the file cannot be written
    func append(_ faults: [Fault], step: Int) throws {
        if faults.isEmpty { return }
        let file = "\(path)/\(Self.faultsFile)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try LineFile(file)
        for fault in faults {
            let record = FaultRecord(
                step: step, kind: fault.kind.rawValue, ids: fault.sampleIDs,
                completion: fault.completion, message: fault.description)
            try lines.append(String(decoding: try encoder.encode(record), as: UTF8.self))
        }
        try lines.synchronize()
    }

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

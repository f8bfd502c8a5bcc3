import Foundation
import Imaging
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
        do {
            var lines = Data()
            for fault in faults {
                lines += try encoder.encode(
                    FaultRecord(
                        step: step, kind: fault.kind.rawValue, ids: fault.sampleIDs,
                        completion: fault.completion, message: fault.description))
                lines.append(UInt8(ascii: "\n"))
            }
            if !FileManager.default.fileExists(atPath: file) { try Self.write("", to: file) }
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            try handle.seekToEnd()
            try handle.write(contentsOf: lines)
            try handle.synchronize()
        } catch let error as RunDirectoryError {
            throw error
        } catch {
            throw RunDirectoryError(path: file, message: "cannot write: \(systemReason(error))")
        }
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

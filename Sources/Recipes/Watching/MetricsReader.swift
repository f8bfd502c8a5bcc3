import Evaluating
import Files
package import Foundation
package import Reporting

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads `metrics.jsonl` as it grows: each look reads what came since the last one.
package struct MetricsReader {
    private let path: String
    private var file: FileNode?
    private var offset: UInt64 = 0
    private var lineCount = 0
    /// The optimizer steps so far.
    package private(set) var steps: [RunRecord.Step] = []
    /// The evaluations so far.
    package private(set) var evaluations: [RunRecord.Step] = []
    /// When the file was last written to; nil before it was read.
    package private(set) var lastWrite: Date?

    /// Which file it is, whatever its name.
    private struct FileNode: Hashable {
        let device: UInt64
        let number: UInt64
    }

    /// A reader of a run's metrics that has read nothing.
    package init(run: String) { path = run + "/metrics.jsonl" }

    /// Reads the whole lines that came; a line that has no end yet waits for the next look.
    ///
    /// A run that went on from a checkpoint has another file, which is read from its start.
    ///
    /// - Returns: whether anything changed
    /// - Throws: ``MissingInputError`` if the file is gone, ``EvaluationError`` that names a line which is
    ///   none
    package mutating func refresh() throws -> Bool {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw MissingInputError(unreadable: path, what: "file; a run's folder has one")
        }
        defer { try? handle.close() }
        var status = stat()
        guard fstat(handle.fileDescriptor, &status) == 0 else {
            throw MissingInputError(unreadable: path, what: "file")
        }
        let node = FileNode(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
        var changed = false
        if node != file || UInt64(status.st_size) < offset {
            self = MetricsReader(path: path, file: node)
            changed = true
        }
        lastWrite = Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
        try handle.seek(toOffset: offset)
        let data = try handle.readToEnd() ?? Data()
        guard let end = data.lastIndex(of: UInt8(ascii: "\n")) else { return changed }
        try add(data[data.startIndex...end])
        return true
    }

    private init(path: String, file: FileNode) {
        self.path = path
        self.file = file
    }

    private mutating func add(_ lines: Data) throws {
        for line in lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .dropLast()
        {
            lineCount += 1
            if line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { continue }
            guard let step = RunRecord.Step(line: Data(line)) else {
                throw EvaluationError(
                    place: "\(path):\(lineCount)",
                    message: "not the metrics of a step: a JSON object with a number \"step\"")
            }
            if step.isEvaluation { evaluations.append(step) } else { steps.append(step) }
        }
        offset += UInt64(lines.count)
    }
}

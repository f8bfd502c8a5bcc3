import Files
import Foundation
import SystemErrors
import TextFiles

/// A completions file that cannot be read.
public struct CompletionFileError: Error, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// The line, counted from 1; nil where the file as a whole is wrong.
    public let line: Int?
    /// What is wrong, and what to do.
    public let problem: String

    /// An error from its parts.
    public init(path: String, line: Int?, problem: String) {
        self.path = path
        self.line = line
        self.problem = problem
    }

    /// File, line and problem.
    public var description: String { path + (line.map { ":\($0)" } ?? "") + ": " + problem }
}

/// Completions, one JSON object per line: `{"id": …, "completion": …}`.
///
/// A file is read in pieces, so that its size does not matter; only a line has to fit into memory.
/// Lines of white space are skipped, and so are byte order marks at the starts of lines. UTF-16 with a mark
/// is read like UTF-8.
public struct CompletionFile: Sendable {
    /// The file; `-` is standard input.
    public let path: String
    /// How many bytes a line may have.
    public let lineLimit: Int
    private static let pieceSize = 1 << 20

    /// A file by its path.
    ///
    /// - Parameters:
    ///   - path: the file; `-` is standard input
    ///   - lineLimit: how many bytes a line may have
    public init(path: String, lineLimit: Int = 1 << 28) {
        self.path = path
        self.lineLimit = lineLimit
    }

    /// Whether the file can be read more than once, as a pipe cannot.
    public var isRepeatable: Bool {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
        return path != "-" && attributes?[.type] as? FileAttributeType == .typeRegular
    }

    /// Reads the file from its start.
    ///
    /// - Parameter body: gets each record with the number of its line, counted from 1
    /// - Throws: ``CompletionFileError``; `MissingInputError` if there is no such file; what
    ///   `body` throws
    public func forEach(_ body: (_ record: CompletionRecord, _ line: Int) throws -> Void) throws {
        let handle = try open()
        defer { if path != "-" { try? handle.close() } }
        var stream = TextStream()
        var pending: [UInt8] = []
        var number = 0
        var offset = 0
        func finish(_ line: UnsafeBufferPointer<UInt8>) throws {
            number += 1
            let place = LinePlace(
                number: number, offset: stream.markLength + offset,
                markLength: number == 1 ? stream.markLength : 0, isUTF8: stream.isUTF8)
            offset += line.count + 1
            if let record = try record(line, place) { try body(record, number) }
        }
        while let piece = try text(handle, &stream) {
            try piece.withUnsafeBytes { raw in
                let bytes = raw.bindMemory(to: UInt8.self)
                var start = 0
                while let end = lineBreak(in: bytes, from: start) {
                    let rest = UnsafeBufferPointer(rebasing: bytes[start..<end])
                    if pending.isEmpty {
                        try finish(rest)
                    } else {
                        pending.append(contentsOf: rest)
                        try pending.withUnsafeBufferPointer(finish)
                        pending.removeAll(keepingCapacity: pending.capacity <= Self.pieceSize)
                    }
                    start = end + 1
                }
                pending.append(contentsOf: bytes[start...])
            }
            if pending.count > lineLimit {
                throw failure(number + 1, "the line has more than \(lineLimit) bytes")
            }
        }
        if !pending.isEmpty { try pending.withUnsafeBufferPointer(finish) }
    }

    private func lineBreak(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, 0x0A, bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
    }

    private func failure(_ line: Int?, _ problem: String) -> CompletionFileError {
        CompletionFileError(
            path: path == "-" ? "standard input" : path, line: line, problem: problem)
    }

    private func open() throws -> FileHandle {
        if path == "-" { return .standardInput }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw MissingInputError(path: path, what: "file of completions")
        }
        if isFolder.boolValue { throw failure(nil, "is a folder, expected a file of completions") }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw failure(nil, "cannot be opened; check its permissions")
        }
        return handle
    }

    private func read(_ handle: FileHandle) throws -> Data? {
        do {
            return try handle.read(upToCount: Self.pieceSize)
        } catch {
            throw failure(nil, "cannot be read: \(systemReason(error))")
        }
    }

    /// The text of the next bytes; nil at the end.
    private func text(_ handle: FileHandle, _ stream: inout TextStream) throws -> Data? {
        while let piece = try read(handle), !piece.isEmpty {
            let text = try placed { () throws(TextFault) in try stream.add(piece) }
            if !text.isEmpty { return text }
        }
        let rest = try placed { () throws(TextFault) in try stream.finish() }
        return rest.isEmpty ? nil : rest
    }

    private func placed(_ body: () throws(TextFault) -> Data) throws -> Data {
        do throws(TextFault) {
            return try body()
        } catch {
            throw failure(error.line, error.description)
        }
    }

    /// Where a line stands.
    private struct LinePlace {
        /// Counts from 1.
        let number: Int
        /// How many bytes come before it, where the file is UTF-8.
        let offset: Int
        /// How many bytes of a mark were left out before it.
        let markLength: Int
        let isUTF8: Bool
    }

    /// The record of a line; nil for a line of white space.
    private func record(
        _ bytes: UnsafeBufferPointer<UInt8>, _ place: LinePlace
    ) throws -> CompletionRecord? {
        var line = bytes
        let mark = TextStream.mark
        if line.starts(with: mark) {
            line = UnsafeBufferPointer(rebasing: line[mark.count...])
        }
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return nil }
        if let fault = TextContents.fault(in: bytes, before: place.offset, line: place.number) {
            throw failure(place.number, fault.description)
        }
        do throws(CompletionRecordError) {
            return try CompletionRecord(line: line)
        } catch {
            // Bytes of UTF-16 are others.
            let left = place.markLength + bytes.count - line.count
            let byte = place.isUTF8 ? error.byte.map { $0 + left } : nil
            throw failure(
                place.number,
                CompletionRecordError(problem: error.problem, byte: byte).description)
        }
    }
}

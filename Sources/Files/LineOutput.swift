import FileSystem
import Foundation
import SystemErrors

/// Where lines go: standard output, or a file that appears whole or not at all.
package final class LineOutput {
    private let path: String?
    private let partial: String?
    private let handle: FileHandle
    private var pending = Data()
    private var isFinished = false
    private static let pieceSize = 1 << 16

    /// Begins an output.
    ///
    /// - Parameter path: the file; nil or `-` is standard output, and what is no regular file, such
    ///   as a pipe, is written to as it is
    /// - Throws: ``FileError`` that names the file which cannot be written
    package init(path: String?) throws {
        guard let path, path != "-" else {
            (self.path, partial, handle) = (nil, nil, .standardOutput)
            return
        }
        let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let type = try? FileManager.default.attributesOfItem(atPath: place)[.type]
        let isSpecial = type.map { $0 as? FileAttributeType != .typeRegular } ?? false
        let target = isSpecial ? place : FileOperations.partialName(for: place)
        let isThere = isSpecial || FileManager.default.createFile(atPath: target, contents: nil)
        guard isThere, let handle = FileHandle(forWritingAtPath: target) else {
            throw Self.failure(path, "cannot be written", "check its folder's permissions")
        }
        self.path = place
        partial = isSpecial ? nil : target
        self.handle = handle
    }

    /// An output that was not finished leaves nothing behind.
    deinit {
        guard path != nil, !isFinished else { return }
        try? handle.close()
        if let partial { unlink(partial) }
    }

    /// Adds bytes.
    package func write(_ bytes: [UInt8]) throws {
        pending.append(contentsOf: bytes)
        if pending.count >= Self.pieceSize { try flush() }
    }

    /// Hands over what was added.
    package func flush() throws {
        do {
            try handle.write(contentsOf: pending)
        } catch {
            throw Self.failure(
                path ?? "standard output", "cannot be written: \(systemReason(error))",
                "make room, or write elsewhere")
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// Ends the output; a file gets its name now.
    package func finish() throws {
        try flush()
        if path != nil { try handle.close() }
        isFinished = true
        guard let path, let partial else { return }
        do {
            try FileOperations.move(partial, to: path)
        } catch {
            unlink(partial)
            throw Self.failure(path, "cannot be renamed to: \(error.reason)", "write elsewhere")
        }
    }

    private static func failure(_ path: String, _ what: String, _ hint: String) -> FileError {
        FileError(path: path, message: "\(what); \(hint)", kind: .cannotWrite)
    }
}

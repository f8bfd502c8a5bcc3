import FileSystem
import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that lines are added to, each whole or not at all; a thread adds, any other may sync.
///
/// Unchecked, because all that is shared is a descriptor that does not change.
package final class LineFile: @unchecked Sendable {
    private let path: String
    private let descriptor: Int32

    /// Opens a file to add to its end; makes it if it is not there.
    ///
    /// - Throws: ``FileError``
    package init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw Self.failure(path) }
    }

    deinit { close(descriptor) }

    /// Adds a line; `line` is without its line feed.
    ///
    /// - Throws: ``FileError`` if the file system takes less than all of it; the file is as before
    ///   then
    package func append(_ line: String) throws {
        let before = lseek(descriptor, 0, SEEK_END)
        do {
            try write(Array((line + "\n").utf8))
        } catch {
            if before >= 0 { _ = ftruncate(descriptor, before) }
            throw error
        }
    }

    /// Waits until all lines are on the disk.
    package func synchronize() throws {
        do {
            try FileOperations.synchronize(descriptor: descriptor)
        } catch {
            throw FileError.writing(path, reason: error.reason)
        }
    }

    private func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure(path)
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func failure(_ path: String) -> FileError {
        .writing(path, reason: String(cString: strerror(errno)))
    }
}

import Foundation

/// Files that appear whole or not at all.
enum DurableFile {
    /// A name for a file beside `path` that is not `path` yet; no other writer has the same.
    static func partialName(for path: String) -> String {
        let mark = UInt64.random(in: .min ... .max)
        return path + "." + String(mark, radix: 36) + ".partial"
    }

    /// Waits until the bytes of the file are on the disk.
    static func synchronize(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "cannot open the file to sync it") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path, "cannot sync the file") }
    }

    /// Gives the file `partial`, whose bytes are on the disk, its name; what had it is replaced.
    static func publish(_ partial: String, as path: String) throws {
        guard rename(partial, path) == 0 else { throw failure(path, "cannot rename to this name") }
        let folder = (path as NSString).deletingLastPathComponent
        try synchronize(folder.isEmpty ? "." : folder)
    }

    private static func failure(_ path: String, _ what: String) -> ShardError {
        ShardError(.cannotWrite, path: path, "\(what): \(String(cString: strerror(errno)))")
    }
}

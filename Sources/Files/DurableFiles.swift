import FileSystem
package import Foundation

/// Files and folders that appear whole or not at all, and stay when the power fails.
package enum DurableFiles {
    /// Writes a file: beside its place, synced, renamed, and its folder synced.
    ///
    /// - Throws: ``FileError``; what was at `path` before is still there then
    package static func write(_ data: Data, to path: String) throws {
        let partial = FileOperations.processName(for: path)
        do {
            try data.write(to: URL(fileURLWithPath: partial))
            try synchronize(partial)
            try publish(partial, as: path)
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error is FileError ? error : FileError.writing(path, error)
        }
    }

    /// Waits until all files and folders below a folder are on the disk, and the folder itself.
    package static func synchronizeTree(_ folder: String) throws {
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            try synchronize("\(folder)/\(path)")
        }
        try synchronize(folder)
    }

    /// Gives a file or folder that is on the disk its name.
    package static func publish(_ partial: String, as path: String) throws {
        try told { () throws(FileOperationFailure) in
            try FileOperations.publish(partial, as: path)
        }
    }

    /// Waits until a file or folder is on the disk, without what is below it.
    package static func synchronize(_ path: String) throws {
        try told { () throws(FileOperationFailure) in try FileOperations.synchronize(path) }
    }

    /// Does something, and says in words what the system refused of it.
    private static func told(_ body: () throws(FileOperationFailure) -> Void) throws(FileError) {
        do {
            try body()
        } catch {
            let what =
                switch error.step {
                case .open: "cannot open to sync"
                case .synchronize: "cannot sync"
                case .rename: "cannot rename to this name"
                }
            throw FileError(
                path: error.path, message: "\(what): \(error.reason)", kind: .cannotWrite)
        }
    }
}

/// Keeps a run's folder for this process while it exists; the system gives it back when the process
/// ends, however that is.
package final class FolderLock {
    private let descriptor: Int32

    /// Takes an existing folder.
    ///
    /// - Parameters:
    ///   - folder: the folder
    ///   - hint: what to do where another process has it, besides waiting
    /// - Throws: ``FileError`` if another run has it
    package init(_ folder: String, hint: String = "choose another output_dir") throws {
        let opened = open(folder, O_RDONLY | O_CLOEXEC)
        if opened >= 0, !Self.take(opened) {
            close(opened)
            throw Self.heldError(folder, hint: hint)
        }
        descriptor = opened
    }

    private static func heldError(_ folder: String, hint: String) -> FileError {
        FileError(
            path: folder,
            message: "another run writes to this folder now; wait for it, or \(hint)")
    }

    /// Fails where taking a folder would; takes nothing, and keeps nobody from taking it.
    ///
    /// - Throws: ``FileError`` if another run has it
    package static func requireFree(
        _ folder: String, hint: String = "choose another output_dir"
    ) throws {
        if isHeld(folder) { throw heldError(folder, hint: hint) }
    }

    /// Takes an open folder; false if somebody else has it.
    ///
    /// Who only looks has it for microseconds, and is waited for.
    private static func take(_ descriptor: Int32) -> Bool {
        for _ in 0..<40 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK { return true }
            usleep(5000)
        }
        return false
    }

    /// Takes a folder if it is there.
    ///
    /// - Throws: ``FileError`` if another run has it
    package convenience init?(existing folder: String) throws {
        guard FileManager.default.fileExists(atPath: folder) else { return nil }
        try self.init(folder)
    }

    /// What is known of who has a folder.
    package enum Holder: Sendable, Hashable {
        /// A process has it.
        case somebody
        /// Nobody has it.
        case nobody
        /// The file system does not tell.
        case unknown
    }

    /// Who has a folder now; changes nothing, and keeps nobody from taking it.
    package static func holder(of folder: String) -> Holder {
        let opened = open(folder, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { return .unknown }
        defer {
            flock(opened, LOCK_UN)
            close(opened)
        }
        // Shared, so that two who look are not taken for a run by each other.
        if flock(opened, LOCK_SH | LOCK_NB) == 0 { return .nobody }
        return errno == EWOULDBLOCK ? .somebody : .unknown
    }

    /// Whether somebody has a folder now.
    package static func isHeld(_ folder: String) -> Bool { holder(of: folder) == .somebody }

    deinit {
        guard descriptor >= 0 else { return }
        // A program that is just being started holds what was open, until it has begun.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}

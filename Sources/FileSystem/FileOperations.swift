#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A step of writing a file that the system refused.
package struct FileOperationFailure: Error, Sendable, Hashable {
    /// The steps.
    package enum Step: Sendable {
        /// Opening a file or folder to sync it.
        case open
        /// Waiting until it is on the disk.
        case synchronize
        /// Giving it its name.
        case rename
    }

    /// Which step.
    package let step: Step
    /// The file or folder; of a rename the new name, of a descriptor empty.
    package let path: String
    /// The system's number.
    package let code: Int32

    /// Why, in the system's words.
    package var reason: String { String(cString: strerror(code)) }

    /// The failure that the system has just told.
    init(_ step: Step, _ path: String) {
        (self.step, self.path, code) = (step, path, errno)
    }
}

/// What files that appear whole or not at all are made of; whoever asks says it in errors of its own.
package enum FileOperations {
    /// A name beside `path` that no other writer has, of this process or of another.
    package static func partialName(for path: String) -> String {
        let mark = UInt64.random(in: .min ... .max)
        return path + "." + String(mark, radix: 36) + ".partial"
    }

    /// A name beside `path` that no other process has.
    package static func processName(for path: String) -> String { "\(path).tmp-\(getpid())" }

    /// Waits until the bytes of an open file are on the disk.
    package static func synchronize(descriptor: Int32) throws(FileOperationFailure) {
        if fsync(descriptor) != 0 { throw FileOperationFailure(.synchronize, "") }
    }

    /// Waits until a file or folder is on the disk, without what is below it.
    package static func synchronize(_ path: String) throws(FileOperationFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileOperationFailure(.open, path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileOperationFailure(.synchronize, path) }
    }

    /// Gives a file or folder its name, without a wait; a file that had it is replaced.
    package static func move(
        _ partial: String, to path: String
    ) throws(FileOperationFailure) {
        guard rename(partial, path) == 0 else { throw FileOperationFailure(.rename, path) }
    }

    /// Gives a file or folder that is on the disk its name, and waits until its folder knows it.
    package static func publish(
        _ partial: String, as path: String
    ) throws(FileOperationFailure) {
        try move(partial, to: path)
        try synchronize(parentFolder(of: path))
    }
}

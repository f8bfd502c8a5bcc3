import Foundation
import SystemErrors

/// A file or a folder that cannot be used.
public struct FileError: Error, Sendable, CustomStringConvertible {
    /// The folder or file.
    public let path: String
    /// What is wrong, and what to do.
    public let message: String
    /// What kind of problem it is.
    public let kind: Kind

    /// What kind of problem there is.
    public enum Kind: Sendable, Hashable {
        /// The folder cannot be made, or is somebody else's.
        case unusable
        /// Writing failed, as on a full disk.
        case cannotWrite
        /// A checkpoint is not as it was written.
        case damaged
        /// A checkpoint was written by another command.
        case ofAnotherCommand
    }

    /// An error from its parts.
    package init(path: String, message: String, kind: Kind = .unusable) {
        self.path = path
        self.message = message
        self.kind = kind
    }

    /// What is said of a checkpoint's file that is not as it was written.
    package static func damaged(_ path: String, _ message: String) -> FileError {
        FileError(path: path, message: message, kind: .damaged)
    }

    /// What is said when `path` cannot be written.
    package static func writing(_ path: String, _ error: any Error) -> FileError {
        writing(path, reason: systemReason(error))
    }

    /// What is said when `path` cannot be written.
    package static func writing(_ path: String, reason: String) -> FileError {
        FileError(
            path: path, message: "cannot write: \(reason)", kind: .cannotWrite)
    }

    /// Path and message.
    public var description: String { "\(path): \(message)" }
}

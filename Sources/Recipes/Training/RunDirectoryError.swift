import Foundation
import Imaging
import SystemErrors

/// A run's folder cannot be used.
public struct RunDirectoryError: Error, Sendable, CustomStringConvertible {
    /// The folder or file.
    public let path: String
    /// What is wrong, and what to do.
    public let message: String
    /// What kind of problem it is.
    public let kind: Kind

    /// What kind of problem there is with a run's folder.
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
    init(path: String, message: String, kind: Kind = .unusable) {
        self.path = path
        self.message = message
        self.kind = kind
    }

    /// What is said of a checkpoint's file that is not as it was written.
    static func damaged(_ path: String, _ message: String) -> RunDirectoryError {
        RunDirectoryError(path: path, message: message, kind: .damaged)
    }

    /// What is said when `path` cannot be written.
    static func writing(_ path: String, _ error: any Error) -> RunDirectoryError {
        writing(path, reason: systemReason(error))
    }

    /// What is said when `path` cannot be written.
    static func writing(_ path: String, reason: String) -> RunDirectoryError {
        RunDirectoryError(
            path: path, message: "cannot write: \(reason)", kind: .cannotWrite)
    }

    /// Path and message.
    public var description: String { "\(path): \(message)" }
}

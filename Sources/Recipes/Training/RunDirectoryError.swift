import Foundation
import Imaging

/// A run's folder cannot be used.
public struct RunDirectoryError: Error, Sendable, CustomStringConvertible {
    /// The folder or file.
    public let path: String
    /// What is wrong, and what to do.
    public let message: String
    /// Whether writing failed, as on a full disk, and not what was found.
    public let isWriteFailure: Bool

    /// An error from its parts.
    init(path: String, message: String, isWriteFailure: Bool = false) {
        self.path = path
        self.message = message
        self.isWriteFailure = isWriteFailure
    }

    /// What is said when `path` cannot be written.
    static func writing(_ path: String, _ error: any Error) -> RunDirectoryError {
        writing(path, reason: systemReason(error))
    }

    /// What is said when `path` cannot be written.
    static func writing(_ path: String, reason: String) -> RunDirectoryError {
        RunDirectoryError(
            path: path, message: "cannot write: \(reason)", isWriteFailure: true)
    }

    /// Path and message.
    public var description: String { "\(path): \(message)" }
}

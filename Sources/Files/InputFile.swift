import FileSystem
package import Foundation
import SystemErrors
import TextFiles

/// A file or folder that is named but not there, or cannot be read as what it should be.
public struct MissingInputError: Error, Sendable, CustomStringConvertible {
    /// Where it should be.
    public let path: String
    /// What it should be.
    public let what: String
    /// Why it cannot be read, where it is there.
    public private(set) var reason: String?

    /// An error about a file or folder that is not there.
    package init(path: String, what: String) {
        self.path = path
        self.what = what
    }

    /// An error about what is there, and is not what it should be.
    package init(path: String, what: String, reason: String) {
        self.init(path: path, what: what)
        self.reason = reason
    }

    /// An error about a file that cannot be read, whatever there is in its place.
    package init(unreadable path: String, what: String) {
        self.init(path: path, what: what)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
        reason =
            isFolder.boolValue
            ? "is a folder, expected a \(what)"
            : "the \(what) cannot be read; check its permissions"
    }

    /// An error about a folder that is not there, or is a file.
    package init(notFolder path: String, what: String) {
        self.init(path: path, what: what)
        guard FileManager.default.fileExists(atPath: path) else { return }
        reason = "is a file, expected the folder of a \(what)"
    }

    /// The error with what to do.
    public func with(advice: String) -> Self {
        var error = self
        error.reason = "\(reason ?? "no such \(what)"); \(advice)"
        return error
    }

    /// Path and what is missing.
    public var description: String {
        let carried = ProjectFolders.advice(path)
        let advice =
            what.contains(";") ? "" : carried.isEmpty ? NearestPath.question(path) : carried
        return "\(path): \(reason ?? "no such \(what)\(advice)")"
    }
}

/// The bytes of a file that must be there.
///
/// - Parameters:
///   - path: the file
///   - what: what it is called: "plan"
/// - Returns: its bytes
/// - Throws: ``MissingInputError``
package func inputFile(_ path: String, _ what: String) throws -> Data {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw MissingInputError(unreadable: path, what: what)
    }
    return data
}

/// Fails where a file is in the place of a folder.
///
/// - Parameters:
///   - path: the folder; one that is missing is left to who reads it
///   - what: what it is the folder of: "data set"
/// - Throws: ``MissingInputError``
public func refuseFile(_ path: String, inPlaceOf what: String) throws {
    if FileManager.default.fileExists(atPath: path), !path.isFolder {
        throw MissingInputError(notFolder: path, what: what)
    }
}

extension String {
    /// The text without slashes at its end; empty if it is nothing else.
    package var withoutSlashes: String { FileSystem.withoutSlashes(self) }

    /// The folder that the path's file or folder is in; `.` for a name alone.
    package var parentFolder: String { FileSystem.parentFolder(of: self) }

    /// Whether there is a folder at the path.
    package var isFolder: Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: self, isDirectory: &isFolder)
            && isFolder.boolValue
    }
}

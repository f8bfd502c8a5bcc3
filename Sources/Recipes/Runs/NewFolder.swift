import Files
import Foundation
import SystemErrors

/// A folder that appears whole or not at all.
///
/// One that is there and empty stays the folder that it is, and gets what is written: it may be the one
/// that the command runs in, a disk of its own, or a link.
package struct NewFolder {
    /// The folder.
    package let path: String
    /// Where its contents are written first; it exists.
    package let partial: String
    private let isThere: Bool

    /// Begins a folder.
    ///
    /// - Parameter path: where; missing, or an empty folder
    /// - Throws: ``FileError`` if something else is there, it would lie among a run's checkpoints,
    ///   or it cannot be made
    package init(_ path: String) throws {
        self.path = path
        let mark = "partial-\(ProcessInfo.processInfo.processIdentifier)"
        isThere = FileManager.default.fileExists(atPath: path)
        let contents = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        if let problem = Self.problem(inside: path) {
            throw FileError(path: path, message: problem)
        }
        if let problem = isThere ? Self.problem(path, contents) : Self.problem(missing: path) {
            throw FileError(path: path, message: problem)
        }
        partial = isThere ? "\(path)/.\(mark)" : "\(path.withoutSlashes).\(mark)"
        do {
            try FileManager.default.createDirectory(
                atPath: partial, withIntermediateDirectories: true)
        } catch {
            throw FileError(
                path: path,
                message: "cannot be made a folder: \(systemReason(error)); check the path and its "
                    + "permissions")
        }
    }

    /// Makes a folder of what is written.
    ///
    /// - Parameters:
    ///   - path: where; missing, or an empty folder
    ///   - contents: writes into a folder that gets the name when it is whole
    /// - Returns: what `contents` gives
    /// - Throws: ``FileError`` as ``init(_:)`` does, or if writing fails
    package static func write<Value>(_ path: String, _ contents: (String) throws -> Value) throws
        -> Value
    {
        let folder = try NewFolder(path)
        do {
            let value = try contents(folder.partial)
            try folder.publish()
            return value
        } catch {
            folder.discard()
            // People named the folder, and not what it is called until it is whole.
            let text = "\(error)"
            if SystemFailure(error) != nil { throw FileError.writing(path, error) }
            guard text.contains(folder.partial) else { throw error }
            throw FileError(
                path: path, message: text.replacing(folder.partial, with: path), kind: .cannotWrite)
        }
    }

    private static func problem(_ path: String, _ contents: [String]) -> String? {
        if !path.isFolder { return "is a file; name a folder that is new or empty" }
        if contents.isEmpty { return nil }
        let some = contents.sorted().prefix(3).joined(separator: ", ")
        return "the folder is not empty (\(some)); name one that is new or empty"
    }

    /// What is wrong with a folder among checkpoints, which a run keeps, counts and removes.
    package static func problem(inside path: String) -> String? {
        let files = FileManager.default
        var folder = FileIdentity(path).path
        while folder != "/", folder != "." {
            if files.fileExists(atPath: "\(folder)/\(CheckpointManifest.file)"),
                (folder.parentFolder as NSString).lastPathComponent == "checkpoints"
                    || files.fileExists(atPath: "\(folder)/policy")
            {
                return "is inside of the checkpoint \(folder); name a folder elsewhere"
            }
            let run = folder.parentFolder
            let isRun = ["run.json", "config.yaml"].contains {
                files.fileExists(atPath: "\(run)/\($0)")
            }
            if isRun, (folder as NSString).lastPathComponent == "checkpoints" {
                return "is inside of a run's checkpoints; name a folder elsewhere"
            }
            folder = run
        }
        return nil
    }

    private static func problem(missing path: String) -> String? {
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
            return "is a link to \(target), which is not there; make that folder, or name another"
        }
        let name = path.split(separator: "/").last ?? ""
        return [".", ".."].contains(name) ? "no such folder" : nil
    }

    /// Gives the folder what was written, once it is on the disk.
    package func publish() throws {
        try DurableFiles.synchronizeTree(partial)
        if !isThere { return try DurableFiles.publish(partial, as: path.withoutSlashes) }
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: partial).sorted() {
            try files.moveItem(atPath: "\(partial)/\(name)", toPath: "\(path)/\(name)")
        }
        try files.removeItem(atPath: partial)
        try DurableFiles.synchronize(path)
    }

    /// Leaves nothing behind.
    func discard() { try? FileManager.default.removeItem(atPath: partial) }
}

import Foundation
import Imaging

/// A folder that appears whole or not at all.
///
/// One that is there and empty stays the folder that it is, and gets what is written: it may be the one
/// that the command runs in, a disk of its own, or a link.
struct NewFolder {
    /// The folder.
    let path: String
    /// Where its contents are written first; it exists.
    let partial: String
    private let isThere: Bool

    /// Begins a folder.
    ///
    /// - Parameter path: where; missing, or an empty folder
    /// - Throws: ``RunDirectoryError`` if something else is there, `ImageError` if the folders above it
    ///   cannot be made
    init(_ path: String) throws {
        self.path = path
        let mark = "partial-\(ProcessInfo.processInfo.processIdentifier)"
        isThere = FileManager.default.fileExists(atPath: path)
        let contents = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        if let problem = isThere ? Self.problem(path, contents) : Self.problem(missing: path) {
            throw RunDirectoryError(path: path, message: problem)
        }
        partial = isThere ? "\(path)/.\(mark)" : "\(path.withoutSlashes).\(mark)"
        try makeFolder(partial)
    }

    private static func problem(_ path: String, _ contents: [String]) -> String? {
        if !path.isFolder { return "is a file; name a folder that is new or empty" }
        if contents.isEmpty { return nil }
        let some = contents.sorted().prefix(3).joined(separator: ", ")
        return "the folder is not empty (\(some)); name one that is new or empty"
    }

    private static func problem(missing path: String) -> String? {
        let name = path.split(separator: "/").last ?? ""
        return [".", ".."].contains(name) ? "no such folder" : nil
    }

    /// Gives the folder what was written, once it is on the disk.
    func publish() throws {
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

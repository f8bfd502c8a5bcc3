import Files
import Foundation

/// An output that is also something else of the same command.
public struct OutputClash: Error, Sendable, CustomStringConvertible {
    /// The output.
    public let path: String
    /// What else it is, and what to do.
    public let message: String

    /// Path and message in one line.
    public var description: String { "\(path): \(message)" }
}

/// Checks, before any work is done, that files can be written, and that none is anything else of the
/// command.
///
/// - Parameters:
///   - outputs: the files; nil and `-`, which is standard output, are none
///   - inputs: what the command reads, which must not be overwritten
///   - makes: folders that the command makes where they are missing
/// - Throws: ``OutputClash`` for an output that is an input or a second output, `FileError` that names
///   the file which cannot be written
public func requireWritable(
    _ outputs: [String?], inputs: [CommandInputFiles] = [], makes: [String] = []
) throws {
    let paths = outputs.compactMap(\.self).filter { $0 != "-" }
    if paths.isEmpty { return }
    let read = inputs.flatMap(\.files).map(FileIdentity.init)
    let made = makes.map { FileIdentity($0).path }
    var seen: [FileIdentity] = []
    for path in paths {
        let file = FileIdentity(path)
        if read.contains(where: file.isSame) {
            throw OutputClash(
                path: path,
                message: "is in use as another file of this command; give it another name")
        }
        if seen.contains(where: file.isSame) {
            throw OutputClash(
                path: path, message: "is named for two outputs; give each its own name")
        }
        seen.append(file)
        try requireWritable(file: path, made)
    }
}

private func requireWritable(file path: String, _ made: [String]) throws {
    func refuse(_ what: String, _ hint: String) -> FileError {
        FileError(path: path, message: "\(what); \(hint)", kind: .cannotWrite)
    }
    if path.isFolder { throw refuse("is a folder", "give the path of a file") }
    let folder = path.parentFolder
    guard folder.isFolder else {
        // Making it tells what is wrong with it.
        if made.contains(FileIdentity(folder).path) { return }
        throw refuse("its folder does not exist", "make it first")
    }
    guard FileManager.default.isWritableFile(atPath: folder) else {
        throw refuse("its folder may not be written to", "check its permissions")
    }
}

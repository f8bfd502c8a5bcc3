import Files
import Foundation
import Runs

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
/// - Throws: ``OutputClash`` for an output that is an input or a second output, ``WrongEnding``, and
///   `FileError` that names the file or folder which cannot be made, or the file which must stay
public func requireWritable(
    _ outputs: [CommandOutput?], inputs: [CommandInputFiles] = [], makes: [String] = []
) throws {
    let outputs = outputs.compactMap(\.self).filter { $0.path != "-" }
    let read = inputs.flatMap(\.files).map(FileIdentity.init)
    let made = makes.map { FileIdentity($0).path }
    var seen: [FileIdentity] = []
    for output in outputs {
        let path = output.path
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
    }
    for output in outputs where !output.isStream {
        if let problem = output.form.wrongEnding(output.path) {
            throw WrongEnding(description: problem)
        }
        try requireWritable(file: output.path, made)
        try output.requireReplaceable()
    }
    for folder in makes { try FolderPlace.require(folder) }
}

private func requireWritable(file path: String, _ made: [String]) throws {
    func refuse(_ what: String, _ hint: String) -> FileError {
        FileError(path: path, message: "\(what); \(hint)")
    }
    if path.isFolder { throw refuse("is a folder", "give the path of a file") }
    let folder = path.parentFolder
    guard folder.isFolder else {
        // Making it tells what is wrong with it.
        if made.contains(FileIdentity(folder).path) { return }
        throw refuse("its folder does not exist", "make it first")
    }
    if let problem = NewFolder.problem(inside: path) {
        throw FileError(path: path, message: problem)
    }
    if let reason = FolderPlace.refusal(folder) {
        throw refuse("its folder cannot be written to: \(reason)", "check its permissions")
    }
}

/// Fails where a folder for a command's files is a run's, a checkpoint's or a model's own, or lies among
/// those; beside them, as RUN/val, it may.
///
/// - Throws: `FileError` of the kind `unusable`
public func requireOutputFolder(_ path: String) throws {
    try FolderPlace.require(path)
    if let kind = InputKind.of(path) {
        switch kind {
        case .run, .checkpoint, .policy, .segmenter, .adapter:
            let what = kind.words(path.withoutSlashes).prefix { $0 != ";" }
            throw FileError(
                path: path, message: "is \(what), and stays as it is; name a folder of its own")
        default: break
        }
    }
    var place = FileIdentity(path).path
    while place != "/", place != "." {
        let name = (place as NSString).lastPathComponent
        place = place.parentFolder
        if CommandOutput.runFolders.contains(name), InputKind.of(place) == .run {
            throw FileError(
                path: path,
                message: "is inside of \(name) of the run \(place); name a folder elsewhere")
        }
    }
}

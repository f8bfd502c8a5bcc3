import ArgumentParser
import Configuration
import Files
import Foundation
import Runs
import Terminals
import TextFiles
import TrainingRuns

/// How every option and argument that is a path is read; shells leave the `~` of `--output=~/runs` as
/// it is.
///
/// Each is a `transform:`, and the name says what the command does there.
enum PathArgument {
    /// What is read: a file or folder, or one of the words that stand in its place.
    static func input(_ text: String) throws -> String {
        if text.isEmpty { throw ValidationError("it is empty; give a path") }
        do {
            return try PathRule.current.expand(text)
        } catch {
            throw ValidationError(error.problem)
        }
    }

    /// The folder of a policy.
    static func policy(_ text: String) throws -> String { try input(text, .policy) }
    /// The folder of a policy, or of an adapter.
    static func policyOrAdapter(_ text: String) throws -> String {
        try input(text, .policyOrAdapter)
    }
    /// A run's, a checkpoint's or an adapter's folder.
    static func runOrAdapter(_ text: String) throws -> String { try input(text, .runOrAdapter) }
    /// The folder of an adapter.
    static func adapter(_ text: String) throws -> String { try input(text, .adapter) }
    /// A segmenter's folder or file.
    static func segmenter(_ text: String) throws -> String { try input(text, .segmenter) }
    /// A shard.
    static func shard(_ text: String) throws -> String { try input(text, .shard) }
    /// A picture.
    static func picture(_ text: String) throws -> String { try input(text, .picture) }
    /// A run's folder.
    static func run(_ text: String) throws -> String { try input(text, .run) }
    /// A folder that an evaluation wrote.
    static func evaluation(_ text: String) throws -> String { try input(text, .evaluation) }
    /// A configuration.
    static func configuration(_ text: String) throws -> String { try input(text, .configuration) }
    /// A config.json, or a folder with one.
    static func sizes(_ text: String) throws -> String { try input(text, .sizes) }

    /// What is read, unless there is something else in its place.
    private static func input(_ text: String, _ wanted: InputKind.Wanted) throws -> String {
        let path = try input(text)
        if let mismatch = InputKind.mismatch(path, wanted: wanted) {
            throw ValidationError(mismatch)
        }
        return path
    }

    /// A PNG that is written.
    static func png(_ text: String) throws -> String {
        let path = try file(text)
        if let problem = CommandOutput.Form.png.wrongEnding(path) {
            throw ValidationError(problem)
        }
        return path
    }

    /// A path without its ending, and the ending, where that is one of files.
    private static func fileName(_ path: String) -> (name: String, ending: String)? {
        guard let dot = path.lastIndex(of: "."), dot != path.startIndex else { return nil }
        let ending = path[path.index(after: dot)...].lowercased()
        return FolderPlace.fileEndings.contains(ending) ? (String(path[..<dot]), ending) : nil
    }

    /// A file that is written, or `-`.
    static func file(_ text: String) throws -> String {
        let path = try input(text)
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        if ["", ".", ".."].contains(name) {
            throw ValidationError("that is the name of a folder; give the path of a file")
        }
        return ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(path) ? "-" : path
    }

    /// A file that is written, or a folder for a file that the command names.
    static func fileOrFolder(_ text: String) throws -> String { try input(text) }

    /// The file that ``fileOrFolder(_:)`` means: of a folder, which is there or has a slash after its
    /// name or no ending in it, the file of this name in it.
    static func file(_ path: String, named name: String) -> (file: String, folder: String?) {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let last = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        let isNamed = ["", ".", ".."].contains(last) || !isThere && !last.dropFirst().contains(".")
        guard isThere && isFolder.boolValue || isNamed && path != "-" else { return (path, nil) }
        return ("\(path.hasSuffix("/") ? String(path.dropLast()) : path)/\(name)", path)
    }

    /// A folder that is written to, without slashes after its name.
    static func folder(_ text: String) throws -> String {
        var path = try input(text)
        // With a slash after its name, or where there is one, a folder is meant.
        if let (name, _) = fileName(path), !path.isFolder {
            throw ValidationError(
                "\(path) is the name of a file, and this takes a folder; write \(name), or \(path)/ for "
                    + "a folder of that name")
        }
        while path.count > 1, path.hasSuffix("/") || path.hasSuffix("/.") { path.removeLast() }
        return path
    }

    /// `name=path`, where the path is read.
    static func named(_ text: String) throws -> String {
        guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
            throw ValidationError("give name=path")
        }
        let start = text.index(after: sign)
        return String(text[..<start]) + (try input(String(text[start...])))
    }

    /// A path as a word that the command line takes for it, quoted where shells need that.
    static func word(_ path: String) -> String { shellWord(PathRule.written(path)) }
}

import ArgumentParser
import Configuration
import Foundation

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

    /// A file that is written, or `-`.
    static func file(_ text: String) throws -> String {
        let path = try input(text)
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        if ["", ".", ".."].contains(name) {
            throw ValidationError("that is the name of a folder; give the path of a file")
        }
        return path
    }

    /// A file that is written, or a folder for a file that the command names.
    static func fileOrFolder(_ text: String) throws -> String { try input(text) }

    /// The file that ``fileOrFolder(_:)`` means: of a folder, which is there or has a slash after its
    /// name, the file of this name in it.
    static func file(_ path: String, named name: String) -> (file: String, folder: String?) {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let last = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard isThere && isFolder.boolValue || ["", ".", ".."].contains(last) else {
            return (path, nil)
        }
        return ("\(path.hasSuffix("/") ? String(path.dropLast()) : path)/\(name)", path)
    }

    /// A folder that is written to, without slashes after its name.
    static func folder(_ text: String) throws -> String {
        var path = try input(text)
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

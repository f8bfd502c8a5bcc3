import Foundation
import Imaging

/// Checks, before any work is done, that files can be written.
///
/// - Parameters:
///   - outputs: the files
///   - inputs: files that must not be overwritten
/// - Throws: `ImageError` that names the file which cannot be written
public func requireWritable(_ outputs: [String], inputs: [String] = []) throws {
    func refuse(_ path: String, _ what: String, _ hint: String) -> ImageError {
        ImageError(name: path, what: what, hint: hint, kind: .cannotWrite)
    }
    func place(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }
    let files = FileManager.default
    var seen = Set(inputs.map(place))
    for path in outputs {
        if inputs.map(place).contains(place(path)) {
            throw refuse(path, "is in use as another file of this command", "give it another name")
        }
        if !seen.insert(place(path)).inserted {
            throw refuse(path, "is named for two outputs", "give each its own name")
        }
        var isFolder: ObjCBool = false
        if files.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw refuse(path, "is a folder", "give the path of a file")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard files.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw refuse(path, "its folder does not exist", "make it first")
        }
        guard files.isWritableFile(atPath: folder) else {
            throw refuse(path, "its folder may not be written to", "check its permissions")
        }
    }
}

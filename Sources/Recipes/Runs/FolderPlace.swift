import Files
import Foundation

/// Whether folders and files can be made at a place, told before any work is done.
package enum FolderPlace {
    /// Endings that only files have.
    package static let fileEndings: Set<String> = [
        "png", "jpg", "jpeg", "gif", "tif", "tiff", "bmp", "webp", "svg", "pdf", "json", "jsonl",
        "yaml", "yml", "h5", "hdf5", "html", "htm", "md", "txt", "csv", "pt", "pth", "safetensors",
        "zip", "xlsx",
    ]

    /// Fails where a folder is not, and cannot be made, or would lie among a run's checkpoints.
    ///
    /// - Parameters:
    ///   - path: the folder
    ///   - tries: whether to try a file beside it, which is removed at once
    /// - Throws: ``FileError`` of the kind `unusable`
    package static func require(_ path: String, tries: Bool = true) throws {
        if let problem = problem(path, tries: tries) {
            throw FileError(path: path, message: problem)
        }
    }

    /// Fails where a folder that is not there yet has the name of a file.
    package static func requireName(_ path: String) throws {
        let plain = path.withoutSlashes
        let ending = (plain as NSString).pathExtension.lowercased()
        if path.hasSuffix("/") || path.isFolder || !fileEndings.contains(ending) { return }
        if FileManager.default.fileExists(atPath: path) { return }
        throw FileError(
            path: path,
            message: "is the name of a file, and this is a folder; write "
                + "\((plain as NSString).deletingPathExtension), or \(plain)/ for a folder of that name"
        )
    }

    private static func problem(_ path: String, tries: Bool) -> String? {
        if let problem = NewFolder.problem(inside: path) { return problem }
        var place = FileIdentity(path).path
        let files = FileManager.default
        while !files.fileExists(atPath: place), place != "/", place != "." {
            place = place.parentFolder
        }
        if !place.isFolder {
            let isItself = place == FileIdentity(path).path
            return "cannot be made a folder: "
                + (isItself ? "a file is in the way" : "\(place) is a file; name another place")
        }
        if !tries { return nil }
        if path.isFolder {
            return FileManager.default.isWritableFile(atPath: path)
                ? nil : "cannot be written to; check its permissions"
        }
        return refusal(place).map {
            "cannot be made a folder: \($0) in \(place); check the path and its permissions"
        }
    }

    /// Why no file can be made in a folder, in the system's words; nil if one can.
    package static func refusal(_ folder: String) -> String? {
        let trial = "\(folder)/.think2seg-\(UInt64.random(in: .min ... .max))"
        let file = open(trial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { return String(cString: strerror(errno)).lowercased() }
        close(file)
        unlink(trial)
        return nil
    }
}

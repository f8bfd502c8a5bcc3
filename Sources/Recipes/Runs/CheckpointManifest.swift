import Files
package import Foundation
import SystemErrors

/// What a checkpoint consists of: the size and SHA-256 of every file, kept beside them as
/// `manifest.json`.
package struct CheckpointManifest: Codable, Hashable {
    /// The name of the file that holds it.
    package static let file = "manifest.json"

    /// A file of the checkpoint.
    package struct Entry: Codable, Hashable {
        package let bytes: Int
        /// 64 hexadecimal digits.
        let sha256: String
    }

    /// The files by their paths below the checkpoint's folder.
    package let files: [String: Entry]

    /// Reads all files below a folder.
    ///
    /// - Throws: ``FileError`` if one cannot be read
    package init(describing folder: String) throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        var files: [String: Entry] = [:]
        for name in names where name != Self.file {
            if let entry = try Self.entry("\(folder)/\(name)") { files[name] = entry }
        }
        self.files = files
    }

    /// Reads the manifest of a checkpoint.
    ///
    /// - Throws: ``FileError`` if it is missing, or not what was written
    package init(folder: String) throws {
        let path = "\(folder)/\(Self.file)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FileError.damaged(
                path, "is missing: the checkpoint is incomplete, or of a version that wrote none")
        }
        // A changed byte shows even where JSON would not mind it.
        guard let manifest = try? JSONDecoder().decode(Self.self, from: data),
            try manifest.json() == data
        else { throw FileError.damaged(path, "is cut short or damaged") }
        self = manifest
    }

    /// The bytes of `manifest.json`.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// Holds the files of a checkpoint to the manifest, the small ones first.
    ///
    /// - Parameters:
    ///   - folder: the checkpoint
    ///   - readingAll: whether contents count, or sizes only
    /// - Throws: ``FileError`` that names the first file which is missing or not as it was written
    package func verify(_ folder: String, readingAll: Bool = true) throws {
        for (name, entry) in files.sorted(by: {
            ($0.value.bytes, $0.key) < ($1.value.bytes, $1.key)
        }) {
            let path = "\(folder)/\(name)"
            let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            guard let size else { throw FileError.damaged(path, "is missing") }
            guard size == entry.bytes else {
                throw FileError.damaged(
                    path, "is cut short or damaged: it has \(size) bytes of \(entry.bytes)")
            }
            if readingAll, try Self.entry(path) != entry {
                throw FileError.damaged(
                    path, "is damaged: its SHA-256 is not the one in \(Self.file)")
            }
        }
    }

    /// Bytes of all files together.
    package var totalBytes: Int { files.values.reduce(0) { $0 + $1.bytes } }

    /// A file's entry; nil for a folder.
    private static func entry(_ path: String) throws -> Entry? {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
        {
            return nil
        }
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            var hash = SHA256()
            var bytes = 0
            while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
                hash.update(data)
                bytes += data.count
            }
            return Entry(bytes: bytes, sha256: hash.digits())
        } catch {
            throw FileError.damaged(path, "cannot be read: \(systemReason(error))")
        }
    }
}

import Files
import Foundation

/// What tells the files that a run works with from others of the same names.
///
/// A SHA-256 over names, sizes and contents; of a file above 64 MiB its first and last 32 MiB count, and
/// 64 KiB of each of 256 equal parts between.
package enum InputFingerprint {
    private static let whole = 64 << 20
    private static let block = 64 << 10

    /// The fingerprint of files in a folder.
    package static func digest(_ names: [String], in folder: String) throws -> String {
        var hash = SHA256()
        for name in names { try add("\(folder)/\(name)", name, to: &hash) }
        return hash.digits()
    }

    /// The fingerprint of files and of all files below folders.
    package static func digest(_ paths: [String]) throws -> String {
        var hash = SHA256()
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw MissingInputError(path: path, what: "file or folder")
            }
            let names =
                isFolder.boolValue
                ? try FileManager.default.subpathsOfDirectory(atPath: path).sorted() : [""]
            for name in names {
                try add(name.isEmpty ? path : "\(path)/\(name)", name, to: &hash)
            }
        }
        return hash.digits()
    }

    private static func add(_ path: String, _ name: String, to hash: inout SHA256) throws {
        // Follows links, as reading does; one that leads to a folder or nowhere is no file.
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
            !isFolder.boolValue
        else { return }
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        let size = Int(try file.seekToEnd())
        hash.update(Data("\(name)\n\(size)\n".utf8))
        for range in ranges(size) {
            try file.seek(toOffset: UInt64(range.lowerBound))
            hash.update(try file.read(upToCount: range.count) ?? Data())
        }
    }

    /// What is read of a file of so many bytes, in blocks of 1 MiB at most.
    package static func ranges(_ size: Int) -> [Range<Int>] {
        func blocks(_ range: Range<Int>) -> [Range<Int>] {
            stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20).map {
                $0..<min($0 + 1 << 20, range.upperBound)
            }
        }
        if size <= whole { return blocks(0..<size) }
        let ends = whole / 2
        let between = size - whole
        return blocks(0..<ends)
            + (0..<256).map { part in
                let start = ends + between / 256 * part
                return start..<min(start + block, size - ends)
            } + blocks(size - ends..<size)
    }
}

public import Foundation
import TextFiles

/// A file that stands beside a model's weights, kept byte for byte.
public struct CompanionFile: Sendable, Equatable {
    /// The file's name.
    public let name: String
    /// Its contents.
    public let data: Data

    /// A file from its name and contents.
    ///
    /// JSON comes as UTF-8 without a byte order mark, as other programs refuse all else. What is neither
    /// UTF-8 nor UTF-16 stays as it is.
    public init(name: String, data: Data) {
        self.name = name
        self.data = name.hasSuffix(".json") ? (try? TextContents(data))?.bytes ?? data : data
    }

    /// The files of a folder that are parts of its policy, sorted by name; see ``isPart(_:)``.
    public static func all(in directory: String) throws -> [CompanionFile] {
        let manager = FileManager.default
        return try manager.contentsOfDirectory(atPath: directory).sorted().filter(isPart)
            .compactMap { name in
                let path = directory + "/" + name
                var isFolder: ObjCBool = false
                guard manager.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue
                else { return nil }
                return CompanionFile(
                    name: name, data: try Data(contentsOf: URL(fileURLWithPath: path)))
            }
    }
}

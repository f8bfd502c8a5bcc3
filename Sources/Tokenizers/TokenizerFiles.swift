import Foundation
import SystemErrors
import TextFiles

/// The files of a tokenizer as they were read or made, byte for byte.
struct TokenizerFiles: Sendable {
    /// The file that defines the tokenizer.
    static let definition = "tokenizer.json"
    /// The file in which transformers finds the class, the roles of the special tokens, and the
    /// chat template.
    static let configuration = "tokenizer_config.json"

    /// The file in which older versions of transformers keep those roles.
    static let specialTokens = "special_tokens_map.json"

    /// What else the hub may have beside them; of these only the roles of special tokens are read.
    static let companions = [
        configuration, "vocab.json", "merges.txt", "added_tokens.json",
        specialTokens, "chat_template.json", "chat_template.jinja",
    ]

    /// Each file's bytes by its name.
    let contents: [String: Data]
    /// What errors call the defining file.
    let origin: String

    /// Files made in memory.
    init(contents: [String: Data], origin: String) {
        self.contents = contents
        self.origin = origin
    }

    /// The defining file alone.
    init(file: URL) throws {
        contents = [Self.definition: try Self.read(file)]
        origin = file.path
    }

    /// The defining file and those of its companions that are there.
    init(directory: URL) throws {
        let file = directory.appendingPathComponent(Self.definition)
        var contents = [Self.definition: try Self.read(file)]
        for name in Self.companions {
            let companion = directory.appendingPathComponent(name)
            if FileManager.default.fileExists(atPath: companion.path) {
                contents[name] = try Self.read(companion)
            }
        }
        self.contents = contents
        origin = file.path
    }

    private static func read(_ file: URL) throws -> Data {
        do {
            return try Data(contentsOf: file)
        } catch {
            throw TokenizerError.unreadable(
                path: file.path, reason: systemReason(error))
        }
    }

    /// Writes every file into `directory`, which is made if it is missing; JSON goes without a byte order
    /// mark, which other programs refuse.
    ///
    /// - Throws: ``TokenizerError/unwritable(path:reason:)``.
    func write(to directory: URL) throws {
        var path = directory
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
            for (name, data) in contents.sorted(by: { $0.key < $1.key }) {
                path = directory.appendingPathComponent(name)
                let isJSON = name.hasSuffix(".json")
                let bytes = isJSON ? try TextContents(data, file: name).bytes : data
                try bytes.write(to: path, options: .atomic)
            }
        } catch let error as TokenizerError {
            throw error
        } catch {
            throw TokenizerError.unwritable(path: path.path, reason: systemReason(error))
        }
    }
}

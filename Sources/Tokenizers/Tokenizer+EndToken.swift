// Reference: transformers, tokenization_utils_base.py (_from_pretrained)
import FileSystem
import Foundation

extension Tokenizer {
    /// The token that a tokenizer's own files call the end of a sequence.
    public struct EndToken: Sendable, Hashable {
        /// Its id.
        public let id: Int
        /// Its spelling.
        public let content: String
        /// The file that names it, under `eos_token`.
        public let file: String

        /// A token from its parts.
        public init(id: Int, content: String, file: String) {
            self.id = id
            self.content = content
            self.file = file
        }
    }

    /// The token that ends sequences by the files beside `tokenizer.json`; nil where they name none.
    ///
    /// As in transformers, `special_tokens_map.json` counts before `tokenizer_config.json` unless that
    /// lists the added tokens itself.
    ///
    /// - Throws: ``TokenizerError`` if a file is no JSON, or names something that is no token
    static func endToken(of files: TokenizerFiles, id: (String) -> Int?) throws -> EndToken? {
        let folder = namedParentFolder(of: files.origin)
        func document(_ name: String) throws -> (path: String, json: JSONValue)? {
            guard let data = files.contents[name] else { return nil }
            let path = folder.map { $0 + "/" + name } ?? name
            return (path, try JSONParser.parse(data, file: path))
        }
        let configuration = try document(TokenizerFiles.configuration)
        let map = try document(TokenizerFiles.specialTokens)
        let isNew = configuration?.json["added_tokens_decoder"] != nil
        for document in (isNew ? [configuration, map] : [map, configuration]).compactMap(\.self) {
            guard let value = document.json["eos_token"] else { continue }
            guard let content = value.string ?? value["content"]?.string else {
                throw TokenizerError.invalid(
                    file: document.path, key: "eos_token",
                    reason: "is neither a text nor a token with a content")
            }
            guard let id = id(content) else {
                throw TokenizerError.invalid(
                    file: document.path, key: "eos_token",
                    reason: "'\(content)' is no token of \(TokenizerFiles.definition)")
            }
            return EndToken(id: id, content: content, file: document.path)
        }
        return nil
    }
}

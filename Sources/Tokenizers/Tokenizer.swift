public import Foundation

/// Qwen2's byte-level BPE tokenizer: text to ids and back, as Hugging Face's `tokenizers` does.
///
/// ```swift
/// let tokenizer = try Tokenizer.load(directory: checkpoint)
/// let ids = tokenizer.encode("Find the ships.", specialTokens: .asText)
/// let text = tokenizer.decode(ids, skipSpecialTokens: true)
/// ```
public final class Tokenizer: Sendable {
    /// What a text means that spells an added token, a special one or not.
    public enum SpecialTokenPolicy: Hashable, Sendable {
        /// It is that token, as it is for Hugging Face's tokenizers.
        case parse
        /// It is text like any other.
        case asText
        /// It is that token if it is an added word of the vocabulary, and text if it is a control
        /// token or looks like one (`<tool_call>`): for what users write.
        case words
    }

    /// The added tokens in the order of their ids.
    public let addedTokens: [AddedToken]
    /// One more than the highest id.
    ///
    /// A model's own vocabulary may be larger; ids from here on
    /// stand for nothing.
    public let vocabularySize: Int
    /// The token that ends sequences by the files beside `tokenizer.json`; nil where they name none.
    public let endToken: EndToken?

    private let files: TokenizerFiles
    private let merges: MergeTable
    private let composes: Bool
    private let ids: [Spelling: Int]
    private let spellings: [String?]
    private let byteStrings: [[UInt8]]
    private let specialIDs: Set<Int>
    private let all: Matchers
    private let words: Matchers
    /// Finds every added token as it is spelled.
    let written: AddedTokenMatcher

    /// The tokenizer that `files` define.
    ///
    /// - Throws: ``TokenizerError``.
    init(files: TokenizerFiles) throws {
        let json = files.contents[TokenizerFiles.definition] ?? Data()
        let definition = try TokenizerDefinition(json: json, file: files.origin)
        self.files = files
        merges = definition.merges
        composes = definition.composes
        addedTokens = definition.addedTokens.sorted { $0.id < $1.id }
        var ids = definition.vocabulary
        for token in addedTokens { ids[Spelling(token.content)] = token.id }
        self.ids = ids
        endToken = try Self.endToken(of: files) { ids[Spelling($0)] }
        vocabularySize = (ids.values.max() ?? -1) + 1
        var spellings = [String?](repeating: nil, count: vocabularySize)
        for (spelling, id) in ids { spellings[id] = spelling.string }
        // As in the reference, a token that is looked for in normalised text decodes as such.
        for token in addedTokens where definition.composes && token.isNormalized {
            spellings[token.id] = CanonicalComposition.composed(token.content)
        }
        self.spellings = spellings
        // A spelling with a character that stands for no byte means its own UTF-8.
        byteStrings = spellings.map { spelling in
            guard let spelling else { return [] }
            return ByteAlphabet.bytes(of: spelling) ?? Array(spelling.utf8)
        }
        specialIDs = Set(addedTokens.lazy.filter(\.isSpecial).map(\.id))
        all = Matchers(addedTokens, composes: composes)
        words = Matchers(addedTokens.filter { !$0.isControl }, composes: composes)
        written = AddedTokenMatcher(addedTokens) { $0 }
    }

    /// Finds added tokens in the text as it came, and in the normalized text.
    private struct Matchers {
        let raw: AddedTokenMatcher
        let normalized: AddedTokenMatcher

        init(_ tokens: [AddedToken], composes: Bool) {
            raw = AddedTokenMatcher(tokens.filter { !$0.isNormalized }) { $0 }
            normalized = AddedTokenMatcher(tokens.filter(\.isNormalized)) {
                composes ? CanonicalComposition.composed($0) : $0
            }
        }
    }

    private func matchers(_ policy: SpecialTokenPolicy) -> Matchers? {
        switch policy {
        case .parse: all
        case .words: words
        case .asText: nil
        }
    }

    // MARK: - Files

    /// The names of the files that make up a tokenizer, those that need not be there among them.
    public static var fileNames: [String] {
        [TokenizerFiles.definition] + TokenizerFiles.companions
    }

    /// Reads a tokenizer from a `tokenizer.json`, or from a directory that holds one.
    ///
    /// - Throws: ``TokenizerError`` that names the file and the byte or key.
    public static func load(path: String) throws -> Tokenizer {
        let url = URL(fileURLWithPath: path)
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
            isDirectory.boolValue
        {
            return try load(directory: url)
        }
        return try Tokenizer(files: TokenizerFiles(file: url))
    }

    /// Reads the tokenizer of a checkpoint's directory, with the files that go along with it.
    ///
    /// - Throws: ``TokenizerError`` that names the file and the byte or key.
    public static func load(directory: URL) throws -> Tokenizer {
        try Tokenizer(files: TokenizerFiles(directory: directory))
    }

    /// Writes the tokenizer's files into a directory, the same bytes as were read or made.
    ///
    /// - Throws: ``TokenizerError/unwritable(path:reason:)``.
    public func save(to directory: URL) throws {
        try files.write(to: directory)
    }

    // MARK: - Vocabulary

    /// The id of a token by its spelling in the vocabulary; nil if there is none.
    public func id(for token: String) -> Int? {
        ids[Spelling(token)]
    }

    /// The id of a token that must be there.
    ///
    /// - Throws: ``TokenizerError/unknownToken(_:)``.
    public func requiredID(for token: String) throws -> Int {
        guard let id = id(for: token) else { throw TokenizerError.unknownToken(token) }
        return id
    }

    /// A token's spelling in the vocabulary; nil for an id that stands for nothing.
    public func token(for id: Int) -> String? {
        spellings.indices.contains(id) ? spellings[id] : nil
    }

    /// The bytes that a token stands for; none for an id that stands for nothing.
    public func bytes(for id: Int) -> [UInt8] {
        byteStrings.indices.contains(id) ? byteStrings[id] : []
    }

    /// Whether an id is a special token's.
    public func isSpecial(_ id: Int) -> Bool {
        specialIDs.contains(id)
    }

    // MARK: - Encoding

    /// The ids of a text.
    ///
    /// Nothing is put before or after. Added tokens are found as `specialTokens` says.
    public func encode(_ text: String, specialTokens: SpecialTokenPolicy) -> [Int] {
        var result: [Int] = []
        var merger = WordMerger(table: merges)
        let pieces = matchers(specialTokens)?.raw.pieces(of: text) ?? [.text(text)]
        for piece in pieces {
            switch piece {
            case .token(let id): result.append(id)
            case .text(let text):
                encode(plain: text, specialTokens, with: &merger, into: &result)
            }
        }
        return result
    }

    private func encode(
        plain text: String, _ policy: SpecialTokenPolicy, with merger: inout WordMerger,
        into result: inout [Int]
    ) {
        let text = composes ? CanonicalComposition.composed(text) : text
        let pieces = matchers(policy)?.normalized.pieces(of: text) ?? [.text(text)]
        for piece in pieces {
            switch piece {
            case .token(let id): result.append(id)
            case .text(let text):
                let bytes = Array(text.utf8)
                for word in QwenPreTokenizer.words(of: text) {
                    merger.encode(bytes[word], into: &result)
                }
            }
        }
    }

    // MARK: - Decoding

    /// The text of ids.
    ///
    /// Bytes that are not UTF-8 become U+FFFD, ids that stand for nothing are left out.
    public func decode(_ ids: [Int], skipSpecialTokens: Bool) -> String {
        var bytes: [UInt8] = []
        for id in ids where !(skipSpecialTokens && isSpecial(id)) {
            bytes += self.bytes(for: id)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

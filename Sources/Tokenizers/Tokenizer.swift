public import Foundation

/// A tokenizer of byte pairs: text to ids and back as its file says, and as Hugging Face's `tokenizers` does.
///
/// Normalizer, pre-tokenizer, model, decoder and added tokens are those of `tokenizer.json`; what of them is
/// not done here is refused by its key.
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
        /// It is that token if it is an added word of the vocabulary (`<think>` in newer ones), and text if
        /// it is a control token, one of Qwen's `<tool_call>` among them: for what users write.
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
    /// The tokens that `tokenizer.json` puts around each text.
    public let ends: SequenceEnds

    private let files: TokenizerFiles
    private let normalizer: TextNormalizer
    private let preTokenizer: PreTokenizer
    private let model: BPEModel
    /// Turns spellings into text.
    let decoder: TokenDecoder
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
        (normalizer, preTokenizer) = (definition.normalizer, definition.preTokenizer)
        (model, decoder, ends) = (definition.model, definition.decoder, definition.ends)
        addedTokens = definition.addedTokens.sorted { $0.id < $1.id }
        var ids = definition.model.vocabulary
        for token in addedTokens { ids[Spelling(token.content)] = token.id }
        self.ids = ids
        endToken = try Self.endToken(of: files) { ids[Spelling($0)] }
        vocabularySize = (ids.values.max() ?? -1) + 1
        var spellings = [String?](repeating: nil, count: vocabularySize)
        for (spelling, id) in ids { spellings[id] = spelling.string }
        // As in the reference, a token that is looked for in normalised text decodes as such.
        for token in addedTokens where token.isNormalized {
            spellings[token.id] = definition.normalizer.apply(token.content)
        }
        self.spellings = spellings
        byteStrings = spellings.map { $0.map(definition.decoder.bytes) ?? [] }
        specialIDs = Set(addedTokens.lazy.filter(\.isSpecial).map(\.id))
        all = Matchers(addedTokens, normalizer)
        words = Matchers(addedTokens.filter { !$0.isControl }, normalizer)
        written = AddedTokenMatcher(addedTokens) { $0 }
    }

    /// Finds added tokens in the text as it came, and in the normalized text.
    private struct Matchers {
        let raw: AddedTokenMatcher
        let normalized: AddedTokenMatcher

        init(_ tokens: [AddedToken], _ normalizer: TextNormalizer) {
            raw = AddedTokenMatcher(tokens.filter { !$0.isNormalized }) { $0 }
            normalized = AddedTokenMatcher(tokens.filter(\.isNormalized), normalizer.apply)
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
    /// Nothing is put before or after; see ``ends``. Added tokens are found as `specialTokens` says.
    public func encode(_ text: String, specialTokens: SpecialTokenPolicy) -> [Int] {
        var result: [Int] = []
        var merger = model.merger()
        let pieces = matchers(specialTokens)?.raw.pieces(of: text) ?? [.text(text)]
        for (index, piece) in pieces.enumerated() {
            switch piece {
            case .token(let id): result.append(id)
            case .text(let text):
                let text = normalizer.apply(text)
                let pieces = matchers(specialTokens)?.normalized.pieces(of: text) ?? [.text(text)]
                for (place, piece) in pieces.enumerated() {
                    switch piece {
                    case .token(let id): result.append(id)
                    case .text(let text):
                        let isStart = index == 0 && place == 0
                        encode(plain: text, isStart: isStart, with: &merger, into: &result)
                    }
                }
            }
        }
        return result
    }

    /// Appends the ids of a normalized text without added tokens.
    private func encode(
        plain text: String, isStart: Bool, with merger: inout WordMerger, into result: inout [Int]
    ) {
        if text.isEmpty { return }
        guard model.mergesAlways, let pattern = preTokenizer.wordPattern else {
            let inBytes = preTokenizer.endsInBytes
            for word in preTokenizer.words(of: text, isStart: isStart) {
                model.encode(word, inBytes: inBytes, with: &merger, into: &result)
            }
            return
        }
        let bytes = Array(text.utf8)
        for word in pattern.words(of: text) { merger.encode(bytes[word], into: &result) }
    }

    // MARK: - Decoding

    /// The text of ids.
    ///
    /// Bytes that are not UTF-8 become U+FFFD, ids that stand for nothing are left out.
    public func decode(_ ids: [Int], skipSpecialTokens: Bool) -> String {
        guard decoder.isByteLevel else {
            return decoder.text(
                of: ids.lazy.filter { !(skipSpecialTokens && self.isSpecial($0)) }
                    .compactMap(self.token(for:)))
        }
        var bytes: [UInt8] = []
        for id in ids where !(skipSpecialTokens && isSpecial(id)) {
            bytes += self.bytes(for: id)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

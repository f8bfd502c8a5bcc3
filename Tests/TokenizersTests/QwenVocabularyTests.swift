import Foundation
import TestSupport
import Testing

@testable import Tokenizers

/// Qwen's real vocabulary of 151,643 tokens and 22 added ones; see
/// Tests/Fixtures/generators/qwen_vocabulary_fixtures.py.
private enum QwenVocabulary {
    /// A text with the digests of its ids.
    struct Entry: Decodable {
        let text: String
        let parsed: String
        let plain: String

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            text = try values.decode(String.self)
            parsed = try values.decode(String.self)
            plain = try values.decode(String.self)
        }
    }

    static let tokenizer = Result { try make() }

    static func texts() throws -> [Entry] {
        try Fixtures.decode([Entry].self, "qwen_vocabulary/texts.json")
    }

    /// Writes the vocabulary as the tokenizer.json of a checkpoint, and loads it.
    private static func make() throws -> Tokenizer {
        var tokens = try [UInt8](Fixtures.data("qwen_vocabulary/bytes.bin")).map { [$0] }
        var merges: [String] = []
        var numbers = LEB128(bytes: try [UInt8](Fixtures.data("qwen_vocabulary/merges.bin")))
        while let left = numbers.next(), let right = numbers.next() {
            merges.append("[\(quoted(tokens[left])),\(quoted(tokens[right]))]")
            tokens.append(tokens[left] + tokens[right])
        }
        let vocabulary = tokens.enumerated().map { "\(quoted($1)):\($0)" }
        let added = try JSONEncoder().encode(QwenTokens.added(from: tokens.count).map(Added.init))
        var head = try JSONSerialization.jsonObject(
            with: Fixtures.data("tokenizers/tokenizer.json"))
        if var object = head as? [String: Any] {
            object["model"] = nil
            object["added_tokens"] = nil
            head = object
        }
        let rest = try JSONSerialization.data(withJSONObject: head)
        let text = """
            {"added_tokens":\(String(decoding: added, as: UTF8.self)),"model":{"type":"BPE",\
            "vocab":{\(vocabulary.joined(separator: ","))},\
            "merges":[\(merges.joined(separator: ","))]},
            """
        return try withTemporaryFolder { folder in
            let path = folder + "/tokenizer.json"
            try (Data(text.utf8) + rest.dropFirst()).write(to: URL(fileURLWithPath: path))
            return try Tokenizer.load(path: path)
        }
    }

    private static func quoted(_ token: [UInt8]) -> String {
        let escaped = ByteAlphabet.spelling(of: token).unicodeScalars.flatMap { scalar in
            scalar == "\"" || scalar == "\\" ? ["\\", scalar] : [scalar]
        }
        var text = String.UnicodeScalarView(["\""])
        text.append(contentsOf: escaped)
        text.append("\"")
        return String(text)
    }

    private struct Added: Encodable {
        let id: Int
        let content: String
        let special: Bool
        var normalized = false
        var lstrip = false
        var rstrip = false
        var singleWord = false

        enum CodingKeys: String, CodingKey {
            case id, content, special, normalized, lstrip, rstrip
            case singleWord = "single_word"
        }

        init(_ token: AddedToken) {
            id = token.id
            content = token.content
            special = token.isSpecial
        }
    }
}

/// Unsigned numbers of seven bits per byte, least significant first.
private struct LEB128 {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> Int? {
        guard position < bytes.count else { return nil }
        var (number, shift) = (0, 0)
        while true {
            let byte = bytes[position]
            position += 1
            number |= Int(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
    }
}

/// The 32-bit FNV-1a of ids, each as four bytes, least significant first, in hexadecimal.
private func digest(_ ids: [Int]) -> String {
    var state: UInt32 = 0x811c_9dc5
    for id in ids {
        for shift in [0, 8, 16, 24] {
            state = (state ^ UInt32(id >> shift & 0xFF)) &* 0x0100_0193
        }
    }
    let text = String(state, radix: 16)
    return String(repeating: "0", count: 8 - text.count) + text
}

@Suite("Qwen's real vocabulary") struct QwenVocabularyTests {
    private func tokenizer() throws -> Tokenizer { try QwenVocabulary.tokenizer.get() }

    @Test("Texts of all scripts, emoji, digits, spaces and code have the reference's ids")
    func encodesAsReference() throws {
        let tokenizer = try tokenizer()
        let texts = try QwenVocabulary.texts()
        #expect(texts.count > 2000)
        for entry in texts {
            let parsed = tokenizer.encode(entry.text, specialTokens: .parse)
            #expect(digest(parsed) == entry.parsed, "\(entry.text.debugDescription)")
            let plain = tokenizer.encode(entry.text, specialTokens: .asText)
            #expect(digest(plain) == entry.plain, "\(entry.text.debugDescription)")
        }
    }

    @Test("The vocabulary is as large as Qwen2.5's, with the ids that its configurations name")
    func knownIDs() throws {
        let tokenizer = try tokenizer()
        #expect(tokenizer.vocabularySize == 151_665)
        #expect(tokenizer.id(for: "<|endoftext|>") == 151_643)
        #expect(tokenizer.id(for: "<|im_end|>") == 151_645)
        #expect(tokenizer.id(for: "<|vision_start|>") == 151_652)
        #expect(tokenizer.id(for: "<|image_pad|>") == 151_655)
        #expect(tokenizer.id(for: "<|video_pad|>") == 151_656)
        #expect(tokenizer.isSpecial(151_656))
        #expect(!tokenizer.isSpecial(151_657))
    }

    @Test("Text in composed form comes back from its ids, whatever it holds")
    func textRoundTrip() throws {
        let tokenizer = try tokenizer()
        for entry in try QwenVocabulary.texts() {
            let text = CanonicalComposition.composed(entry.text)
            let ids = tokenizer.encode(entry.text, specialTokens: .asText)
            #expect(
                tokenizer.decode(ids, skipSpecialTokens: false).isSame(as: text),
                "\(entry.text.debugDescription)")
        }
    }

    @Test("Any bytes come back from ids, and as text with U+FFFD where they are no UTF-8")
    func byteRoundTrip() throws {
        let tokenizer = try tokenizer()
        var generator = SplitMix(seed: 5)
        for length in 0..<400 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            let ids = try bytes.map {
                try tokenizer.requiredID(for: ByteAlphabet.spelling(of: [$0]))
            }
            #expect(ids.flatMap(tokenizer.bytes(for:)) == bytes)
            #expect(
                tokenizer.decode(ids, skipSpecialTokens: false)
                    .isSame(as: String(decoding: bytes, as: UTF8.self)))
        }
    }

    @Test("What a text says does not depend on what was encoded before it")
    func independence() throws {
        let tokenizer = try tokenizer()
        let texts = try QwenVocabulary.texts().map(\.text)
        let some = stride(from: 0, to: texts.count, by: 50).map { texts[$0] }
        let forward = some.map { tokenizer.encode($0, specialTokens: .parse) }
        let backward = some.reversed().map { tokenizer.encode($0, specialTokens: .parse) }
        #expect(forward == backward.reversed())
    }
}

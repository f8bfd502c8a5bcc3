import Foundation
import TestSupport
import Testing

@testable import Tokenizers

/// Tokenizers of other families than Qwen2's; see Tests/Fixtures/generators/tokenizer_pipelines_fixtures.py.
@Suite("Tokenizers as their files say") struct PipelineTests {
    private struct Encoding: Decodable {
        let text: String
        let ids: [Int]
        let framed: [Int]
    }

    private struct Cases: Decodable {
        let encode: [Encoding]
        let decode: [Fixture.Decoding]
    }

    private struct Step: Decodable {
        let step: String
        let texts: [[String]]

        var node: DefinitionNode {
            get throws {
                DefinitionNode(
                    value: try JSONParser.parse(Array(step.utf8), file: ""), key: "", file: "")
            }
        }
    }

    private struct Classes: Decodable {
        let hashes: [String: String]
        let punctuation: [[UInt32]]
        let spaces: [[UInt32]]
        let words: [[UInt32]]
    }

    private static let names = [
        "qwen35", "llama3", "gpt2", "o200k", "regex_steps", "llava", "metaspace_always",
        "metaspace_first", "metaspace_never", "suffixes", "prefixes",
    ]

    private static func load(_ name: String) throws -> Tokenizer {
        try Tokenizer.load(path: Fixtures.path("tokenizer_pipelines/\(name).json"))
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value
    {
        let path = Fixtures.path("tokenizer_pipelines/\(name).json")
        return try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test("Every text has the ids that the reference gives it by the same file", arguments: names)
    func encodes(name: String) throws {
        let tokenizer = try Self.load(name)
        let cases = try Self.decode(Cases.self, name + ".cases").encode
        #expect(cases.count > 100)
        for entry in cases {
            let ids = tokenizer.encode(entry.text, specialTokens: .parse)
            #expect(ids == entry.ids, "\(entry.text.debugDescription)")
            #expect(tokenizer.ends.around(ids) == entry.framed, "\(entry.text.debugDescription)")
        }
    }

    @Test("Ids decode as in the reference, whole and as a stream", arguments: names)
    func decodes(name: String) throws {
        let tokenizer = try Self.load(name)
        for entry in try Self.decode(Cases.self, name + ".cases").decode {
            for (skips, expected) in [(false, entry.kept), (true, entry.skipped)] {
                let text = tokenizer.decode(entry.ids, skipSpecialTokens: skips)
                #expect(text.isSame(as: expected), "\(entry.ids) \(text.debugDescription)")
                var stream = StreamDecoder(tokenizer: tokenizer, skipSpecialTokens: skips)
                let pieces = entry.ids.map { stream.append($0) }.joined() + stream.finish()
                #expect(pieces.isSame(as: expected), "\(entry.ids) \(pieces.debugDescription)")
                #expect(stream.finish() == "")
            }
        }
    }

    @Test("Pre-tokenizers cut every text where the reference cuts it, whatever the pattern")
    func splits() throws {
        for entry in try Self.decode([Step].self, "splits") {
            let steps = try PreTokenizer(try entry.node)
            for texts in entry.texts {
                let found = steps.words(of: texts[0], isStart: true).map {
                    steps.endsInBytes ? ByteAlphabet.spelling(of: $0.utf8) : $0
                }
                // An empty text never comes as far.
                let same =
                    texts[0].isEmpty || found.elementsEqual(texts.dropFirst()) { $0.isSame(as: $1) }
                #expect(same, "\(entry.step) \(texts) \(found)")
            }
        }
    }

    @Test("A pattern that is matched by hand has the words of the regular expression")
    func handWritten() throws {
        for entry in try Self.decode([Step].self, "splits") {
            guard let regex = try entry.node["pattern"]["Regex"].value?.string,
                let pattern = WordPattern(regex: regex)
            else { continue }
            let expression = try OnigurumaPattern(regex)
            for texts in entry.texts {
                #expect(pattern.words(of: texts[0]) == expression.matches(in: texts[0]), "\(texts)")
            }
        }
    }

    @Test("Normalizers change every text as the reference does")
    func normalizers() throws {
        for entry in try Self.decode([Step].self, "normalizers") {
            let normalizer = try TextNormalizer(try entry.node)
            for texts in entry.texts {
                let found = normalizer.apply(texts[0])
                #expect(
                    found.isSame(as: texts[1]), "\(entry.step) \(texts) \(found.debugDescription)")
            }
        }
    }

    // Beyond are no characters with properties of their own.
    private static let everything = (0..<UInt32(0x30000)).compactMap(Unicode.Scalar.init)

    /// Each with a line end, over which nothing composes.
    private static let lines = everything.map { "\($0)\n" }.joined()

    @Test(
        "Every character changes as in the reference",
        arguments: ["NFD", "NFKC", "NFKD", "Lowercase"])
    func eachCharacter(name: String) throws {
        let normalizer: TextNormalizer =
            if let form = NormalizationForm(rawValue: name) { .form(form) } else { .lowercase }
        let hash = HashedBytes.fnv(Data(normalizer.apply(Self.lines).utf8))
        #expect(hash == (try Self.decode(Classes.self, "classes").hashes[name]))
    }

    @Test("Punctuation, white space and word characters are those of the reference")
    func kinds() throws {
        let classes = try Self.decode(Classes.self, "classes")
        func scalars(_ ranges: [[UInt32]]) -> Set<Unicode.Scalar> {
            Set(ranges.flatMap { $0[0]...$0[1] }.compactMap(Unicode.Scalar.init))
        }
        func wrong(_ ranges: [[UInt32]], _ holds: (Unicode.Scalar) -> Bool) -> [String] {
            let expected = scalars(ranges)
            return Self.everything.filter { holds($0) != expected.contains($0) }.prefix(9).map {
                String($0.value, radix: 16)
            }
        }
        #expect(wrong(classes.punctuation, SplitPattern.CharacterKind.punctuation.holds) == [])
        #expect(wrong(classes.spaces, SplitPattern.CharacterKind.whiteSpace.holds) == [])
        let word = try OnigurumaPattern(#"\w"#)
        let text = String(String.UnicodeScalarView(Self.everything))
        let bytes = Array(text.utf8)
        let found = Set(
            word.matches(in: text).map {
                String(decoding: bytes[$0], as: UTF8.self).unicodeScalars.first!
            })
        #expect(found == scalars(classes.words))
    }
}

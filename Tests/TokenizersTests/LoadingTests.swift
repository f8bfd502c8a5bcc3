import Foundation
import Testing

@testable import Tokenizers

@Suite struct LoadingTests {
    /// The fixture's definition with one text replaced.
    private static func load(replacing old: String, by new: String) throws -> Tokenizer {
        let text = try String(contentsOf: Fixture.url("tokenizer.json"), encoding: .utf8)
        try #require(text.contains(old))
        let edited = text.replacingOccurrences(of: old, with: new)
        return try Tokenizer(
            files: TokenizerFiles(
                contents: [TokenizerFiles.definition: Data(edited.utf8)], origin: "edited.json"))
    }

    @Test(
        "What is not supported is an error that names the key",
        arguments: [
            ("\"type\": \"BPE\"", "\"type\": \"Unigram\"", "model.type"),
            ("\"type\": \"NFC\"", "\"type\": \"Nmt\"", "normalizer.type"),
            ("\"byte_fallback\": false", "\"byte_fallback\": true", "model.byte_fallback"),
            ("\"ignore_merges\": false", "\"ignore_merges\": 1", "model.ignore_merges"),
            ("\"dropout\": null", "\"dropout\": 0.1", "model.dropout"),
            ("\"Isolated\"", "\"Sideways\"", "pre_tokenizer.pretokenizers[0].behavior"),
            ("\\\\p{N}|", "\\\\p{N}\\\\b|", "pre_tokenizer.pretokenizers[0].pattern.Regex"),
            ("\"pre_tokenizer\"", "\"pretokenizer\"", "pre_tokenizer.type"),
            ("\"decoder\"", "\"no_decoder\"", "decoder.type"),
            ("\"merges\"", "\"no_merges\"", "model.merges"),
            ("\"vocab\"", "\"no_vocab\"", "model.vocab"),
            ("\"id\": ", "\"no_id\": ", "added_tokens[0].id"),
            ("\"Ġ\": ", "\"missing space\": ", "model.vocab"),
        ])
    func unsupported(old: String, new: String, key: String) throws {
        let error = try #require(throws: TokenizerError.self) {
            try Self.load(replacing: old, by: new)
        }
        #expect(error.description.contains("edited.json: key '\(key)'"), "\(error)")
    }

    @Test("A merge of tokens that are not there is an error that names the merge")
    func mergeOfUnknownTokens() throws {
        let error = try #require(throws: TokenizerError.self) {
            try Self.load(replacing: "\"merges\": [", by: "\"merges\": [[\"Ġ\", \"?!?\"],")
        }
        #expect(error.description.contains("model.merges[0]"))
    }

    @Test("A byte that the vocabulary lacks is left out, and what stands around it merges")
    func missingByte() throws {
        // The control character 0x01 is spelled ā.
        let tokenizer = try Self.load(replacing: "\"ā\": ", by: "\"missing control\": ")
        func encode(_ text: String) -> [Int] { tokenizer.encode(text, specialTokens: .asText) }
        #expect(encode("a\u{1}b") == encode("a") + encode("b"))
        #expect(encode("\u{1}").isEmpty)
    }

    @Test("Merges may be written as pairs or as one text")
    func mergeSpellings() throws {
        let url = Fixture.url("tokenizer.json")
        var root = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
        var model = try #require(root["model"] as? [String: Any])
        let pairs = try #require(model["merges"] as? [[String]])
        model["merges"] = pairs.map { $0.joined(separator: " ") }
        root["model"] = model
        let data = try JSONSerialization.data(withJSONObject: root)
        let tokenizer = try Tokenizer(
            files: TokenizerFiles(
                contents: [TokenizerFiles.definition: data], origin: "texts"))
        for entry in try Fixture.decode(Fixture.Cases.self, "cases.json").encode.prefix(100) {
            #expect(tokenizer.encode(entry.text, specialTokens: .parse) == entry.parsed)
        }
    }

    @Test("A loaded tokenizer is saved byte for byte, with the files beside it")
    func savesBytes() throws {
        try Fixture.withDirectory { directory in
            let source = directory.appendingPathComponent("in")
            try FileManager.default.copyItem(at: Fixture.url("trained"), to: source)
            let merges = Data("#version: 0.2\n".utf8)
            try merges.write(to: source.appendingPathComponent("merges.txt"))
            try merges.write(to: source.appendingPathComponent("model.bin"))
            let tokenizer = try Tokenizer.load(path: source.path)
            try FileManager.default.removeItem(at: source)
            let target = directory.appendingPathComponent("out/policy")
            try tokenizer.save(to: target)
            let names = try FileManager.default.contentsOfDirectory(atPath: target.path).sorted()
            #expect(names == ["merges.txt", "tokenizer.json", "tokenizer_config.json"])
            for name in names where name != "merges.txt" {
                let saved = try Data(contentsOf: target.appendingPathComponent(name))
                let original = try Data(contentsOf: Fixture.url("trained/\(name)"))
                #expect(saved == original)
            }
        }
    }

    @Test("A file that is not there is an error that names it")
    func missingFile() throws {
        let error = try #require(throws: TokenizerError.self) {
            try Tokenizer.load(path: "/nowhere/tokenizer.json")
        }
        #expect(error.description.contains("/nowhere/tokenizer.json"))
    }
}

@Suite struct JSONTests {
    private static func parse(_ text: String) throws -> JSONValue {
        try JSONParser.parse(Array(text.utf8), file: "f")
    }

    @Test("Strings, numbers, words and nesting are read")
    func values() throws {
        let value = try Self.parse(
            #" { "a\n\u00e9\ud83d\ude00\/" : [1, -2.5e1, true, null, {}], "b":"é" } "#)
        let members = try #require(value.members)
        #expect(members.map(\.key) == ["a\né😀/", "b"])
        #expect(members[0].value.array?.count == 5)
        #expect(members[0].value.array?[0].integer == 1)
        #expect(members[0].value.array?[1].integer == -25)
        #expect(value["b"]?.string == "é")
        #expect(value["c"] == nil)
    }

    @Test(
        "Broken JSON is an error at its byte",
        arguments: [
            ("", 0), ("{", 1), ("[1,]", 3), ("[1 2]", 3), ("{\"a\" 1}", 5), ("\"\\x\"", 3),
            ("\"\\ud800\"", 7), ("\"a", 2), ("tru", 3), ("[]x", 2), ("-", 0), ("\"\n\"", 1),
        ])
    func broken(text: String, offset: Int) throws {
        let error = try #require(throws: TokenizerError.self) { try Self.parse(text) }
        guard case .malformedJSON(_, let found, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(found == offset, "\(text): \(error)")
    }

    @Test(
        "A byte order mark is skipped in each file, in UTF-16 too, and mistakes are at the file's bytes"
    )
    func marks() throws {
        let definition = try Data(contentsOf: Fixture.url("tokenizer.json"))
        let text = String(decoding: definition, as: UTF8.self)
        let role = #"{"eos_token": "<|endoftext|>"}"#
        func load(_ encoding: String.Encoding, _ text: String) throws -> Tokenizer {
            func data(_ text: String) throws -> Data {
                try #require("\u{FEFF}\(text)".data(using: encoding))
            }
            return try Tokenizer(
                files: TokenizerFiles(
                    contents: [
                        TokenizerFiles.definition: try data(text),
                        TokenizerFiles.configuration: try data(role),
                    ], origin: "marked.json"))
        }
        let plain = try Tokenizer(
            files: TokenizerFiles(
                contents: [TokenizerFiles.definition: definition], origin: "plain.json"))
        for (encoding, place) in [(String.Encoding.utf8, 6), (.utf16LittleEndian, 8)] {
            let marked = try load(encoding, text)
            #expect(
                marked.encode("é🚢", specialTokens: .asText)
                    == plain.encode("é🚢", specialTokens: .asText))
            #expect(marked.endToken?.content == "<|endoftext|>")
            let error = #expect(throws: TokenizerError.self) { try load(encoding, "[1,]") }
            guard case .malformedJSON("marked.json", place, _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        let error = #expect(throws: TokenizerError.self) {
            try Tokenizer(
                files: TokenizerFiles(
                    contents: [TokenizerFiles.definition: Data([0x7B, 0x0A, 0xFF])],
                    origin: "bad.json"))
        }
        #expect(
            error?.description
                == "bad.json: not UTF-8 at byte 2 (line 2): 0xFF; save the file as UTF-8")
    }

    @Test("A document nested without end is an error, not a crash")
    func nesting() {
        #expect(throws: TokenizerError.self) {
            try Self.parse(String(repeating: "[", count: 100_000))
        }
    }
}

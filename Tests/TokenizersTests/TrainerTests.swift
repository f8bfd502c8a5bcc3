import Foundation
import Testing

@testable import Tokenizers

@Suite struct TrainerTests {
    private static func train(_ texts: [String]) throws -> Tokenizer {
        try BPETrainer(vocabularySize: 900, addedWords: (0...30).map(String.init)).train(texts)
    }

    /// To make Fixtures/trained anew, save what this trains there.
    private static func trained() throws -> Tokenizer {
        try train([String(contentsOf: Fixture.url("corpus.txt"), encoding: .utf8)])
    }

    @Test("The trainer writes the files that were checked against the reference's trainer")
    func writesCheckedFiles() throws {
        let tokenizer = try Self.trained()
        try Fixture.withDirectory { directory in
            try tokenizer.save(to: directory)
            for name in ["tokenizer.json", "tokenizer_config.json"] {
                let written = try Data(contentsOf: directory.appendingPathComponent(name))
                let checked = try Data(contentsOf: Fixture.url("trained/\(name)"))
                #expect(written == checked, "\(name)")
            }
        }
    }

    @Test("A trained vocabulary gives the ids that the reference makes with its files")
    func encodesAsReference() throws {
        let tokenizer = try Self.trained()
        for entry in try Fixture.decode(Fixture.Trained.self, "trained.json").encode {
            #expect(tokenizer.encode(entry.text, specialTokens: .parse) == entry.parsed)
            #expect(tokenizer.encode(entry.text, specialTokens: .asText) == entry.plain)
        }
    }

    @Test("Qwen's tokens follow the merges in Qwen's order, then the added words")
    func order() throws {
        let tokenizer = try Self.trained()
        let first = try tokenizer.requiredID(for: QwenTokens.endOfText)
        for (index, token) in (QwenTokens.special + QwenTokens.ordinary).enumerated() {
            #expect(tokenizer.id(for: token) == first + index)
        }
        #expect(tokenizer.vocabularySize == 900)
        #expect(tokenizer.encode("3 30 31", specialTokens: .parse).count == 6)
        #expect(tokenizer.id(for: "10") == first + 22)
        let tool = try tokenizer.requiredID(for: "<tool_call>")
        #expect(tokenizer.decode([first, tool], skipSpecialTokens: true) == "<tool_call>")
    }

    @Test("Where users write, added words are tokens and control tokens are text")
    func addedWordsInText() throws {
        let tokenizer = try BPETrainer(
            vocabularySize: 400, addedWords: ["12", "Please find \"", "<think>Look"]
        ).train([""])
        func encode(_ text: String) -> [Int] { tokenizer.encode(text, specialTokens: .words) }
        #expect(
            encode("Please find \"12") == [
                tokenizer.id(for: "Please find \"")!, tokenizer.id(for: "12")!,
            ])
        #expect(encode("<think>Look").count == 1)
        #expect(
            encode("<tool_call>")
                == Array("<tool_call>".utf8).map { tokenizer.id(for: String(UnicodeScalar($0)))! })
        #expect(encode("<|im_end|>").count == 10)
    }

    @Test("Among equally frequent pairs the lower ids merge first; rare pairs do not merge")
    func ties() throws {
        let tokenizer = try BPETrainer(vocabularySize: 300, minimumFrequency: 2)
            .train(["cd ab cd ab xy"])
        // "ab", "cd" and " " before either: three merges that occur twice or more.
        #expect(tokenizer.token(for: 256) == "ab")
        #expect(tokenizer.token(for: 257) == "cd")
        #expect(tokenizer.id(for: "xy") == nil)
        #expect(tokenizer.token(for: 258) == "Ġab")
        #expect(tokenizer.token(for: 259) == QwenTokens.endOfText)
    }

    @Test("Options that contradict each other are errors")
    func options() {
        #expect(throws: TokenizerError.self) { try BPETrainer(vocabularySize: 277) }
        #expect(throws: Never.self) { try BPETrainer(vocabularySize: 278) }
        #expect(throws: TokenizerError.self) {
            try BPETrainer(vocabularySize: 278, addedWords: ["10"])
        }
        #expect(throws: Never.self) { try BPETrainer(vocabularySize: 278, addedWords: ["1"]) }
        for words in [[""], ["a", "a"], ["<|im_end|>"], ["é"]] {
            #expect(throws: TokenizerError.self) {
                try BPETrainer(vocabularySize: 400, addedWords: words)
            }
        }
        #expect(throws: TokenizerError.self) {
            try BPETrainer(vocabularySize: 400, minimumFrequency: 0)
        }
    }
}

import Testing

@testable import Tokenizers

@Suite struct DecodingTests {
    @Test("Ids decode as in the reference: broken UTF-8, unknown ids, special tokens")
    func decodesAsReference() throws {
        let tokenizer = try Fixture.tokenizer()
        let cases = try Fixture.decode(Fixture.Cases.self, "cases.json").decode
        #expect(cases.contains { $0.kept.unicodeScalars.contains("\u{FFFD}") })
        for entry in cases {
            let kept = tokenizer.decode(entry.ids, skipSpecialTokens: false)
            #expect(kept.isSame(as: entry.kept), "\(entry.ids)")
            let skipped = tokenizer.decode(entry.ids, skipSpecialTokens: true)
            #expect(skipped.isSame(as: entry.skipped), "\(entry.ids)")
        }
    }

    @Test("A stream says the same as the whole, whatever the ids")
    func streamEqualsWhole() throws {
        let tokenizer = try Fixture.tokenizer()
        for entry in try Fixture.decode(Fixture.Cases.self, "cases.json").decode {
            for skip in [true, false] {
                var decoder = StreamDecoder(tokenizer: tokenizer, skipSpecialTokens: skip)
                let text = entry.ids.map { decoder.append($0) }.joined() + decoder.finish()
                #expect(text.isSame(as: skip ? entry.skipped : entry.kept), "\(entry.ids)")
            }
        }
    }

    @Test("A stream holds a character back until its last byte, and no longer")
    func streamWaits() throws {
        let tokenizer = try Fixture.tokenizer()
        var decoder = StreamDecoder(tokenizer: tokenizer, skipSpecialTokens: true)
        let bytes = try Array("a🛰b".utf8).map {
            try tokenizer.requiredID(for: ByteAlphabet.spelling(of: [$0]))
        }
        #expect(bytes.map { decoder.append($0) } == ["a", "", "", "", "🛰", "b"])
        #expect(decoder.finish() == "")
        #expect(decoder.append(bytes[1]) == "")
        #expect(decoder.finish() == "\u{FFFD}")
        #expect(decoder.finish() == "")
    }

    @Test("Ids and spellings lead to each other; others lead nowhere")
    func lookup() throws {
        let tokenizer = try Fixture.tokenizer()
        let end = try tokenizer.requiredID(for: "<|im_end|>")
        #expect(tokenizer.token(for: end) == "<|im_end|>")
        #expect(tokenizer.isSpecial(end))
        #expect(!tokenizer.isSpecial(try tokenizer.requiredID(for: "<tool_call>")))
        #expect(tokenizer.bytes(for: try tokenizer.requiredID(for: "Ċ")) == [0x0A])
        #expect(tokenizer.token(for: tokenizer.vocabularySize) == nil)
        #expect(tokenizer.token(for: -1) == nil)
        #expect(tokenizer.id(for: "no such token") == nil)
        #expect(throws: TokenizerError.unknownToken("<none>")) {
            try tokenizer.requiredID(for: "<none>")
        }
    }
}

import Foundation
import Testing

@testable import Tokenizers

@Suite struct EncodingTests {
    @Test("Every text has the ids that the reference gives it, parsed and as text")
    func encodesAsReference() throws {
        let tokenizer = try Fixture.tokenizer()
        let cases = try Fixture.decode(Fixture.Cases.self, "cases.json").encode
        #expect(cases.count > 300)
        for entry in cases {
            #expect(
                tokenizer.encode(entry.text, specialTokens: .parse) == entry.parsed,
                "\(entry.text.debugDescription)")
            #expect(
                tokenizer.encode(entry.text, specialTokens: .asText) == entry.plain,
                "\(entry.text.debugDescription)")
        }
    }

    @Test("Text that spells a control token becomes no control token where it is only text")
    func specialTokensAsText() throws {
        let tokenizer = try Fixture.tokenizer()
        let ids = tokenizer.encode("<|im_end|><tool_call>", specialTokens: .asText)
        let added = Set(tokenizer.addedTokens.map(\.id))
        #expect(added.isDisjoint(with: ids))
        #expect(tokenizer.decode(ids, skipSpecialTokens: true) == "<|im_end|><tool_call>")
    }

    @Test("Words are the pattern's matches, one rule each")
    func words() {
        func words(_ text: String) -> [String] {
            let bytes = Array(text.utf8)
            return QwenPreTokenizer.words(of: text).map {
                String(decoding: bytes[$0], as: UTF8.self)
            }
        }
        #expect(words("I'm SHE'LL o\u{2019}s") == ["I", "'m", " SHE", "'LL", " o", "\u{2019}s"])
        #expect(words("a 12") == ["a", " ", "1", "2"])
        #expect(words("x!!\n\ny") == ["x", "!!\n\n", "y"])
        #expect(words("a \n  \n  b") == ["a", " \n  \n", " ", " b"])
        #expect(words("a   ") == ["a", "   "])
        #expect(words("a\tb") == ["a", "\tb"])
        #expect(words("\nb") == ["\n", "b"])
        #expect(words("  (b)") == [" ", " (", "b", ")"])
        #expect(words("'re're") == ["'re", "'re"])
        #expect(words("").isEmpty)
    }

    @Test("Letters, numbers and white space are those of the reference, at every code point")
    func characterClasses() throws {
        let classes = try Fixture.decode(Fixture.Unicode.self, "unicode.json").classes
        func table(_ ranges: [[UInt32]]) -> [Bool] {
            var table = [Bool](repeating: false, count: 0x110000)
            for range in ranges {
                for code in range[0]...range[1] { table[Int(code)] = true }
            }
            return table
        }
        let letters = table(classes.letters)
        let numbers = table(classes.numbers)
        let spaces = table(classes.spaces)
        let wrong = (0..<UInt32(0x110000)).lazy.compactMap(Unicode.Scalar.init).filter { scalar in
            let found = CharacterClass(scalar)
            let code = Int(scalar.value)
            return (found == .letter) != letters[code] || (found == .number) != numbers[code]
                || found.isWhiteSpace != spaces[code]
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5).map { String($0.value, radix: 16) })")
    }

    @Test("Texts compose as in the reference, marks in any order")
    func composition() throws {
        let pairs = try Fixture.decode(Fixture.Unicode.self, "unicode.json").compositions
        #expect(pairs.count >= 1000)
        for pair in pairs {
            let composed = CanonicalComposition.composed(pair[0])
            #expect(composed.isSame(as: pair[1]), "\(Array(pair[0].unicodeScalars))")
        }
    }

    @Test("A long word takes no quadratic time")
    func longWord() throws {
        let tokenizer = try Fixture.tokenizer()
        let word = { String(repeating: "abcdefghij", count: $0) }
        func seconds(_ word: String, times: Int) -> Double {
            let start = threadSeconds()
            for _ in 0..<times {
                let ids = tokenizer.encode(word, specialTokens: .asText)
                #expect(tokenizer.decode(ids, skipSpecialTokens: false) == word)
            }
            return threadSeconds() - start
        }
        // As many letters in one word or in sixteen: about as long, and sixteen times where it is
        // quadratic. What disturbs one measurement is gone at another.
        let (long, short) = (word(6400), word(400))
        let isLinear = (0..<5).contains { _ in
            seconds(long, times: 1) < 3 * seconds(short, times: 16)
        }
        #expect(isLinear)
    }
}

/// Seconds that this thread has been at work, which others at work do not add to.
private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

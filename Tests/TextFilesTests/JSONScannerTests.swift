import Testing
import TextFiles

@Suite struct JSONScannerTests {
    /// What `body` makes of a text, and where the scanner stands then.
    private func scan<Value>(
        _ text: String, _ body: (inout JSONScanner) -> Value
    ) -> (value: Value, position: Int) {
        Array(text.utf8).withUnsafeBufferPointer { buffer in
            var scanner = JSONScanner(buffer)
            return (body(&scanner), scanner.position)
        }
    }

    @Test("Spaces, signs and words are stepped over where they stand, and nothing else is")
    func tokens() {
        #expect(scan(" \t\r\n\u{B}") { $0.skipSpaces() }.position == 4)
        #expect(scan("[1") { $0.take("[") } == (true, 1))
        #expect(scan("[1") { $0.take("{") } == (false, 0))
        #expect(scan("nullable") { $0.take(word: "null") } == (true, 4))
        #expect(scan("nul") { $0.take(word: "null") } == (false, 0))
        #expect(scan("") { $0.next == nil && !$0.take("]") }.value)
    }

    @Test(
        "A number goes as far as it is one",
        arguments: [
            ("12,", 2, 2, false, false), ("-0.5e+3]", 7, 1, true, true),
            ("012", 1, 3, false, false),
            ("1.", 1, 1, false, false), ("1.e5", 1, 1, false, false), ("1e", 1, 1, false, false),
            ("1e-", 1, 1, false, false), ("-7E2", 4, 1, false, true), ("1.5.2", 3, 1, true, false),
        ])
    func numbers(
        text: String, end: Int, digits: Int, hasFraction: Bool, hasExponent: Bool
    ) throws {
        let (found, position) = scan(text) { $0.number() }
        let number = try #require(found)
        #expect(number.range == 0..<end && position == end)
        #expect(number.digitCount == digits)
        #expect(number.hasFraction == hasFraction && number.hasExponent == hasExponent)
    }

    @Test("What begins with no digit is no number, and nothing is stepped over")
    func noNumbers() {
        for text in ["", "-", "-x", ".5", "+1", "e1"] {
            let (number, position) = scan(text) { $0.number() }
            #expect(number == nil && position == 0, "\(text)")
        }
        #expect(scan("1.2.3-e+,4") { $0.numberCharacters() } == (0..<8, 8))
    }

    @Test("A string comes in parts: runs, characters that escapes stand for, halves of pairs")
    func strings() {
        func parts(_ text: String) -> [JSONScanner.StringPart] {
            scan(text) { scanner in
                var parts: [JSONScanner.StringPart] = []
                while true {
                    parts.append(scanner.stringPart())
                    switch parts.last {
                    case .end, .fault, nil: return parts
                    default: continue
                    }
                }
            }.value
        }
        #expect(parts("é\"x") == [.run(0..<2), .end])
        #expect(
            parts(#"a\n\/\u00e9b""#) == [
                .run(0..<1), .character("\n"), .character("/"), .character("é"), .run(11..<12),
                .end,
            ])
        #expect(parts(#"\ud83d\ude00""#) == [.character("😀"), .end])
        #expect(parts(#"\ud83dx""#) == [.half(0xD83D), .run(6..<7), .end])
        #expect(parts(#"\ud83d\ud83d\ude00""#) == [.half(0xD83D), .character("😀"), .end])
        #expect(parts(#"\ude00""#) == [.half(0xDE00), .end])
        #expect(parts("ab") == [.run(0..<2), .fault(.end(escape: nil))])
        #expect(parts("a\\") == [.run(0..<1), .fault(.end(escape: 1))])
        #expect(parts("a\n\"") == [.run(0..<1), .fault(.control)])
        #expect(parts(#"a\x""#) == [.run(0..<1), .fault(.escape(start: 1))])
        #expect(parts(#"\u12g4""#) == [.fault(.digits(start: 0))])
        #expect(parts(#"\u+123""#) == [.fault(.digits(start: 0))])
        #expect(parts(#"\ud83d\u12""#) == [.fault(.digits(start: 6))])
    }

    @Test("A fault leaves the scanner at the byte that is wrong")
    func places() {
        #expect(
            scan("a\tb") {
                _ = $0.stringPart(); _ = $0.stringPart()
            }.position == 1)
        #expect(scan(#"\x"#) { _ = $0.stringPart() }.position == 1)
        #expect(scan(#"\u12g4"#) { _ = $0.stringPart() }.position == 4)
        #expect(scan(#"\ud83d\u1"#) { _ = $0.stringPart() }.position == 9)
    }

    @Test("A whole string is read or skipped, and one with half a pair is none")
    func wholeStrings() {
        #expect(scan(#""a\"b" c"#) { $0.string() } == (#"a"b"#, 6))
        #expect(scan(#""a\\" c"#) { $0.skipString() }.position == 5)
        #expect(scan(#""a\"#) { $0.skipString() }.position == 3)
        #expect(scan(#""\ud800""#) { $0.string() }.value == nil)
        #expect(scan("a") { $0.string() } == (nil, 0))
    }

    @Test("Objects and lists open up to a limit")
    func depth() {
        let (found, position) = scan("[{[") { scanner in
            [scanner.open(limit: 2), scanner.open(limit: 2), scanner.open(limit: 2)]
        }
        #expect(found == [true, true, false] && position == 2)
        let closed = scan("[]]") { scanner in
            (scanner.open(limit: 1), scanner.close("}"), scanner.close("]"), scanner.depth)
        }
        #expect(closed.value == (true, false, true, 0))
    }
}

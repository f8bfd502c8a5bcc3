import Foundation
import Testing
import TextFiles

@Suite struct JSONSyntaxTests {
    /// What is said of a text; nil if it is read.
    private func fault(_ bytes: Data) -> String? {
        do {
            _ = try JSONSerialization.jsonObject(file: bytes)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "What is not JSON is said with its place and its reason",
        arguments: [
            ("", "column 1: the text ends too early"), ("{\"a\": ", "column 7: the text ends"),
            ("{\"a\":1,}", "column 7: a comma stands before }; leave it out"),
            ("[1, 2,\n]", "line 1, column 6 (byte 5): a comma stands before ]; leave it out"),
            ("{\n \"é\": 1\n \"b\": 2\n}", "line 3, column 2 (byte 12): a comma or } is missing"),
            ("[1 2]", "column 4: a comma or ] is missing"),
            ("{\"a\" 1}", "column 6: a : is missing"),
            ("{a: 1}", "column 2: a key in double quotes"), ("['a']", "column 2: a text stands in"),
            ("[01]", "column 2: a number begins with 0"), ("[1.]", "column 2: a number without"),
            ("[NaN]", "column 2: NaN is no number"), ("[-Infinity]", "column 2: -Infinity is no"),
            ("{} {}", "column 4: something follows the end"),
            ("[1]]", "column 4: something follows"),
            ("[\"a]", "column 2: the text that begins here has no closing quote"),
            ("[\"a\tb\"]", "column 4: a control character"),
            ("[\"\\x\"]", "column 3: \\ begins no"),
            ("[1, // two\n 2]", "line 1, column 5 (byte 4): JSON has no comments"),
            ("[}", "column 2: no value begins so"),
            ("\u{FEFF}\u{FEFF}{}", "a second byte order mark"),
        ])
    func faults(text: String, message: String) {
        #expect(
            fault(Data(text.utf8))?.contains(message) == true, "\(fault(Data(text.utf8)) ?? "")")
        #expect(fault(Data(text.utf8))?.hasPrefix("not valid JSON at ") == true)
    }

    @Test("Decoders say the same, and what is JSON is read by both")
    func decoders() throws {
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([String: Int].self, file: Data("{\"a\": 1,}".utf8))
        }
        guard case .dataCorrupted(let context) = error else { throw CancellationError() }
        #expect(context.debugDescription.hasPrefix("not valid JSON at column 8"))
        #expect(context.underlyingError is JSONFault)
        let texts = [
            "{}", "[]", " [ ] ", "[{\"a\": [true, false, null, -0, 1.5e+3, \"\\u00e9\\\"\"]}]\r\n",
            "\u{FEFF}{\"a\": {\"b\": {}}}",
            String(repeating: "[", count: 400)
                + String(repeating: "]", count: 400),
        ]
        for text in texts { #expect(fault(Data(text.utf8)) == nil, "\(text)") }
    }

    @Test("A byte of Latin-1 at the end of a text is named, and not called a cut character")
    func latinByte() {
        let fault = TextContents.fault(in: Data([0x63, 0xE9]))
        #expect(fault?.problem == "0xE9" && fault?.byte == 1)
    }
}

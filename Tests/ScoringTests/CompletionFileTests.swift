import Evaluating
import FilesTestSupport
import Foundation
import Scoring
import Testing

@Suite struct CompletionFileTests {
    private func records(_ bytes: [UInt8], lineLimit: Int = 1 << 28) throws -> [CompletionRecord] {
        try withFolder { folder in
            let path = folder + "/answers.jsonl"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            var records: [CompletionRecord] = []
            try CompletionFile(path: path, lineLimit: lineLimit).forEach { record, _ in
                records.append(record)
            }
            return records
        }
    }

    private func record(_ line: String) throws -> CompletionRecord {
        try #require(records(Array(line.utf8)).first)
    }

    private func problem(_ bytes: [UInt8], lineLimit: Int = 1 << 28) -> String {
        let text = message { _ = try records(bytes, lineLimit: lineLimit) }
        return text.components(separatedBy: "answers.jsonl:").last ?? ""
    }

    @Test(
        "ids are texts or whole numbers, other members are skipped, the last of equal names counts")
    func members() throws {
        let found = try record(
            #"{"x": {"y": [1, null, "\u00e9", -2.5e3, NaN]}, "id": "a", "completion": "b", "id": -7}"#
        )
        #expect(found == CompletionRecord(id: .number("-7"), completion: "b"))
        #expect(found.id.name == "-7")
        #expect(try record(#"{"completion":"","id":"7"}"#).id == .text("7"))
    }

    @Test(
        "texts keep every byte: nothing is normalised, and NUL and the far planes stay",
        arguments: [
            "e\u{301}", "\u{E9}", "\u{0}", "🚀", "\u{1D11E}\u{FEFF}", "\u{2028}\u{7F}", "\r",
        ])
    func bytes(text: String) throws {
        let data = try JSONSerialization.data(withJSONObject: ["id": "a", "completion": text])
        let found = try #require(records(Array(data)).first).completion
        #expect(Array(found.utf8) == Array(text.utf8))
        let escaped = text.utf16.map { String(format: "\\u%04X", $0) }.joined()
        let other = try record("{\"id\":\"a\",\"completion\":\"\(escaped)\"}").completion
        #expect(Array(other.utf8) == Array(text.utf8))
    }

    @Test("half of a surrogate pair becomes U+FFFD, whatever follows it")
    func surrogates() throws {
        let text = #"{"id":"\udc00","completion":"\ud800|\ud800\ud83d\ude80\ud800\n\ud800"}"#
        let found = try record(text)
        #expect(found.id == .text("\u{FFFD}"))
        #expect(found.completion == "\u{FFFD}|\u{FFFD}🚀\u{FFFD}\n\u{FFFD}")
    }

    @Test("lines may be longer than the pieces that are read, and end in any usual way")
    func lines() throws {
        let long = String(repeating: "ä[{\"", count: 1 << 20)
        let line =
            "{\"id\":1,\"completion\":\"\(long.replacingOccurrences(of: "\"", with: "\\\""))\"}"
        let text = "\u{FEFF}" + line + "\r\n\n  \t\n" + #"{"id":2,"completion":"b"}"#
        let found = try records(Array(text.utf8))
        #expect(found.map(\.id) == [.number("1"), .number("2")])
        #expect(found[0].completion == long)
    }

    @Test(
        "a bad line is named by its number, with what is wrong",
        arguments: [
            (#"{"id":1}"#, "2: \"completion\" is missing"),
            (#"{"completion":"a"}"#, "2: \"id\" is missing"),
            (#"{"id":1,"completion":null}"#, "2: \"completion\" must be a text"),
            (#"{"id":1.0,"completion":"a"}"#, "2: \"id\" must be a text or a whole number"),
            (#"{"id":[],"completion":"a"}"#, "2: \"id\" must be a text or a whole number"),
            (#"["id"]"#, "2: not a JSON object; a line is {\"id\": …, \"completion\": …}"),
            ("id,completion", "2: not a JSON object; a line is {\"id\": …, \"completion\": …}"),
            (#"{"id":1,"completion":"a"#, "2: not JSON: the line ends within a text (byte 24)"),
            (#"{"id":1,"completion":"a","#, "2: not JSON: the line ends within a value (byte 26)"),
            (#"{"id":1,"completion":"a"}}"#, "2: not JSON: something follows the object (byte 26)"),
            (#"{"id":1 "completion":"a"}"#, "2: not JSON: '}' is missing (byte 9)"),
            (
                #"{"id":1,"completion":"\x41"}"#,
                "2: not JSON: an unknown escape stands in a text (byte 24)"
            ),
            (
                #"{"id":1,"completion":"\u12"}"#,
                "2: not JSON: four hexadecimal digits are missing (byte 27)"
            ),
            (
                "{\"id\":1,\"completion\":\"a\tb\"}",
                "2: not JSON: a control character stands in a text; escape it (byte 24)"
            ),
            (#"{"id":1,"a":tru,"completion":"a"}"#, "2: not JSON: a value is missing (byte 13)"),
        ])
    func badLine(line: String, expected: String) {
        let text = "{\"id\":1,\"completion\":\"\"}\n" + line + "\n{\"id\":2,\"completion\":\"\"}\n"
        #expect(problem(Array(text.utf8)) == expected)
    }

    @Test(
        "marks at the starts of lines are skipped, and UTF-16 with one is read in pieces of any size"
    )
    func marks() throws {
        let long = String(repeating: "é🚢", count: 1 << 19)
        let text =
            "\u{FEFF}{\"id\":1,\"completion\":\"\(long)\"}\n"
            + "\u{FEFF}{\"id\":2,\"completion\":\"\u{FEFF}\"}\n"
        for encoding in [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian] {
            let found = try records(Array(#require(text.data(using: encoding))))
            #expect(found.map(\.id) == [.number("1"), .number("2")], "\(encoding)")
            #expect(found[0].completion == long && found[1].completion == "\u{FEFF}")
        }
    }

    @Test("the byte of a mistake is that of the file's line, with its mark")
    func markedBytes() throws {
        let line = "\u{FEFF}{\"id\":1,\"completion\":\"a\"}}"
        #expect(problem(Array(line.utf8)) == "1: not JSON: something follows the object (byte 29)")
        let wide = try #require(line.data(using: .utf16LittleEndian))
        #expect(problem(Array(wide)) == "1: not JSON: something follows the object")
        #expect(
            problem(Array(wide.dropFirst(2)))
                == "1: not UTF-8 at byte 1 (line 1): a NUL, as in UTF-16 without a byte order mark; save "
                + "the file as UTF-8")
        #expect(
            problem(Array(wide.dropLast(1)))
                == "1: not UTF-16 at byte 52 (line 1): a character is cut short; save the file as UTF-8"
        )
    }

    @Test("bytes that are not UTF-8, lines without end and nesting without end are bad lines")
    func hostileLines() {
        let bytes = Array("{\"id\":1,\"completion\":\"".utf8) + [0xFF] + Array("\"}".utf8)
        #expect(
            problem(bytes) == "1: not UTF-8 at byte 22 (line 1): 0xFF; save the file as UTF-8")
        let cut = Array("\n{\"id\":1,\"completion\":\"é\"}".utf8).dropLast(3)
        #expect(
            problem(Array(cut))
                == "2: not UTF-8 at byte 23 (line 2): 0xC3; save the file as UTF-8")
        let long = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 21)
        #expect(problem(long, lineLimit: 1 << 20) == "1: the line has more than 1048576 bytes")
        let deep = "{\"a\":" + String(repeating: "[", count: 100_000)
        #expect(problem(Array(deep.utf8)).hasPrefix("1: not JSON: a value is nested too deeply"))
    }

    @Test("a file that is missing or a folder is named")
    func missing() throws {
        try withFolder { folder in
            for path in [folder, folder + "/none.jsonl"] {
                #expect(
                    message { try CompletionFile(path: path).forEach { _, _ in } }.contains(path))
            }
        }
    }
}

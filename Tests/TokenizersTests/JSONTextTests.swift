import Foundation
import Testing

@testable import Tokenizers

@Suite struct JSONTextTests {
    private let text = """
        {
          "a" : 1e-06, "b\\u0041": {"a": 30.0, "list": [{"a": null}, 2]},
          "c" : "}, \\"a\\": 1",
          "d" : true
        }

        """

    private func edited(
        _ text: String, adding: [(key: String, value: String)] = [],
        _ edit: @escaping ([String], String) -> JSONText.Edit
    ) throws -> String {
        let document = try JSONText(Data(text.utf8), file: "x.json")
        return String(decoding: document.edited(adding: adding, edit), as: UTF8.self)
    }

    @Test("Members are replaced at any depth, and every other byte stays")
    func replace() throws {
        #expect(try edited(text) { _, _ in .keep } == text)
        let changed = try edited(text) { path, value in
            path.last == "a" && value != "1e-06" ? .replace("[7]") : .keep
        }
        #expect(
            changed
                == text.replacingOccurrences(of: "30.0", with: "[7]")
                .replacingOccurrences(of: "null", with: "[7]"))
        var paths: [[String]] = []
        _ = try edited(text) { path, _ in
            paths.append(path)
            return .keep
        }
        #expect(paths.contains(["bA", "list", "0", "a"]))
    }

    @Test("Members are left out with the comma that they need no more")
    func remove() throws {
        for (keys, rest) in [
            (["a"], #"{"b": 2, "c": 3}"#), (["b"], #"{"a": 1, "c": 3}"#),
            (["c"], #"{"a": 1, "b": 2}"#), (["a", "b"], #"{"c": 3}"#),
            (["b", "c"], #"{"a": 1}"#), (["a", "c"], #"{"b": 2}"#), (["a", "b", "c"], "{}"),
        ] {
            let found = try edited(#"{"a": 1, "b": 2, "c": 3}"#) { path, _ in
                keys.contains(path[0]) ? .remove : .keep
            }
            #expect(found == rest, "\(keys)")
        }
    }

    @Test("Members are added at the end, spaced as the others are")
    func add() throws {
        let added = [(key: "e", value: "5")]
        #expect(
            try edited(text, adding: added) { path, _ in path == ["d"] ? .remove : .keep }
                == text.replacingOccurrences(of: #""d" : true"#, with: #""e" : 5"#))
        #expect(try edited("{}", adding: added) { _, _ in .keep } == #"{"e": 5}"#)
        #expect(
            try edited("\u{FEFF}{\"a\":1}", adding: added) { _, _ in .keep }
                == "\u{FEFF}{\"a\":1,\"e\":5}")
    }

    @Test("What is no object is refused, by file")
    func refused() {
        for text in ["[1]", "{", "{\"a\": }", ""] {
            #expect {
                try JSONText(Data(text.utf8), file: "x.json")
            } throws: { "\($0)".hasPrefix("x.json: ") }
        }
    }
}

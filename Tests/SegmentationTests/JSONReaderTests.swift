import Testing

@testable import Segmentation

@Suite struct JSONReaderTests {
    private func strict(_ text: String) throws -> JSONValue {
        try StrictJSONReader.read(Array(text.unicodeScalars))
    }

    private func repaired(_ text: String) throws -> JSONValue {
        try RepairingJSONReader.read(Array(text.unicodeScalars))
    }

    private func object(_ members: (String, JSONValue)...) -> JSONValue {
        var object = JSONObject()
        for (key, value) in members { object[key] = value }
        return .object(object)
    }

    @Test("the last of equal names counts, and keeps the first's place")
    func duplicates() throws {
        let expected = object(("a", .integer(3)), ("b", .integer(2)))
        #expect(try strict(#"{"a": 1, "b": 2, "a": 3}"#) == expected)
    }

    @Test("escapes are what they stand for, half a surrogate pair is the replacement character")
    func escapes() throws {
        #expect(
            try strict(#""\u00e9\ud83d\ude80\n\/\ud83d\u0041""#) == .string("é🚀\n/\u{FFFD}A"))
    }

    @Test(
        "what Python's json rejects is rejected",
        arguments: [
            "", "01", "1.", ".5", "+1", "-", "1e", "[1,]", "{\"a\":1,}", "{a:1}", "['a']", "[1 2]",
            "\"a\nb\"", "\"\\x41\"", "\"\\u12g4\"", "nul", "[1]x", "\u{A0}1", "٣", "[1", "{\"a\"}",
        ])
    func rejected(text: String) {
        #expect(throws: JSONReadFailure.syntax) { try strict(text) }
    }

    @Test("numbers without fraction and exponent are integers; the infinities are numbers")
    func numbers() throws {
        let expected: [JSONValue] = [
            .integer(-0.0), .real(1.5), .real(200), .real(.infinity), .real(-.infinity),
            .integer(.infinity, .beyond),
        ]
        let long = "1" + String(repeating: "0", count: 400)
        #expect(
            try strict("[-0, 1.50, 2e+2, Infinity, -Infinity, \(long)]") == .array(expected))
    }

    @Test("an integer is told by the bits that it needs, also where the JSON is repaired")
    func widths() throws {
        let text =
            "[-9223372036854775808, 9223372036854775807, 9223372036854775808, "
            + "18446744073709551615, 18446744073709551616, -9223372036854775809"
        let widths: [IntegerWidth] = [
            .signed64, .signed64, .unsigned64, .unsigned64, .beyond, .beyond,
        ]
        for value in [try strict(text + "]"), try repaired(text)] {
            guard case .array(let items) = value else {
                Issue.record("no list")
                continue
            }
            let found = items.map { item -> IntegerWidth? in
                if case .integer(_, let width) = item { width } else { nil }
            }
            #expect(found == widths)
        }
    }

    @Test(
        "damage is repaired to what was meant",
        arguments: [
            #"[{"a": [1, 2], "b": [[3, 4]]"#, #"[{'a': [1, 2], 'b': [[3, 4]]}]"#,
            #"[{a: [1, 2], b: [[3, 4]]}]"#, #"[{"a": [1, 2] "b": [[3, 4]]}]"#,
            #"[{"a": [1, 2,], "b": [[3, 4],],},]"#, #"[{"a": [1, 2, "b": [[3, 4]]}]"#,
            #"["a": [1, 2], "b": [[3, 4]]]"#, #"[{"a": (1, 2), "b": [(3, 4)]}]"#,
            #"[{"a": [1, 2], // boxes"# + "\n" + #""b": /* points */ [[3, 4]]}]"#,
            #"[{“a”: [1, 2], “b”: [[3, 4]]}]"#, #"[{"a": [1, 2], "b": [[3, 4]]}}]"#,
            #"[{"a": [1, 2], "b": [[3, 4]]}, ...]"#,
        ])
    func repairs(text: String) throws {
        let expected = object(
            ("a", .array([.integer(1), .integer(2)])),
            ("b", .array([.array([.integer(3), .integer(4)])])))
        #expect(try repaired(text) == .array([expected]))
    }

    @Test("Python's literals are values where nothing quotes them")
    func literals() throws {
        let expected = JSONValue.array([.null, .bool(true), .bool(false), .string("NaN")])
        #expect(try repaired("[None, True, False, NaN") == expected)
    }

    @Test("a name that comes again without its separator starts the next object")
    func missingBraces() throws {
        let one = object(("a", .integer(1)), ("b", .integer(2)))
        #expect(
            try repaired(#"[{"a": 1, "b": 2, {"a": 1, "b": 2}]"#) == .array([one, one]))
    }

    @Test(
        "float() of a string follows Python",
        arguments: [
            ("1", 1), (" -1_0.5e+0_1 ", -105), ("1.", 1), (".5", 0.5), ("+2", 2), ("٤٢", 42),
            ("\u{2003}7\n", 7), ("1__0", nil), ("_1", nil), ("1_", nil), ("", nil), (".", nil),
            ("1e", nil), ("0x10", nil), ("1 2", nil), ("--1", nil), ("½", nil), ("-", nil),
        ] as [(String, Double?)])
    func pythonFloat(text: String, expected: Double?) {
        #expect(PythonText.float(text) == expected)
    }

    @Test("float() knows the infinities and NaN in any case")
    func specialFloats() throws {
        #expect(PythonText.float(" -InFinity ") == -.infinity)
        #expect(PythonText.float("inf") == .infinity)
        #expect(try #require(PythonText.float("NAN")).isNaN)
        #expect(PythonText.float("infin") == nil)
    }
}

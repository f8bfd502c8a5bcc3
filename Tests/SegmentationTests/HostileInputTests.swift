import Testing

@testable import Segmentation

// A policy in training writes anything, and the parser runs inside the training step: what it
// writes may cost neither the process nor the minute.
@Suite struct HostileInputTests {
    private let parser = AnswerParser(acceptance: .lenient)

    private func kind(_ text: String) -> String {
        switch parser.parse(text) {
        case .success: "accepted"
        case .failure(let failure): failure.kind
        }
    }

    private func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }

    @Test("nesting beyond the limit is a failure, open or closed, in JSON or in what is repaired")
    func deepNesting() {
        let open = String(repeating: "[", count: 10_000)
        let close = String(repeating: "]", count: 10_000)
        #expect(kind(open + close) == "too_deep")
        #expect(kind(open + "]") == "too_deep")
        #expect(kind("[{\"a\":" + String(repeating: "{\"a\":", count: 10_000) + "]") == "too_deep")
        // Every parenthesis looks for its end, which is given up before the depth is.
        #expect(kind("[{\"a\":" + String(repeating: "(", count: 10_000) + "]") == "too_damaged")
    }

    @Test("nesting up to the limit is read")
    func nestingAtTheLimit() throws {
        let depth = JSONLimits.depth
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(throws: Never.self) { try StrictJSONReader.read(scalars(text)) }
        #expect(throws: JSONReadFailure.tooDeep(limit: depth)) {
            try StrictJSONReader.read(scalars("[" + text + "]"))
        }
    }

    @Test("a completion longer than the limit is not read")
    func longCompletion() {
        let instances = String(repeating: "{\"bbox_2d\": [1,2,3,4]},", count: 1_000_000)
        // From the first bracket to the last.
        let bytes = instances.utf8.count - 1
        let failure = ParseFailure.tooLong(bytes: bytes, limit: AnswerParser.byteLimit)
        #expect(parser.parse("[" + instances) == .failure(failure))
    }

    @Test("as many instances as the limit are read, one more is a failure")
    func manyInstances() {
        let instance = "{\"bbox_2d\": [1,2,3,4]}"
        func list(_ count: Int) -> String {
            "[" + [String](repeating: instance, count: count).joined(separator: ",") + "]"
        }
        #expect(kind(list(AnswerParser.instanceLimit)) == "accepted")
        #expect(kind(list(AnswerParser.instanceLimit + 1)) == "too_many_instances")
    }

    @Test("an integer with more digits than Python reads is a failure")
    func longInteger() {
        let digits = String(repeating: "9", count: 4301)
        #expect(kind("[{\"bbox_2d\": [1,2,3,4], \"a\": \(digits)}]") == "long_integer")
    }

    /// Text that repeats, each made to send one look-ahead after another through all of it.
    private static let repetitions = [
        "[", "]", "{", "}", "(", ")", ",", ":", "\"", "'", "\\", "/", "#", " ", "\n", "“", "„", "`",
        "\0", "[\"", "[{", "{\"a\":", "[{\"a\": \"b,", "[{\"a\":[],[", "[\"a", "[{'a", "[[],",
        "[{a", "[#", "//", "/*", "/* */", "</think>", "<answer>", "```json", "}```", "\",", "\" c ",
        "\"a\":1,", "\"a\" 1 ", "b,[", "b,{a:", "[\"a", "{a}", "{a", "{\\\"a\\\":1}", "[1],",
        "[[1]],",
        "NaN,", "1e", "9", "_", "a ", "(1\n", "\" , # x\n",
    ]

    @Test(
        "whatever repeats takes steps in proportion, or is given up; and it is no answer",
        arguments: repetitions)
    func repetition(part: String) {
        for opening in ["[", "[{\"a\": ", "[{\"a\": \"b"] {
            for length in [10_000, 20_000] {
                let body = opening + String(repeating: part, count: length / part.utf8.count) + "]"
                let text = scalars(body)
                // What is done between two checks of the limit goes through the text once more.
                let limit = 1_000_000 + 66 * text.count
                #expect(RepairingJSONReader.steps(text) < limit)
                #expect((try? parser.parse(body).get().prompts.isEmpty) ?? true)
                _ = ThinkAnswerFormat.matches("<think>" + body + "</answer>")
            }
        }
    }

    @Test("damage that policies do takes a few steps per character, however long the answer")
    func proportion() {
        let instance =
            "{'bbox_2d': [1,2,3,4], 'positive_points': [[1,2],[3,4]], 'label': 'it's, a',},"
        let texts = [
            "[" + String(repeating: instance, count: 1000),
            "[" + String(repeating: instance.replacing("'", with: "\""), count: 1000),
            "[" + String(repeating: instance.replacing("'", with: ""), count: 1000) + "]",
            "[" + String(repeating: instance.replacing(",", with: " "), count: 1000) + "]",
        ]
        for text in texts.map(scalars) {
            #expect(RepairingJSONReader.steps(text) < 30 * text.count)
        }
    }

    @Test("megabytes of thoughts before an answer are no obstacle, and as many tags are none")
    func megabytes() {
        let thoughts = String(repeating: "a[{\"<think>", count: 1_000_000)
        let answer = "<answer>```json[{\"bbox_2d\": [1,2,3,4]}]```</answer>"
        #expect(kind(thoughts + answer) == "accepted")
        #expect(ThinkAnswerFormat.matches("<think>" + thoughts + "</think>\n" + answer))
        #expect(!ThinkAnswerFormat.matches("<think>" + thoughts + answer))
        let tags = String(repeating: "</think> <answer> ", count: 500_000)
        #expect(!ThinkAnswerFormat.matches("<think>" + tags))
        #expect(ThinkAnswerFormat.matches("<think>" + tags + "</answer>"))
        #expect(kind(tags) == "too_long")
        #expect(kind("[\"" + String(repeating: "a", count: 10_000_000) + "\"]") == "too_long")
    }

    @Test("numbers at the edge are numbers, numbers beyond it are failures")
    func numbers() {
        func boxed(_ number: String) -> String { kind("[{\"bbox_2d\": [1,2,\(number),4]}]") }
        for number in ["1e308", "-1e308", "1e-400", "-0", String(repeating: "9", count: 300)] {
            #expect(boxed(number) == "accepted")
        }
        let long = String(repeating: "9", count: 400)
        for number in ["1e309", "-1e999", "NaN", "Infinity", "-Infinity", long] {
            #expect(boxed(number) == "not_a_number")
        }
    }
}

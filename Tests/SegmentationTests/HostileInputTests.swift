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

    @Test(
        "repetitive damage is read or given up in bounded work",
        arguments: [
            "[\"", "[{", "[{\"a\": \"b,", "[{\"a\":[],[", "[\"a", "[{'a", "[(", "[[],", "[{a", "[#",
            "</think>",
        ])
    func repetition(part: String) {
        let count = AnswerParser.byteLimit / 4 / part.utf8.count
        let body = "[{\"a\": " + String(repeating: part, count: count) + "]"
        let start = ContinuousClock.now
        _ = parser.parse(body)
        _ = ThinkAnswerFormat.matches("<think>" + body + "</answer>")
        // Far above what it takes, other tests running beside; quadratic work takes minutes.
        #expect(ContinuousClock.now - start < .seconds(15))
    }
}

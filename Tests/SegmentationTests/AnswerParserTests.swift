import Foundation
import Imaging
import TestSupport
import Testing

@testable import Segmentation

@Suite struct AnswerParserTests {
    private let strict = AnswerParser(acceptance: .strict)
    private let lenient = AnswerParser(acceptance: .lenient)
    private let box = "\"bbox_2d\": [1,2,30,40]"
    private let points = "\"positive_points\": [[5,6],[7,8]]"
    private let prompt = SegmentationPrompt(
        box: Box(x1: 1, y1: 2, x2: 30, y2: 40),
        positivePoints: [Point(x: 5, y: 6), Point(x: 7, y: 8)])

    private func fenced(_ body: String) -> String {
        "<think>t</think>\n<answer>```json\(body)```</answer>"
    }

    private func prompts(_ parser: AnswerParser, _ completion: String) -> [SegmentationPrompt]? {
        try? parser.parse(completion).get().prompts
    }

    private func failure(_ parser: AnswerParser, _ completion: String) -> ParseFailure? {
        if case .failure(let failure) = parser.parse(completion) { failure } else { nil }
    }

    @Test("a fenced list of valid instances is accepted, without repair")
    func validList() throws {
        let answer = try strict.parse(fenced("[{\(box), \(points)}]")).get()
        #expect(answer == ParsedAnswer(prompts: [prompt]))
    }

    @Test("an empty list is an answer: there is no target")
    func emptyList() {
        #expect(prompts(strict, fenced("[]")) == [])
        #expect(prompts(lenient, fenced("[]")) == [])
    }

    @Test("words instead of a list are rejected: for the fence, or for not being a list")
    func words() {
        let completion = "<answer>No target</answer>"
        #expect(failure(strict, completion) == .noFence)
        #expect(failure(lenient, completion) == .notAList(found: "not JSON"))
        #expect(failure(strict, "<answer>```json[]</answer>") == .unclosedFence)
    }

    @Test("only the lenient parser accepts a list without a fence")
    func noFence() {
        let completion = "<answer>[{\(box), \(points)}]</answer>"
        #expect(failure(strict, completion) == .noFence)
        #expect(prompts(lenient, completion) == [prompt])
    }

    @Test("only the lenient parser accepts a box without points")
    func boxOnly() {
        let completion = fenced("[{\(box)}]")
        #expect(
            failure(strict, completion) == .instance(1, .missing(key: "positive_points")))
        #expect(prompts(lenient, completion) == [SegmentationPrompt(box: prompt.box)])
    }

    @Test("points without a box are accepted", arguments: AnswerAcceptance.allCases)
    func pointsOnly(acceptance: AnswerAcceptance) {
        let parser = AnswerParser(acceptance: acceptance)
        let expected = SegmentationPrompt(positivePoints: prompt.positivePoints)
        #expect(prompts(parser, fenced("[{\(points)}]")) == [expected])
    }

    @Test(
        "one invalid instance rejects the answer, and the message says what and where",
        arguments: [
            ("{\"bbox_2d\": [1,2,3]}", "instance 2: bbox_2d has 3 numbers, expected 4"),
            ("{\"bbox_2d\": null}", "instance 2: bbox_2d is null, expected a list"),
            (
                "{\"bbox_2d\": [\"a\",2,3,4]}",
                "instance 2: bbox_2d holds a string, expected finite numbers"
            ),
            (
                "{\"bbox_2d\": [1,2,NaN,4]}",
                "instance 2: bbox_2d holds NaN, expected finite numbers"
            ),
            (
                "{\"bbox_2d\": [1,2,1e999,4]}",
                "instance 2: bbox_2d holds an infinite number, expected finite numbers"
            ),
            (
                "{\"positive_points\": [[1,2]]}",
                "instance 2: positive_points has 1 point, expected 2"
            ),
            (
                "{\"positive_points\": [[1,2],[3]]}",
                "instance 2: point 2 of positive_points is not a pair [x, y]"
            ),
            (
                "{\"positive_points\": [[1,2],[3,\"x\"]]}",
                "instance 2: positive_points holds a string that is no number, expected finite "
                    + "numbers"
            ),
            (
                "{\"positive_points\": [[1,2],[3,4]], \"negative_points\": []}",
                "instance 2: negative_points is not asked for"
            ),
            ("{}", "instance 2: it has neither bbox_2d nor positive_points"),
            ("7", "instance 2: it is a number, expected an object"),
        ])
    func invalidInstance(instance: String, message: String) {
        let completion = fenced("[{\(box), \(points)}, \(instance)]")
        for parser in [strict, lenient] {
            let found = failure(parser, completion)?.description
            // The strict parser misses the points of a box before it looks at anything else.
            #expect(found == message)
        }
    }

    @Test("numbers in strings are points but not boxes; booleans are 0 and 1, as in Python")
    func pythonNumbers() {
        let body = "[{\"positive_points\": [[\" 1_0 \",\"2.5\"],[true,\"٣\"]]}]"
        let expected = [Point(x: 10, y: 2.5), Point(x: 1, y: 3)]
        #expect(prompts(strict, fenced(body))?.first?.positivePoints == expected)
        let boxed = "[{\"bbox_2d\": [\"1\",\"2\",\"3\",\"4\"], \(points)}]"
        #expect(failure(strict, fenced(boxed))?.kind == "not_a_number")
    }

    @Test("corners keep the order in which they are written")
    func swappedBox() {
        let found = prompts(strict, fenced("[{\"bbox_2d\": [30,40,1,2], \(points)}]"))
        #expect(found?.first?.box == Box(x1: 30, y1: 40, x2: 1, y2: 2))
    }

    @Test("a completion cut off in its second instance gives the lenient parser the first")
    func cutOff() throws {
        let completion = "<think>t</think><answer>```json[{\(box), \(points)}, {\"bbox_2d\": [4,"
        #expect(failure(strict, completion) == .unclosedFence)
        let answer = try lenient.parse(completion).get()
        #expect(answer == ParsedAnswer(prompts: [prompt], wasRepaired: true))
        #expect(prompts(strict, fenced("[{\(box), \(points)}, {\"bbox_2d\": [4,")) == [prompt])
    }

    @Test("of two answers the first counts, of two fences too")
    func firstAnswer() {
        let first = fenced("[{\(box), \(points)}]")
        #expect(prompts(strict, first + fenced("[]")) == [prompt])
        #expect(prompts(strict, "<answer>```json[]``` ```json[{\(box)}]```</answer>") == [])
    }

    @Test("every case of the reference corpus parses as the reference does")
    func corpus() throws {
        let cases = try Fixtures.decode([CorpusCase].self, "segmentation/answers.json")
        #expect(cases.count > 1900)
        // A corpus that is rejected, or accepted, as a whole would prove little.
        #expect(cases.filter { $0.strict != nil }.count > 500)
        #expect(cases.filter { $0.lenient == nil }.count > 500)
        for item in cases {
            let place = Comment(rawValue: "\(item.family): \(item.completion)")
            #expect(prompts(strict, item.completion) == item.strict, place)
            #expect(prompts(lenient, item.completion) == item.lenient, place)
            #expect(ThinkAnswerFormat.matches(item.completion) == item.hasFormat, place)
        }
    }
}

/// A completion with what the reference found in it.
private struct CorpusCase: Decodable {
    private struct Instance: Decodable {
        let prompt: SegmentationPrompt

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            let box = try container.decodeIfPresent([Double].self)
            let points = try container.decode([[Double]].self)
            prompt = SegmentationPrompt(
                box: box.map { Box(x1: $0[0], y1: $0[1], x2: $0[2], y2: $0[3]) },
                positivePoints: points.map { Point(x: $0[0], y: $0[1]) })
        }
    }

    let family: String
    let completion: String
    let strict: [SegmentationPrompt]?
    let lenient: [SegmentationPrompt]?
    let hasFormat: Bool

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        family = try container.decode(String.self)
        completion = try container.decode(String.self)
        strict = try container.decodeIfPresent([Instance].self)?.map(\.prompt)
        if (try? container.decode(Bool.self)) == true {
            lenient = strict
        } else {
            lenient = try container.decodeIfPresent([Instance].self)?.map(\.prompt)
        }
        hasFormat = try container.decode(Bool.self)
    }
}

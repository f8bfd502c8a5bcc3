import Imaging
import TestSupport
import Testing

@testable import Segmentation

/// Answers with coordinates that are no usual numbers, against the published code's parser and call of
/// the official SAM2ImagePredictor.
@Suite struct PublishedAnswerTests {
    private func parser(_ call: PublishedCall) -> AnswerParser {
        AnswerParser(
            grammar: AnswerGrammar(
                positivePoints: call.grammar[0], negativePoints: call.grammar[1]),
            acceptance: .lenient)
    }

    /// All of a prompt, NaN included; -0 is 0.
    private func text(
        _ box: [Double]?, _ positive: [[Double]], _ negative: [[Double]]
    ) -> String {
        "\(box?.map { $0 + 0 } ?? []) \([positive, negative].map { $0.map { $0.map { $0 + 0 } } })"
    }

    private func text(_ prompt: SegmentationPrompt) -> String {
        text(
            prompt.box.map { [$0.x1, $0.y1, $0.x2, $0.y2] },
            prompt.positivePoints.map { [$0.x, $0.y] }, prompt.negativePoints.map { [$0.x, $0.y] })
    }

    @Test("What the published parser rejects, its call raises for, and what it asks, is its own")
    func calls() throws {
        let calls = try PublishedCall.all()
        #expect(calls.count > 400)
        #expect(calls.count { !$0.reads } > 100 && calls.count(where: \.raises) > 80)
        for call in calls {
            let place = Comment(rawValue: call.answer)
            switch parser(call).published("<answer>\(call.answer)</answer>") {
            case .failure(let failure):
                #expect(!call.reads, "\(call.answer): \(failure)")
            case .success(let answer):
                #expect(call.reads, place)
                #expect(call.raises == (answer.callFailure != nil), place)
                let expected = call.prompts.map {
                    text($0.box, $0.positivePoints, $0.negativePoints)
                }
                #expect(answer.prompts.map(text) == expected, place)
            }
        }
    }

    @Test("This project's reading of the same answers has numbers, or is a failure that says what")
    func own() throws {
        for call in try PublishedCall.all() {
            guard case .success(let answer) = parser(call).parse(call.answer) else { continue }
            let isFinite = answer.prompts.allSatisfy { prompt in
                let corners = prompt.box.map { [$0.x1, $0.y1, $0.x2, $0.y2] } ?? []
                let points = prompt.positivePoints + prompt.negativePoints
                return (corners + points.flatMap { [$0.x, $0.y] }).allSatisfy(\.isFinite)
            }
            #expect(isFinite, "\(call.answer)")
        }
    }

    @Test("A call that raises says which instance and what is wrong with it")
    func messages() {
        let box = "\"bbox_2d\": [1, 2, 3, 4]"
        let cases = [
            "[{\(box), \"positive_points\": [[1, \"2\"], [3, 4]]}]":
                "instance 1: positive_points holds a string, expected finite numbers",
            "[{\(box), \"positive_points\": [[1, 2], [3, 4]], \"negative_points\": null}]":
                "instance 1: negative_points is null, expected a list",
            "[{\(box)}, {\"positive_points\": [[1, 2], [3, 1\(String(repeating: "0", count: 20))]]}]":
                "instance 2: positive_points holds an integer beyond 64 bits, expected finite numbers",
            "[{\"bbox_2d\": [[1, 2], 3, 4, 5]}]":
                "instance 1: bbox_2d holds lists that do not fit each other, expected finite numbers",
            "[{\"bbox_2d\": [null, 2, 3, 4]}]":
                "instance 1: bbox_2d holds null, expected finite numbers",
        ]
        for (answer, message) in cases {
            let found = try? AnswerParser(acceptance: .lenient).published(answer).get()
            #expect(found?.callFailure?.description == message)
            #expect(found?.prompts.isEmpty == true)
        }
    }
}

import Foundation
import Imaging
import Segmentation
import Testing

@testable import Rewards

/// What a command is told, and how its answers are read.
@Suite struct ExternalRequestTests {
    private func text(_ request: ExternalRequest) throws -> String {
        String(decoding: try request.line(), as: UTF8.self)
    }

    @Test("a request is one line with every member, spelled so")
    func request() throws {
        var request = ExternalRequest(
            id: "harbour-7", question: "Où?", completion: "a/b \"c\"\n\t\u{1}\\ 🛩️",
            tokenCount: 12, failure: nil,
            prompts: [
                SegmentationPrompt(
                    box: Box(x1: 1, y1: 2.5, x2: 30, y2: 40),
                    positivePoints: [Point(x: 3, y: 4), Point(x: 5, y: 0.1)]),
                SegmentationPrompt(negativePoints: [Point(x: -1, y: 1e21)]),
            ], iou: 0.25, frame: ImageFrame(width: 2, height: 3), masks: nil)
        #expect(
            try text(request) == #"{"completion":"a/b \"c\"\n\t\u0001\\ 🛩️","error":null,"#
                + #""height":3,"id":"harbour-7","iou":0.25,"num_tokens":12,"parse_ok":true,"#
                + #""prompts":[{"bbox_2d":[1,2.5,30,40],"negative_points":[],"#
                + #""positive_points":[[3,4],[5,0.1]]},{"bbox_2d":null,"#
                + #""negative_points":[[-1,1e+21]],"positive_points":[]}],"#
                + #""question":"Où?","width":2}"# + "\n")

        let truth = context("").truth
        request = ExternalRequest(
            completion: "", failure: .noFence, prompts: [], iou: 0, frame: truth.frame,
            masks: (nil, truth, nil))
        #expect(
            try text(request) == #"{"completion":"","error":"the answer has no ```json fence","#
                + #""height":3,"id":null,"iou":0,"mask":null,"num_tokens":null,"#
                + #""parse_ok":false,"prompts":[],"question":null,"#
                + #""truth":{"counts":[3,3],"size":[3,2]},"width":2}"# + "\n")
    }

    @Test("a request holds what its context holds, masks only where they are asked for")
    func fromContext() throws {
        let truth = context("").truth
        let prompt = SegmentationPrompt(box: Box(x1: 0, y1: 0, x2: 1, y2: 1))
        let answer = ParsedAnswer(prompts: [prompt])
        let whole = RewardContext(
            completion: ScoredCompletion("text"), parse: .success(answer),
            strictParse: .failure(.noFence),
            mask: BinaryMask(width: 2, height: 3), truth: truth, iou: 0.5)
        let request = ExternalRequest(whole, sendsMasks: true)
        #expect(request.completion == "text" && request.prompts == [prompt] && request.iou == 0.5)
        #expect(request.failure == nil && request.frame == truth.frame)
        #expect(request.masks?.answer == whole.mask && request.masks?.truth == truth)
        #expect(ExternalRequest(whole, sendsMasks: false).masks == nil)
        #expect(ExternalRequest(context("x"), sendsMasks: false).failure == .noFence)
        #expect(try !text(ExternalRequest(whole, sendsMasks: false)).contains("truth"))
    }

    @Test(
        "an answer is a number or null, or an object with a reward that is one, or an error",
        arguments: [
            ("1", ExternalAnswer.reward(1)), ("-0.25", .reward(-0.25)), ("1e3\r", .reward(1000)),
            (" 2 ", .reward(2)), (#"{"reward": 0.5, "why": [1, {}]}"#, .reward(0.5)),
            (#"{"error": "no 🛩️\n"}"#, .error("no 🛩️\n")),
            (#"{"error": null, "reward": 3}"#, .reward(3)),
            ("null", .abstention), (" null\r", .abstention), (#"{"reward": null}"#, .abstention),
            (#"{"reward": null, "why": "no flag"}"#, .abstention),
            (#"{"reward": null, "error": null}"#, .abstention),
            (#"{"reward": null, "error": "no"}"#, .error("no")),
            (#"{"reward": null, "x": 1e400}"#, .abstention),
            (#"{"error": "no", "reward": 3}"#, .error("no")),
            ("NaN", .notFinite("nan")), ("-Infinity", .notFinite("-inf")),
            (#"{"reward": NaN}"#, .notFinite("nan")),
        ])
    func answers(line: String, answer: ExternalAnswer) {
        #expect(ExternalAnswer(line: Array(line.utf8)) == answer)
    }

    @Test(
        "anything else is no answer",
        arguments: [
            "", " ", "hello", "true", "Null", "None", "nul", "null null", "\"null\"", "[null]",
            "\"1\"", "[1]", "{}", "{\"error\": null}", "{\"reward\": \"1\"}",
            "{\"reward\": true}", "{\"rewards\": null}", "{\"rewards\": 1}", "{\"error\": 3}",
            "1 2", "{'reward': 1}", "0x10", "{\"reward\": 1",
        ])
    func noAnswers(line: String) {
        #expect(ExternalAnswer(line: Array(line.utf8)) == nil)
    }
}

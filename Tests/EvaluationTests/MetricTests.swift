import Evaluation
import Foundation
import Imaging
import Testing

/// Five answers whose metrics can be computed by hand.
private let answers = [
    // IoU 0.5, right format, thought right
    SampleOutcome(
        id: "a", overlap: MaskOverlap(intersection: 20, union: 40, isEmptyTarget: false),
        objectCount: 2, length: 30, targetClass: "ship", thoughtNamesTarget: true),
    // IoU 0.9
    SampleOutcome(
        id: "b", overlap: MaskOverlap(intersection: 90, union: 100, isEmptyTarget: false),
        objectCount: 1, length: 20, targetClass: "pond", thoughtNamesTarget: false),
    // unreadable: all of the truth's 60 pixels are in the union
    SampleOutcome(
        id: "c", overlap: MaskOverlap(intersection: 0, union: 60, isEmptyTarget: false),
        isReadable: false, objectCount: 0, hasValidFormat: false, hasValidTags: false, length: 50,
        targetClass: "ship", thoughtNamesTarget: false),
    // no target, and nothing named
    SampleOutcome(
        id: "d", overlap: MaskOverlap(intersection: 0, union: 0, isEmptyTarget: true),
        objectCount: 0, length: 10),
    // no target, and 10 pixels predicted
    SampleOutcome(
        id: "e", overlap: MaskOverlap(intersection: 0, union: 10, isEmptyTarget: true),
        objectCount: 1, hasValidTags: false, length: 15),
]

@Suite struct MetricTests {
    // Sums of a few halves and tenths: any difference beyond rounding is another formula.
    private let tolerance = 1e-12

    private static let byHand: [(Metric, Double)] = [
        (.gIoU, (0.5 + 0.9 + 0 + 1 + 0) / 5.0),
        (.cIoU, 110.0 / 210.0),
        (.gIoUWithTarget, 1.4 / 3.0),
        (.precision50, 3.0 / 5.0),
        (.precision60, 2.0 / 5.0),
        (.precision70, 2.0 / 5.0),
        (.precision80, 2.0 / 5.0),
        (.precision90, 2.0 / 5.0),
        (.emptyTargetAccuracy, 1.0 / 2.0),
        (.formatValidity, 4.0 / 5.0),
        (.tagValidity, 3.0 / 5.0),
        (.thoughtNamesTarget, 1.0 / 3.0),
        (.gIoUWhenNamed, 0.5),
        (.meanObjects, 4.0 / 5.0),
        (.meanLength, 25.0),
    ]

    @Test("Every metric has the value that the definitions give by hand", arguments: byHand)
    func values(metric: Metric, expected: Double) throws {
        let summary = EvaluationSummary(answers, bootstrap: Bootstrap(resamples: 10))
        let value = try #require(summary[metric].value)
        #expect(abs(value - expected) < tolerance, "\(metric.rawValue)")
    }

    @Test("A summary counts samples, answers, empty targets and the answers behind each metric")
    func counts() {
        let summary = EvaluationSummary(answers, bootstrap: Bootstrap(resamples: 10))
        #expect(summary.samples == 5 && summary.answers == 5 && summary.emptyTargets == 2)
        #expect(summary[.gIoU].count == 5 && summary[.emptyTargetAccuracy].count == 2)
        #expect(summary[.thoughtNamesTarget].count == 3 && summary[.gIoUWhenNamed].count == 1)
        #expect(summary.classes.keys.sorted() == ["pond", "ship"])
        #expect(summary.classes["ship"]?.value == 0.25 && summary.classes["ship"]?.count == 2)
    }

    @Test("A metric that no answer counts for has neither value nor interval")
    func undefined() {
        let summary = EvaluationSummary([answers[1]], bootstrap: Bootstrap(resamples: 10))
        #expect(summary[.emptyTargetAccuracy] == Estimate(value: nil, interval: nil, count: 0))
        #expect(EvaluationSummary([])[.gIoU].value == nil)
    }

    @Test("IoU follows the rules of the reward, not the masks alone")
    func rewardRules() {
        func iou(_ readable: Bool, _ objects: Int, _ overlap: MaskOverlap) -> Double {
            SampleOutcome(
                id: "", overlap: overlap, isReadable: readable, objectCount: objects
            ).iou
        }
        let nothing = MaskOverlap(intersection: 0, union: 0, isEmptyTarget: true)
        #expect(iou(true, 0, nothing) == 1)
        // Something was named, although its mask came out empty.
        #expect(iou(true, 1, nothing) == 0)
        #expect(iou(false, 0, nothing) == 0)
        #expect(iou(true, 1, MaskOverlap(intersection: 1, union: 4, isEmptyTarget: false)) == 0.25)
    }

    @Test(
        "A class is named by its words in singular or plural, in any case, and by no part of a word",
        arguments: [
            ("look for storage tanks ; two found", "storage tank", true),
            ("Two Storage-Tank objects.", "storage tank", true),
            ("a storage of tanks", "storage tank", false),
            ("a shipping container", "ship", false),
            ("ships", "ship", true),
            ("", "ship", false),
            ("anything", "", false),
        ])
    func naming(text: String, className: String, expected: Bool) {
        #expect(names(text, className: className) == expected)
    }

    @Test("The thought is what stands in the first think tag, closed or not")
    func thoughts() {
        #expect(thought(of: "<think>a</think><answer>b</answer><think>c</think>") == "a")
        #expect(thought(of: "x<think>a b") == "a b")
        #expect(thought(of: "<answer>[]</answer>") == nil)
    }

    @Test("A summary is read back from its JSON as it was")
    func codable() throws {
        let summary = EvaluationSummary(answers, bootstrap: Bootstrap(seed: 3, resamples: 50))
        let data = try JSONEncoder().encode(summary)
        #expect(try JSONDecoder().decode(EvaluationSummary.self, from: data) == summary)
    }
}

import Datasets
import Evaluation
import Foundation
import Testing

/// Eight answers whose metrics by the published protocol can be computed by hand.
private let answers = [
    // IoU exactly 0.5
    PaperOutcome(
        id: "a", objectCount: 2, truth: 30, intersection: 20, union: 40, targetClass: "ship"),
    // IoU 0.9
    PaperOutcome(
        id: "b", objectCount: 1, truth: 95, intersection: 90, union: 100, targetClass: "pond"),
    // cannot be read, target of 60 pixels
    PaperOutcome(id: "c", isReadable: false, objectCount: 0, truth: 60, targetClass: "ship"),
    // names nothing, target of 40 pixels
    PaperOutcome(id: "d", objectCount: 0, truth: 40, targetClass: "pond"),
    // no target, and nothing named
    PaperOutcome(id: "e", objectCount: 0, truth: 0),
    // no target, and something named
    PaperOutcome(id: "f", objectCount: 3, truth: 0),
    // no target, and the answer cannot be read
    PaperOutcome(id: "g", isReadable: false, objectCount: 0, truth: 0),
    // the segmenter's mask has no pixel in common with the target
    PaperOutcome(id: "h", objectCount: 1, truth: 10, intersection: 0, union: 25),
]

private func summary(_ outcomes: [PaperOutcome], seed: UInt64 = 1) throws -> PaperSummary {
    try #require(
        PaperSummary(outcomes, questionSeed: seed, bootstrap: Bootstrap(resamples: 20)))
}

@Suite struct PaperTests {
    // Sums of a few halves and tenths: any difference beyond rounding is another formula.
    private let tolerance = 1e-12

    private static let byHand: [(Metric, Double, Int)] = [
        (.gIoU, (0.5 + 0.9 + 0 + 0 + 1 + 0 + 0 + 0) / 8.0, 8),
        // 20 + 90 of 40 + 100 + 60 + 40 + 25: nothing of e, f and g
        (.cIoU, 110.0 / 265.0, 5),
        (.gIoUWithTarget, 1.4 / 5.0, 5),
        // of a, b, e, f and h: a, b and e
        (.precision50, 3.0 / 5.0, 5),
        (.precision60, 2.0 / 5.0, 5),
        (.precision90, 2.0 / 5.0, 5),
        (.emptyTargetAccuracy, 1.0 / 3.0, 3),
        (.formatValidity, 6.0 / 8.0, 8),
    ]

    @Test("Every metric of the paper has the value that its rules give by hand", arguments: byHand)
    func values(metric: Metric, expected: Double, count: Int) throws {
        let estimate = try summary(answers)[metric]
        #expect(abs(try #require(estimate.value) - expected) < tolerance, "\(metric.rawValue)")
        #expect(estimate.count == count)
        #expect(try #require(estimate.interval).contains(expected))
    }

    @Test("What is predicted where there is no target costs the paper's gIoU, and nothing in cIoU")
    func falsePositives() throws {
        let wrong = try summary([answers[0], answers[5]])
        #expect(wrong[.gIoU].value == 0.25 && wrong[.cIoU].value == 0.5)
        // Whatever an answer there predicts, its mask counts as one without pixels.
        var large = answers[5]
        large.union = 1000
        #expect(try summary([answers[0], large])[.cIoU].value == 0.5)
        #expect(try summary([answers[0], large])[.gIoU].value == 0.25)
        // The strict protocol puts the pixels in the union.
        let strict = EvaluationSummary([
            SampleOutcome(
                id: "a", overlap: MaskOverlap(intersection: 20, union: 40, isEmptyTarget: false),
                objectCount: 2),
            SampleOutcome(
                id: "f", overlap: MaskOverlap(intersection: 0, union: 60, isEmptyTarget: true),
                objectCount: 3),
        ])
        #expect(strict[.cIoU].value == 0.2)
    }

    @Test(
        "An answer that cannot be read, or names nothing, adds its target's pixels to the paper's union",
        arguments: [2, 3])
    func missing(place: Int) throws {
        let found = try summary([answers[0], answers[place]])
        #expect(found[.cIoU].value == 20.0 / Double(40 + answers[place].truth))
        #expect(found[.gIoU].value == 0.25)
        #expect(answers[place].iou == 0 && !answers[place].hasMask)
    }

    @Test("Without a target an empty list has 1, any other answer and none 0")
    func emptyTargets() {
        #expect(answers[4...6].map(\.iou) == [1, 0, 0])
        #expect(answers[4...6].map(\.hasMask) == [true, true, false])
        #expect(answers.allSatisfy { !$0.isSegmented || !$0.isEmptyTarget })
    }

    @Test("Only answers with a mask count in the paper's Pr@X, those about nothing among them")
    func precision() throws {
        #expect(try summary(answers).withMask == 5)
        // c and d have no mask: of a alone all are right.
        #expect(try summary([answers[0], answers[2], answers[3]])[.precision50].value == 1)
        // A right empty answer is a hit, a wrong one a miss.
        #expect(try summary([answers[4]])[.precision90].value == 1)
        #expect(try summary([answers[0], answers[5]])[.precision50].value == 0.5)
        // All answers count in the strict protocol.
        let strict = EvaluationSummary(
            [("a", true), ("c", false)].map { id, isReadable in
                SampleOutcome(
                    id: id,
                    overlap: MaskOverlap(
                        intersection: isReadable ? 20 : 0, union: 40, isEmptyTarget: false),
                    isReadable: isReadable, objectCount: isReadable ? 1 : 0)
            })
        #expect(strict[.precision50].value == 0.5)
    }

    @Test("A call that raises has no mask on a target, and is wrong but has one without a target")
    func raisingCall() throws {
        let target = PaperOutcome(id: "r", callRaises: true, objectCount: 0, truth: 40)
        #expect(!target.hasMask && target.iou == 0 && !target.predictsNothing)
        let both = try summary([answers[0], target])
        #expect(both.withMask == 1 && both[.formatValidity].value == 1)
        #expect(both[.precision50].value == 1 && both[.gIoU].value == 0.25)
        #expect(both[.cIoU].value == 20.0 / (40 + 40))
        let empty = PaperOutcome(id: "s", callRaises: true, objectCount: 0, truth: 0)
        #expect(empty.hasMask && empty.iou == 0 && !empty.isSegmented)
        #expect(try summary([empty])[.precision50].value == 0)
        #expect(try summary([empty])[.emptyTargetAccuracy].value == 0)
    }

    @Test("An IoU of exactly X counts in Pr@X")
    func threshold() throws {
        #expect(try summary([answers[0]])[.precision50].value == 1)
        #expect(try summary([answers[0]])[.precision60].value == 0)
        let below = PaperOutcome(
            id: "a", objectCount: 1, truth: 1000, intersection: 499, union: 1000)
        #expect(try summary([below])[.precision50].value == 0)
    }

    @Test(
        "Without any mask gIoU, cIoU and Pr@X of the paper are 0, and so is cIoU without a target")
    func noMask() throws {
        let none = try summary([answers[2], answers[3], answers[6]])
        #expect(none.withMask == 0)
        for metric in [Metric.gIoU, .cIoU, .precision50, .precision90] {
            #expect(none[metric].value == 0, "\(metric.rawValue)")
        }
        let empty = try summary([answers[4]])
        #expect(empty[.gIoU].value == 1 && empty[.cIoU].value == 0)
        #expect(empty[.cIoU].interval == nil && empty[.cIoU].count == 0)
        // The strict protocol says that there is none.
        let strict = EvaluationSummary([
            SampleOutcome(
                id: "e", overlap: MaskOverlap(intersection: 0, union: 0, isEmptyTarget: true),
                objectCount: 0)
        ])
        #expect(strict[.cIoU].value == nil)
    }

    @Test("One question of each sample counts, the one that the seed draws for its name")
    func drawnQuestions() throws {
        let outcomes = (0..<40).flatMap { sample in
            (0..<4).map { question in
                PaperOutcome(
                    id: "s\(sample)", questionIndex: question, questionCount: 4, objectCount: 1,
                    truth: 8, intersection: question, union: 8)
            }
        }
        for seed: UInt64 in [1, 2] {
            let places = (0..<40).map {
                QuestionSelector.random.index(
                    count: 4, seed: seed, epoch: 0, sampleID: "s\($0)")
            }
            #expect(Set(places).count == 4)
            let drawn = try #require(PaperOutcome.drawn(outcomes, seed: seed))
            #expect(drawn.map(\.questionIndex) == places)
            let expected = places.reduce(0) { $0 + Double($1) / 8 } / 40
            let found = try summary(outcomes, seed: seed)
            #expect(abs(try #require(found[.gIoU].value) - expected) < tolerance)
            #expect(found.samples == 40 && found.questionSeed == seed)
        }
    }

    @Test("Answers that lack a question which is drawn have no metrics of the paper")
    func missingQuestion() throws {
        let place = QuestionSelector.random.index(count: 3, seed: 1, epoch: 0, sampleID: "a")
        func outcome(_ question: Int) -> PaperOutcome {
            PaperOutcome(
                id: "a", questionIndex: question, questionCount: 3, objectCount: 0, truth: 0)
        }
        #expect(PaperSummary([outcome(place)], questionSeed: 1) != nil)
        #expect(PaperSummary([outcome((place + 1) % 3)], questionSeed: 1) == nil)
    }

    @Test("Classes have gIoU, cIoU and a count in both protocols")
    func classes() throws {
        let found = try summary(answers)
        #expect(found.classes["ship"]?.value == 0.25 && found.classes["ship"]?.count == 2)
        #expect(found.classesCIoU["ship"]?.value == 20.0 / 100.0)
        #expect(found.classesCIoU["pond"]?.value == 90.0 / 140.0)
        #expect(found.classes.keys.sorted() == ["pond", "ship"])
        let strict = EvaluationSummary([
            SampleOutcome(
                id: "a", overlap: MaskOverlap(intersection: 20, union: 40, isEmptyTarget: false),
                objectCount: 2, targetClass: "ship"),
            SampleOutcome(
                id: "c", overlap: MaskOverlap(intersection: 0, union: 60, isEmptyTarget: false),
                isReadable: false, objectCount: 0, targetClass: "ship"),
        ])
        #expect(strict.classes["ship"]?.value == 0.25)
        #expect(strict.classesCIoU["ship"]?.value == 0.2)
    }

    @Test("A summary of the paper is read back from its JSON as it was")
    func codable() throws {
        let found = try summary(answers)
        let data = try JSONEncoder().encode(found)
        #expect(try JSONDecoder().decode(PaperSummary.self, from: data) == found)
    }

    @Test("A summary that was written before cIoU by class was known is read")
    func oldSummary() throws {
        let text = """
            {"answers": 1, "samples": 1, "empty_targets": 0, "metrics": {}, "giou_by_class": {},
             "bootstrap": {"seed": 1, "resamples": 10, "confidence": 0.95}}
            """
        let summary = try JSONDecoder().decode(EvaluationSummary.self, from: Data(text.utf8))
        #expect(summary.samples == 1 && summary.classesCIoU.isEmpty)
    }

    @Test("Changes by the paper's protocol are paired; truths of another frame are a mismatch")
    func comparison() throws {
        var after = answers
        after[2] = answers[2]
        after[2].isReadable = true
        after[2].objectCount = 1
        after[2].intersection = 60
        let change = try EvaluationComparison(from: answers, to: after)
        #expect(abs(try #require(change[.gIoU].value) - 1.0 / 8) < tolerance)
        #expect(abs(try #require(change[.cIoU].value) - 60.0 / 265) < tolerance)
        #expect(change[.meanLength].value == nil)
        after[0].truth += 1
        #expect(throws: EvaluationComparison.Mismatch.self) {
            try EvaluationComparison(from: answers, to: after)
        }
    }
}

import Evaluation
import Imaging
import RLTrainer
import Testing

@testable import Evaluating
@testable import Reporting

/// What the head of a run's page says of its own evaluations.
@Suite struct HeldOutSentenceTests {
    /// An evaluation in which each answer has an IoU of so many twentieths.
    private func evaluation(_ hits: [Int]) -> EvaluationResult {
        let outcomes = hits.enumerated().map { index, hit in
            SampleOutcome(
                id: "\(index)",
                overlap: MaskOverlap(intersection: hit, union: 20, isEmptyTarget: false),
                objectCount: 1)
        }
        let answers = outcomes.map { outcome in
            EvaluatedAnswer(
                outcome: outcome, question: "What?", completion: "", stopReason: .endOfSequence,
                parseError: nil, policyFrame: .square(56), prompts: [], mask: nil)
        }
        return EvaluationResult(
            setup: EvaluationResult.Setup(),
            summary: EvaluationSummary(outcomes, bootstrap: Bootstrap(seed: 1, resamples: 200)),
            seconds: 1, answers: answers)
    }

    private func words(_ evaluations: [(step: Int, hits: [Int])], hasFiles: Bool = true) -> String {
        let results = evaluations.map { (step: $0.step, result: evaluation($0.hits)) }
        let points = results.map {
            RunReport.Curve.Point(step: $0.step, gIoU: $0.result.summary[.gIoU].value ?? .nan)
        }
        return HeldOutSentence(points, hasFiles ? results : []).text ?? ""
    }

    private let low = Array(repeating: 4, count: 20)
    private let high = Array(repeating: 12, count: 20)

    @Test("A fall is called a fall and a rise a rise, from the first evaluation to the last")
    func directions() {
        let fall = words([(5, high), (10, low), (15, low)])
        #expect(
            fall.hasPrefix(
                "On held-out samples gIoU fell from 0.600 (after step 5, the first evaluation) to "
                    + "0.200 (after step 15), a change of −0.400. "))
        #expect(
            words([(5, high), (15, [8] + low.dropFirst())]).contains(
                "a change of −0.390 (95 % interval −0.400"))
        #expect(fall.hasSuffix("It fell by more than the choice of samples explains."))
        let rise = words([(0, low), (9, high)])
        #expect(rise.contains("rose from 0.200 (before the first step) to 0.600 (after step 9)"))
        #expect(rise.hasSuffix("It rose by more than the choice of samples explains."))
    }

    @Test("Where samples cannot tell, that is said; so is what stays, and what found nothing")
    func doubts() {
        let mixed = words([(5, low), (10, [0, 0, 9] + low.dropFirst(3))])
        #expect(mixed.contains("cannot tell whether the policy got better or worse"))
        let few = words([(5, [1, 2, 3, 4]), (10, [9, 9, 9, 9])])
        #expect(few.contains("too few to tell"))
        #expect(words([(5, low), (10, low)]).contains("stayed at 0.200"))
        let none = Array(repeating: 0, count: 20)
        #expect(
            words([(5, none), (10, none), (15, none)])
                == "On held-out samples gIoU was 0.000 in all 3 evaluations, to step 15: no answer "
                + "found anything.")
    }

    @Test("One evaluation tells no change, and without answers there is no interval")
    func little() {
        #expect(words([(9, low)]).contains("0.200 in the only evaluation, after step 9"))
        let bare = words([(5, high), (15, low)], hasFiles: false)
        #expect(bare.contains("fell from 0.600") && !bare.contains("interval +"))
        #expect(bare.hasSuffix("would tell its interval, are not there."))
        #expect(HeldOutSentence([], []).text == nil)
    }
}

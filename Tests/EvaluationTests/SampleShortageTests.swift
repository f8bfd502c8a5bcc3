import Evaluation
import Testing

@Suite struct SampleShortageTests {
    /// An evaluation of so many samples with and without a target, one question each.
    private func summary(with: Int, without: Int) -> EvaluationSummary {
        let answers = (0..<with + without).map { index in
            SampleOutcome(
                id: "\(index)",
                overlap: MaskOverlap(
                    intersection: 0, union: 4, isEmptyTarget: index >= with),
                objectCount: 0)
        }
        return EvaluationSummary(answers, bootstrap: Bootstrap(resamples: 10))
    }

    @Test(
        "Fewer than ten samples, or than ten with a target where some have one, are too few",
        arguments: [
            (1, 0, "1 held-out sample"), (0, 1, "1 held-out sample without a target"),
            (1, 1, "2 held-out samples, 1 of 2 questions with a target"),
            (9, 0, "9 held-out samples"),
            (10, 0, nil), (0, 10, nil), (10, 3, nil),
            (5, 40, "45 held-out samples, 5 of 45 questions with a target"),
        ] as [(Int, Int, String?)])
    func few(with: Int, without: Int, words: String?) {
        #expect(SampleShortage(summary(with: with, without: without))?.description == words)
    }
}

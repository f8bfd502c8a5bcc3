import Evaluation
import Testing

@testable import Evaluating

/// What is said of evaluations of very few samples.
@Suite struct FewSampleTests {
    private func outcomes(_ hits: [Int]) -> [SampleOutcome] {
        hits.enumerated().map { index, hit in
            SampleOutcome(
                id: "\(index)",
                overlap: MaskOverlap(intersection: hit, union: 4, isEmptyTarget: false),
                objectCount: 1)
        }
    }

    private func change(_ before: [Int], _ after: [Int]) throws -> (Estimate, EvaluationSummary) {
        let bootstrap = Bootstrap(resamples: 200)
        let found = try EvaluationComparison(
            from: outcomes(before), to: outcomes(after), bootstrap: bootstrap)
        return (found[.gIoU], EvaluationSummary(outcomes(after), bootstrap: bootstrap))
    }

    @Test("Tables say too few where one or two samples count, and have intervals of three")
    func tables() throws {
        for (hits, isFew) in [([2], true), ([2, 4], true), ([2, 4, 1], false)] {
            let table = evaluationTable(EvaluationSummary(outcomes(hits)))
            #expect(table.contains("too few") == isFew)
            #expect(!table.contains("±"))
        }
        let estimate = Estimate(value: 0.5, interval: Interval(low: 0.5, high: 0.5), count: 2)
        #expect(intervalText(estimate, .gIoU) == "too few", "of a file of an earlier version")
        #expect(intervalText(Estimate(value: nil, interval: nil, count: 0), .gIoU) == "–")
        // All answers alike: drawing them again has no width, and tells nothing of other samples.
        let alike = EvaluationSummary(outcomes(Array(repeating: 0, count: 12)))[.gIoU]
        #expect(alike.interval?.hasNoWidth == true && intervalText(alike, .gIoU) == "–")
        let (same, _) = try change(Array(repeating: 1, count: 12), Array(repeating: 1, count: 12))
        #expect(signedIntervalText(same, .gIoU) == "–")
        let (few, _) = try change([1, 1], [3, 3])
        #expect(signedIntervalText(few, .gIoU) == "too few")
    }

    @Test("A change is called learning only where its interval is above 0 and samples are enough")
    func verdicts() throws {
        func verdict(_ before: [Int], _ after: [Int]) throws -> LearningVerdict {
            let (change, summary) = try change(before, after)
            return LearningVerdict(change, of: summary)
        }
        let (low, high) = (Array(repeating: 1, count: 20), Array(repeating: 3, count: 20))
        #expect(try verdict(low, high) == .learnt)
        #expect(try verdict(high, low) == .worse)
        #expect(try verdict(low, [4, 0] + low.dropFirst(2)) == .unclear)
        for count in [1, 2, 3, 9] {
            let found = try verdict(Array(low.prefix(count)), Array(high.prefix(count)))
            guard case .tooFew(let shortage) = found else {
                Issue.record("\(count) samples are enough")
                continue
            }
            #expect(shortage?.samples == count && found.sentence.contains("too few"))
            #expect(!found.sentence.contains("The policy learnt"))
        }
    }
}

import Evaluation
import Foundation
import Testing

@Suite struct SeedStatisticsTests {
    @Test(
        "Student's quantiles are those of printed tables",
        arguments: [
            (1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (5, 2.5706), (7, 2.3646),
            (10, 2.2281), (30, 2.0423), (120, 1.9799),
        ])
    func quantiles(degrees: Int, expected: Double) {
        #expect(abs(studentQuantile(0.95, degrees: degrees) - expected) < 5e-5)
    }

    @Test("A 99 % quantile is farther out than a 95 % one")
    func shares() {
        #expect(abs(studentQuantile(0.99, degrees: 2) - 9.9248) < 5e-5)
        #expect(abs(studentQuantile(0.99, degrees: 9) - 3.2498) < 5e-5)
    }

    @Test("A mean over seeds has Student's interval")
    func meanOfThree() throws {
        let mean = try #require(SeedMean([0.2, 0.3, 0.4]))
        #expect(abs(mean.mean - 0.3) < 1e-12)
        #expect(abs(mean.deviation! - 0.1) < 1e-12)
        // 4.3027 × 0.1 / √3
        #expect(abs(mean.interval!.low - (0.3 - 0.248414)) < 1e-5)
        #expect(abs(mean.interval!.high - (0.3 + 0.248414)) < 1e-5)
        #expect(mean.values == [0.2, 0.3, 0.4])
    }

    @Test("One seed has no interval, and none no mean")
    func fewSeeds() throws {
        let one = try #require(SeedMean([0.5]))
        #expect(one.interval == nil && one.deviation == nil && one.mean == 0.5)
        #expect(SeedMean([]) == nil)
    }

    /// Answers with so many pixels right of a hundred, one per sample.
    private func outcomes(_ right: [Int]) -> [SampleOutcome] {
        right.enumerated().map { index, right in
            SampleOutcome(
                id: "s\(index)",
                overlap: MaskOverlap(intersection: right, union: 100, isEmptyTarget: false),
                objectCount: 1)
        }
    }

    @Test("A variant that is better on every sample by the same has a difference without width")
    func constantDifference() throws {
        let base = outcomes([10, 40, 70, 20])
        let better = outcomes([20, 50, 80, 30])
        let found = try Bootstrap(resamples: 200).differences(
            of: [.gIoU, .cIoU], pairs: [(base, better), (base, better)])
        let difference = try #require(found[.gIoU])
        #expect(abs(difference.value - 0.1) < 1e-12)
        #expect(abs(difference.interval!.low - 0.1) < 1e-12)
        #expect(abs(difference.interval!.high - 0.1) < 1e-12)
        #expect(difference.isClear)
        #expect(found[.cIoU] != nil)
        #expect(difference.bySeed.values.count == 2)
    }

    @Test("Seeds are drawn with the samples: seeds that disagree make the interval wide")
    func seedsAreDrawn() throws {
        let base = outcomes([10, 40, 70, 20])
        let pairs = [
            (baseline: base, other: outcomes([20, 50, 80, 30])),
            (baseline: base, other: outcomes([0, 30, 60, 10])),
        ]
        let found = try Bootstrap(resamples: 400).differences(of: [.gIoU], pairs: pairs)
        let difference = try #require(found[.gIoU])
        // Both seeds, either twice: 0, ±0.1.
        #expect(abs(difference.value) < 1e-12)
        #expect(abs(difference.interval!.low + 0.1) < 1e-12)
        #expect(abs(difference.interval!.high - 0.1) < 1e-12)
        #expect(!difference.isClear)
    }

    @Test("With one seed the interval is that of the paired bootstrap over samples")
    func oneSeed() throws {
        let (base, other) = (outcomes([10, 40, 70, 20, 90]), outcomes([30, 20, 90, 20, 95]))
        let found = try Bootstrap(resamples: 2000).differences(
            of: [.gIoU], pairs: [(base, other)])
        let comparison = try EvaluationComparison(
            from: base, to: other, bootstrap: Bootstrap(resamples: 2000))
        let (ours, theirs) = (try #require(found[.gIoU]), comparison[.gIoU])
        #expect(abs(ours.value - theirs.value!) < 1e-12)
        // Other draws of the same distribution: steps of 0.008 between its possible values.
        #expect(abs(ours.interval!.low - theirs.interval!.low) < 0.03)
        #expect(abs(ours.interval!.high - theirs.interval!.high) < 0.03)
    }

    @Test("Runs that were asked other questions are not compared")
    func mismatch() {
        let base = outcomes([10, 40])
        var other = base
        other[1].id = "x"
        #expect(throws: EvaluationComparison.Mismatch.self) {
            try Bootstrap(resamples: 100).differences(of: [.gIoU], pairs: [(base, other)])
        }
        #expect(throws: EvaluationComparison.Mismatch.self) {
            try Bootstrap(resamples: 100).differences(
                of: [.gIoU], pairs: [(base, base), (other, other)])
        }
    }

    @Test("A metric that one of the runs cannot tell has no difference")
    func undefined() throws {
        let base = outcomes([10, 40])
        let found = try Bootstrap(resamples: 100).differences(
            of: [.emptyTargetAccuracy, .gIoU], pairs: [(base, base)])
        #expect(found[.emptyTargetAccuracy] == nil)
        #expect(found[.gIoU]?.value == 0)
    }
}

import Datasets
import Evaluation
import Testing

@Suite struct BootstrapTests {
    private func uniform(_ count: Int, _ generator: inout SeededGenerator) -> [Double] {
        (0..<count).map { _ in generator.uniformUnit() }
    }

    @Test("The same seed gives the same interval, another seed another one")
    func seeds() {
        var generator = SeededGenerator(seed: 1)
        let ratio = SampleRatio(mean: uniform(50, &generator))
        let first = Bootstrap(seed: 4, resamples: 200).intervals(of: [ratio])
        #expect(first == Bootstrap(seed: 4, resamples: 200).intervals(of: [ratio]))
        #expect(first != Bootstrap(seed: 5, resamples: 200).intervals(of: [ratio]))
    }

    @Test("One or two samples have no interval, nor has a ratio in which so few count")
    func fewSamples() {
        let bootstrap = Bootstrap(resamples: 50)
        for values in [[0.5], [0.5, 0.5], [0, 1]] {
            let ratio = SampleRatio(mean: values)
            #expect(bootstrap.intervals(of: [ratio]) == [nil])
            #expect(bootstrap.differences(from: [ratio], to: [ratio]) == [nil])
            #expect(bootstrap.difference(of: [(ratio, ratio), (ratio, ratio)])?.interval == nil)
            #expect(bootstrap.difference(of: [(ratio, ratio)])?.isClear == false)
        }
        let sparse = SampleRatio(
            numerators: [1, 0, 1, 0, 0], denominators: [1, 0, 1, 0, 0])
        let full = SampleRatio(mean: [1, 0, 1, 0, 0])
        let found = bootstrap.intervals(of: [sparse, full])
        #expect(found[0] == nil && found[1] != nil)
        #expect(bootstrap.differences(from: [full], to: [sparse]) == [nil])
        #expect(SeedMean([0.4, 0.4])?.interval == nil && SeedMean([0.4, 0.5])?.interval != nil)
        #expect(SeedMean([0.4, 0.4, 0.4])?.interval != nil)
    }

    @Test("Of 95 % intervals of a mean about 95 % hold the true mean")
    func coverageOfMeans() throws {
        var generator = SeededGenerator(seed: 2)
        var held = 0
        for trial in 0..<300 {
            let ratio = SampleRatio(mean: uniform(60, &generator))
            let interval = Bootstrap(seed: UInt64(trial), resamples: 400).intervals(of: [ratio])
            held += try #require(interval[0]).contains(0.5) ? 1 : 0
        }
        // 300 trials at 0.94 (percentiles are a little short) have a deviation of 0.014; the range
        // is three of them. Intervals of 90 % or 99 %, or of another width by a quarter, are out.
        #expect((0.90...0.98).contains(Double(held) / 300), "\(held) of 300")
    }

    @Test("Of 95 % intervals of a ratio of sums about 95 % hold the ratio of the expectations")
    func coverageOfRatios() throws {
        var generator = SeededGenerator(seed: 3)
        var held = 0
        var heldMean = 0
        for trial in 0..<300 {
            // Large samples have a small ratio, so the mean of ratios is not the ratio of sums.
            let sizes = uniform(80, &generator).map { 0.1 + 2 * $0 }
            let parts = sizes.map { $0 * (1 - 0.4 * $0) }
            let ratio = SampleRatio(numerators: parts, denominators: sizes)
            let interval = try #require(
                Bootstrap(seed: UInt64(trial), resamples: 400).intervals(of: [ratio])[0])
            // E[s] = 1.1, E[s²] = 1.1² + 1/3 for s uniform in 0.1...2.1.
            let truth = (1.1 - 0.4 * (1.21 + 1.0 / 3)) / 1.1
            held += interval.contains(truth) ? 1 : 0
            heldMean += interval.contains(1 - 0.4 * 1.1) ? 1 : 0
        }
        #expect((0.90...0.98).contains(Double(held) / 300), "\(held) of 300")
        // The check of the check: another statistic's value is mostly outside.
        #expect(heldMean < 30, "\(heldMean) of 300")
    }

    @Test("A paired interval of a difference is narrower than an unpaired one where samples agree")
    func pairing() throws {
        var generator = SeededGenerator(seed: 6)
        let before = uniform(100, &generator)
        let after = before.map { $0 + 0.1 + 0.02 * (generator.uniformUnit() - 0.5) }
        let bootstrap = Bootstrap(seed: 1, resamples: 500)
        let paired = try #require(
            bootstrap.differences(
                from: [SampleRatio(mean: before)], to: [SampleRatio(mean: after)])[0])
        let unpaired = try #require(
            bootstrap.differences(
                from: [SampleRatio(mean: before)],
                to: [SampleRatio(mean: Array(after.reversed()))])[0])
        #expect(paired.contains(0.1) && paired.width < unpaired.width / 10)
    }

    @Test("A ratio whose denominator is 0 has no interval, nor has one sample")
    func degenerate() {
        let none = SampleRatio(numerators: [0, 0], denominators: [0, 0])
        #expect(none.value == nil && Bootstrap().intervals(of: [none]) == [nil])
        #expect(Bootstrap().intervals(of: [SampleRatio(mean: [])]) == [nil])
        #expect(Bootstrap().intervals(of: [SampleRatio(mean: [0.3])]) == [nil])
    }

    @Test("Answers about one sample are drawn together")
    func groups() throws {
        func outcome(_ id: String, _ question: Int, _ intersection: Int) -> SampleOutcome {
            SampleOutcome(
                id: id, questionIndex: question,
                overlap: MaskOverlap(intersection: intersection, union: 10, isEmptyTarget: false),
                objectCount: 1)
        }
        // Twenty samples whose five answers are the same, and a hundred samples like them.
        let grouped = (0..<100).map { outcome("\($0 / 5)", $0 % 5, $0 / 5 % 2 * 10) }
        let separate = (0..<100).map { outcome("\($0)", 0, $0 / 5 % 2 * 10) }
        let wide = try #require(EvaluationSummary(grouped)[.gIoU].interval)
        let narrow = try #require(EvaluationSummary(separate)[.gIoU].interval)
        // √5 in theory.
        #expect((1.8...2.8).contains(wide.width / narrow.width))
    }

    @Test(
        "The change of each metric has a paired interval around it, and only where both have a value"
    )
    func comparison() throws {
        var generator = SeededGenerator(seed: 9)
        let before = (0..<80).map { index in
            SampleOutcome(
                id: "\(index)",
                overlap: MaskOverlap(
                    intersection: generator.uniform(below: 50), union: 100, isEmptyTarget: false),
                objectCount: 1)
        }
        var after = before
        for index in after.indices { after[index].overlap.intersection += 10 }
        let change = try EvaluationComparison(from: before, to: after)[.gIoU]
        let value = try #require(change.value)
        let interval = try #require(change.interval)
        // Every sample gains exactly 0.1; what is left is rounding.
        #expect(abs(value - 0.1) < 1e-12 && interval.width < 1e-12)
        let empty = try EvaluationComparison(from: before, to: after)[.emptyTargetAccuracy]
        #expect(empty.value == nil && empty.interval == nil)
    }

    @Test("Evaluations of different questions are not compared")
    func mismatch() {
        let one = SampleOutcome(
            id: "a", overlap: MaskOverlap(intersection: 0, union: 1, isEmptyTarget: false),
            objectCount: 0)
        var other = one
        other.id = "b"
        var later = one
        later.questionIndex = 1
        for pair in [([one], [other]), ([one], [later]), ([one], [])] {
            #expect(throws: EvaluationComparison.Mismatch.self) {
                try EvaluationComparison(from: pair.0, to: pair.1)
            }
        }
    }
}

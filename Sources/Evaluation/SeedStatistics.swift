import Datasets
import Foundation

/// The mean of a number over runs that differ in their seed, and how far it can be trusted.
///
/// The interval is Student's: that of a mean of independent, roughly normal numbers. With two or three
/// seeds it is wide, because it is.
public struct SeedMean: Hashable, Sendable, Codable {
    /// The mean.
    public let mean: Double
    /// The standard deviation, with the number of seeds less one below the line; nil for one seed.
    public let deviation: Double?
    /// The confidence interval of the mean; nil for one seed, and for two of the same number, which show
    /// nothing of how others vary.
    public let interval: Interval?
    /// The number of each seed.
    public let values: [Double]

    /// The mean of numbers; nil where there are none.
    ///
    /// - Parameters:
    ///   - values: one number per seed
    ///   - confidence: the share of intervals that are to hold the true mean, 0...1
    public init?(_ values: [Double], confidence: Double = 0.95) {
        if values.isEmpty { return nil }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        self.values = values
        self.mean = mean
        if values.count < 2 {
            (deviation, interval) = (nil, nil)
            return
        }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / (count - 1)).squareRoot()
        let reach =
            studentQuantile(confidence, degrees: values.count - 1) * deviation
            / count.squareRoot()
        self.deviation = deviation
        interval =
            values.count == 2 && deviation == 0
            ? nil : Interval(low: mean - reach, high: mean + reach)
    }
}

/// The t such that Student's distribution has a share of its mass within ±t.
///
/// - Parameters:
///   - share: above 0 and below 1
///   - degrees: degrees of freedom, at least 1
/// - Returns: t, to about 12 digits
public func studentQuantile(_ share: Double, degrees: Int) -> Double {
    precondition(share > 0 && share < 1 && degrees >= 1)
    var (low, high) = (0.0, 1.0)
    while studentMass(within: high, degrees: degrees) < share { high *= 2 }
    for _ in 0..<200 where low < high {
        let middle = (low + high) / 2
        if studentMass(within: middle, degrees: degrees) < share {
            low = middle
        } else {
            high = middle
        }
    }
    return (low + high) / 2
}

/// The mass of Student's distribution within ±t: its finite series for whole degrees of freedom
/// (Abramowitz and Stegun 26.7.3, 26.7.4).
private func studentMass(within t: Double, degrees: Int) -> Double {
    let angle = atan(t / Double(degrees).squareRoot())
    let (sine, cosine) = (sin(angle), cos(angle))
    let isOdd = degrees % 2 == 1
    var term = isOdd ? cosine : 1
    var sum = degrees == 1 ? 0 : term
    var index = isOdd ? 2 : 1
    while index <= degrees - 3 {
        term *= Double(index) / Double(index + 1) * cosine * cosine
        sum += term
        index += 2
    }
    return isOdd ? 2 / Double.pi * (angle + sine * sum) : sine * sum
}

/// How much a metric of one kind of run differs from that of another, seed by seed.
///
/// Both kinds were run with the same seeds and evaluated on the same questions.
public struct SeedDifference: Hashable, Sendable, Codable {
    /// The mean over the seeds of the differences.
    public let value: Double
    /// The interval from drawing seeds and samples again, the same ones for both kinds; nil where fewer
    /// than ``Bootstrap/leastSamples`` samples count.
    public let interval: Interval?
    /// The differences seed by seed with Student's interval of their mean.
    public let bySeed: SeedMean

    enum CodingKeys: String, CodingKey {
        case value, interval
        case bySeed = "by_seed"
    }

    /// Whether drawing again leaves the sign of the difference in no doubt.
    public var isClear: Bool {
        interval.map { $0.low > 0 || $0.high < 0 } ?? false
    }
}

extension Bootstrap {
    /// How much metrics differ between two kinds of runs, in pairs of the same seed.
    ///
    /// Each draw takes as many seeds as there are, and as many samples, both with replacement; every
    /// drawn seed sees the same samples, in both kinds. What a sample is drawn with are all its answers.
    ///
    /// - Parameters:
    ///   - metrics: what is compared
    ///   - pairs: for each seed the answers of the kind that others are compared with, and of the other
    ///     kind; all to the same questions, in the same order
    /// - Returns: the difference, other less first, of each metric that both have
    /// - Throws: ``EvaluationComparison/Mismatch`` if the questions are not the same
    public func differences(
        of metrics: [Metric], pairs: [(baseline: [SampleOutcome], other: [SampleOutcome])]
    ) throws(EvaluationComparison.Mismatch) -> [Metric: SeedDifference] {
        try differences(metrics, pairs) { $0.terms(of: $1) }
    }

    /// The same by the published protocol.
    ///
    /// - Parameters:
    ///   - metrics: what is compared, of ``Metric/paperCases``
    ///   - pairs: as above, answers to drawn questions only
    /// - Returns: the difference, other less first, of each metric that both have
    /// - Throws: ``EvaluationComparison/Mismatch`` if the questions are not the same
    public func differences(
        of metrics: [Metric], pairs: [(baseline: [PaperOutcome], other: [PaperOutcome])]
    ) throws(EvaluationComparison.Mismatch) -> [Metric: SeedDifference] {
        try differences(metrics, pairs) { $0.terms(of: $1) }
    }

    private func differences<Answer: MeasuredAnswer>(
        _ metrics: [Metric], _ pairs: [(baseline: [Answer], other: [Answer])],
        _ terms: MetricTerms<Answer>
    ) throws(EvaluationComparison.Mismatch) -> [Metric: SeedDifference] {
        guard let first = pairs.first else { return [:] }
        for pair in pairs {
            try EvaluationComparison.requireSameQuestions(first.baseline, pair.baseline)
            try EvaluationComparison.requireSameQuestions(first.baseline, pair.other)
        }
        let groups = pairs.map { (SampleGroups($0.baseline), SampleGroups($0.other)) }
        var result: [Metric: SeedDifference] = [:]
        for metric in metrics {
            let ratios = groups.map { baseline, other in
                (
                    baseline: baseline.statistic { terms(metric, $0) }.ratio,
                    other: other.statistic { terms(metric, $0) }.ratio
                )
            }
            result[metric] = difference(of: ratios)
        }
        return result
    }

    /// The difference of ratios in pairs, one pair per seed; nil where a ratio is undefined.
    public func difference(
        of pairs: [(baseline: SampleRatio, other: SampleRatio)]
    ) -> SeedDifference? {
        let values = pairs.compactMap { pair in
            pair.other.value.flatMap { other in pair.baseline.value.map { other - $0 } }
        }
        guard values.count == pairs.count,
            let bySeed = SeedMean(values, confidence: confidence)
        else { return nil }
        let samples = pairs[0].baseline.numerators.count
        var drawn: [Double] = []
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<resamples {
            let seeds = pairs.indices.map { _ in generator.uniform(below: pairs.count) }
            let indices = (0..<samples).map { _ in generator.uniform(below: samples) }
            var sum = 0.0
            for seed in seeds {
                guard let other = pairs[seed].other.value(at: indices),
                    let baseline = pairs[seed].baseline.value(at: indices)
                else {
                    sum = .nan
                    break
                }
                sum += other - baseline
            }
            if sum.isFinite { drawn.append(sum / Double(pairs.count)) }
        }
        let counts = pairs.flatMap { [$0.baseline.count, $0.other.count] }
        let isShort = counts.contains { $0 < Self.leastSamples }
        return SeedDifference(
            value: bySeed.mean, interval: isShort ? nil : interval(of: drawn), bySeed: bySeed)
    }
}

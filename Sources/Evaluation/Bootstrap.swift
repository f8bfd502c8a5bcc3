import Datasets

/// A ratio of two sums over samples that were drawn independently of each other.
public struct SampleRatio: Hashable, Sendable {
    /// What each sample adds above the line.
    public private(set) var numerators: [Double]
    /// What each sample adds below the line; 0 where the sample does not count.
    public private(set) var denominators: [Double]

    /// A ratio from the samples' parts, of which there are equally many.
    public init(numerators: [Double], denominators: [Double]) {
        precondition(numerators.count == denominators.count, "a part is missing")
        self.numerators = numerators
        self.denominators = denominators
    }

    /// The mean of numbers, one per sample.
    public init(mean values: [Double]) {
        self.init(
            numerators: values, denominators: [Double](repeating: 1, count: values.count))
    }

    /// The ratio; nil where the denominators sum to 0.
    public var value: Double? {
        let below = denominators.reduce(0, +)
        return below == 0 ? nil : numerators.reduce(0, +) / below
    }

    /// How many samples count.
    var count: Int { denominators.count { $0 != 0 } }

    /// The ratio over the samples at `indices`, which may name a sample several times.
    func value(at indices: [Int]) -> Double? {
        var above = 0.0
        var below = 0.0
        for index in indices {
            above += numerators[index]
            below += denominators[index]
        }
        return below == 0 ? nil : above / below
    }
}

/// A confidence interval.
public struct Interval: Hashable, Sendable, Codable {
    /// The lower end.
    public var low: Double
    /// The upper end.
    public var high: Double

    /// An interval from its ends.
    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// Upper end minus lower end.
    public var width: Double { high - low }

    /// Whether a number is in the interval, its ends included.
    public func contains(_ value: Double) -> Bool { low <= value && value <= high }
}

/// Confidence intervals by drawing the samples again, with replacement (Efron's percentiles).
///
/// The interval says how far a figure would move with other samples from where these came from; of
/// other seeds or trainings it says nothing. A share that all samples agree on gets an interval
/// without width, because nothing in them shows how it could vary. Of one or two samples there is none:
/// they show nothing of others.
public struct Bootstrap: Hashable, Sendable, Codable {
    /// How many samples must count for an interval.
    public static let leastSamples = 3
    /// Decides about every draw.
    public var seed: UInt64
    /// How often all samples are drawn.
    public var resamples: Int
    /// The share of intervals that are to hold the true value, 0...1.
    public var confidence: Double

    /// A bootstrap; 2000 draws give the ends of a 95 % interval to about a twentieth of its width.
    public init(seed: UInt64 = 0, resamples: Int = 2000, confidence: Double = 0.95) {
        precondition(resamples > 0 && confidence > 0 && confidence < 1)
        self.seed = seed
        self.resamples = resamples
        self.confidence = confidence
    }

    /// The interval of each ratio; all see the same draws.
    ///
    /// - Parameter ratios: ratios over the same samples
    /// - Returns: one interval per ratio; nil where it is undefined, or fewer than ``leastSamples`` count
    public func intervals(of ratios: [SampleRatio]) -> [Interval?] {
        let found = intervals(ratios.map(\.numerators.count), count: ratios.count) {
            place, indices in
            ratios[place].value(at: indices)
        }
        return zip(found, ratios).map { $1.count < Self.leastSamples ? nil : $0 }
    }

    /// The interval of how much each ratio changed between two evaluations of the same samples.
    ///
    /// Each draw takes the same samples from both, so that what makes a sample easy or hard cancels.
    ///
    /// - Parameters:
    ///   - before: ratios over samples
    ///   - after: the same ratios over the same samples, in the same order
    /// - Returns: one interval of `after - before` per ratio; nil where it is undefined, or fewer than
    ///   ``leastSamples`` count in one of the two
    public func differences(from before: [SampleRatio], to after: [SampleRatio]) -> [Interval?] {
        precondition(before.count == after.count, "a ratio is missing")
        let counts = (before + after).map(\.numerators.count)
        let found = intervals(counts, count: before.count) { place, indices in
            guard let old = before[place].value(at: indices),
                let new = after[place].value(at: indices)
            else { return nil }
            return new - old
        }
        return found.indices.map { place in
            min(before[place].count, after[place].count) < Self.leastSamples ? nil : found[place]
        }
    }

    private func intervals(
        _ counts: [Int], count: Int, _ statistic: (_ place: Int, _ indices: [Int]) -> Double?
    ) -> [Interval?] {
        guard let samples = counts.first else { return [] }
        precondition(counts.allSatisfy { $0 == samples }, "ratios over different samples")
        if samples == 0 { return [Interval?](repeating: nil, count: count) }
        var drawn = [[Double]](repeating: [], count: count)
        var generator = SeededGenerator(seed: seed)
        var indices = [Int](repeating: 0, count: samples)
        for _ in 0..<resamples {
            for place in indices.indices { indices[place] = generator.uniform(below: samples) }
            for place in 0..<count {
                if let value = statistic(place, indices) { drawn[place].append(value) }
            }
        }
        return drawn.map(interval)
    }

    /// The middle part of drawn values; nil without any.
    func interval(of values: [Double]) -> Interval? {
        if values.isEmpty { return nil }
        let sorted = values.sorted()
        let tail = (1 - confidence) / 2
        return Interval(low: quantile(tail, of: sorted), high: quantile(1 - tail, of: sorted))
    }
}

/// The value below which a share of sorted numbers lies, between neighbours in proportion.
func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = min(max(0, Int(place)), sorted.count - 1)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
}

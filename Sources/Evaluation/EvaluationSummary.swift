/// A metric's value with what is known of its error.
public struct Estimate: Hashable, Sendable, Codable {
    /// The value; nil where no answer counts.
    public var value: Double?
    /// The confidence interval; nil where there is no value.
    public var interval: Interval?
    /// How many answers count.
    public var count: Int

    /// An estimate from its parts.
    public init(value: Double?, interval: Interval?, count: Int) {
        self.value = value
        self.interval = interval
        self.count = count
    }

    enum CodingKeys: String, CodingKey { case value, low, high, count }

    /// Reads `{"value": …, "low": …, "high": …, "count": …}`.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        value = try fields.decodeIfPresent(Double.self, forKey: .value)
        count = try fields.decode(Int.self, forKey: .count)
        let low = try fields.decodeIfPresent(Double.self, forKey: .low)
        let high = try fields.decodeIfPresent(Double.self, forKey: .high)
        if let low, let high { interval = Interval(low: low, high: high) } else { interval = nil }
    }

    /// Writes every field, those that are nil as null.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(value, forKey: .value)
        try fields.encode(interval?.low, forKey: .low)
        try fields.encode(interval?.high, forKey: .high)
        try fields.encode(count, forKey: .count)
    }
}

/// All metrics of one evaluation.
public struct EvaluationSummary: Hashable, Sendable, Codable {
    /// Different samples.
    public var samples: Int
    /// Answers; more than samples where several questions were asked about one.
    public var answers: Int
    /// Answers to questions without a target.
    public var emptyTargets: Int
    /// How the intervals were made.
    public var bootstrap: Bootstrap
    /// Every metric by its name; those that the data cannot tell have no value.
    public var metrics: [String: Estimate]
    /// gIoU of the answers by the class of their target, where it is known.
    public var classes: [String: Estimate]

    enum CodingKeys: String, CodingKey {
        case samples, answers, bootstrap, metrics
        case emptyTargets = "empty_targets"
        case classes = "giou_by_class"
    }

    /// The metrics of answers.
    ///
    /// - Parameters:
    ///   - outcomes: the answers, in any order
    ///   - bootstrap: how the intervals are made; what is drawn are samples, each with all its
    ///     answers
    public init(_ outcomes: [SampleOutcome], bootstrap: Bootstrap = Bootstrap()) {
        let groups = SampleGroups(outcomes)
        let metrics = Metric.allCases
        let classes = Set(outcomes.compactMap(\.targetClass)).sorted()
        let statistics =
            metrics.map { metric in groups.statistic { metric.terms(of: $0) } }
            + classes.map { name in
                groups.statistic { $0.targetClass == name ? ($0.iou, 1) : (0, 0) }
            }
        let intervals = bootstrap.intervals(of: statistics.map(\.ratio))
        let estimates = zip(statistics, intervals).map { statistic, interval in
            Estimate(
                value: statistic.ratio.value, interval: interval, count: statistic.count)
        }
        samples = groups.count
        answers = outcomes.count
        emptyTargets = outcomes.count { $0.overlap.isEmptyTarget }
        self.bootstrap = bootstrap
        self.metrics = Dictionary(
            uniqueKeysWithValues: zip(metrics.map(\.rawValue), estimates))
        self.classes = Dictionary(
            uniqueKeysWithValues: zip(classes, estimates.dropFirst(metrics.count)))
    }

    /// A metric's estimate.
    public subscript(_ metric: Metric) -> Estimate {
        metrics[metric.rawValue] ?? Estimate(value: nil, interval: nil, count: 0)
    }
}

/// How much the metrics changed between two evaluations of the same questions.
public struct EvaluationComparison: Hashable, Sendable, Codable {
    /// Two evaluations cannot be compared.
    public struct Mismatch: Error, Hashable, Sendable, CustomStringConvertible {
        /// What does not fit, and what to do.
        public let description: String
    }

    /// The change of each metric by its name, with a paired interval.
    public var differences: [String: Estimate]

    /// Compares answers to the same questions.
    ///
    /// - Parameters:
    ///   - before: the answers of one policy
    ///   - after: those of another, in the same order
    ///   - bootstrap: how the intervals are made
    /// - Throws: ``Mismatch`` if the questions are not the same
    public init(
        from before: [SampleOutcome], to after: [SampleOutcome], bootstrap: Bootstrap = Bootstrap()
    ) throws(Mismatch) {
        try Self.requireSameQuestions(before, after)
        let (old, new) = (SampleGroups(before), SampleGroups(after))
        let metrics = Metric.allCases
        let first = metrics.map { metric in old.statistic { metric.terms(of: $0) } }
        let second = metrics.map { metric in new.statistic { metric.terms(of: $0) } }
        let intervals = bootstrap.differences(
            from: first.map(\.ratio), to: second.map(\.ratio))
        var differences: [String: Estimate] = [:]
        for (place, metric) in metrics.enumerated() {
            var change: Double?
            if let a = first[place].ratio.value, let b = second[place].ratio.value {
                change = b - a
            }
            differences[metric.rawValue] = Estimate(
                value: change, interval: change == nil ? nil : intervals[place],
                count: second[place].count)
        }
        self.differences = differences
    }

    /// Fails where two evaluations are not of the same questions in the same order.
    static func requireSameQuestions(
        _ before: [SampleOutcome], _ after: [SampleOutcome]
    ) throws(Mismatch) {
        guard before.count == after.count else {
            throw Mismatch(
                description: "one evaluation has \(before.count) answers and the other "
                    + "\(after.count): compare evaluations of the same data and questions")
        }
        for (old, new) in zip(before, after)
        where old.id != new.id || old.questionIndex != new.questionIndex {
            throw Mismatch(
                description: "question \(old.questionIndex) about sample '\(old.id)' stands where "
                    + "the other evaluation has question \(new.questionIndex) about '\(new.id)': "
                    + "compare evaluations of the same data and questions")
        }
    }

    /// A metric's change.
    public subscript(_ metric: Metric) -> Estimate {
        differences[metric.rawValue] ?? Estimate(value: nil, interval: nil, count: 0)
    }
}

extension SampleRatio {
    /// A metric of answers, as a ratio over their samples in the order in which they first come.
    public init(_ metric: Metric, of outcomes: [SampleOutcome]) {
        self = SampleGroups(outcomes).statistic { metric.terms(of: $0) }.ratio
    }
}

/// Answers by sample: what is drawn together, because it was found together.
private struct SampleGroups {
    private var groups: [[SampleOutcome]] = []

    init(_ outcomes: [SampleOutcome]) {
        var places: [String: Int] = [:]
        for outcome in outcomes {
            if let place = places[outcome.id] {
                groups[place].append(outcome)
            } else {
                places[outcome.id] = groups.count
                groups.append([outcome])
            }
        }
    }

    var count: Int { groups.count }

    /// The ratio of the sums of terms, and how many answers have a denominator.
    func statistic(
        _ terms: (SampleOutcome) -> (numerator: Double, denominator: Double)
    ) -> (ratio: SampleRatio, count: Int) {
        var numerators = [Double](repeating: 0, count: groups.count)
        var denominators = numerators
        var count = 0
        for (place, group) in groups.enumerated() {
            for outcome in group {
                let (above, below) = terms(outcome)
                numerators[place] += above
                denominators[place] += below
                count += below != 0 ? 1 : 0
            }
        }
        return (SampleRatio(numerators: numerators, denominators: denominators), count)
    }
}

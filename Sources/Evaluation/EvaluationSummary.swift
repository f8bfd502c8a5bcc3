/// A metric's value with what is known of its error.
public struct Estimate: Hashable, Sendable, Codable {
    /// The value; nil where no answer counts.
    public var value: Double?
    /// The confidence interval; nil where there is no value, or too few samples count.
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
    /// cIoU of the same; empty in what was written before it was known.
    public var classesCIoU: [String: Estimate]
    /// That ignored pixels are left out; nil where there are none.
    public var ignored: IgnoredPixels?

    enum CodingKeys: String, CodingKey {
        case samples, answers, bootstrap, metrics, ignored
        case emptyTargets = "empty_targets"
        case classes = "giou_by_class"
        case classesCIoU = "ciou_by_class"
    }

    /// Reads what the encoder writes.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        samples = try fields.decode(Int.self, forKey: .samples)
        answers = try fields.decode(Int.self, forKey: .answers)
        emptyTargets = try fields.decode(Int.self, forKey: .emptyTargets)
        bootstrap = try fields.decode(Bootstrap.self, forKey: .bootstrap)
        metrics = try fields.decode([String: Estimate].self, forKey: .metrics)
        classes = try fields.decode([String: Estimate].self, forKey: .classes)
        classesCIoU =
            try fields.decodeIfPresent([String: Estimate].self, forKey: .classesCIoU) ?? [:]
        ignored = try fields.decodeIfPresent(IgnoredPixels.self, forKey: .ignored)
    }

    /// The metrics of answers.
    ///
    /// - Parameters:
    ///   - outcomes: the answers, in any order
    ///   - bootstrap: how the intervals are made; what is drawn are samples, each with all its
    ///     answers
    public init(_ outcomes: [SampleOutcome], bootstrap: Bootstrap = Bootstrap()) {
        let table = MetricTable(
            outcomes, metrics: Metric.allCases, bootstrap: bootstrap
        ) { $0.terms(of: $1) }
        samples = table.samples
        answers = outcomes.count
        emptyTargets = outcomes.count { $0.overlap.isEmptyTarget }
        self.bootstrap = bootstrap
        metrics = table.metrics
        classes = table.classes
        classesCIoU = table.classesCIoU
        ignored = IgnoredPixels(
            samples: Set(outcomes.lazy.filter { $0.overlap.ignored != nil }.map(\.id)).count,
            rule: .leftOut)
    }

    /// A metric's estimate.
    public subscript(_ metric: Metric) -> Estimate {
        metrics[metric.rawValue] ?? Estimate(value: nil, interval: nil, count: 0)
    }
}

/// All metrics of one evaluation by the published protocol (arXiv 2512.19302 and its code).
public struct PaperSummary: Hashable, Sendable, Codable {
    /// Samples, each with the one answer that was drawn.
    public var samples: Int
    /// Samples without a target in the square frame.
    public var emptyTargets: Int
    /// Answers with a mask: the denominator of Pr@X.
    public var withMask: Int
    /// Decided which question of each sample counts.
    public var questionSeed: UInt64
    /// How the intervals were made.
    public var bootstrap: Bootstrap
    /// Every metric of ``Metric/paperCases`` by its name.
    public var metrics: [String: Estimate]
    /// gIoU of the answers by the class of their target, where it is known.
    public var classes: [String: Estimate]
    /// cIoU of the same.
    public var classesCIoU: [String: Estimate]
    /// That ignored pixels count as background; nil where there are none.
    public var ignored: IgnoredPixels?

    enum CodingKeys: String, CodingKey {
        case samples, bootstrap, metrics, ignored
        case emptyTargets = "empty_targets"
        case withMask = "with_mask"
        case questionSeed = "question_seed"
        case classes = "giou_by_class"
        case classesCIoU = "ciou_by_class"
    }

    /// The metrics of answers; nil where a question that is drawn has no answer.
    ///
    /// gIoU, cIoU and Pr@X are numbers where the published code gives numbers: 0 without a sample that
    /// has a mask, and 0 where a denominator is.
    ///
    /// - Parameters:
    ///   - outcomes: the answers, those to questions that are not drawn among them
    ///   - questionSeed: decides which question of each sample is drawn
    ///   - bootstrap: how the intervals are made
    public init?(
        _ outcomes: [PaperOutcome], questionSeed: UInt64, bootstrap: Bootstrap = Bootstrap()
    ) {
        guard let drawn = PaperOutcome.drawn(outcomes, seed: questionSeed) else { return nil }
        let table = MetricTable(
            drawn, metrics: Metric.paperCases, bootstrap: bootstrap
        ) { $0.terms(of: $1) }
        samples = drawn.count
        emptyTargets = drawn.count(where: \.isEmptyTarget)
        withMask = drawn.count(where: \.hasMask)
        self.questionSeed = questionSeed
        self.bootstrap = bootstrap
        metrics = table.metrics
        classes = table.classes
        classesCIoU = table.classesCIoU
        ignored = IgnoredPixels(
            samples: drawn.count(where: \.hasIgnored), rule: .background)
        if samples == 0 { return }
        for metric in Self.neverUndefined where withMask == 0 || self[metric].value == nil {
            metrics[metric.rawValue]?.value = 0
        }
    }

    private static let neverUndefined: [Metric] = [
        .gIoU, .cIoU, .precision50, .precision60, .precision70, .precision80, .precision90,
    ]

    /// A metric's estimate.
    public subscript(_ metric: Metric) -> Estimate {
        metrics[metric.rawValue] ?? Estimate(value: nil, interval: nil, count: 0)
    }
}

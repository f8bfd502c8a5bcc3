public import Configuration
public import Yams

extension EvaluatedQuestions: ConfigurationValue {}
extension Metric: ConfigurationValue {
    /// The list of metrics of which larger is better.
    public static var kind: ConfigurationKind {
        .choice(allCases.filter(\.isShare).map(\.rawValue))
    }
    /// Reads such a metric, by its key or by what people read.
    public init?(yaml: Node) {
        guard let metric = yaml.scalar.flatMap({ Self(called: $0.string) }), metric.isShare
        else { return nil }
        self = metric
    }
}

/// What is found out about the policy while it is trained; nothing without `data.validation`.
public struct EvaluationSection: Sendable, Hashable {
    /// Optimizer steps between evaluations; only after the last one if 0.
    public var evalSteps = 100
    /// Whether the policy is evaluated before the first step.
    public var evalOnStart = false
    /// How many held-out samples are answered; all if nil.
    public var evalSamples: Int?
    /// Which of a sample's questions are asked.
    public var question = EvaluatedQuestions.first
    /// What tells the best checkpoint.
    public var metricForBestModel = Metric.gIoU
    /// Evaluations in a row that are no better, after which training ends; never if nil.
    public var earlyStoppingPatience: Int?
    /// By how much an evaluation must be better to count as such there.
    public var earlyStoppingThreshold = 0.0

    /// The defaults.
    public init() {}
}

extension ConfigurationKey {
    /// What is found out about a policy while it is trained.
    package static func evaluation(_ section: WritableKeyPath<Root, EvaluationSection>) -> [Self] {
        [
            Self(
                "evaluation.eval_steps", section.appending(path: \.evalSteps),
                "Optimizer steps between evaluations on data.validation; 0: only after the last",
                in: 0...),
            Self(
                "evaluation.eval_on_start", section.appending(path: \.evalOnStart),
                "Whether the policy is evaluated before the first step"),
            Self(
                "evaluation.eval_samples", section.appending(path: \.evalSamples),
                "How many held-out samples are answered, from the first on; null: all",
                rule: .atLeast(1)),
            Self(
                "evaluation.question", section.appending(path: \.question),
                "Which of a sample's questions are asked"),
            Self(
                "evaluation.metric_for_best_model", section.appending(path: \.metricForBestModel),
                "What tells the best checkpoint, which is kept; larger is better"),
            Self(
                "evaluation.early_stopping_patience",
                section.appending(path: \.earlyStoppingPatience),
                "Evaluations in a row that are no better, after which training ends; null: never",
                rule: .atLeast(1)),
            Self(
                "evaluation.early_stopping_threshold",
                section.appending(path: \.earlyStoppingThreshold),
                "By how much an evaluation must be above the best one to count as better there",
                in: 0...1),
        ]
    }
}

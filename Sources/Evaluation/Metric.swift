/// A number that sums up the answers of an evaluation.
///
/// Each is a ratio of two sums over the answers, which is what ``Bootstrap`` resamples.
public enum Metric: String, Hashable, Sendable, Codable, CaseIterable {
    /// Mean of the answers' IoUs; an answer to an empty target counts as ``SampleOutcome/iou`` says.
    case gIoU = "giou"
    /// Sum of intersections over sum of unions. Pixels that are predicted where there is no target
    /// count in the union.
    case cIoU = "ciou"
    /// ``gIoU`` of the answers to questions that have a target.
    case gIoUWithTarget = "giou_with_target"
    /// The share of answers with an IoU of at least 0.5.
    case precision50 = "precision_0.5"
    /// The share of answers with an IoU of at least 0.6.
    case precision60 = "precision_0.6"
    /// The share of answers with an IoU of at least 0.7.
    case precision70 = "precision_0.7"
    /// The share of answers with an IoU of at least 0.8.
    case precision80 = "precision_0.8"
    /// The share of answers with an IoU of at least 0.9.
    case precision90 = "precision_0.9"
    /// The share of questions without a target to which the answer names nothing.
    case emptyTargetAccuracy = "empty_target_accuracy"
    /// The share of answers that the strict parser accepts.
    case formatValidity = "format_validity"
    /// The share of completions that are thoughts and an answer in their tags, and nothing else.
    case tagValidity = "tag_validity"
    /// The share of thoughts that name the class of the target, where it is known.
    case thoughtNamesTarget = "thought_names_target"
    /// ``gIoU`` of the answers whose thought names the class of the target.
    case gIoUWhenNamed = "giou_when_named"
    /// Objects per answer.
    case meanObjects = "mean_objects"
    /// Tokens per completion.
    case meanLength = "mean_length"

    /// What people read.
    public var title: String { Glossary.name(rawValue) }

    /// What people read at the beginning of a line.
    package var heading: String { Glossary.heading(rawValue) }

    /// The metric that people call so: by its key or its title, whatever the case.
    package init?(called name: String) {
        let name = name.lowercased()
        guard
            let found = Self.allCases.first(where: {
                $0.rawValue == name || $0.title.lowercased() == name
            })
        else { return nil }
        self = found
    }

    /// Whether the number is a share, 0...1.
    public var isShare: Bool { self != .meanObjects && self != .meanLength }

    /// What one answer adds to the numerator and to the denominator.
    public func terms(of outcome: SampleOutcome) -> (numerator: Double, denominator: Double) {
        switch self {
        case .gIoU: return (outcome.iou, 1)
        case .cIoU: return (Double(outcome.overlap.intersection), Double(outcome.overlap.union))
        case .gIoUWithTarget: return Self.share(outcome.iou, if: !outcome.overlap.isEmptyTarget)
        case .precision50: return Self.share(outcome.iou >= 0.5)
        case .precision60: return Self.share(outcome.iou >= 0.6)
        case .precision70: return Self.share(outcome.iou >= 0.7)
        case .precision80: return Self.share(outcome.iou >= 0.8)
        case .precision90: return Self.share(outcome.iou >= 0.9)
        case .emptyTargetAccuracy:
            return Self.share(
                outcome.predictsNothing ? 1 : 0, if: outcome.overlap.isEmptyTarget)
        case .formatValidity: return Self.share(outcome.hasValidFormat)
        case .tagValidity: return Self.share(outcome.hasValidTags)
        case .thoughtNamesTarget:
            let named = outcome.thoughtNamesTarget
            return Self.share(named == true ? 1 : 0, if: named != nil)
        case .gIoUWhenNamed:
            return Self.share(outcome.iou, if: outcome.thoughtNamesTarget == true)
        case .meanObjects: return (Double(outcome.objectCount), 1)
        case .meanLength: return (Double(outcome.length), 1)
        }
    }

    private static func share(_ holds: Bool) -> (Double, Double) { (holds ? 1 : 0, 1) }

    private static func share(_ value: Double, if counts: Bool) -> (Double, Double) {
        counts ? (value, 1) : (0, 0)
    }
}

/// Which of a sample's questions an evaluation asks.
public enum EvaluatedQuestions: String, Sendable, Hashable, Codable, CaseIterable {
    /// The first.
    case first
    /// One, drawn from the seed and the sample's id.
    case random
    /// Each one.
    case all
}

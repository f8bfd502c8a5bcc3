import Datasets

/// What the published protocol knows of one answer (arXiv 2512.19302 and its code).
///
/// The frame is the square of S × S pixels that the policy saw, the truth stretched to it with
/// NEAREST; answers are read by the lenient parser.
public struct PaperOutcome: Hashable, Sendable {
    /// The sample's name.
    public var id: String
    /// The question's place among those of the sample, from 0.
    public var questionIndex: Int
    /// How many questions the sample has; one of them is drawn.
    public var questionCount: Int
    /// Whether the lenient parser could read the answer.
    public var isReadable: Bool
    /// Whether the call of the segmenter raises, because coordinates are none: there is no mask then.
    public var callRaises: Bool
    /// How many objects the segmenter is asked for; 0 if the answer could not be read, or its call raises.
    public var objectCount: Int
    /// Pixels of the truth, in the square frame.
    public var truth: Int
    /// Pixels in both masks; 0 where nothing was segmented.
    public var intersection: Int
    /// Pixels in at least one mask; those of the truth where nothing was segmented.
    public var union: Int
    /// The class of the target; nil where the data do not say it, or there is no target.
    public var targetClass: String?
    /// Whether the sample has ignored pixels: the protocol knows none, they are background.
    public var hasIgnored: Bool

    /// An outcome from its parts.
    ///
    /// - Parameters:
    ///   - id: the sample's name
    ///   - questionIndex: the question's place among those of the sample
    ///   - questionCount: how many questions the sample has
    ///   - isReadable: whether the lenient parser could read the answer
    ///   - callRaises: whether the call of the segmenter raises
    ///   - objectCount: how many objects the segmenter is asked for
    ///   - truth: pixels of the truth, in the square frame
    ///   - intersection: pixels in both masks
    ///   - union: pixels in at least one mask; `truth` if nothing was segmented
    ///   - targetClass: the class of the target, where it is known
    ///   - hasIgnored: whether the sample has ignored pixels
    public init(
        id: String, questionIndex: Int = 0, questionCount: Int = 1, isReadable: Bool = true,
        callRaises: Bool = false, objectCount: Int, truth: Int, intersection: Int = 0,
        union: Int? = nil, targetClass: String? = nil, hasIgnored: Bool = false
    ) {
        self.id = id
        self.questionIndex = questionIndex
        self.questionCount = questionCount
        self.isReadable = isReadable
        self.callRaises = callRaises
        self.objectCount = objectCount
        self.truth = truth
        self.intersection = intersection
        self.union = union ?? truth
        self.targetClass = targetClass
        self.hasIgnored = hasIgnored
    }

    /// Whether the truth has no pixel in the square frame.
    ///
    /// A target of a few pixels may be lost when the truth is stretched.
    public var isEmptyTarget: Bool { truth == 0 }

    /// Whether the answer says that nothing is there.
    public var predictsNothing: Bool { isReadable && !callRaises && objectCount == 0 }

    /// Whether the protocol stores a mask of the answer: one that names something, and any that can be
    /// read where there is no target, for which a mask without pixels is stored.
    ///
    /// An answer without a mask does not count in Pr@X.
    public var hasMask: Bool { isReadable && (isEmptyTarget || objectCount > 0) }

    /// Whether the answer's objects go to the segmenter: never where there is no target.
    public var isSegmented: Bool { hasMask && !isEmptyTarget }

    /// IoU, 0...1; without a target 1 for an answer that names nothing, and else 0.
    public var iou: Double {
        if isEmptyTarget { return predictsNothing ? 1 : 0 }
        return isSegmented && union > 0 ? Double(intersection) / Double(union) : 0
    }

    /// The answers that the protocol counts: one question of each sample, drawn from a seed.
    ///
    /// - Parameters:
    ///   - outcomes: answers; those about one sample need not stand together
    ///   - seed: decides which question is drawn, with the sample's name
    /// - Returns: an answer per sample, in the order of the samples' first answers; nil where a question
    ///   that is drawn has no answer
    public static func drawn(_ outcomes: [PaperOutcome], seed: UInt64) -> [PaperOutcome]? {
        var order: [String] = []
        var bySample: [String: [PaperOutcome]] = [:]
        for outcome in outcomes {
            if bySample[outcome.id] == nil { order.append(outcome.id) }
            bySample[outcome.id, default: []].append(outcome)
        }
        var result: [PaperOutcome] = []
        for id in order {
            guard let answers = bySample[id], let count = answers.map(\.questionCount).max()
            else { return nil }
            let place = QuestionSelector.random.index(
                count: count, seed: seed, epoch: 0, sampleID: id)
            guard let answer = answers.first(where: { $0.questionIndex == place }) else {
                return nil
            }
            result.append(answer)
        }
        return result
    }
}

extension Metric {
    /// The metrics that the published protocol's answers tell.
    ///
    /// Of Pr@X it defines X = 0.5; the others follow the same rule.
    public static let paperCases: [Metric] = [
        .gIoU, .cIoU, .gIoUWithTarget, .precision50, .precision60, .precision70, .precision80,
        .precision90, .emptyTargetAccuracy, .formatValidity,
    ]

    /// What one answer adds to the numerator and to the denominator under the published protocol.
    ///
    /// ``formatValidity`` is the share of answers that the lenient parser accepts; a metric that is not
    /// in ``paperCases`` has no denominator.
    public func terms(of outcome: PaperOutcome) -> (numerator: Double, denominator: Double) {
        func precision(_ least: Double) -> (Double, Double) {
            outcome.hasMask ? (outcome.iou >= least ? 1 : 0, 1) : (0, 0)
        }
        switch self {
        case .gIoU: return (outcome.iou, 1)
        case .cIoU:
            if outcome.isEmptyTarget { return (0, 0) }
            return outcome.isSegmented
                ? (Double(outcome.intersection), Double(outcome.union))
                : (0, Double(outcome.truth))
        case .gIoUWithTarget: return outcome.isEmptyTarget ? (0, 0) : (outcome.iou, 1)
        case .precision50: return precision(0.5)
        case .precision60: return precision(0.6)
        case .precision70: return precision(0.7)
        case .precision80: return precision(0.8)
        case .precision90: return precision(0.9)
        case .emptyTargetAccuracy: return outcome.isEmptyTarget ? (outcome.iou, 1) : (0, 0)
        case .formatValidity: return (outcome.isReadable ? 1 : 0, 1)
        default: return (0, 0)
        }
    }
}

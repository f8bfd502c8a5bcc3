public import Imaging
public import Segmentation

/// The name of a part of the reward, as configurations and metrics spell it.
public struct RewardTerm: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let rawValue: String

    /// The term with this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// How well the predicted mask covers the truth.
    public static let maskIoU = RewardTerm(rawValue: "mask_iou")
    /// Whether the answer is a JSON list of valid instances.
    public static let samJSONFormat = RewardTerm(rawValue: "sam_json_format")
    /// Whether the completion is thoughts and then an answer, and nothing else.
    public static let thinkAnswerFormat = RewardTerm(rawValue: "think_answer_format")

    /// The name.
    public var description: String { rawValue }
}

/// Everything about one completion that a term may look at.
public struct RewardContext: Sendable {
    /// What the policy wrote.
    public let completion: String
    /// What the scorer's parser made of it.
    public let parse: Result<ParsedAnswer, ParseFailure>
    /// What the strict parser of the same grammar makes of it.
    public let strictParse: Result<ParsedAnswer, ParseFailure>
    /// The union of the masks of the answer's prompts, in the policy's frame: empty when the
    /// policy says that there is no target, nil when the answer could not be read or the
    /// segmenter was not asked.
    public let mask: BinaryMask?
    /// The pixels of the targets, in the policy's frame.
    public let truth: BinaryMask
    /// IoU of `mask` and `truth` by the rules of ``Scorer``, 0...1.
    public let iou: Double
}

/// One part of the reward: a new one is a new conformance, and an entry in a ``RewardRegistry``.
///
/// What throws, is not finite, or does not come back within the time that a training run allows costs
/// the completion its reward (``RewardBreakdown/fault``), and touches no other. A value that depends on
/// the context alone makes runs that can be repeated.
public protocol RewardTermFunction: Sendable {
    /// What configurations and metrics call it.
    var term: RewardTerm { get }

    /// The value for one completion, before its weight; finite.
    ///
    /// May be called on any thread, and on several at once. A call that does not come back is left
    /// behind with its thread, which is cancelled but cannot be ended: what waits for others looks at
    /// `Thread.current.isCancelled`, or gives up by itself.
    ///
    /// - Throws: ``RewardFault`` to say in its own words why there is no value; any other error
    ///   becomes such a fault, but for ``RewardInfrastructureError``, which stops the run.
    func value(_ context: RewardContext) throws -> Double
}

/// The mask's IoU with the truth, 0...1 (arXiv 2512.19302, which weighs it twice).
public struct MaskIoUReward: RewardTermFunction {
    /// The term.
    public init() {}

    /// ``RewardTerm/maskIoU``.
    public var term: RewardTerm { .maskIoU }

    /// The IoU; 0 when the answer could not be read.
    public func value(_ context: RewardContext) -> Double { context.iou }
}

/// 1 when the strict parser accepts the answer, an empty list included, else 0
/// (arXiv 2512.19302).
public struct SAMJSONFormatReward: RewardTermFunction {
    /// The term.
    public init() {}

    /// ``RewardTerm/samJSONFormat``.
    public var term: RewardTerm { .samJSONFormat }

    /// 1 or 0.
    public func value(_ context: RewardContext) -> Double {
        if case .success = context.strictParse { 1 } else { 0 }
    }
}

/// 1 when the whole completion is a `<think>` tag and an `<answer>` tag, else 0
/// (arXiv 2512.19302).
public struct ThinkAnswerFormatReward: RewardTermFunction {
    /// The term.
    public init() {}

    /// ``RewardTerm/thinkAnswerFormat``.
    public var term: RewardTerm { .thinkAnswerFormat }

    /// 1 or 0.
    public func value(_ context: RewardContext) -> Double {
        ThinkAnswerFormat.matches(context.completion) ? 1 : 0
    }
}

public import Imaging
public import Segmentation

/// The value of one part of a completion's reward.
public struct RewardValue: Hashable, Sendable {
    /// The part.
    public var term: RewardTerm
    /// Its value before its weight; nil where the part abstained.
    public var value: Double?

    /// A value from its parts.
    public init(term: RewardTerm, value: Double?) {
        self.term = term
        self.value = value
    }
}

/// The reward of one completion, and what it was made of.
public struct RewardBreakdown: Sendable {
    /// The unweighted values, in the order of the weights; nil of a term that abstained, NaN with a
    /// ``fault``.
    public var terms: [RewardValue]
    /// The weighted sum of the terms that have a value; NaN without a ``reward``.
    public var total: Double
    /// What the completion asks for, or why that cannot be read.
    public var parse: Result<ParsedAnswer, ParseFailure>
    /// The union of the masks of the prompts, in the policy's frame, ignored pixels included: empty
    /// when the policy says that there is no target, nil when the answer could not be read or the
    /// segmenter was not asked.
    public var mask: BinaryMask?
    /// IoU of the mask with the truth by the rules of ``Scorer``, 0...1.
    public var iou: Double
    /// Why the completion has no reward, if so; an answer that cannot be read is a reward of 0, and
    /// no fault.
    public var fault: RewardFault?

    /// A breakdown from its parts.
    public init(
        terms: [RewardValue], total: Double, parse: Result<ParsedAnswer, ParseFailure>,
        mask: BinaryMask?, iou: Double, fault: RewardFault? = nil
    ) {
        self.terms = terms
        self.total = total
        self.parse = parse
        self.mask = mask
        self.iou = iou
        self.fault = fault
    }

    /// The prompts of the answer, in the policy's frame; none when it could not be read.
    public var prompts: [SegmentationPrompt] {
        if case .success(let answer) = parse { answer.prompts } else { [] }
    }

    /// Why the answer could not be read, if so.
    public var failure: ParseFailure? {
        if case .failure(let failure) = parse { failure } else { nil }
    }

    /// ``total``; nil where the completion has no reward, because it has a ``fault`` or ``abstains``.
    public var reward: Double? { fault == nil && !total.isNaN ? total : nil }

    /// Whether nothing that counts says anything of the completion, so that it has no reward though no
    /// fault: see ``RewardWeights/total(_:)``.
    public var abstains: Bool { fault == nil && total.isNaN }

    /// The unweighted value of a term; nil when it abstained, or is not among the terms.
    public subscript(term: RewardTerm) -> Double? { terms.first { $0.term == term }?.value }
}

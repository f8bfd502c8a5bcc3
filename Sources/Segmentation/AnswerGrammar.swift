/// What an instance of an answer must hold to be accepted; the twin of the words of a
/// ``PromptVariant``.
///
/// The counts are exact: an instance with more or fewer points is rejected, and with it the
/// whole answer.
public struct AnswerGrammar: Hashable, Sendable {
    /// Whether an instance has a box.
    public enum BoxRule: String, Hashable, Sendable {
        /// With or without; an instance needs something to prompt with, though.
        case optional
        /// Every instance has one.
        case required
        /// No instance has one.
        case forbidden
    }

    /// Whether an instance has the key `bbox_2d`.
    public var box: BoxRule
    /// How many points `positive_points` has; with 0, the key is absent or null.
    public var positivePoints: Int
    /// How many points `negative_points` has; with 0, the key is absent or null.
    public var negativePoints: Int

    /// A grammar from its rules; the counts are not negative.
    public init(box: BoxRule = .optional, positivePoints: Int, negativePoints: Int = 0) {
        precondition(positivePoints >= 0 && negativePoints >= 0)
        self.box = box
        self.positivePoints = positivePoints
        self.negativePoints = negativePoints
    }
}

/// Which damage an answer may have.
public enum AnswerAcceptance: String, Hashable, Sendable, CaseIterable {
    /// As rewards are given in training: a complete fenced block, and every key of the grammar.
    case strict
    /// As the published evaluation reads: no fence is needed, and points may be left out.
    case lenient
}

/// The keys of an instance.
enum AnswerKey {
    static let box = "bbox_2d"
    static let positivePoints = "positive_points"
    static let negativePoints = "negative_points"
}

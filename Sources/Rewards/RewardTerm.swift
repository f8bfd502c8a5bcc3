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

/// One part of the reward, ready to be asked; ``Reward`` is what a new one conforms to.
public protocol RewardTermFunction: Sendable {
    /// What metrics call it.
    var term: RewardTerm { get }

    /// Whether it may abstain, so that metrics count how often it does; yes unless a term says no.
    var mayAbstain: Bool { get }

    /// The value for one completion, before its weight; finite, or nil where the term abstains: it has
    /// nothing to say of this completion, which is no value of 0.
    ///
    /// May be called on any thread, and on several at once. A call that does not come back is left
    /// behind with its thread, which is cancelled but cannot be ended: what waits for others looks at
    /// `Thread.current.isCancelled`, or gives up by itself.
    ///
    /// - Throws: ``RewardFault`` to say in its own words why there is no value; any other error
    ///   becomes such a fault, but for ``RewardInfrastructureError``, which stops the run.
    func value(_ context: RewardContext) throws -> Double?
}

extension RewardTermFunction {
    /// Yes.
    public var mayAbstain: Bool { true }
}

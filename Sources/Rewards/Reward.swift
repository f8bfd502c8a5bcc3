/// A kind of reward term: what configurations name, with parameters.
///
/// A new kind is a type that conforms, named in `CustomRewards.swift`. Configurations, `score`, the
/// schema and the reference then know it. The smallest one:
///
/// ```swift
/// struct ShortThought: Reward {
///     static let name = "short_thought"
///     static let help = "1 if the completion has at most `words` words, else 0"
///     static let parameters = [RewardParameter("words", 40, in: 1...10_000, "The most words")]
///     let words: Int
///     init(_ values: RewardParameters) { words = Int(values["words"]) }
///     func value(_ completion: RewardContext) -> Double {
///         completion.completion.split(separator: " ").count <= words ? 1 : 0
///     }
/// }
/// ```
///
/// A term that abstains where it has nothing to say has `-> Double?` there, and returns nil: it is left out
/// of that completion's reward, which is another thing than a value of 0.
///
/// What ``value(_:)`` throws, a value that is not finite, or one that does not come within the time that
/// a training run allows costs the completion its reward (``RewardBreakdown/fault``), and touches no
/// other. A value that depends on the context alone makes runs that can be repeated.
public protocol Reward: Sendable {
    /// `Double`, or `Double?` of a term that may abstain.
    associatedtype Value: TermValue
    /// What configurations call it.
    static var name: String { get }
    /// What the value is, in one sentence.
    static var help: String { get }
    /// What configurations may set.
    static var parameters: [RewardParameter] { get }
    /// Whether it needs ``RewardContext/tokenCount``, which not every source of completions knows.
    static var needsTokenCount: Bool { get }
    /// A term with values for all of its parameters.
    init(_ values: RewardParameters)
    /// The value for one completion, before its weight; finite, or nil to abstain.
    ///
    /// May be called on any thread, and on several at once. A call that does not come back is left
    /// behind with its thread, which cannot be ended: what waits for others must give up by itself.
    func value(_ completion: RewardContext) throws -> Value
}

/// What a term may say of a completion: `Double`, or `Double?` if it may abstain.
public protocol TermValue: Sendable {
    /// Whether there may be no number.
    static var mayAbstain: Bool { get }
    /// The number; nil where the term abstains.
    var number: Double? { get }
}

extension Double: TermValue {
    /// No.
    public static var mayAbstain: Bool { false }
    /// The number itself.
    public var number: Double? { self }
}

extension Double?: TermValue {
    /// Yes.
    public static var mayAbstain: Bool { true }
    /// The number, if there is one.
    public var number: Double? { self }
}

extension Reward {
    /// None.
    public static var parameters: [RewardParameter] { [] }
    /// No.
    public static var needsTokenCount: Bool { false }
}

/// A number that a configuration may set for a term.
public struct RewardParameter: Hashable, Sendable {
    /// What configurations call it.
    public let name: String
    /// What it is where a configuration says nothing; nil: `grpo.max_completion_length`.
    public let standard: Double?
    /// Which values are taken.
    public let bounds: ClosedRange<Double>
    /// What it means.
    public let help: String

    /// A parameter with a default.
    public init(
        _ name: String, _ standard: Double, in bounds: ClosedRange<Double>, _ help: String
    ) {
        precondition(bounds.contains(standard), "the default of \(name) is out of bounds")
        self.init(name, standard: standard, bounds, help)
    }

    /// A number of tokens that is `grpo.max_completion_length` where a configuration says nothing.
    public init(orMaxCompletionLength name: String, _ help: String) {
        self.init(name, standard: nil, 1...1e9, help)
    }

    private init(
        _ name: String, standard: Double?, _ bounds: ClosedRange<Double>, _ help: String
    ) {
        self.name = name
        self.standard = standard
        self.bounds = bounds
        self.help = help
    }

    /// Parameters that every term has.
    static let common = [
        RewardParameter(
            "min", -1e9, in: -1e9...1e9, "Values below are raised to it, before the weight"),
        RewardParameter(
            "max", 1e9, in: -1e9...1e9, "Values above are lowered to it, before the weight"),
    ]
}

/// The values of a term's parameters.
public struct RewardParameters: Hashable, Sendable {
    private let values: [String: Double]

    /// Values by name, of every parameter of a term.
    public init(_ values: [String: Double]) { self.values = values }

    /// The value of one of the term's own parameters.
    public subscript(_ name: String) -> Double {
        guard let value = values[name] else {
            preconditionFailure("'\(name)' is no parameter of the term; declare it in parameters")
        }
        return value
    }
}

/// A kind of term as a configuration has it.
struct ConfiguredReward: RewardTermFunction {
    let term: RewardTerm
    let reward: any Reward
    let bounds: ClosedRange<Double>

    var mayAbstain: Bool { Self.mayAbstain(reward) }

    private static func mayAbstain<Kind: Reward>(_ reward: Kind) -> Bool { Kind.Value.mayAbstain }

    func value(_ context: RewardContext) throws -> Double? {
        guard let value = try reward.value(context).number else { return nil }
        // What is not a number stays one, and is a fault.
        return value.isFinite ? min(max(value, bounds.lowerBound), bounds.upperBound) : value
    }
}

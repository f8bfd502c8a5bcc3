/// How much a part of the reward counts.
public struct RewardWeight: Hashable, Sendable {
    /// The part.
    public var term: RewardTerm
    /// What its value is multiplied by.
    public var weight: Double

    /// A weight from its parts.
    public init(term: RewardTerm, weight: Double) {
        self.term = term
        self.weight = weight
    }
}

/// The parts of the reward with their weights, in the order in which they are reported.
public struct RewardWeights: Hashable, Sendable {
    /// The weights; every term comes once.
    public let entries: [RewardWeight]

    /// Weights in an order.
    ///
    /// - Parameter entries: at least one; a weight of 0 reports a term without counting it.
    /// - Throws: ``RewardConfigurationError`` when there are none, one is not finite, or a term
    ///   comes twice.
    public init(_ entries: [RewardWeight]) throws(RewardConfigurationError) {
        if entries.isEmpty { throw .noTerms }
        for (index, entry) in entries.enumerated() {
            if !entry.weight.isFinite { throw .weightNotFinite(entry.term) }
            if entries[..<index].contains(where: { $0.term == entry.term }) {
                throw .duplicateTerm(entry.term)
            }
        }
        self.entries = entries
    }

    private init(valid entries: [RewardWeight]) { self.entries = entries }

    /// The method's weights (arXiv 2512.19302): mask IoU twice, both formats once; 4 at most.
    public static let standard = RewardWeights(valid: [
        RewardWeight(term: .maskIoU, weight: 2),
        RewardWeight(term: .samJSONFormat, weight: 1),
        RewardWeight(term: .thinkAnswerFormat, weight: 1),
    ])
}

/// The terms that configurations can name.
public struct RewardRegistry: Sendable {
    /// The terms, in the order in which messages list them.
    public private(set) var functions: [any RewardTermFunction]

    /// A registry of the method's three terms.
    public init() {
        functions = [MaskIoUReward(), SAMJSONFormatReward(), ThinkAnswerFormatReward()]
    }

    /// The method's three terms.
    public static let standard = RewardRegistry()

    /// Adds a term, or replaces the one of its name.
    public mutating func register(_ function: any RewardTermFunction) {
        functions.removeAll { $0.term == function.term }
        functions.append(function)
    }

    /// The term with this name.
    ///
    /// - Throws: ``RewardConfigurationError/unknownTerm(_:known:)``.
    public func function(
        for term: RewardTerm
    ) throws(RewardConfigurationError) -> any RewardTermFunction {
        guard let function = functions.first(where: { $0.term == term }) else {
            throw .unknownTerm(term, known: functions.map(\.term))
        }
        return function
    }
}

/// Why a reward cannot be configured so.
public enum RewardConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is nothing to reward.
    case noTerms
    /// A term is weighed twice.
    case duplicateTerm(RewardTerm)
    /// A weight is NaN or infinite.
    case weightNotFinite(RewardTerm)
    /// No term has the name.
    case unknownTerm(RewardTerm, known: [RewardTerm])
    /// The command that computes a term cannot be used so.
    case command(RewardTerm, problem: String)

    /// The sentence for people.
    public var description: String {
        switch self {
        case .noTerms: "the reward has no terms; give at least one"
        case .duplicateTerm(let term): "the reward term '\(term)' is weighed twice; keep one"
        case .weightNotFinite(let term):
            "the weight of the reward term '\(term)' is not a finite number"
        case .unknownTerm(let term, let known):
            "there is no reward term '\(term)'; the terms are "
                + known.map(\.rawValue).joined(separator: ", ")
        case .command(let term, let problem): "the command of the reward term '\(term)' \(problem)"
        }
    }
}

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

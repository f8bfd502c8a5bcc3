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

    /// The reward of a completion: the weighted sum of the values that there are.
    ///
    /// A term with weight 0 is no reason to have a reward, as it counts for nothing; unless all are so.
    ///
    /// - Parameter values: the unweighted values, in the order of ``entries``, nil of terms that abstain
    /// - Returns: the sum; nil where every term that counts abstains
    public func total(_ values: [Double?]) -> Double? {
        let known = zip(entries, values).compactMap { entry, value in
            value.map { (weight: entry.weight, value: $0) }
        }
        let isWeighed = entries.contains { $0.weight != 0 }
        guard known.contains(where: { $0.weight != 0 || !isWeighed }) else { return nil }
        return known.reduce(0) { $0 + $1.weight * $1.value }
    }

    private init(valid entries: [RewardWeight]) { self.entries = entries }

    /// The method's weights (arXiv 2512.19302): mask IoU twice, both formats once; 4 at most.
    public static let standard = RewardWeights(valid: [
        RewardWeight(term: .maskIoU, weight: 2),
        RewardWeight(term: .samJSONFormat, weight: 1),
        RewardWeight(term: .thinkAnswerFormat, weight: 1),
    ])
}

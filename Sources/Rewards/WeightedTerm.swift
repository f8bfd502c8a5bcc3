/// What one term adds to a completion's reward.
public struct WeightedTerm: Hashable, Sendable, CustomStringConvertible {
    /// The term.
    public let term: RewardTerm
    /// What its value is multiplied by.
    public let weight: Double
    /// Its value before its weight.
    public let value: Double

    /// A part of a reward.
    public init(term: RewardTerm, weight: Double, value: Double) {
        self.term = term
        self.weight = weight
        self.value = value
    }

    /// What it adds; infinite where the product is beyond the largest number.
    public var product: Double { weight * value }

    /// The term with its numbers, in words.
    public var description: String {
        "the reward term '\(term)' is \(value)" + (weight == 1 ? "" : " with a weight of \(weight)")
    }
}

extension RewardWeights {
    /// What the terms of a completion add to its reward.
    ///
    /// - Parameter values: the unweighted values, in the order of ``entries``, nil of terms that abstain
    /// - Returns: the parts of those that do not, in the same order
    public func parts(_ values: [Double?]) -> [WeightedTerm] {
        zip(entries, values).compactMap { entry, value in
            value.map { WeightedTerm(term: entry.term, weight: entry.weight, value: $0) }
        }
    }
}

extension [WeightedTerm] {
    /// The part that adds or takes most; the first of equal ones, nil of none.
    public var largest: WeightedTerm? {
        reduce(nil) { found, part in
            found.map { $0.product.magnitude >= part.product.magnitude } ?? false ? found : part
        }
    }
}

extension RewardFault {
    /// A weighted sum of finite values that is not finite.
    init(sum: Double, of parts: [WeightedTerm]) {
        let sentence = "the weighted sum of the reward terms is \(sum)"
        self.init(
            kind: .notFinite,
            description: parts.largest.map { "\($0): \(sentence)" } ?? sentence)
    }
}

/// Why a completion has no reward although nothing is wrong with its answer.
public struct RewardFault: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// What a term did.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// It threw an error.
        case failed
        /// Its value, or the weighted sum of all, is NaN or infinite.
        case notFinite = "not_finite"
        /// It did not come back in time.
        case timedOut = "timed_out"
    }

    /// What the term did.
    public let kind: Kind
    /// The term, and what it did, in words.
    public let description: String

    /// A fault from its parts.
    public init(kind: Kind, description: String) {
        self.kind = kind
        self.description = description
    }
}

/// The unweighted values of one completion, or why it has none.
typealias RewardValues = Result<[Double], RewardFault>

extension [any RewardTermFunction] {
    /// The values of all terms, one after the other up to the first that has none.
    ///
    /// - Parameters:
    ///   - context: the completion.
    ///   - willBegin: hears of each term before it is asked.
    /// - Returns: the values in the order of the terms, or why there are none.
    func values(
        _ context: RewardContext, willBegin: (RewardTerm) -> Void = { _ in }
    ) -> RewardValues {
        var values: [Double] = []
        for function in self {
            willBegin(function.term)
            do {
                values.append(try function.value(context))
            } catch {
                return .failure(
                    RewardFault(
                        kind: .failed,
                        description: "the reward term '\(function.term)' failed: \(error)"))
            }
            if let value = values.last, !value.isFinite {
                return .failure(
                    RewardFault(
                        kind: .notFinite,
                        description: "the reward term '\(function.term)' is \(value)"))
            }
        }
        return .success(values)
    }
}

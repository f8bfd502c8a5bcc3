/// Why a completion has no reward although nothing is wrong with its answer.
public struct RewardFault: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// What a term did.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// It threw an error.
        case failed
        /// Its value, the weighted sum of all, or what is computed from that, is NaN or infinite.
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

/// An error of a term that says nothing about a completion: what computes the reward is gone.
///
/// It is no fault of a completion but stops the run, because the next ones would have no reward either.
public protocol RewardInfrastructureError: Error {}

/// The unweighted values of one completion, nil those of terms that abstain, or why it has none.
typealias RewardValues = Result<[Double?], RewardFault>

extension [any RewardTermFunction] {
    /// The values of all terms, one after the other up to the first that has none.
    ///
    /// - Parameters:
    ///   - context: the completion.
    ///   - willBegin: hears of each term before it is asked.
    /// - Returns: the values in the order of the terms, or why there are none: a ``RewardFault`` that a
    ///   term throws as it is, and any other error as a fault.
    /// - Throws: ``RewardInfrastructureError`` as it is.
    func values(
        _ context: RewardContext, willBegin: (RewardTerm) -> Void = { _ in }
    ) throws -> RewardValues {
        var values: [Double?] = []
        for function in self {
            willBegin(function.term)
            do {
                values.append(try function.value(context))
            } catch let error as any RewardInfrastructureError {
                throw error
            } catch let fault as RewardFault {
                return .failure(fault)
            } catch {
                return .failure(
                    RewardFault(
                        kind: .failed,
                        description: "the reward term '\(function.term)' failed: \(error)"))
            }
            if let value = values.last ?? nil, !value.isFinite {
                return .failure(
                    RewardFault(
                        kind: .notFinite,
                        description: "the reward term '\(function.term)' is \(value)"))
            }
        }
        return .success(values)
    }
}

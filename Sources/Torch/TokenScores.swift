import CTorchShim

// Legend: T tokens, C hidden size, V vocabulary.

/// What hidden states say of given tokens.
public struct TokenProbabilities {
    /// The log-probability of each token, float32 [T].
    public let logProbabilities: Tensor
    /// The entropy of the distribution that each token comes from, float32 [T], without gradient; nil
    /// unless asked for.
    public let entropies: Tensor?
}

extension Tensor {
    /// The log-probabilities of tokens under these hidden states [T, C], with gradients where they are
    /// recorded; logits of all tokens never exist at once.
    ///
    /// The distribution is the softmax, in float32, of the logits without the suppressed tokens,
    /// divided by the temperature.
    ///
    /// - Parameters:
    ///   - targets: [T], int64
    ///   - head: [V, C]
    ///   - suppressed: tokens of probability 0, int64
    ///   - temperature: above 0
    ///   - withEntropies: whether to compute entropies
    ///   - chunk: how many rows of logits to compute at a time
    ///   - keptBytes: if the probabilities of all rows have more bytes than this, the gradient computes
    ///     them again
    /// - Returns: [T] each
    /// - Throws: ``TorchError``
    public func tokenProbabilities(
        of targets: Tensor, head: Tensor, suppressed: Tensor, temperature: Double,
        withEntropies: Bool, chunk: Int, keptBytes: Int
    ) throws(TorchError) -> TokenProbabilities {
        var scores: OpaquePointer?
        var entropies: OpaquePointer?
        let status = withUnsafeMutablePointer(to: &entropies) { pointer in
            cts_token_log_probabilities(
                handle, head.handle, targets.handle, suppressed.handle, temperature, Int64(chunk),
                Int64(keptBytes), &scores, withEntropies ? pointer : nil)
        }
        try check(status, function: #function)
        guard let scores else {
            throw TorchError(code: .internal, function: #function, message: "no tensor came out")
        }
        return TokenProbabilities(
            logProbabilities: Tensor(owning: scores),
            entropies: entropies.map { Tensor(owning: $0) })
    }
}

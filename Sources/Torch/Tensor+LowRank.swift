import CTorchShim

// Legend: N rows, I inputs, O outputs, r rank, s scale.
extension Tensor {
    /// This [.., I] times the transpose of `weight` [O, I], plus `bias` [O], plus the low-rank product
    /// s · (x Aᵀ) Bᵀ, with gradients of x, A and B.
    ///
    /// - Parameters:
    ///   - weight: the matrix; it gets a gradient where it requires one
    ///   - bias: what is added; it gets a gradient where it requires one
    ///   - a: A [r, I], which gets the gradient, of any type
    ///   - b: B [O, r], which gets the gradient, of any type
    ///   - copies: A and B in the type of `weight`, which are multiplied with
    ///   - branch: what the low-rank product sees instead of this, [.., I]
    ///   - scale: s
    /// - Returns: [.., O]
    /// - Throws: ``TorchError``
    public func adaptedLinear(
        _ weight: Tensor, _ bias: Tensor?, a: Tensor, b: Tensor, copies: (Tensor, Tensor),
        branch: Tensor? = nil, scale: Double
    ) throws(TorchError) -> Tensor {
        try make(#function) {
            cts_adapted_linear(
                handle, branch?.handle, weight.handle, bias?.handle, a.handle, b.handle,
                copies.0.handle, copies.1.handle, scale, $0)
        }
    }

    /// This [.., O] plus s · (x Aᵀ) Bᵀ, while gradients are off: the sum of
    /// ``adaptedLinear(_:_:a:b:copies:branch:scale:)`` to the bit, if this is what its linear part makes.
    ///
    /// - Parameters:
    ///   - x: the input, [.., I]
    ///   - a: A [r, I] in this tensor's type
    ///   - b: B [O, r] in this tensor's type
    ///   - scale: s
    /// - Returns: [.., O]; its memory may be this tensor's, which is then overwritten
    /// - Throws: ``TorchError``
    public func addingLowRank(
        _ x: Tensor, a: Tensor, b: Tensor, scale: Double
    ) throws(TorchError) -> Tensor {
        try make(#function) {
            cts_add_low_rank(handle, x.handle, a.handle, b.handle, scale, $0)
        }
    }
}

import CTorchShim

// Legend: N rows, I inputs, O outputs, r rank, s scale.
extension Tensor {
    /// This [.., I] times the transpose of a frozen `weight` [O, I], plus `bias` [O], plus the low-rank
    /// product s · (x Aᵀ) Bᵀ, with gradients of x, A and B.
    ///
    /// - Parameters:
    ///   - weight: the matrix, which gets no gradient
    ///   - bias: what is added; it gets a gradient where it requires one
    ///   - a: A [r, I], which gets the gradient, of any type
    ///   - b: B [O, r], which gets the gradient, of any type
    ///   - copies: A and B in the type of `weight`, which are multiplied with
    ///   - scale: s
    /// - Returns: [.., O]
    public func adaptedLinear(
        _ weight: Tensor, _ bias: Tensor?, a: Tensor, b: Tensor, copies: (Tensor, Tensor),
        scale: Double
    ) throws(TorchError) -> Tensor {
        let h = try linear(a.to(weight.dtype)) * scale
        return try linear(weight, bias) + h.linear(b.to(weight.dtype))
    }

    /// This [.., O] plus s · (x Aᵀ) Bᵀ, while gradients are off.
    ///
    /// - Parameters:
    ///   - x: the input, [.., I]
    ///   - a: A [r, I] in this tensor's type
    ///   - b: B [O, r] in this tensor's type
    ///   - scale: s
    /// - Returns: [.., O]; its memory may be this tensor's
    public func addingLowRank(
        _ x: Tensor, a: Tensor, b: Tensor, scale: Double
    ) throws(TorchError) -> Tensor {
        try self + (x.linear(a) * scale).linear(b)
    }
}

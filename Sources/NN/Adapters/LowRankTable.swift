public import Torch

// Legend: V ids, C size, r rank, s scale.

/// What an adapter adds to a table of vectors: s · A's columns of the ids, times Bᵀ.
///
/// A [r, V] and B [C, r] are float32; with DoRA a magnitude of each of the C columns.
public final class LowRankTable: Sendable {
    /// What it does.
    public let form: LowRankForm
    /// A, [r, V].
    public let a: Tensor
    /// B, [C, r].
    public let b: Tensor
    /// The length of each column of the sum, [C].
    public let magnitude: Tensor?

    init(form: LowRankForm, a: Tensor, b: Tensor, magnitude: Tensor?) {
        self.form = form
        self.a = a
        self.b = b
        self.magnitude = magnitude
    }

    /// Vectors with what the adapter adds.
    ///
    /// - Parameters:
    ///   - rows: the table's vectors of the ids, [.., C]
    ///   - ids: the ids, [..] (int64)
    ///   - weight: the whole table, [V, C]
    /// - Returns: vectors [.., C] in the table's type
    /// - Throws: `TorchError`
    func callAsFunction(_ rows: Tensor, ids: Tensor, weight: Tensor) throws -> Tensor {
        let dtype = rows.dtype
        let low = try a.transposed(0, 1).embedding(ids)  // [.., r]
        let sum = try rows + (low.linear(b) * form.scale).to(dtype)
        guard let magnitude else { return sum }
        return try sum * (magnitude / lengths(of: weight)).to(dtype)
    }

    /// s · (B A)ᵀ, [V, C], float32: what merging adds to the table.
    public func difference() throws -> Tensor {
        try withoutGradients { try b.matmul(a).transposed(0, 1) * form.scale }
    }

    /// The table that gives the same vectors, [V, C], float32.
    public func merged(into weight: Tensor) throws -> Tensor {
        try withoutGradients {
            let sum = try weight.detached().to(.float32) + difference()
            return try magnitude.map { try sum * ($0 / lengths(of: weight)) } ?? sum
        }
    }

    /// The length of each column of table and difference, [C], without gradient.
    private func lengths(of weight: Tensor) throws -> Tensor {
        try withoutGradients {
            let sum = try weight.detached().to(.float32) + difference()
            return try (sum * sum).sum(0).sqrt()
        }
    }
}

import NN
import Torch

// Legend: T tokens, C hidden size, V vocabulary, r rank.

/// What makes logits of hidden states: a matrix, and what an adapter adds to it.
struct ModelHead {
    /// [V, C].
    let matrix: Tensor
    /// What an adapter adds.
    let branch: LowRankBranch?

    /// Hidden states [.., C] in the matrix's type to logits [.., V]; by the matrix as it is packed, if it
    /// is and while gradients are off.
    func layer(_ hidden: Tensor, packing: Tensor? = nil) throws -> Tensor {
        if let branch {
            return try branch(hidden, weight: matrix, bias: nil, packing: packing)
        }
        return try packing.map { try hidden.packedLinear($0) } ?? hidden.linear(matrix)
    }

    /// Hidden states and a matrix whose product is the logits, for who takes no branch.
    ///
    /// - Parameter hidden: [T, C]
    /// - Returns: as they are; with a branch [T, C + r] and [V, C + r], or the matrix that is merged
    /// - Throws: `TorchError`
    func joined(_ hidden: Tensor) throws -> (hidden: Tensor, matrix: Tensor) {
        let hidden = try hidden.to(matrix.dtype)
        guard let branch else { return (hidden, matrix) }
        return try branch.joined(hidden, weight: matrix)
    }
}

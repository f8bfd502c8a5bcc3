import NN
import Torch

// Legend: T tokens, C hidden size, V vocabulary, r rank.

/// What makes logits of hidden states: a matrix, and what an adapter adds to it.
struct ModelHead {
    /// [V, C].
    let matrix: Tensor
    /// What an adapter adds.
    let branch: LowRankBranch?

    /// Hidden states [.., C] in the matrix's type to logits [.., V].
    func layer(_ hidden: Tensor) throws -> Tensor {
        try branch.map { try $0(hidden, weight: matrix, bias: nil, packing: nil) }
            ?? hidden.linear(matrix)
    }

    /// The same by a matrix that is packed, while gradients are off.
    func layer(_ hidden: Tensor, packing: Tensor) throws -> Tensor {
        try branch.map { try $0(hidden, weight: matrix, bias: nil, packing: packing) }
            ?? hidden.packedLinear(packing)
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

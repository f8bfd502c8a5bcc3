import CTorchShim

/// Sums of squares of tensors, in float64 and in blocks by position.
///
/// Block b of a tensor is its numbers b · ``blockLength`` up to (b + 1) · ``blockLength``, in the order
/// of its indices whatever its strides; the last block has what is left. On the CPU the bits of a block's
/// sum depend on its numbers alone: a tensor that is cut at the borders of blocks, or is computed by
/// another number of threads, has the same sums. Blocks are added up one after the other.
public struct SquareSums: Hashable, Sendable {
    /// How many numbers a block has.
    public static let blockLength = Int(CTS_SQUARE_SUM_BLOCK)
    /// The sums by tensor and block; an empty tensor has none.
    public let blocks: [[Double]]

    /// The sums of floating-point tensors on any devices, which are read back together.
    ///
    /// - Throws: ``TorchError``
    public init(_ tensors: [Tensor]) throws(TorchError) {
        let counts = tensors.map { tensor in
            (tensor.shape.reduce(1, *) + Self.blockLength - 1) / Self.blockLength
        }
        var sums = [Double](repeating: 0, count: max(1, counts.reduce(0, +)))
        let status = sums.withUnsafeMutableBufferPointer { sums in
            withHandles(tensors) { cts_square_sums($0, $1, sums.baseAddress) }
        }
        try check(status, function: #function)
        var rest = sums[...]
        blocks = counts.map { count in
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
    }

    /// The Euclidean norm of all numbers together.
    public var norm: Double { blocks.joined().reduce(0, +).squareRoot() }
}

/// The Euclidean norm of all the tensors' elements together, from their ``SquareSums``.
///
/// - Throws: ``TorchError``
public func globalNorm(_ tensors: [Tensor]) throws(TorchError) -> Double {
    try SquareSums(tensors).norm
}

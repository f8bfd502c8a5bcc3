public import Torch

// Legend: O outputs, I inputs, V ids, C size, r rank, s scale.

/// The rows of a matrix that are merged at once: float32 copies of more would need as much memory as the
/// matrix itself, several times.
private enum MergedRows {
    private static let bytes = 64 << 20

    /// Makes a matrix of rows that are made together.
    ///
    /// - Parameters:
    ///   - shape: [O, I]
    ///   - dtype: the element type, to which rows are rounded
    ///   - device: where the matrix is
    ///   - rows: makes the rows of a range in float32
    /// - Returns: the matrix
    /// - Throws: what `rows` throws
    static func make(
        _ shape: [Int], dtype: DType, device: Device, _ rows: (Range<Int>) throws -> Tensor
    ) throws -> Tensor {
        let ranges = ranges(shape)
        if ranges.count == 1 { return try rows(ranges[0]).to(dtype) }
        let result = try Tensor.zeros(shape, dtype: dtype).to(device)
        for range in ranges {
            let part = try result.sliced(0, from: range.lowerBound, to: range.upperBound)
            try part.copyInPlace(from: rows(range))
        }
        return result
    }

    static func ranges(_ shape: [Int]) -> [Range<Int>] {
        let (count, step) = (shape[0], max(1, bytes / (4 * max(1, shape[1]))))
        return stride(from: 0, to: count, by: step).map { $0..<min(count, $0 + step) }
    }
}

extension LowRankBranch {
    /// The matrix that computes the same as module and branch, made of float32 and rounded once; the
    /// module's bias is not in it.
    ///
    /// - Parameters:
    ///   - weight: the module's weight, [O, …]
    ///   - dtype: the type to round to
    /// - Returns: the merged weight, of the weight's shape
    /// - Throws: `TorchError`
    public func merged(into weight: Tensor, as dtype: DType) throws -> Tensor {
        try withoutGradients {
            let matrix = try weight.detached().reshaped(weight.size(0), -1)  // [O, I]
            let low = try a.detached().reshaped(form.rank, -1).to(.float32)  // [r, I]
            let high = try b.detached().reshaped(weight.size(0), -1).to(.float32)  // [O, r]
            let lengths = try magnitude?.detached().reshaped(-1).to(.float32)  // [O]
            let result = try MergedRows.make(matrix.shape, dtype: dtype, device: weight.device) {
                let (start, end) = ($0.lowerBound, $0.upperBound)
                let difference = try high.sliced(0, from: start, to: end).matmul(low) * form.scale
                let sum = try matrix.sliced(0, from: start, to: end).to(.float32) + difference
                guard let lengths else { return sum }
                let factor =
                    try lengths.sliced(0, from: start, to: end) / (sum * sum).sum(1).sqrt()
                return try sum * factor.unsqueezed(1)
            }
            return try result.reshaped(weight.shape)
        }
    }
}

extension LowRankTable {
    /// The table that gives the same vectors, made of float32 and rounded once.
    ///
    /// - Parameters:
    ///   - weight: the table, [V, C]
    ///   - dtype: the type to round to
    /// - Returns: the merged table, [V, C]
    /// - Throws: `TorchError`
    public func merged(into weight: Tensor, as dtype: DType) throws -> Tensor {
        try withoutGradients {
            let (low, high) = try (a.detached(), b.detached().transposed(0, 1))  // [r, V], [r, C]
            func sum(_ range: Range<Int>) throws -> Tensor {
                let (start, end) = (range.lowerBound, range.upperBound)
                let rows = try low.sliced(1, from: start, to: end).transposed(0, 1)
                return try weight.detached().sliced(0, from: start, to: end).to(.float32)
                    + rows.matmul(high) * form.scale
            }
            var factor: Tensor?
            if let magnitude {
                var squares = try Tensor.zeros([weight.size(1)]).to(weight.device)
                for range in MergedRows.ranges(weight.shape) {
                    let part = try sum(range)
                    squares = try squares + (part * part).sum(0)
                }
                factor = try magnitude.detached() / squares.sqrt()
            }
            return try MergedRows.make(weight.shape, dtype: dtype, device: weight.device) { range in
                try factor.map { try sum(range) * $0 } ?? sum(range)
            }
        }
    }
}

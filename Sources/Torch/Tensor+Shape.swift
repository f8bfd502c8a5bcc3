import CTorchShim

extension Tensor {
    /// The same elements in another shape; one size may be -1.
    public func reshaped(_ shape: [Int]) throws(TorchError) -> Tensor {
        try make(#function) { out in withList(shape) { cts_reshape(handle, $0, out) } }
    }
    /// The same elements in another shape; one size may be -1.
    public func reshaped(_ shape: Int...) throws(TorchError) -> Tensor { try reshaped(shape) }

    /// A view with the dimensions in another order.
    public func permuted(_ dims: Int...) throws(TorchError) -> Tensor {
        try make(#function) { out in withList(dims) { cts_permute(handle, $0, out) } }
    }
    /// A view with two dimensions exchanged.
    public func transposed(_ first: Int, _ second: Int) throws(TorchError) -> Tensor {
        let rank = rank
        var dims = Array(0..<rank)
        let (a, b) = (first < 0 ? first + rank : first, second < 0 ? second + rank : second)
        guard dims.indices.contains(a), dims.indices.contains(b) else {
            throw TorchError(
                code: .torch, function: #function,
                message: "dimensions \(first), \(second) of a tensor of rank \(rank)")
        }
        dims.swapAt(a, b)
        return try make(#function) { out in withList(dims) { cts_permute(handle, $0, out) } }
    }
    /// A view in which dimensions of size 1 are repeated; -1 keeps a size.
    public func expanded(_ shape: [Int]) throws(TorchError) -> Tensor {
        try make(#function) { out in withList(shape) { cts_expand(handle, $0, out) } }
    }
    /// A view in which dimensions of size 1 are repeated; -1 keeps a size.
    public func expanded(_ shape: Int...) throws(TorchError) -> Tensor { try expanded(shape) }
    /// A view with a new dimension of size 1 before `dim`.
    public func unsqueezed(_ dim: Int) throws(TorchError) -> Tensor {
        try make(#function) { cts_unsqueeze(handle, Int64(dim), $0) }
    }
    /// A view without dimension `dim`, if its size is 1.
    public func squeezed(_ dim: Int) throws(TorchError) -> Tensor {
        try make(#function) { cts_squeeze(handle, Int64(dim), $0) }
    }
    /// The tensors one after the other along a dimension.
    public static func concatenate(_ tensors: [Tensor], dim: Int) throws(TorchError) -> Tensor {
        try make(#function) { out in
            withHandles(tensors) { cts_cat($0, $1, Int64(dim), out) }
        }
    }
    /// The tensors side by side along a new dimension.
    public static func stack(_ tensors: [Tensor], dim: Int = 0) throws(TorchError) -> Tensor {
        try make(#function) { out in
            withHandles(tensors) { cts_stack($0, $1, Int64(dim), out) }
        }
    }
    /// A view of the entries `start`, `start + step`, … below `end` of a dimension; `end` nil means
    /// to the end, negative numbers count from it.
    public func sliced(
        _ dim: Int, from start: Int = 0, to end: Int? = nil, step: Int = 1
    ) throws(TorchError) -> Tensor {
        try make(#function) {
            cts_slice(
                handle, Int64(dim), Int64(start), end.map(Int64.init) ?? .max, Int64(step), $0)
        }
    }
    /// A view of entry `index` of a dimension, which goes away.
    public func selected(_ dim: Int, _ index: Int) throws(TorchError) -> Tensor {
        try make(#function) { cts_select(handle, Int64(dim), Int64(index), $0) }
    }
    /// The entries `index` (int64, one dimension) of a dimension, copied.
    public func indexed(_ dim: Int, _ index: Tensor) throws(TorchError) -> Tensor {
        try make(#function) { cts_index_select(handle, Int64(dim), index.handle, $0) }
    }
    /// A copy whose entries `index` (int64, one dimension) of a dimension are those of `source`.
    public func replacing(
        _ dim: Int, at index: Tensor, with source: Tensor
    ) throws(TorchError) -> Tensor {
        try make(#function) { cts_index_copy(handle, Int64(dim), index.handle, source.handle, $0) }
    }
    /// For each place of `index`, the element that it names along a dimension.
    public func gathered(_ dim: Int, _ index: Tensor) throws(TorchError) -> Tensor {
        try make(#function) { cts_gather(handle, Int64(dim), index.handle, $0) }
    }
    /// A copy in which the elements that `index` names along a dimension are those of `source`.
    public func scattered(
        _ dim: Int, _ index: Tensor, _ source: Tensor
    ) throws(TorchError) -> Tensor {
        try make(#function) { cts_scatter(handle, Int64(dim), index.handle, source.handle, $0) }
    }
    /// Each entry of a dimension `count` times in a row.
    public func repeatedInterleaved(_ count: Int, dim: Int) throws(TorchError) -> Tensor {
        try make(#function) { cts_repeat_interleave(handle, Int64(count), Int64(dim), $0) }
    }
    /// The whole tensor tiled `counts` times along its dimensions.
    public func repeated(_ counts: Int...) throws(TorchError) -> Tensor {
        try make(#function) { out in withList(counts) { cts_repeat(handle, $0, out) } }
    }
    /// The entries of `dims` in the opposite order.
    public func flipped(_ dims: Int...) throws(TorchError) -> Tensor {
        try make(#function) { out in withList(dims) { cts_flip(handle, $0, out) } }
    }
    /// Padded with `value`; `pads` names the last dimension first, before and after.
    public func padded(_ pads: [Int], value: Double = 0) throws(TorchError) -> Tensor {
        try make(#function) { out in withList(pads) { cts_pad(handle, $0, value.code, out) } }
    }
    /// The lower triangle of the last two dimensions, the rest 0.
    public func lowerTriangle(diagonal: Int = 0) throws(TorchError) -> Tensor {
        try make(#function) { cts_tril(handle, Int64(diagonal), $0) }
    }
}

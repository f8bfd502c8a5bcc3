import CTorchShim

extension Tensor {
    private func reduce(
        _ op: Int, _ dims: [Int], _ keepDims: Bool, _ function: String = #function
    ) throws(TorchError) -> Tensor {
        try make(function) { out in
            withList(dims) { cts_reduce(Int32(op), handle, $0, keepDims, out) }
        }
    }

    /// The sum over `dims`, or over everything.
    public func sum(_ dims: Int..., keepDims: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CTS_SUM, dims, keepDims)
    }
    /// The mean over `dims`, or over everything.
    public func mean(_ dims: Int..., keepDims: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CTS_MEAN, dims, keepDims)
    }
    /// The largest element along `dims`, or of all.
    public func max(_ dims: Int..., keepDims: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CTS_AMAX, dims, keepDims)
    }
    /// The smallest element along `dims`, or of all.
    public func min(_ dims: Int..., keepDims: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CTS_AMIN, dims, keepDims)
    }
    /// The variance; `unbiased` divides by n - 1.
    public func variance(
        _ dims: Int..., unbiased: Bool, keepDims: Bool = false
    ) throws(TorchError) -> Tensor {
        try reduce(unbiased ? CTS_VAR_UNBIASED : CTS_VAR_BIASED, dims, keepDims)
    }
    /// log Σ eˣ along `dims`.
    public func logSumExp(_ dims: Int..., keepDims: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CTS_LOGSUMEXP, dims, keepDims)
    }
    /// The Euclidean norm over `dims`, or over everything.
    public func norm(_ dims: Int..., keepDims: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CTS_NORM2, dims, keepDims)
    }
    /// Whether any element is true (not 0).
    public func any(_ dims: Int..., keepDims: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CTS_ANY, dims, keepDims)
    }
    /// Whether all elements are true (not 0).
    public func all(_ dims: Int..., keepDims: Bool = false) throws(TorchError) -> Tensor {
        try reduce(CTS_ALL, dims, keepDims)
    }
    /// The index of the largest element along a dimension, the first of equals; int64.
    public func argmax(_ dim: Int, keepDim: Bool = false) throws(TorchError) -> Tensor {
        try make(#function) { cts_argmax(handle, Int64(dim), keepDim, $0) }
    }
    /// Running sums along a dimension.
    public func cumulativeSum(_ dim: Int) throws(TorchError) -> Tensor {
        try make(#function) { cts_cumsum(handle, Int64(dim), $0) }
    }
    /// eˣ / Σ eˣ along a dimension.
    public func softmax(_ dim: Int) throws(TorchError) -> Tensor {
        try make(#function) { cts_softmax(handle, Int64(dim), $0) }
    }
    /// log of ``softmax(_:)``, without its cancellation.
    public func logSoftmax(_ dim: Int) throws(TorchError) -> Tensor {
        try make(#function) { cts_log_softmax(handle, Int64(dim), $0) }
    }

    /// Values and where they stood.
    public struct Ranked {
        /// The chosen elements.
        public let values: Tensor
        /// Their positions along the dimension; int64.
        public let indices: Tensor
    }

    private func ranked(
        _ function: String,
        _ body: (UnsafeMutablePointer<OpaquePointer?>, UnsafeMutablePointer<OpaquePointer?>) ->
            CTSStatus
    ) throws(TorchError) -> Ranked {
        var values: OpaquePointer?
        var indices: OpaquePointer?
        try check(body(&values, &indices), function: function)
        guard let values, let indices else {
            throw TorchError(code: .internal, function: function, message: "no tensor came out")
        }
        return Ranked(values: Tensor(owning: values), indices: Tensor(owning: indices))
    }

    /// The `count` largest elements along a dimension, largest first.
    public func topK(_ count: Int, dim: Int) throws(TorchError) -> Ranked {
        try ranked(#function) { cts_topk(handle, Int64(count), Int64(dim), $0, $1) }
    }
    /// The elements along a dimension in order; equal ones keep theirs.
    public func sorted(dim: Int, descending: Bool = false) throws(TorchError) -> Ranked {
        try ranked(#function) { cts_sort(handle, Int64(dim), descending, $0, $1) }
    }
}

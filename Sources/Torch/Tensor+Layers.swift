import CTorchShim

/// How ``Tensor/interpolated(height:width:mode:)`` computes values between pixels.
public enum Interpolation: Int32, Sendable {
    /// The nearest pixel.
    case nearest = 0
    /// Linear in both directions.
    case bilinear = 1
    /// Cubic in both directions.
    case bicubic = 2
    /// Linear, averaging over all pixels covered when it shrinks.
    case bilinearAntialias = 3
    /// Cubic, averaging over all pixels covered when it shrinks.
    case bicubicAntialias = 4
}

// Legend: B batch, H heads, T query positions, S key positions, D head size, C channels.
extension Tensor {
    /// The product of matrices [.., n, k] and [.., k, m], broadcast over the leading dimensions.
    public func matmul(_ other: Tensor) throws(TorchError) -> Tensor {
        try make(#function) { cts_matmul(handle, other.handle, $0) }
    }
    /// `self` [.., k] times the transpose of `weight` [m, k], plus `bias` [m].
    public func linear(_ weight: Tensor, _ bias: Tensor? = nil) throws(TorchError) -> Tensor {
        try make(#function) { cts_linear(handle, weight.handle, bias?.handle, $0) }
    }
    /// A copy of this matrix [m, k] on the CPU in the order in which oneDNN reads it for products of
    /// `rows` rows; it serves ``packedLinear(_:_:)`` only.
    ///
    /// - Throws: ``TorchError`` where libtorch has no oneDNN (``TorchRuntime/hasOneDNN``)
    public func packed(rows: Int) throws(TorchError) -> Tensor {
        try make(#function) { cts_pack_weight(handle, Int64(rows), $0) }
    }
    /// ``linear(_:_:)`` with a weight of ``packed(rows:)``, while gradients are off: the same but for
    /// rounding, and faster for few rows.
    public func packedLinear(_ packed: Tensor, _ bias: Tensor? = nil) throws(TorchError) -> Tensor {
        try make(#function) { cts_packed_linear(handle, packed.handle, bias?.handle, $0) }
    }
    /// The rows `ids` [..] (int64) of this table [n, k]: [.., k].
    public func embedding(_ ids: Tensor) throws(TorchError) -> Tensor {
        try make(#function) { cts_embedding(handle, ids.handle, $0) }
    }
    /// Layer normalisation over the last dimension.
    public func layerNorm(
        weight: Tensor, bias: Tensor, epsilon: Double
    ) throws(TorchError) -> Tensor {
        try make(#function) { out in
            withList([size(-1)]) {
                cts_layer_norm(handle, $0, weight.handle, bias.handle, epsilon, out)
            }
        }
    }
    /// This [.., C] over its root mean square, times `weight` [C]; statistics in float32, the weight
    /// multiplied after the cast back.
    public func rmsNorm(weight: Tensor, epsilon: Double) throws(TorchError) -> Tensor {
        try make(#function) { cts_rms_norm(handle, weight.handle, epsilon, $0) }
    }
    /// The pairs (i, i + D / 2) of this [N, heads, D] turned by angles.
    ///
    /// - Parameters:
    ///   - cosines: [N or 1, 1, D], the same in both halves of D; gets no gradient
    ///   - sines: likewise
    /// - Returns: [N, heads, D]
    /// - Throws: ``TorchError``
    public func rotatedHalves(cosines: Tensor, sines: Tensor) throws(TorchError) -> Tensor {
        try make(#function) { cts_rotate_halves(handle, cosines.handle, sines.handle, $0) }
    }
    /// softmax(query·keyᵀ·scale + mask)·value.
    ///
    /// - Parameters:
    ///   - query: [B, H, T, D]
    ///   - key: [B, H, S, D], or fewer heads with `groupedQuery`
    ///   - value: [B, H, S, D], or fewer heads with `groupedQuery`
    ///   - mask: broadcastable to [B, H, T, S]; bool (true takes part) or a number that is added
    ///   - causal: position t sees keys 0…t only; not together with a mask
    ///   - scale: 1/√D if nil
    ///   - groupedQuery: H query heads share fewer key heads, consecutive ones the same
    /// - Returns: [B, H, T, D]
    /// - Throws: ``TorchError``
    public static func attention(
        query: Tensor, key: Tensor, value: Tensor, mask: Tensor? = nil, causal: Bool = false,
        scale: Double? = nil, groupedQuery: Bool = false
    ) throws(TorchError) -> Tensor {
        try make(#function) {
            cts_attention(
                query.handle, key.handle, value.handle, mask?.handle, causal, scale ?? 0,
                groupedQuery, $0)
        }
    }
    /// Convolution of [B, C, height, width] with `weight` [C', C, k, k].
    public func conv2d(
        _ weight: Tensor, _ bias: Tensor? = nil, stride: Int = 1, padding: Int = 0
    ) throws(TorchError) -> Tensor {
        try make(#function) {
            cts_conv2d(
                handle, weight.handle, bias?.handle, Int64(stride), Int64(padding), $0)
        }
    }
    /// Transposed convolution of [B, C, height, width] with `weight` [C, C', k, k].
    public func convTranspose2d(
        _ weight: Tensor, _ bias: Tensor? = nil, stride: Int = 1
    ) throws(TorchError) -> Tensor {
        try make(#function) {
            cts_conv_transpose2d(handle, weight.handle, bias?.handle, Int64(stride), $0)
        }
    }
    /// The maximum of each window of [B, C, height, width].
    public func maxPool2d(kernel: Int, stride: Int) throws(TorchError) -> Tensor {
        try make(#function) { cts_max_pool2d(handle, Int64(kernel), Int64(stride), $0) }
    }
    /// [B, C, h, w] resized to [B, C, `height`, `width`]; corners are not aligned.
    public func interpolated(
        height: Int, width: Int, mode: Interpolation
    ) throws(TorchError) -> Tensor {
        try make(#function) {
            cts_interpolate(handle, Int64(height), Int64(width), mode.rawValue, $0)
        }
    }
}

public import Torch

// Legend: B batch, N positions, C channels.

/// x · weightᵀ + bias.
public struct Linear: Sendable {
    /// The matrix, [outputs, inputs].
    public let weight: Tensor
    /// What is added, [outputs].
    public let bias: Tensor?
    /// The weight in the order in which a kernel for few rows reads it.
    private let packing: Tensor?
    /// What an adapter adds.
    public let adapter: LowRankBranch?

    /// The layer of the keys `weight` and, with `bias`, `bias` below a scope.
    ///
    /// - Parameters:
    ///   - scope: where the keys stand
    ///   - inputs: the size of the last dimension of x
    ///   - outputs: the size of the last dimension of the result
    ///   - bias: whether there is a bias
    ///   - initializer: the weight's; uniform from ±1/√inputs if nil
    /// - Throws: an error that names a key which is missing or has another shape
    public init(
        _ scope: ParameterScope, _ inputs: Int, _ outputs: Int, bias: Bool = true,
        initializer: Initializer? = nil
    ) throws {
        weight = try scope.parameter(
            "weight", shape: [outputs, inputs],
            initializer: initializer ?? .uniform(bound: 1 / Double(inputs).squareRoot()))
        self.bias =
            bias
            ? try scope.parameter("bias", shape: [outputs], initializer: .constant(0)) : nil
        packing = nil
        adapter = try scope.branch(.linear, weight: weight, hasBias: bias)
    }

    private init(_ layer: Linear, packing: Tensor) {
        weight = layer.weight
        bias = layer.bias
        adapter = layer.adapter
        self.packing = packing
    }

    /// The same layer with a copy of its weight as it is now, for inputs of `rows` rows without
    /// gradients.
    ///
    /// - Throws: `TorchError` where libtorch has no oneDNN
    public func packed(rows: Int) throws -> Linear {
        Linear(self, packing: try weight.packed(rows: rows))
    }

    /// [.., inputs] to [.., outputs].
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        if let adapter {
            return try adapter(x, weight: weight, bias: bias, packing: packing)
        }
        if let packing { return try x.packedLinear(packing, bias) }
        return try x.linear(weight, bias)
    }
}

/// Layer normalisation over the last dimension.
public struct LayerNorm: Sendable {
    let weight: Tensor
    let bias: Tensor
    let epsilon: Double

    /// The layer of the keys `weight` and `bias` below a scope.
    public init(_ scope: ParameterScope, _ size: Int, epsilon: Double) throws {
        weight = try scope.parameter("weight", shape: [size], initializer: .constant(1))
        bias = try scope.parameter("bias", shape: [size], initializer: .constant(0))
        self.epsilon = epsilon
    }

    /// [.., size] to [.., size].
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.layerNorm(weight: weight, bias: bias, epsilon: epsilon)
    }
}

/// Layer normalisation over the channels of a picture: [B, C, height, width].
public struct LayerNorm2d: Sendable {
    let weight: Tensor
    let bias: Tensor
    let epsilon: Double

    /// The layer of the keys `weight` and `bias` below a scope.
    public init(_ scope: ParameterScope, _ channels: Int, epsilon: Double = 1e-6) throws {
        weight = try scope.parameter("weight", shape: [channels], initializer: .constant(1))
        bias = try scope.parameter("bias", shape: [channels], initializer: .constant(0))
        self.epsilon = epsilon
    }

    /// [B, C, height, width] to the same.
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.permuted(0, 2, 3, 1)  // [B, height, width, C]
            .layerNorm(weight: weight, bias: bias, epsilon: epsilon)
            .permuted(0, 3, 1, 2)
    }
}

/// x / rms(x) · weight; the statistics in float32, the weight multiplied after the cast back, as the
/// Qwen models do.
public struct RMSNorm: Sendable {
    let weight: Tensor
    let epsilon: Double

    /// The layer of the key `weight` below a scope.
    public init(_ scope: ParameterScope, _ size: Int, epsilon: Double) throws {
        weight = try scope.parameter("weight", shape: [size], initializer: .constant(1))
        self.epsilon = epsilon
    }

    /// [.., size] to [.., size].
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.rmsNorm(weight: weight, epsilon: epsilon)
    }
}

/// A table of vectors by id.
public struct Embedding: Sendable {
    /// The vectors, [ids, size].
    public let weight: Tensor
    /// What an adapter adds.
    public let adapter: LowRankTable?

    /// The layer of the key `weight` below a scope.
    public init(
        _ scope: ParameterScope, _ count: Int, _ size: Int,
        initializer: Initializer = .normal(deviation: 0.02)
    ) throws {
        weight = try scope.parameter("weight", shape: [count, size], initializer: initializer)
        adapter = try scope.table(weight: weight)
    }

    /// ids [..] (int64) to vectors [.., size].
    public func callAsFunction(_ ids: Tensor) throws -> Tensor {
        let rows = try weight.embedding(ids)
        return try adapter.map { try $0(rows, ids: ids, weight: weight) } ?? rows
    }
}

/// A convolution of pictures with square kernels.
public struct Conv2d: Sendable {
    let weight: Tensor
    let bias: Tensor?
    let stride: Int
    let padding: Int

    /// The layer of the keys `weight` and, with `bias`, `bias` below a scope.
    public init(
        _ scope: ParameterScope, _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1,
        padding: Int = 0, bias: Bool = true
    ) throws {
        let bound = 1 / Double(inputs * kernel * kernel).squareRoot()
        weight = try scope.parameter(
            "weight", shape: [outputs, inputs, kernel, kernel], initializer: .uniform(bound: bound))
        self.bias =
            bias
            ? try scope.parameter("bias", shape: [outputs], initializer: .constant(0)) : nil
        self.stride = stride
        self.padding = padding
    }

    /// [B, inputs, h, w] to [B, outputs, h', w'].
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.conv2d(weight, bias, stride: stride, padding: padding)
    }
}

/// A transposed convolution whose stride is its kernel's size.
public struct ConvTranspose2d: Sendable {
    let weight: Tensor
    let bias: Tensor
    let stride: Int

    /// The layer of the keys `weight` and `bias` below a scope.
    public init(_ scope: ParameterScope, _ inputs: Int, _ outputs: Int, kernel: Int) throws {
        let bound = 1 / Double(outputs * kernel * kernel).squareRoot()
        weight = try scope.parameter(
            "weight", shape: [inputs, outputs, kernel, kernel], initializer: .uniform(bound: bound))
        bias = try scope.parameter("bias", shape: [outputs], initializer: .constant(0))
        stride = kernel
    }

    /// [B, inputs, h, w] to [B, outputs, h · kernel, w · kernel].
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.convTranspose2d(weight, bias, stride: stride)
    }
}

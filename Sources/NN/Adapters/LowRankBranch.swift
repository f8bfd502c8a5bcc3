import Synchronization
public import Torch

// Legend: N rows, I inputs, O outputs, r rank, s scale.

/// What training's dropout depends on; one object serves all branches of a model.
public final class AdapterDropout: Sendable {
    private let state = Mutex<UInt64?>(nil)

    /// Decides which inputs are left out, together with a branch's key; nil: none are.
    public var seed: UInt64? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    /// A switch that is off.
    public init() {}
}

/// The low-rank part of one module: what A, B, and with DoRA magnitudes, add to what it computes
/// (arXiv 2106.09685, 2402.09353).
///
/// A [r, I] and B [O, r] are float32 whatever the module's element type is; products are made in the
/// module's type, of copies that are made once per change.
public final class LowRankBranch: Sendable {
    /// The module's place in the tree of keys.
    public let module: String
    /// What it does.
    public let form: LowRankForm
    /// A, as it is stored.
    public let a: Tensor
    /// B, as it is stored.
    public let b: Tensor
    /// What is added to B · A · x before scaling, [O].
    public let bias: Tensor?
    /// The length of each row of the sum, as it is stored.
    public let magnitude: Tensor?
    private let dropout: AdapterDropout
    private let copies = Mutex<Copies?>(nil)
    private let lengths = Mutex<Lengths?>(nil)

    /// A and B in the module's type, as they were at some version.
    private struct Copies: Sendable {
        let versions: [Int]
        let a: Tensor
        let b: Tensor
    }

    private struct Lengths: Sendable {
        let versions: [Int]
        let values: Tensor
    }

    init(
        module: String, form: LowRankForm, a: Tensor, b: Tensor, bias: Tensor?,
        magnitude: Tensor?, dropout: AdapterDropout
    ) {
        self.module = module
        self.form = form
        self.a = a
        self.b = b
        self.bias = bias
        self.magnitude = magnitude
        self.dropout = dropout
    }

    /// What the module computes with its adapter: [.., I] to [.., O].
    ///
    /// - Parameters:
    ///   - x: the input
    ///   - weight: the module's matrix, [O, I]
    ///   - bias: the module's bias
    ///   - packing: the matrix as ``Tensor/packed(rows:)`` makes it, while gradients are off
    /// - Returns: W x + bias + s · B A x; with DoRA g · (W x + s · B A x) + bias, g the magnitude over
    ///   the row's length
    /// - Throws: `TorchError`
    public func callAsFunction(
        _ x: Tensor, weight: Tensor, bias: Tensor?, packing: Tensor?
    ) throws -> Tensor {
        let inner = magnitude == nil ? bias : nil
        let dropped = try dropped(x)
        let (low, high) = try copied(weight.dtype)
        var y: Tensor
        if gradientsAreEnabled {
            y = try x.adaptedLinear(
                weight, inner, a: matrix(a), b: matrix(b), copies: (low, high),
                branch: dropped === x ? nil : dropped, scale: form.scale)
        } else {
            y = try (packing.map { try x.packedLinear($0, inner) } ?? x.linear(weight, inner))
                .addingLowRank(dropped, a: low, b: high, scale: form.scale)
        }
        if let lowBias = self.bias { y = try y + (lowBias * form.scale).to(y.dtype) }
        guard let magnitude else { return y }
        return try decomposed(y, x, dropped, magnitude, weight: weight, bias: bias)
    }

    /// A matrix and inputs whose product is what the module computes with its adapter and without biases.
    ///
    /// - Parameters:
    ///   - x: the input, [N, I]
    ///   - weight: the module's matrix, [O, I]
    /// - Returns: [N, I + r] and [O, I + r]
    /// - Throws: `TorchError`
    public func joined(_ x: Tensor, weight: Tensor) throws -> (hidden: Tensor, matrix: Tensor) {
        let dtype = weight.dtype
        let low = try dropped(x).linear(matrix(a).to(dtype)) * form.scale  // [N, r]
        let wide = try Tensor.concatenate([weight, matrix(b).to(dtype)], dim: 1)
        guard let magnitude else { return (try Tensor.concatenate([x, low], dim: -1), wide) }
        let factor = try (magnitude.reshaped(-1) / lengths(of: weight)).to(dtype).unsqueezed(1)
        return (try Tensor.concatenate([x, low], dim: -1), try wide * factor)
    }

    /// DoRA's rescaling of the sum's rows.
    private func decomposed(
        _ y: Tensor, _ x: Tensor, _ dropped: Tensor, _ magnitude: Tensor, weight: Tensor,
        bias: Tensor?
    ) throws -> Tensor {
        let flat = try magnitude.reshaped(-1)
        let factor = try (flat / lengths(of: weight)).to(y.dtype)  // [O]
        var sum = try y * factor
        if dropped !== x {
            // The base's part of the rescaling sees what the branch sees.
            let (whole, left) = try (x.linear(weight), dropped.linear(weight))
            sum = try sum + (whole - left) * (factor * -1 + 1)
        }
        return try bias.map { try sum + $0 } ?? sum
    }

    /// ‖W + s · B A‖ of each row, [O], float32, without gradient.
    private func lengths(of weight: Tensor) throws -> Tensor {
        let versions = [a.version, b.version, weight.version]
        if let kept = lengths.withLock({ $0 }), kept.versions == versions { return kept.values }
        let values = try withoutGradients {
            let sum = try weight.reshaped(weight.size(0), -1).to(.float32) + difference()
            return try (sum * sum).sum(1).sqrt()
        }
        lengths.withLock { $0 = Lengths(versions: versions, values: values) }
        return values
    }

    /// s · B A, [O, I], float32: what merging adds to the module's matrix.
    public func difference() throws -> Tensor {
        try withoutGradients {
            try matrix(b).to(.float32).matmul(matrix(a).to(.float32)) * form.scale
        }
    }

    /// The matrix that computes the same as module and branch, float32; the module's bias is not in it.
    ///
    /// - Parameter weight: the module's weight
    /// - Returns: the merged weight, of the weight's shape
    /// - Throws: `TorchError`
    public func merged(into weight: Tensor) throws -> Tensor {
        try withoutGradients {
            var sum =
                try weight.reshaped(weight.size(0), -1).detached().to(.float32) + difference()
            if let magnitude {
                sum = try sum * (magnitude.reshaped(-1) / lengths(of: weight)).unsqueezed(1)
            }
            return try sum.reshaped(weight.shape)
        }
    }

    private func matrix(_ tensor: Tensor) throws -> Tensor {
        tensor.shape.count == 2 ? tensor : try tensor.reshaped(tensor.size(0), -1)
    }

    /// A and B in another type, without gradient; what was made last is kept.
    private func copied(_ dtype: DType) throws -> (Tensor, Tensor) {
        let versions = [a.version, b.version]
        if let kept = copies.withLock({ $0 }), kept.versions == versions, kept.a.dtype == dtype {
            return (kept.a, kept.b)
        }
        let new = try withoutGradients {
            Copies(
                versions: versions, a: try matrix(a).detached().to(dtype),
                b: try matrix(b).detached().to(dtype))
        }
        copies.withLock { $0 = new }
        return (new.a, new.b)
    }

    /// x with the inputs left out that dropout chooses, the others larger.
    private func dropped(_ x: Tensor) throws -> Tensor {
        guard form.dropout > 0, let seed = dropout.seed else { return x }
        let generator = try Generator(seed: RandomWeights.seed(seed, key: module))
        let chances = try Tensor.uniform(x.shape, generator: generator).to(x.device)
        let kept = try (chances .>= form.dropout).to(.float32) / (1 - form.dropout)
        return try x * kept.to(x.dtype)
    }
}

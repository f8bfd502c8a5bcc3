package import NN
package import Torch

// Legend: N positions of all rows, C hidden size.

/// What lets the positions of a layer know of each other: attention, or a recurrence.
package protocol TokenMixer: Sendable {
    /// x [N, C], normalised, to [N, C].
    ///
    /// - Parameters:
    ///   - x: what comes into the layer
    ///   - rotary: the tables of the positions
    ///   - layer: the layer's number, from 0
    ///   - pattern: who sees whom; it is asked exactly once, to attend or to recur
    /// - Returns: what is added to the residual stream
    /// - Throws: `TorchError`
    func callAsFunction(
        _ x: Tensor, rotary: Rotary, layer: Int, pattern: any SequencePattern
    ) throws -> Tensor

    /// The same with copies of its weights as they are now, for `rows` positions at a time without
    /// gradients.
    func packed(rows: Int) throws -> any TokenMixer
}

/// The RMS norm of a language model: x / rms(x) · (weight + offset).
package struct TextNorm: Sendable {
    private let weight: Tensor
    private let epsilon: Double
    private let offset: Double

    /// The layer of the key `weight` below a scope; a fresh one does not scale.
    package init(_ scope: ParameterScope, _ size: Int, _ options: TextOptions) throws {
        offset = options.normOffset
        epsilon = options.normEpsilon
        weight = try scope.parameter(
            "weight", shape: [size], initializer: .constant(1 - offset))
    }

    /// [.., size] to [.., size]; with an offset the product is made in float32.
    package func callAsFunction(_ x: Tensor) throws -> Tensor {
        if offset == 0 { return try x.rmsNorm(weight: weight, epsilon: epsilon) }
        let scale = try weight.to(.float32) + offset
        return try x.to(.float32).rmsNorm(weight: scale, epsilon: epsilon).to(x.dtype)
    }
}

/// silu(gate) · up, then down.
package struct GatedMLP: Sendable {
    let gate: Linear
    let up: Linear
    let down: Linear

    package init(
        _ scope: ParameterScope, _ size: Int, _ inner: Int, bias: Bool, initializer: Initializer
    ) throws {
        gate = try Linear(scope / "gate_proj", size, inner, bias: bias, initializer: initializer)
        up = try Linear(scope / "up_proj", size, inner, bias: bias, initializer: initializer)
        down = try Linear(scope / "down_proj", inner, size, bias: bias, initializer: initializer)
    }

    private init(gate: Linear, up: Linear, down: Linear) {
        self.gate = gate
        self.up = up
        self.down = down
    }

    func packed(rows: Int) throws -> GatedMLP {
        GatedMLP(
            gate: try gate.packed(rows: rows), up: try up.packed(rows: rows),
            down: try down.packed(rows: rows))
    }

    package func callAsFunction(_ x: Tensor) throws -> Tensor { try down(gate(x).silu() * up(x)) }
}

extension TextOptions {
    /// How new weights of the language model begin.
    package var initializer: Initializer { .normal(deviation: initializerRange) }
}

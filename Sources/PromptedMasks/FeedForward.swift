// Reference: transformers, models/sam2/modeling_sam2.py (Sam2FeedForward)
package import NN
package import Torch

extension ActivationName {
    /// The function, element by element.
    package func callAsFunction(_ x: Tensor) throws -> Tensor {
        switch self {
        case .gelu: try x.gelu()
        case .geluTanh: try x.geluTanh()
        case .relu: try x.relu()
        case .silu: try x.silu()
        }
    }
}

/// Linear layers with an activation after each but the last.
package struct FeedForward {
    private let layers: [Linear]
    private let activation: ActivationName

    /// The layers of the keys `proj_in`, `layers.N` and `proj_out`; two at least.
    package init(
        _ scope: ParameterScope, _ inputs: Int, _ hidden: Int, _ outputs: Int, layers count: Int,
        activation: ActivationName = .relu
    ) throws {
        var layers = [try Linear(scope / "proj_in", inputs, hidden)]
        for index in 0..<max(0, count - 2) {
            layers.append(try Linear(scope / "layers" / index, hidden, hidden))
        }
        layers.append(try Linear(scope / "proj_out", hidden, outputs))
        self.layers = layers
        self.activation = activation
    }

    /// [.., inputs] to [.., outputs].
    package func callAsFunction(_ x: Tensor) throws -> Tensor {
        var x = x
        for (index, layer) in layers.enumerated() {
            x = try layer(x)
            if index < layers.count - 1 { x = try activation(x) }
        }
        return x
    }
}

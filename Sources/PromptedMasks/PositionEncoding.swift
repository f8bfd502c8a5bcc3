// Reference: transformers, models/sam2/modeling_sam2.py (Sam2PositionalEmbedding)
//
// Legend: B prompts, N points, C channels, h × w the grid of the picture's embedding.
import Foundation
public import NN
public import Torch

/// Encodes places by sines and cosines of random frequencies.
///
/// Computed in float32 whatever the model's dtype: sixteen bits would move a point by pixels.
public struct PositionEncoding {
    /// Of x and of y: [2, C / 2].
    private let frequencies: Tensor

    /// The encoding of the key `positional_embedding` below a scope, with `channels` numbers per
    /// place.
    public init(_ scope: ParameterScope, _ channels: Int, scale: Double) throws {
        frequencies = try scope.parameter(
            "positional_embedding", shape: [2, channels / 2],
            initializer: .normal(deviation: scale))
    }

    /// Places x, y [.., 2], float32, from 0 to 1 across the picture, to [.., C] in the model's dtype.
    public func callAsFunction(_ places: Tensor) throws -> Tensor {
        let angles = try (places * 2.0 - 1.0).matmul(frequencies.to(.float32)) * (2 * Double.pi)
        return try Tensor.concatenate([angles.sin(), angles.cos()], dim: -1).to(frequencies.dtype)
    }

    /// The encoding of the centres of a square grid's cells: [1, C, side, side].
    public func grid(side: Int) throws -> Tensor {
        let centres =
            try (Tensor.range(side, dtype: .float32, device: frequencies.device) + 0.5)
            / Double(side)
        let x = try centres.reshaped(1, side).expanded(side, side)
        let y = try centres.reshaped(side, 1).expanded(side, side)
        return try self(Tensor.stack([x, y], dim: -1)).permuted(2, 0, 1).unsqueezed(0)
            .contiguous()
    }
}

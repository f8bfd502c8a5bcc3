// Reference: transformers, models/qwen2_5_vl/modeling_qwen2_5_vl.py (Qwen2_5_VLRotaryEmbedding)
import Foundation
package import Torch

/// The cosines and sines that turn queries and keys.
package struct Rotary {
    // Legend: N positions, D head size, R numbers of a head that are turned.
    /// The cosines, [N, 1, R].
    package let cos: Tensor
    /// The sines, [N, 1, R].
    package let sin: Tensor
    /// R, if it is less than D.
    private let part: Int?

    /// Angles [N, R / 2] used for both halves of what is turned.
    ///
    /// - Parameters:
    ///   - angles: the angles
    ///   - dtype: the element type of the tables
    ///   - isPartial: whether heads have more numbers than are turned
    /// - Throws: `TorchError`
    package init(angles: Tensor, dtype: DType, isPartial: Bool = false) throws {
        let full = try Tensor.concatenate([angles, angles], dim: -1).unsqueezed(1)  // [N, 1, R]
        cos = try full.cos().to(dtype)
        sin = try full.sin().to(dtype)
        part = isPartial ? full.size(-1) : nil
    }

    private init(cos: Tensor, sin: Tensor, part: Int?) {
        self.cos = cos
        self.sin = sin
        self.part = part
    }

    /// The rows `start ..< end`.
    func sliced(from start: Int, to end: Int) throws -> Rotary {
        Rotary(
            cos: try cos.sliced(0, from: start, to: end),
            sin: try sin.sliced(0, from: start, to: end), part: part)
    }

    /// The rows `index` (int64).
    func indexed(_ index: Tensor) throws -> Rotary {
        Rotary(cos: try cos.indexed(0, index), sin: try sin.indexed(0, index), part: part)
    }

    /// x [N, heads, D] turned, in the dtype of the table; of a part, the first R numbers of each head.
    package func callAsFunction(_ x: Tensor) throws -> Tensor {
        guard let part else { return try x.rotatedHalves(cosines: cos, sines: sin) }
        let turned = try x.sliced(-1, to: part).rotatedHalves(cosines: cos, sines: sin)
        return try Tensor.concatenate([turned, x.sliced(-1, from: part)], dim: -1)
    }
}

/// 1 / theta^(2i / size) for i below size / 2.
package func inverseFrequencies(theta: Double, size: Int) -> [Float] {
    stride(from: 0, to: size, by: 2).map { index in
        1 / Float(pow(theta, Double(Float(index) / Float(size))))
    }
}

/// The language model's rotary embedding: each frequency follows time, row or column.
struct TextRotary {
    let inverse: Tensor  // [R / 2]
    let axes: Tensor  // [R / 2], 0 time, 1 row, 2 column
    let isPartial: Bool
    let dtype: DType
    let device: Device

    init(_ plan: RotaryPlan, headSize: Int, dtype: DType, device: Device) throws {
        inverse = try Tensor.of(
            inverseFrequencies(theta: plan.theta, size: plan.turnedSize)
        ).to(device)
        axes = try Tensor.of(plan.axisOfFrequency).to(device)
        isPartial = plan.turnedSize < headSize
        self.dtype = dtype
        self.device = device
    }

    func callAsFunction(_ positions: MultimodalPositions) throws -> Rotary {
        let all = positions.time + positions.row + positions.column
        let table = try Tensor.of(all, shape: [3, positions.time.count]).to(device).to(.float32)
        let chosen = try table.indexed(0, axes).transposed(0, 1)  // [N, R / 2]
        return try Rotary(angles: chosen * inverse, dtype: dtype, isPartial: isPartial)
    }
}

/// The rotary tables of rows that continue prompts of different lengths, step by step.
struct DecodingRotary {
    /// Of all positions from `first` on.
    private let table: Rotary
    private let first: Int
    private let starts: [Int]
    private let device: Device

    /// - Parameters:
    ///   - starts: per prompt the position of the first token after it
    ///   - steps: the most tokens after it
    ///   - rotary: makes tables
    /// - Throws: `TorchError`
    init(starts: [Int], steps: Int, _ rotary: TextRotary) throws {
        first = starts.min() ?? 0
        let last = (starts.max() ?? 0) + steps
        table = try rotary(MultimodalPositions(text: last - first, from: first))
        self.starts = starts
        device = rotary.device
    }

    /// The table of rows whose prompts are `owners`, `step` tokens after their prompts.
    func callAsFunction(step: Int, owners: [Int]) throws -> Rotary {
        if starts.allSatisfy({ $0 == first }) {
            return try table.sliced(from: step, to: step + 1)
        }
        return try table.indexed(Tensor.of(owners.map { starts[$0] - first + step }).to(device))
    }
}

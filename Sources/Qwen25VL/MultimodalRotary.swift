// Reference: transformers, models/qwen2_5_vl/modeling_qwen2_5_vl.py (get_rope_index and
// Qwen2_5_VLRotaryEmbedding)
import Foundation
import Torch

/// The three-dimensional positions of a prompt's tokens.
public struct MultimodalPositions: Equatable, Sendable {
    /// The time position of each token.
    public var time: [Int] = []
    /// The row position of each token.
    public var row: [Int] = []
    /// The column position of each token.
    public var column: [Int] = []
    /// The position of the token that follows, the same in all three directions.
    public var next = 0

    /// Positions of `count` tokens of text from `start` on.
    public init(text count: Int, from start: Int = 0) {
        time = Array(start..<start + count)
        row = time
        column = time
        next = start + count
    }

    /// Positions of a prompt.
    ///
    /// Text counts up in all three directions. A picture's tokens have the start plus frame, row and
    /// column of the merged grid, and the text after it goes on at the start plus the larger side.
    ///
    /// - Parameters:
    ///   - tokenIDs: the prompt
    ///   - grids: one per picture, in patches
    ///   - imageTokenID: the placeholder
    ///   - mergeSize: patches per token in one direction
    /// - Throws: ``Qwen25VLInputError`` if the placeholders do not fit the grids
    public init(
        tokenIDs: [Int], grids: [VisionGrid], imageTokenID: Int, mergeSize: Int
    ) throws {
        var index = 0
        var picture = 0
        while index < tokenIDs.count {
            if tokenIDs[index] != imageTokenID {
                append(next, next, next)
                next += 1
                index += 1
                continue
            }
            guard picture < grids.count else {
                throw Qwen25VLInputError(
                    "token \(index) of the prompt is an image placeholder, but there are only "
                        + "\(grids.count) pictures",
                    advice: "give one picture per run of placeholders")
            }
            let grid = grids[picture]
            let count = grid.tokenCount(mergeSize: mergeSize)
            let run = tokenIDs[index...].prefix(count).prefix { $0 == imageTokenID }.count
            guard run == count else {
                throw Qwen25VLInputError(
                    "picture \(picture) has \(count) tokens, but the prompt has \(run) placeholders "
                        + "at token \(index)",
                    advice: "do not cut prompts inside a picture")
            }
            append(grid, mergeSize: mergeSize)
            index += count
            picture += 1
        }
        guard picture == grids.count else {
            throw Qwen25VLInputError(
                "there are \(grids.count) pictures, but the prompt has placeholders for \(picture)",
                advice: "give one run of placeholders per picture")
        }
    }

    /// Adds `count` tokens of text at `start` and on; where the next prompt token would go is unchanged.
    mutating func append(text count: Int, from start: Int) {
        for position in start..<start + count { append(position, position, position) }
    }

    /// Adds the positions of another prompt, which begin anew; where the next prompt token would go is
    /// unchanged.
    mutating func append(_ other: MultimodalPositions) {
        time += other.time
        row += other.row
        column += other.column
    }

    private mutating func append(_ t: Int, _ h: Int, _ w: Int) {
        time.append(t)
        row.append(h)
        column.append(w)
    }

    private mutating func append(_ grid: VisionGrid, mergeSize: Int) {
        let (rows, columns) = (grid.rows / mergeSize, grid.columns / mergeSize)
        for frame in 0..<grid.frames {
            for y in 0..<rows {
                for x in 0..<columns { append(next + frame, next + y, next + x) }
            }
        }
        next += max(rows, columns)
    }
}

/// The cosines and sines that turn queries and keys.
struct Rotary {
    // Legend: N positions, D head size.
    /// The cosines, [N, 1, D].
    let cos: Tensor
    /// The sines, [N, 1, D].
    let sin: Tensor

    /// Angles [N, D / 2] used for both halves of a head.
    init(angles: Tensor, dtype: DType) throws {
        let full = try Tensor.concatenate([angles, angles], dim: -1).unsqueezed(1)  // [N, 1, D]
        cos = try full.cos().to(dtype)
        sin = try full.sin().to(dtype)
    }

    private init(cos: Tensor, sin: Tensor) {
        self.cos = cos
        self.sin = sin
    }

    /// The rows `start ..< end`.
    func sliced(from start: Int, to end: Int) throws -> Rotary {
        Rotary(
            cos: try cos.sliced(0, from: start, to: end),
            sin: try sin.sliced(0, from: start, to: end))
    }

    /// The rows `index` (int64).
    func indexed(_ index: Tensor) throws -> Rotary {
        Rotary(cos: try cos.indexed(0, index), sin: try sin.indexed(0, index))
    }

    /// x [N, heads, D] turned, in the dtype of the table.
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.rotatedHalves(cosines: cos, sines: sin)
    }
}

/// 1 / theta^(2i / size) for i below size / 2.
func inverseFrequencies(theta: Double, size: Int) -> [Float] {
    stride(from: 0, to: size, by: 2).map { index in
        1 / Float(pow(theta, Double(Float(index) / Float(size))))
    }
}

/// The language model's rotary embedding: each frequency follows time, row or column.
struct MultimodalRotary {
    let inverse: Tensor  // [D / 2]
    let axes: Tensor  // [D / 2], 0 time, 1 row, 2 column
    let dtype: DType
    let device: Device

    init(_ configuration: Qwen25VLConfiguration.Text, dtype: DType, device: Device) throws {
        inverse = try Tensor.of(
            inverseFrequencies(theta: configuration.ropeTheta, size: configuration.headSize)
        ).to(device)
        let axes = configuration.ropeSections.enumerated().flatMap { index, count in
            [Int](repeating: index % 3, count: count)
        }
        self.axes = try Tensor.of(axes).to(device)
        self.dtype = dtype
        self.device = device
    }

    func callAsFunction(_ positions: MultimodalPositions) throws -> Rotary {
        let all = positions.time + positions.row + positions.column
        let table = try Tensor.of(all, shape: [3, positions.time.count]).to(device).to(.float32)
        let chosen = try table.indexed(0, axes).transposed(0, 1)  // [N, D / 2]
        return try Rotary(angles: chosen * inverse, dtype: dtype)
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
    init(starts: [Int], steps: Int, _ rotary: MultimodalRotary) throws {
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

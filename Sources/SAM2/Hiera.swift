// Reference: transformers, models/sam2/modeling_sam2.py (Sam2HieraDetModel)
//
// Legend: B pictures, h × w a stage's grid, C its channels, H heads, D channels per head.
public import NN
import PromptedMasks
public import Torch

/// A block's attention, which may shrink the queries' grid on the way.
struct MultiScaleAttention {
    private let qkv: Linear
    private let proj: Linear
    private let heads: Int
    private let pool: Int?

    init(_ scope: ParameterScope, _ inputs: Int, _ outputs: Int, heads: Int, pool: Int?) throws {
        qkv = try Linear(scope / "qkv", inputs, outputs * 3)
        proj = try Linear(scope / "proj", outputs, outputs)
        self.heads = heads
        self.pool = pool
    }

    /// [B, h, w, inputs] to [B, h', w', outputs].
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        let shape = x.shape
        let batch = shape[0]
        var (height, width) = (shape[1], shape[2])
        // [B, hw, 3, H, D]
        let projected = try qkv(x).reshaped(batch, height * width, 3, heads, -1)
        var query = try projected.selected(2, 0)
        if let pool {
            query = try maxPooled(query.reshaped(batch, height, width, -1), by: pool)
            (height, width) = (query.size(1), query.size(2))
            query = try query.reshaped(batch, height * width, heads, -1)  // [B, h'w', H, D]
        }
        return try proj(
            Tensor.attention(
                query: query.transposed(1, 2), key: projected.selected(2, 1).transposed(1, 2),
                value: projected.selected(2, 2).transposed(1, 2)
            )  // [B, H, h'w', D]
            .transposed(1, 2).reshaped(batch, height, width, -1))
    }
}

/// [B, h, w, C] to [B, h / side, w / side, C]: the maximum of each square.
private func maxPooled(_ x: Tensor, by side: Int) throws -> Tensor {
    try x.permuted(0, 3, 1, 2).maxPool2d(kernel: side, stride: side).permuted(0, 2, 3, 1)
}

/// Windowed attention and an MLP, each with a shortcut.
struct MultiScaleBlock {
    private let norm1: LayerNorm
    private let attention: MultiScaleAttention
    private let norm2: LayerNorm
    private let mlp: FeedForward
    private let shortcut: Linear?
    /// The side of the windows before pooling; nil attends to the whole grid.
    private let window: Int?
    private let pool: Int?

    /// Block `index` of a stage, `total` counted over all stages.
    ///
    /// The first block of a stage has the stage before's channels coming in, and its windows.
    init(
        _ scope: ParameterScope, _ configuration: HieraConfiguration, stage: Int, index: Int,
        total: Int
    ) throws {
        let isTransition = stage > 0 && index == 0
        let before = isTransition ? stage - 1 : stage
        let inputs = configuration.embedDimensions[before]
        let outputs = configuration.embedDimensions[stage]
        let epsilon = configuration.layerNormEpsilon
        window =
            configuration.globalBlocks.contains(total) ? nil : configuration.windows[before]
        pool =
            isTransition && configuration.pools(stage: stage) ? configuration.queryStride.side : nil
        norm1 = try LayerNorm(scope / "layer_norm1", inputs, epsilon: epsilon)
        attention = try MultiScaleAttention(
            scope / "attn", inputs, outputs, heads: configuration.heads[stage], pool: pool)
        norm2 = try LayerNorm(scope / "layer_norm2", outputs, epsilon: epsilon)
        mlp = try FeedForward(
            scope / "mlp", outputs, Int(Double(outputs) * configuration.mlpRatio), outputs,
            layers: 2, activation: configuration.activation)
        shortcut = inputs == outputs ? nil : try Linear(scope / "proj", inputs, outputs)
    }

    /// [B, h, w, inputs] to [B, h', w', outputs].
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        let normed = try norm1(x)
        var residual = x
        if let shortcut {
            residual = try shortcut(normed)
            if let pool { residual = try maxPooled(residual, by: pool) }
        }
        var attended: Tensor
        if let window {
            let grid = WindowGrid(height: x.size(1), width: x.size(2), window: window)
            attended = try attention(grid.partition(normed))
            let shrunk = WindowGrid(
                height: residual.size(1), width: residual.size(2), window: window / (pool ?? 1))
            attended = try shrunk.joined(attended)
        } else {
            attended = try attention(normed)
        }
        let sum = try residual + attended
        return try sum + mlp(norm2(sum))
    }
}

/// The hierarchical vision transformer of SAM2: four stages, each but the first at half the
/// resolution of the one before.
public struct Hiera {
    private let projection: Conv2d
    private let background: Tensor
    private let windowEmbedding: Tensor
    private let stages: [[MultiScaleBlock]]

    /// The trunk of the keys `patch_embed`, `pos_embed`, `pos_embed_window` and `blocks` below a
    /// scope.
    public init(_ scope: ParameterScope, _ configuration: HieraConfiguration) throws {
        let channels = configuration.hiddenSize
        projection = try Conv2d(
            scope / "patch_embed" / "projection", configuration.channels, channels,
            kernel: configuration.patchKernel.side, stride: configuration.patchStride.side,
            padding: configuration.patchPadding.side)
        let (grid, window) = (configuration.backgroundGrid.side, configuration.windows[0])
        background = try scope.parameter("pos_embed", shape: [1, channels, grid, grid])
        windowEmbedding = try scope.parameter(
            "pos_embed_window", shape: [1, channels, window, window])
        var total = 0
        stages = try configuration.blocks.enumerated().map { stage, count in
            try (0..<count).map { index in
                defer { total += 1 }
                return try MultiScaleBlock(
                    scope / "blocks" / total, configuration, stage: stage, index: index,
                    total: total)
            }
        }
    }

    /// The features after each stage, finest first.
    ///
    /// - Parameter pixels: [B, 3, height, width]
    /// - Returns: [B, h, w, C] per stage
    /// - Throws: `TorchError`
    public func callAsFunction(_ pixels: Tensor) throws -> [Tensor] {
        var x = try projection(pixels)
        let (height, width) = (x.size(2), x.size(3))
        x = try (x + positions(height: height, width: width)).permuted(0, 2, 3, 1)  // [B, h, w, C]
        return try stages.map { blocks in
            for block in blocks { x = try block(x) }
            return x
        }
    }

    /// [1, C, h, w]: one embedding stretched over the grid, and one repeated in every window.
    private func positions(height: Int, width: Int) throws -> Tensor {
        let window = windowEmbedding.size(2)
        return try background.interpolated(height: height, width: width, mode: .bicubic)
            + windowEmbedding.repeated(1, 1, height / window, width / window)
    }
}

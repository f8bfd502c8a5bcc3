// Reference: transformers, models/qwen2_5_vl/modeling_qwen2_5_vl.py
// (Qwen2_5_VisionTransformerPretrainedModel)
import NN
import Torch
import VisionLanguage

// Legend: N patches, M merged blocks, U patches per block, C hidden size, H heads, D head size,
// W windows of T patches.

/// The epsilon of all norms of the tower, which the configuration does not give.
private let visionNormEpsilon = 1e-6

/// Attention within stretches of patches.
struct VisionAttention {
    let qkv: Linear
    let proj: Linear
    let headCount: Int

    init(_ scope: ParameterScope, _ configuration: Qwen25VLConfiguration.Vision) throws {
        let (size, spread) = (configuration.hiddenSize, configuration.initializer)
        qkv = try Linear(scope / "qkv", size, 3 * size, initializer: spread)
        proj = try Linear(scope / "proj", size, size, initializer: spread)
        headCount = configuration.headCount
    }

    func callAsFunction(
        _ x: Tensor, rotary: Rotary, runs: [VisionLayout.Run]
    ) throws -> Tensor {
        let count = x.size(0)
        let all = try qkv(x).reshaped(count, 3, headCount, -1)  // [N, 3, H, D]
        // Turned in float32: bfloat16 angles would move the patches.
        let query = try rotary(all.selected(1, 0).to(.float32)).to(x.dtype)  // [N, H, D]
        let key = try rotary(all.selected(1, 1).to(.float32)).to(x.dtype)
        let value = try all.selected(1, 2)
        var outputs: [Tensor] = []
        var start = 0
        for run in runs {
            let end = start + run.count * run.length
            func part(_ tensor: Tensor) throws -> Tensor {
                try tensor.sliced(0, from: start, to: end)
                    .reshaped(run.count, run.length, headCount, -1)  // [W, T, H, D]
                    .transposed(1, 2)  // [W, H, T, D]
            }
            outputs.append(
                try Tensor.attention(query: part(query), key: part(key), value: part(value))
                    .transposed(1, 2)  // [W, T, H, D]
                    .reshaped(end - start, -1))  // [W · T, C]
            start = end
        }
        return try proj(
            outputs.count == 1 ? outputs[0] : Tensor.concatenate(outputs, dim: 0))  // [N, C]
    }
}

/// One block of the tower.
struct VisionBlock {
    let norm1: RMSNorm
    let norm2: RMSNorm
    let attention: VisionAttention
    let mlp: GatedMLP
    /// All of the block's.
    let parameters: [Parameter]

    init(_ scope: ParameterScope, _ configuration: Qwen25VLConfiguration.Vision) throws {
        let size = configuration.hiddenSize
        norm1 = try RMSNorm(scope / "norm1", size, epsilon: visionNormEpsilon)
        norm2 = try RMSNorm(scope / "norm2", size, epsilon: visionNormEpsilon)
        attention = try VisionAttention(scope / "attn", configuration)
        mlp = try GatedMLP(
            scope / "mlp", size, configuration.intermediateSize, bias: true,
            initializer: configuration.initializer)
        parameters = scope.parameters
    }

    func callAsFunction(
        _ x: Tensor, rotary: Rotary, runs: [VisionLayout.Run]
    ) throws -> Tensor {
        let x = try x + attention(norm1(x), rotary: rotary, runs: runs)
        return try x + mlp(norm2(x))
    }
}

/// Makes one token of each block of patches.
struct PatchMerger {
    let norm: RMSNorm
    let first: Linear
    let second: Linear
    let width: Int

    init(_ scope: ParameterScope, _ configuration: Qwen25VLConfiguration.Vision) throws {
        width = configuration.hiddenSize * configuration.mergeUnit
        norm = try RMSNorm(
            scope / "ln_q", configuration.hiddenSize, epsilon: visionNormEpsilon)
        let spread = configuration.initializer
        first = try Linear(scope / "mlp" / 0, width, width, initializer: spread)
        second = try Linear(scope / "mlp" / 2, width, configuration.outputSize, initializer: spread)
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor {
        let blocks = try norm(x).reshaped(-1, width)  // [M, U · C]
        return try second(first(blocks).gelu())  // [M, output]
    }
}

/// The vision tower: patches to tokens of the language model.
struct VisionTransformer: VisionEncoder {
    let patchWeight: Tensor  // [C, channels, time, row, column]
    let patchBranch: LowRankBranch?
    let blocks: [VisionBlock]
    let merger: PatchMerger
    let configuration: Qwen25VLConfiguration.Vision
    let inverse: Tensor  // [D / 4]

    init(
        _ scope: ParameterScope, _ configuration: Qwen25VLConfiguration.Vision, device: Device
    ) throws {
        self.configuration = configuration
        let patches = scope / "patch_embed" / "proj"
        patchWeight = try patches.parameter(
            "weight",
            shape: [
                configuration.hiddenSize, configuration.channels, configuration.temporalPatchSize,
                configuration.patchSize, configuration.patchSize,
            ], initializer: configuration.initializer)
        patchBranch = try patches.branch(.convolution, weight: patchWeight, hasBias: false)
        blocks = try (0..<configuration.depth).map {
            try VisionBlock(scope / "blocks" / $0, configuration)
        }
        merger = try PatchMerger(scope / "merger", configuration)
        inverse = try Tensor.of(
            inverseFrequencies(theta: configuration.ropeTheta, size: configuration.headSize / 2)
        ).to(device)
    }

    /// patches [N, elements] of pictures one after the other to tokens [M, output], in their order.
    func callAsFunction(
        _ patches: Tensor, grids: [VisionGrid], checkpointsLayers: Bool
    ) throws -> PictureFeatures {
        let layout = layout(of: grids)
        var x = try embedded(patches, layout)
        let rotary = try rotary(layout)
        for (index, block) in blocks.enumerated() {
            let runs = runs(ofBlock: index, layout)
            x = try checkpointed(checkpointsLayers, x, block.parameters) {
                try block($0, rotary: rotary, runs: runs)
            }
        }
        return PictureFeatures(tokens: try merged(x, layout))
    }

    /// The order in which the tower works through pictures.
    func layout(of grids: [VisionGrid]) -> VisionLayout {
        VisionLayout(
            grids: grids, mergeSize: configuration.mergeSize, windowCells: configuration.windowCells
        )
    }

    /// The stretches of patches that see each other in a block.
    func runs(ofBlock index: Int, _ layout: VisionLayout) -> [VisionLayout.Run] {
        configuration.fullAttentionBlocks.contains(index) ? layout.frames : layout.windows
    }

    /// patches [N, elements] in the order of the input to vectors [N, C] in the tower's order.
    func embedded(_ patches: Tensor, _ layout: VisionLayout) throws -> Tensor {
        let unit = configuration.mergeUnit
        let order = try Tensor.of(layout.order).to(patchWeight.device)
        let weight = try patchWeight.reshaped(configuration.hiddenSize, -1)
        let x = try patches.to(patchWeight.device).to(patchWeight.dtype)
        let vectors =
            try patchBranch.map { try $0(x, weight: weight, bias: nil, packing: nil) }
            ?? x.linear(weight)  // [N, C]
        return
            try vectors
            .reshaped(order.count, unit, -1).indexed(0, order)  // [M, U, C]
            .reshaped(order.count * unit, -1)  // [N, C]
    }

    /// Vectors [N, C] in the tower's order to tokens [M, output] in the order of the input.
    func merged(_ x: Tensor, _ layout: VisionLayout) throws -> Tensor {
        try merger(x).indexed(0, Tensor.of(layout.inverse).to(patchWeight.device))
    }

    /// A quarter of a head's angles follow the row, the next the column.
    func rotary(_ layout: VisionLayout) throws -> Rotary {
        func angles(_ positions: [Int]) throws -> Tensor {
            try Tensor.of(positions).to(patchWeight.device).to(.float32).unsqueezed(1)
                * inverse  // [N, D / 4]
        }
        return try Rotary(
            angles: Tensor.concatenate([angles(layout.rows), angles(layout.columns)], dim: -1),
            dtype: .float32)
    }
}

extension Qwen25VLConfiguration.Vision {
    /// How new weights of the tower begin.
    var initializer: Initializer { .normal(deviation: initializerRange) }
}

// Reference: transformers, models/sam2/modeling_sam2.py (Sam2VisionNeck, Sam2VisionModel)
//
// Legend: B pictures, h × w a level's grid, C channels.
public import NN
public import PromptedMasks
public import Torch

/// Brings the trunk's stages to the same channels, and adds coarse levels to finer ones.
public struct FpnNeck {
    /// Coarsest level first, as the keys are numbered.
    private let convolutions: [Conv2d]
    private let topDownLevels: Set<Int>
    private let levels: Int

    /// The neck of the keys `convs.N` below a scope.
    public init(_ scope: ParameterScope, _ configuration: VisionConfiguration) throws {
        convolutions = try configuration.backboneChannels.enumerated().map { index, channels in
            try Conv2d(
                scope / "convs" / index, channels, configuration.fpnHiddenSize,
                kernel: configuration.fpnKernel, stride: configuration.fpnStride,
                padding: configuration.fpnPadding)
        }
        topDownLevels = Set(configuration.topDownLevels)
        levels = configuration.featureLevels
    }

    /// The levels that the decoder uses, finest first.
    ///
    /// - Parameter stages: [B, h, w, C] per stage, finest first
    /// - Returns: [B, C, h, w] per level
    /// - Throws: `TorchError`
    public func callAsFunction(_ stages: [Tensor]) throws -> [Tensor] {
        let coarsest = stages.count - 1
        var result: [Tensor] = []
        for level in stride(from: coarsest, through: 0, by: -1) {
            var x = try convolutions[coarsest - level](stages[level].permuted(0, 3, 1, 2))
            if topDownLevels.contains(level), let coarser = result.last {
                let (height, width) = (x.size(2), x.size(3))
                x = try x + coarser.interpolated(height: height, width: width, mode: .nearest)
            }
            result.append(x)
        }
        return result.suffix(levels).reversed()
    }
}

/// The picture encoder: trunk and neck.
public struct ImageEncoder: PyramidEncoder {
    private let trunk: Hiera
    private let neck: FpnNeck

    /// The encoder of the keys `backbone` and `neck` below a scope.
    public init(_ scope: ParameterScope, _ configuration: VisionConfiguration) throws {
        trunk = try Hiera(scope / "backbone", configuration.backbone)
        neck = try FpnNeck(scope / "neck", configuration)
    }

    /// [B, 3, height, width] to the levels [B, C, h, w], finest first.
    public func callAsFunction(_ pixels: Tensor) throws -> [Tensor] { try neck(trunk(pixels)) }
}

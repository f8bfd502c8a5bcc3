// Reference: transformers, models/sam2/modeling_sam2.py (Sam2MaskDecoder, the end of forward)
//
// Legend: B prompts, M masks per prompt, h × w their grid.
public import Torch

/// The masks that are handed out of all that the decoder made.
public struct SelectedMasks {
    /// Logits: [B, M, h, w].
    public let logits: Tensor
    /// The decoder's estimate of each mask's IoU with the truth: [B, M].
    public let predictedIoU: Tensor
    /// Logits for there being an object: [B, 1].
    public let objectScore: Tensor
}

extension MaskDecoderOutput {
    /// The alternative masks, without the single one.
    public func alternatives() throws -> SelectedMasks {
        try SelectedMasks(
            logits: logits.sliced(1, from: 1), predictedIoU: predictedIoU.sliced(1, from: 1),
            objectScore: objectScore)
    }

    /// One mask per prompt: the single one, or, where that is unstable and the configuration says so,
    /// the alternative with the highest predicted IoU.
    public func best(_ configuration: MaskDecoderConfiguration) throws -> SelectedMasks {
        guard configuration.fallsBackOnUnstableMasks else {
            return try SelectedMasks(
                logits: logits.sliced(1, to: 1), predictedIoU: predictedIoU.sliced(1, to: 1),
                objectScore: objectScore)
        }
        let (batch, height, width) = (logits.size(0), logits.size(2), logits.size(3))
        let stability = try stability(delta: configuration.stabilityDelta)
        let isStable = try stability .>= configuration.stabilityThreshold
        let alternative = try predictedIoU.sliced(1, from: 1).argmax(1, keepDim: true) + 1
        let choice = try alternative.filled(where: isStable, with: 0)  // [B, 1]
        return try SelectedMasks(
            logits: logits.gathered(
                1, choice.reshaped(batch, 1, 1, 1).expanded(batch, 1, height, width)),
            predictedIoU: predictedIoU.gathered(1, choice), objectScore: objectScore)
    }

    /// How little mask 0 depends on its threshold: its area above `delta` over its area above
    /// `-delta`, [B, 1]; 1 where that is empty.
    public func stability(delta: Double) throws -> Tensor {
        let single = try logits.selected(1, 0)
        let inner = try (single .> delta).sum(1, 2).to(.float32)
        let outer = try (single .> -delta).sum(1, 2).to(.float32)
        return try (inner / outer).filled(where: outer .< 1, with: 1).unsqueezed(1)
    }
}

// Reference: sam2, sam2_image_predictor.py (SAM2ImagePredictor)
//
// Legend: P prompts, N points, M masks per prompt, h × w the grid of the low-resolution masks.
public import Imaging
import NN
public import Segmentation
public import Torch

/// A prompt that cannot be answered.
public struct PromptError: Error, Sendable, CustomStringConvertible {
    /// The place of the prompt in the list, from 0.
    public let index: Int

    /// What is wrong with the prompt.
    public var description: String {
        "prompt \(index) has neither a box nor a point; give it one, or leave it out"
    }
}

/// Everything that the model says about one prompt.
public struct PromptPrediction {
    /// Logits as the decoder makes them: [M, h, w], float32, on the CPU.
    public let lowResolutionLogits: Tensor
    /// Logits in the output frame: [M, height, width], float32, on the CPU.
    public let logits: Tensor
    /// Where `logits` is above 0: M masks.
    public let masks: [BinaryMask]
    /// The model's own estimate of each mask's IoU with the truth.
    public let predictedIoU: [Float]
    /// The model's logit for there being an object at all.
    public let objectScore: Float
}

/// An image that a ``FrozenSegmenter`` has encoded.
public final class PromptedImage: SegmenterImage {
    /// The frame of the image.
    public let frame: ImageFrame
    private let segmenter: any FrozenSegmenter
    private let features: ImageFeatures

    init(segmenter: any FrozenSegmenter, frame: ImageFrame, features: ImageFeatures) {
        self.segmenter = segmenter
        self.frame = frame
        self.features = features
    }

    /// One mask per prompt, in the order of the prompts.
    ///
    /// Prompts with the same number of points go through the decoder together. Points that would fill
    /// up shorter prompts take part in attention, so that others cannot.
    ///
    /// - Parameters:
    ///   - prompts: what to segment, coordinates in `frame`
    ///   - frame: the frame of the prompts' coordinates
    ///   - output: the frame of the masks
    /// - Returns: masks, predicted IoUs and object scores
    /// - Throws: ``PromptError`` for a prompt with neither box nor point, `TorchError`
    public func masks(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, output: ImageFrame
    ) throws -> [ObjectMask] {
        try masks(for: prompts, in: frame, outputs: [output])[0]
    }

    /// ``masks(for:in:output:)`` in several frames; the decoder runs once.
    public func masks(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, outputs: [ImageFrame]
    ) throws -> [[ObjectMask]] {
        let batches = try PromptBatch.batches(prompts, limit: segmenter.promptsPerCall)
        return try withoutGradients {
            var answers = [[Int: ObjectMask]](repeating: [:], count: outputs.count)
            for batch in batches {
                let selected = try decode(batch.indices.map { prompts[$0] }, in: frame)
                    .best(segmenter.sizes.maskDecoder)
                let scores = try selected.predictedIoU.floats
                let objects = try selected.objectScore.floats
                for (number, output) in outputs.enumerated() {
                    let masks = try MaskUpsampling(output: output)
                        .masks(selected.logits.selected(1, 0))
                    for (place, index) in batch.indices.enumerated() {
                        answers[number][index] = ObjectMask(
                            mask: masks[place], predictedIoU: scores[place],
                            objectScore: objects[place])
                    }
                }
            }
            return answers.map { answers in prompts.indices.compactMap { answers[$0] } }
        }
    }

    /// Everything about one prompt: the mask that ``masks(for:in:output:)`` gives, or its
    /// alternatives.
    ///
    /// - Parameters:
    ///   - prompt: what to segment, coordinates in `frame`
    ///   - frame: the frame of the prompt's coordinates
    ///   - multimask: whether to give the alternative masks instead of one
    ///   - output: the frame of the masks
    /// - Returns: logits, masks and scores
    /// - Throws: ``PromptError`` for a prompt with neither box nor point, `TorchError`
    public func predict(
        _ prompt: SegmentationPrompt, in frame: ImageFrame, multimask: Bool, output: ImageFrame
    ) throws -> PromptPrediction {
        if prompt.pointCount == 0 { throw PromptError(index: 0) }
        return try withoutGradients {
            let answer = try decode([prompt], in: frame)
            let selected =
                multimask
                ? try answer.alternatives()
                : try answer.best(segmenter.sizes.maskDecoder)
            let low = try selected.logits.selected(0, 0).to(.float32).to(.cpu).contiguous()
            let upsampling = MaskUpsampling(output: output)
            let logits = try upsampling.logits(low)
            return PromptPrediction(
                lowResolutionLogits: low, logits: logits,
                masks: try upsampling.thresholded(logits),
                predictedIoU: try selected.predictedIoU.floats,
                objectScore: Float(try selected.objectScore.item()))
        }
    }

    /// All masks of prompts with the same number of points.
    private func decode(
        _ prompts: [SegmentationPrompt], in frame: ImageFrame
    ) throws -> MaskDecoderOutput {
        try segmenter.decode(
            features,
            points: PromptPoints(
                prompts, in: frame, imageSize: segmenter.sizes.imageSize, device: segmenter.device))
    }
}

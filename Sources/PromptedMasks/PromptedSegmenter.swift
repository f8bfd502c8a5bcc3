// Reference: sam2, sam2_image_predictor.py (SAM2ImagePredictor)
public import Imaging
public import NN
import Segmentation
public import Torch

/// A frozen ``PromptedModel``: pictures and prompts in, masks out.
public final class PromptedSegmenter<Sizes: SegmenterSizes>: FrozenSegmenter {
    /// The model.
    public let model: PromptedModel<Sizes>
    /// How pictures become the model's input.
    public let processor: PromptedImageProcessor
    /// How many prompts go through the decoder together; bounds the memory, changes no mask.
    public let promptsPerCall: Int

    /// A segmenter.
    ///
    /// - Parameters:
    ///   - model: the model
    ///   - processor: how pictures become the model's input; the family's released models' way if nil
    ///   - promptsPerCall: how many prompts go through the decoder together; if nil, 32, or on the CPU
    ///     as many of these as have 32 MiB of cells, since more would not be faster
    public init(
        model: PromptedModel<Sizes>, processor: PromptedImageProcessor? = nil,
        promptsPerCall: Int? = nil
    ) {
        let promptsPerCall = promptsPerCall ?? Self.promptsPerCall(model)
        precondition(promptsPerCall > 0)
        self.model = model
        self.processor = processor ?? model.configuration.releasedProcessor
        self.promptsPerCall = promptsPerCall
    }

    private static func promptsPerCall(_ model: PromptedModel<Sizes>) -> Int {
        model.device == .cpu
            ? model.configuration.promptsPerCallOnCPU(elementBytes: model.dtype.byteCount) : 32
    }

    /// A segmenter of a model that was read from a checkpoint, with the processing of pictures that
    /// stands there.
    ///
    /// - Parameters:
    ///   - model: the model
    ///   - location: where the checkpoint is
    ///   - resizing: in which numbers pictures are resized; the released models' way if nil
    /// - Throws: `CheckpointError` that names the file and the key
    public convenience init(
        _ model: PromptedModel<Sizes>, at location: SegmenterLocation,
        resizing: PromptedImageProcessor.Resizing?
    ) throws {
        var released = model.configuration.releasedProcessor
        if let resizing { released.resizing = resizing }
        let processor = try released.described(by: location.folder)
        var model = model
        model.warnings += [processor.warning(path: location.folder)].compactMap(\.self)
        self.init(model: model, processor: processor)
    }

    /// The model's sizes.
    public var sizes: any SegmenterSizes { model.configuration }
    /// The element type that is computed in.
    public var dtype: DType { model.dtype }
    /// Where the model computes.
    public var device: Device { model.device }
    /// All that a checkpoint holds, by the hub's keys.
    public var parameters: [Parameter] { model.parameters }
    /// What should be known of the files that it was read from, one sentence each; mostly nothing.
    public var warnings: [String] { model.warnings }

    /// What the image encoder makes of an image, without gradients.
    public func features(_ image: RGBImage) throws -> ImageFeatures {
        try withoutGradients { try model.encode(processor(image, device: model.device)) }
    }

    /// All masks of prompts with the same number of points.
    public func decode(
        _ features: ImageFeatures, points: PromptPoints
    ) throws -> MaskDecoderOutput {
        try model.decode(features, points: points)
    }
}

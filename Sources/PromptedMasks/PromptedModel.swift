// Reference: transformers, models/sam2/modeling_sam2.py (Sam2Model)
//
// Legend: B pictures, P prompts, N points, C channels, h × w the grid of the picture's embedding.
public import NN
public import Torch

/// A promptable segmentation model, as it treats single pictures: the image encoder of its family between
/// the parts that all families share.
///
/// A pure function of its parameters: gradients flow through everything that returns a tensor.
/// ``PromptedSegmenter`` is the frozen model behind pictures and masks.
public struct PromptedModel<Sizes: SegmenterSizes> {
    /// The sizes.
    public let configuration: Sizes
    /// All that a checkpoint holds, by the hub's keys.
    public let parameters: [Parameter]
    /// The element type of the parameters.
    public let dtype: DType
    /// Where the parameters live.
    public let device: Device
    /// What should be known of the files that it was read from, one sentence each; mostly nothing.
    public package(set) var warnings: [String] = []
    private let imageEncoder: Sizes.Encoder
    private let imagePositions: PositionEncoding
    private let promptEncoder: PromptEncoder
    private let maskDecoder: MaskDecoder
    private let noMemory: Tensor

    /// A model of parameters from anywhere.
    ///
    /// - Parameters:
    ///   - configuration: the sizes
    ///   - builder: hands out the parameters, by the hub's keys
    /// - Throws: an error that names a key which is missing or has another shape
    public init(configuration: Sizes, builder: ParameterBuilder) throws {
        let root = builder.root
        let channels = configuration.maskDecoder.hiddenSize
        self.configuration = configuration
        imagePositions = try PositionEncoding(
            root / "shared_image_embedding", configuration.promptEncoder.hiddenSize,
            scale: configuration.promptEncoder.scale)
        imageEncoder = try configuration.encoder(root / "vision_encoder")
        promptEncoder = try PromptEncoder(root / "prompt_encoder", configuration.promptEncoder)
        maskDecoder = try MaskDecoder(root / "mask_decoder", configuration.maskDecoder)
        noMemory = try root.parameter("no_memory_embedding", shape: [1, 1, channels])
        parameters = builder.parameters
        dtype = builder.dtype
        device = builder.device
    }

    /// The parameters that training changes: all but the frequencies of the position encodings.
    public var trainableParameters: [Parameter] {
        parameters.filter { !$0.key.hasSuffix(".positional_embedding") }
    }

    /// Encodes pictures.
    ///
    /// - Parameter pixels: normalised pictures of the model's size, [B, 3, size, size]
    /// - Returns: what ``decode(_:points:masks:)`` needs of them
    /// - Throws: `TorchError`
    public func encode(_ pixels: Tensor) throws -> ImageFeatures {
        let features = try maskDecoder.features(imageEncoder(pixels.to(dtype)))
        // A picture is a film without a past.
        // In one layout, whatever that of the convolutions: the decoder's products round by it.
        return try ImageFeatures(
            embedding: (features.embedding + noMemory.reshaped(1, -1, 1, 1)).contiguous(),
            middle: features.middle.contiguous(), fine: features.fine.contiguous())
    }

    /// Answers prompts about a picture.
    ///
    /// - Parameters:
    ///   - features: of one picture for all prompts, or of one picture per prompt
    ///   - points: the prompts, [P, N, 2] and [P, N]
    ///   - masks: logits [P, 1, 4h, 4w] of earlier answers, or nil
    /// - Returns: all masks of all prompts
    /// - Throws: `TorchError`
    public func decode(
        _ features: ImageFeatures, points: PromptPoints, masks: Tensor? = nil
    ) throws -> MaskDecoderOutput {
        try maskDecoder(
            features, places: imagePositions.grid(side: configuration.embeddingSide),
            prompts: promptEncoder(points, masks: masks))
    }
}

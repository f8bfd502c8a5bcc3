// Reference: transformers, models/sam2/modeling_sam2.py (Sam2Model)
//
// Legend: B pictures, P prompts, N points, C channels, h × w the grid of the picture's embedding.
import Foundation
import Imaging
public import NN
public import Torch

/// The promptable segmentation model SAM2.1, as it treats single pictures.
///
/// A pure function of its parameters: gradients flow through everything that returns a tensor.
/// ``SAM2Segmenter`` is the frozen model behind pictures and masks.
public struct SAM2Model {
    /// The sizes.
    public let configuration: SAM2Configuration
    /// All that a checkpoint holds, by the hub's keys.
    public let parameters: [Parameter]
    /// The element type of the parameters.
    public let dtype: DType
    /// Where the parameters live.
    public let device: Device
    private let imageEncoder: ImageEncoder
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
    public init(configuration: SAM2Configuration, builder: ParameterBuilder) throws {
        let root = builder.root
        let channels = configuration.vision.fpnHiddenSize
        self.configuration = configuration
        imagePositions = try PositionEncoding(
            root / imagePositionsScope, configuration.promptEncoder.hiddenSize,
            scale: configuration.promptEncoder.scale)
        imageEncoder = try ImageEncoder(root / "vision_encoder", configuration.vision)
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
        return try ImageFeatures(
            embedding: features.embedding + noMemory.reshaped(1, -1, 1, 1),
            middle: features.middle, fine: features.fine)
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

// MARK: - Checkpoints

private let imagePositionsScope = "shared_image_embedding"
private let imagePositionsKey = "shared_image_embedding.positional_embedding"
private let promptPositionsKey = "prompt_encoder.shared_embedding.positional_embedding"

/// How the keys begin that only the video model has.
private let videoPrefixes = [
    "memory_", "mask_downsample", "object_pointer_proj",
    "temporal_positional_encoding_projection_layer", "no_memory_positional_encoding",
    "no_object_pointer", "occlusion_spatial_embedding_parameter",
]

/// A source that takes some keys' tensors from other keys.
private final class RedirectedWeights: WeightSource {
    let source: any WeightSource
    let keys: [String: String]

    init(_ source: any WeightSource, keys: [String: String]) {
        self.source = source
        self.keys = keys
    }

    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        try source.tensor(keys[key] ?? key, shape: shape, initializer: initializer)
    }
}

extension SAM2Model {
    /// Loads a checkpoint in the hub's layout, of the picture model or of the video model.
    ///
    /// - Parameters:
    ///   - path: the folder with `config.json` and the safetensors files
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    /// - Returns: the model
    /// - Throws: `CheckpointError` that names the file and the key
    public static func load(
        path: String, dtype: DType = .float32, device: Device = .cpu
    ) throws -> SAM2Model {
        let configuration = try SAM2Configuration.load(path: path)
        let checkpoint = try SafetensorsCheckpoint(path: path)
        // The encoders of prompts and of the picture have a matrix each, equal in all released
        // checkpoints: some files have it once only.
        var missing: [String: String] = [:]
        if !checkpoint.contains(promptPositionsKey) {
            missing[promptPositionsKey] = imagePositionsKey
        } else if !checkpoint.contains(imagePositionsKey) {
            missing[imagePositionsKey] = promptPositionsKey
        }
        let model = try SAM2Model(
            configuration: configuration,
            builder: ParameterBuilder(
                source: RedirectedWeights(checkpoint, keys: missing), dtype: dtype, device: device))
        try checkpoint.finish { key in videoPrefixes.contains { key.hasPrefix($0) } }
        return model
    }

    /// A model with random parameters.
    ///
    /// - Parameters:
    ///   - configuration: the sizes
    ///   - seed: decides about all parameters
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    /// - Returns: the model
    /// - Throws: `TorchError`
    public static func random(
        configuration: SAM2Configuration, seed: UInt64, dtype: DType = .float32,
        device: Device = .cpu
    ) throws -> SAM2Model {
        let weights = RedirectedWeights(
            RandomWeights(seed: seed), keys: [promptPositionsKey: imagePositionsKey])
        return try SAM2Model(
            configuration: configuration,
            builder: ParameterBuilder(source: weights, dtype: dtype, device: device))
    }

    /// Writes a checkpoint that transformers' `Sam2Model` and ``load(path:dtype:device:)`` read.
    ///
    /// - Parameters:
    ///   - directory: the folder, made if it is not there
    ///   - processor: how pictures become the model's input; the released models' if nil
    /// - Throws: `CheckpointError` if a file cannot be written
    public func save(directory: String, processor: SAM2ImageProcessor? = nil) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw CheckpointError(
                path: directory, problem: "cannot make the folder: \(systemReason(error))",
                isWriteFailure: true)
        }
        try parameters.save(to: directory)
        try configuration.save(path: directory + "/config.json")
        try (processor ?? SAM2ImageProcessor(imageSize: configuration.imageSize))
            .save(path: directory + "/preprocessor_config.json", configuration: configuration)
    }
}

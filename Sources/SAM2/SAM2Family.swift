import Foundation
public import NN
public import PromptedMasks
public import Torch

/// SAM2 and SAM2.1, of the picture model or of the video model.
public enum SAM2Family: SegmenterFamily {
    /// What messages call it.
    public static let name = "SAM2.1"
    /// The picture model's and the video model's.
    public static let modelTypes = ["sam2", "sam2_video"]

    /// How the hub's keys begin that only the video model has.
    private static let videoPrefixes = [
        "memory_", "mask_downsample", "object_pointer_proj",
        "temporal_positional_encoding_projection_layer", "no_memory_positional_encoding",
        "no_object_pointer", "occlusion_spatial_embedding_parameter",
    ]

    /// Whether some tensor of a file has a name of the official model.
    public static func claims(officialFile file: String) -> Bool {
        (try? official(file)) != nil
    }

    /// The sizes that a `config.json` says.
    public static func sizes(configuration file: String) throws -> SAM2Configuration {
        try SAM2Configuration.read(file)
    }

    /// Reads the sizes of a checkpoint, and finds its weights.
    ///
    /// The sizes of an official file are those of `config.json` beside it; without one it must have
    /// the shapes of a released size.
    public static func open(
        _ location: SegmenterLocation
    ) throws -> SegmenterCheckpoint<SAM2Configuration> {
        switch location {
        case .hub(let folder):
            return SegmenterCheckpoint(
                sizes: try SAM2Configuration.read(folder + "/config.json")
            ) { try HubCheckpoint(folder: folder, unusedPrefixes: videoPrefixes) }
        case .official(let file):
            let checkpoint = try official(file)
            let beside = location.folder + "/config.json"
            let sizes =
                FileManager.default.fileExists(atPath: beside)
                ? try SAM2Configuration.read(beside)
                : try SAM2Configuration.recognized(checkpoint)
            return SegmenterCheckpoint(sizes: sizes) { checkpoint }
        }
    }

    private static func official(_ file: String) throws -> OfficialCheckpoint {
        try OfficialCheckpoint(path: file, family: name, names: .sam2)
    }
}

extension SAM2Configuration: SegmenterSizes {
    /// Stretched in floating point, with the statistics of ImageNet.
    public var releasedProcessor: PromptedImageProcessor {
        PromptedImageProcessor(imageSize: imageSize)
    }

    /// The class of transformers.
    public var processorType: String { "Sam2ImageProcessor" }

    /// Trunk and neck.
    public var encoderCost: ImageEncoderCost {
        let cost = HieraCost(self)
        return ImageEncoderCost(
            flops: cost.trunk + cost.neck, widestProduct: cost.widestProduct,
            numbersHeld: cost.numbersHeld)
    }

    /// The image encoder.
    public func encoder(_ scope: ParameterScope) throws -> ImageEncoder {
        try ImageEncoder(scope, vision)
    }
}

// MARK: - By name

/// The promptable segmentation model SAM2.1.
public typealias SAM2Model = PromptedModel<SAM2Configuration>

/// A frozen SAM2.1: pictures and prompts in, masks out.
public typealias SAM2Segmenter = PromptedSegmenter<SAM2Configuration>

extension SAM2Model {
    /// Loads a checkpoint, of the picture model or of the video model: in the hub's layout, or an
    /// official file of `torch.save`.
    ///
    /// - Parameters:
    ///   - path: the folder with `config.json` and the weights; or the .pt file, or the
    ///     folder that holds nothing else
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    /// - Returns: the model
    /// - Throws: `CheckpointError` that names the file and the key
    public static func load(
        path: String, dtype: DType = .float32, device: Device = .cpu
    ) throws -> SAM2Model {
        let location = try SegmenterLocation(path: path, family: SAM2Family.name)
        return try load(SAM2Family.open(location), dtype: dtype, device: device)
    }
}

extension SAM2Segmenter {
    /// Loads a checkpoint in the hub's layout, or an official file of `torch.save`.
    ///
    /// - Parameters:
    ///   - path: as ``SAM2Model`` takes it
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    ///   - resizing: in which numbers pictures are resized
    /// - Returns: the segmenter
    /// - Throws: `CheckpointError` that names the file and the key
    public static func load(
        path: String, dtype: DType = .float32, device: Device = .cpu,
        resizing: PromptedImageProcessor.Resizing = .floats
    ) throws -> SAM2Segmenter {
        let location = try SegmenterLocation(path: path, family: SAM2Family.name)
        return try SAM2Segmenter(
            PromptedModel.load(SAM2Family.open(location), dtype: dtype, device: device),
            at: location, resizing: resizing)
    }
}

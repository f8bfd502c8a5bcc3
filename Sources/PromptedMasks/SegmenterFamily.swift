public import Torch

/// A family of segmenters: how its checkpoints are known and read.
///
/// What a family adds to this target is its sizes with an image encoder (``SegmenterSizes``), the names of
/// its tensors, and this.
public protocol SegmenterFamily: SendableMetatype {
    /// The sizes of its models.
    associatedtype Sizes: SegmenterSizes

    /// What people call it, in messages.
    static var name: String { get }
    /// The `model_type`s of the `config.json` files that it reads.
    static var modelTypes: [String] { get }

    /// Whether an official file, which names no `model_type`, is one of this family.
    ///
    /// - Parameter file: a file of `torch.save`, without `config.json` beside it; maybe damaged
    /// - Returns: whether its weights are this family's
    static func claims(officialFile file: String) -> Bool

    /// The sizes that a `config.json` says.
    ///
    /// - Parameter file: the file
    /// - Returns: the sizes
    /// - Throws: `CheckpointError` that names the file and the key
    static func sizes(configuration file: String) throws -> Sizes

    /// Reads the sizes of a checkpoint, and finds its weights.
    ///
    /// - Parameter location: where it is
    /// - Returns: sizes, and what opens the weights
    /// - Throws: `CheckpointError` that names the file and the key
    static func open(_ location: SegmenterLocation) throws -> SegmenterCheckpoint<Sizes>
}

extension SegmenterFamily {
    /// The sizes of a checkpoint.
    ///
    /// - Parameter location: where it is
    /// - Returns: the sizes
    /// - Throws: `CheckpointError` that names the file and the key
    public static func sizes(_ location: SegmenterLocation) throws -> any SegmenterSizes {
        try open(location).sizes
    }

    /// Loads a checkpoint.
    ///
    /// - Parameters:
    ///   - location: where it is
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    ///   - resizing: in which numbers pictures are resized; the released models' way if nil
    /// - Returns: the segmenter
    /// - Throws: `CheckpointError` that names the file and the key
    public static func load(
        _ location: SegmenterLocation, dtype: DType, device: Device,
        resizing: PromptedImageProcessor.Resizing?
    ) throws -> any FrozenSegmenter {
        try PromptedSegmenter(
            PromptedModel.load(open(location), dtype: dtype, device: device), at: location,
            resizing: resizing)
    }

    /// Reads all of a checkpoint but the weights: a segmenter that can tell its sizes, and nothing else.
    ///
    /// - Parameters:
    ///   - location: where it is
    ///   - dtype: the element type that would be computed in
    /// - Returns: the segmenter
    /// - Throws: `CheckpointError` that names the file and the key
    public static func outline(
        _ location: SegmenterLocation, dtype: DType
    ) throws -> any FrozenSegmenter {
        try PromptedSegmenter(
            PromptedModel.outline(open(location), dtype: dtype), at: location, resizing: nil)
    }
}

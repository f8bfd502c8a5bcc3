// Legend: B pictures, C channels, h × w the grid of the picture's embedding.
public import Torch

/// What the decoder needs of a picture.
public struct ImageFeatures: Sendable {
    /// The coarsest level: [B or 1, C, h, w].
    public let embedding: Tensor
    /// The middle level, through `conv_s1`: [B or 1, C / 4, 2h, 2w].
    public let middle: Tensor
    /// The finest level, through `conv_s0`: [B or 1, C / 8, 4h, 4w].
    public let fine: Tensor

    /// Features from their levels.
    public init(embedding: Tensor, middle: Tensor, fine: Tensor) {
        self.embedding = embedding
        self.middle = middle
        self.fine = fine
    }

    /// What belongs to one of several pictures.
    ///
    /// - Parameter index: the picture's place in the batch
    /// - Returns: features of one picture, for prompts about it
    /// - Throws: `TorchError`
    public func picture(_ index: Int) throws -> ImageFeatures {
        try ImageFeatures(
            embedding: embedding.sliced(0, from: index, to: index + 1),
            middle: middle.sliced(0, from: index, to: index + 1),
            fine: fine.sliced(0, from: index, to: index + 1))
    }

    /// The same numbers on another device; nothing is copied if they are there already.
    ///
    /// - Parameter device: where they shall live
    /// - Returns: the features there
    /// - Throws: `TorchError`
    public func to(_ device: Device) throws -> ImageFeatures {
        try ImageFeatures(
            embedding: embedding.to(device), middle: middle.to(device), fine: fine.to(device))
    }

    /// Bytes of all numbers.
    public var byteCount: Int {
        [embedding, middle, fine].reduce(0) { $0 + $1.count * $1.dtype.byteCount }
    }
}

/// Shapes and element type of one picture's ``ImageFeatures``.
public struct FeatureLayout: Hashable, Sendable {
    /// What the levels are called: the order of ``shapes``.
    public static let names = ["embedding", "middle", "fine"]
    /// The shapes of the levels, [1, channels, height, width] each.
    public let shapes: [[Int]]
    /// The element type.
    public let dtype: DType

    /// The layout that a model of these sizes makes.
    ///
    /// - Parameters:
    ///   - sizes: the model's sizes
    ///   - dtype: the element type that it computes in
    public init(_ sizes: any SegmenterSizes, dtype: DType) {
        let side = sizes.embeddingSide
        let channels = sizes.maskDecoder.hiddenSize
        shapes = [
            [1, channels, side, side],
            [1, channels / 4, 2 * side, 2 * side], [1, channels / 8, 4 * side, 4 * side],
        ]
        self.dtype = dtype
    }

    /// Bytes of one picture's features: 16.8 MB for the released models in float32.
    public var byteCount: Int {
        shapes.reduce(0) { $0 + $1.reduce(dtype.byteCount, *) }
    }
}

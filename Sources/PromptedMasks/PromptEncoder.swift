// Reference: transformers, models/sam2/modeling_sam2.py (Sam2PromptEncoder)
//
// Legend: B prompts, N points, C channels, h × w the grid of the picture's embedding.
public import NN
public import Torch

/// What a point of a prompt means; the raw value is the reference's label.
public enum PointLabel: Int, Sendable {
    /// Not a point: the filling that every prompt without a mask ends with.
    case padding = -1
    /// A place outside the object.
    case negative = 0
    /// A place inside the object.
    case positive = 1
    /// The upper left corner of the object's box.
    case boxLow = 2
    /// The lower right corner of the object's box.
    case boxHigh = 3
}

/// Prompts with the same number of points, as tensors.
public struct PromptPoints {
    /// x, y in pixels of the model's square picture: [B, N, 2], float32.
    public let coordinates: Tensor
    /// Raw values of ``PointLabel``: [B, N], int64.
    public let labels: Tensor
    /// How many points stand before the corners of boxes; with them, these are encoded in a product
    /// of their own, as in the reference, since the size of a product decides how it is rounded.
    public let boxStart: Int

    /// Points from their parts.
    public init(coordinates: Tensor, labels: Tensor, boxStart: Int = 0) {
        self.coordinates = coordinates
        self.labels = labels
        self.boxStart = boxStart
    }
}

/// Prompts as the decoder takes them.
public struct PromptEmbeddings {
    /// One token per point: [B, N, C].
    public let sparse: Tensor
    /// Added to the picture's embedding: [B, C, h, w], or [1, C, 1, 1] without mask prompts.
    public let dense: Tensor
}

/// Shrinks a mask prompt to the grid of the picture's embedding.
struct MaskEmbedding {
    private let conv1: Conv2d
    private let norm1: LayerNorm2d
    private let conv2: Conv2d
    private let norm2: LayerNorm2d
    private let conv3: Conv2d
    private let activation: ActivationName

    init(_ scope: ParameterScope, _ configuration: PromptEncoderConfiguration) throws {
        let channels = configuration.maskChannels
        let epsilon = configuration.layerNormEpsilon
        conv1 = try Conv2d(scope / "conv1", 1, channels / 4, kernel: 2, stride: 2)
        norm1 = try LayerNorm2d(scope / "layer_norm1", channels / 4, epsilon: epsilon)
        conv2 = try Conv2d(scope / "conv2", channels / 4, channels, kernel: 2, stride: 2)
        norm2 = try LayerNorm2d(scope / "layer_norm2", channels, epsilon: epsilon)
        conv3 = try Conv2d(scope / "conv3", channels, configuration.hiddenSize, kernel: 1)
        activation = configuration.activation
    }

    /// [B, 1, 4h, 4w] to [B, C, h, w].
    func callAsFunction(_ masks: Tensor) throws -> Tensor {
        let half = try activation(norm1(conv1(masks)))  // [B, channels / 4, 2h, 2w]
        return try conv3(activation(norm2(conv2(half))))
    }
}

/// Turns points, boxes and masks into embeddings.
public struct PromptEncoder {
    private let encoding: PositionEncoding
    private let mask: MaskEmbedding
    private let noMask: Embedding
    private let points: Embedding
    private let notAPoint: Embedding
    private let imageSize: Int

    /// The encoder of the keys `shared_embedding`, `mask_embed`, `no_mask_embed`, `point_embed` and
    /// `not_a_point_embed` below a scope.
    public init(_ scope: ParameterScope, _ configuration: PromptEncoderConfiguration) throws {
        let channels = configuration.hiddenSize
        encoding = try PositionEncoding(
            scope / "shared_embedding", channels, scale: configuration.scale)
        mask = try MaskEmbedding(scope / "mask_embed", configuration)
        noMask = try Embedding(scope / "no_mask_embed", 1, channels)
        points = try Embedding(scope / "point_embed", configuration.pointEmbeddings, channels)
        notAPoint = try Embedding(scope / "not_a_point_embed", 1, channels)
        imageSize = configuration.imageSize
    }

    /// Embeds prompts.
    ///
    /// - Parameters:
    ///   - prompts: points and corners of boxes, in pixels
    ///   - masks: logits [B, 1, 4h, 4w] of an earlier answer, or nil
    /// - Returns: sparse and dense embeddings
    /// - Throws: `TorchError`
    public func callAsFunction(
        _ prompts: PromptPoints, masks: Tensor? = nil
    ) throws -> PromptEmbeddings {
        // The centre of a pixel is half a pixel from its corner.
        let places = try (prompts.coordinates + 0.5) / Double(imageSize)
        // [B, N, 1]: 1 for points, 0 for the filling.
        let isPoint = try (prompts.labels .>= 0).to(points.weight.dtype).unsqueezed(-1)
        let kinds = try Tensor.concatenate([notAPoint.weight, points.weight], dim: 0)
        let pieces =
            prompts.boxStart == 0
            ? [places]
            : [
                try places.sliced(1, to: prompts.boxStart).contiguous(),
                try places.sliced(1, from: prompts.boxStart).contiguous(),
            ]
        let encoded = try Tensor.concatenate(pieces.map { try encoding($0) }, dim: 1)
        let sparse = try encoded * isPoint + kinds.embedding(prompts.labels + 1)
        let dense = try masks.map { try mask($0) } ?? noMask.weight.reshaped(1, -1, 1, 1)
        return PromptEmbeddings(sparse: sparse, dense: dense)
    }
}

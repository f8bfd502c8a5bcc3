// Reference: transformers, models/sam2/modeling_sam2.py (Sam2MaskDecoder)
//
// Legend: B prompts, T tokens, C channels, h × w the grid of the picture's embedding, M masks per
// prompt: the single one and its alternatives.
public import NN
public import Torch

/// Everything that the decoder says about prompts.
public struct MaskDecoderOutput {
    /// Logits [B, M, 4h, 4w]; mask 0 is the single answer, the others are alternatives.
    public let logits: Tensor
    /// The decoder's estimate of each mask's IoU with the truth: [B, M].
    public let predictedIoU: Tensor
    /// Logits for there being an object: [B, 1].
    public let objectScore: Tensor
}

/// Makes masks of prompts and a picture's embedding.
public struct MaskDecoder {
    private let outputTokens: [Embedding]
    private let transformer: TwoWayTransformer
    private let upscale1: ConvTranspose2d
    private let upscaleNorm: LayerNorm2d
    private let upscale2: ConvTranspose2d
    private let hypernetworks: [FeedForward]
    private let iouHead: FeedForward
    private let objectHead: FeedForward
    private let fineProjection: Conv2d
    private let middleProjection: Conv2d

    /// The decoder of the keys below a scope.
    public init(_ scope: ParameterScope, _ configuration: MaskDecoderConfiguration) throws {
        let size = configuration.hiddenSize
        let masks = configuration.multimaskOutputs + 1
        outputTokens = [
            try Embedding(scope / "obj_score_token", 1, size),
            try Embedding(scope / "iou_token", 1, size),
            try Embedding(scope / "mask_tokens", masks, size),
        ]
        transformer = try TwoWayTransformer(scope / "transformer", configuration)
        upscale1 = try ConvTranspose2d(scope / "upscale_conv1", size, size / 4, kernel: 2)
        upscaleNorm = try LayerNorm2d(scope / "upscale_layer_norm", size / 4)
        upscale2 = try ConvTranspose2d(scope / "upscale_conv2", size / 4, size / 8, kernel: 2)
        hypernetworks = try (0..<masks).map {
            try FeedForward(
                scope / "output_hypernetworks_mlps" / $0, size, size, size / 8, layers: 3)
        }
        iouHead = try FeedForward(
            scope / "iou_prediction_head", size, configuration.iouHeadHiddenSize, masks,
            layers: configuration.iouHeadDepth)
        objectHead = try FeedForward(scope / "pred_obj_score_head", size, size, 1, layers: 3)
        fineProjection = try Conv2d(scope / "conv_s0", size, size / 8, kernel: 1)
        middleProjection = try Conv2d(scope / "conv_s1", size, size / 4, kernel: 1)
    }

    /// What the decoder keeps of the picture encoder's levels, so that it is computed once per picture.
    ///
    /// - Parameter levels: [B, C, 4h, 4w], [B, C, 2h, 2w] and [B, C, h, w]
    /// - Returns: the features
    /// - Throws: `TorchError`
    public func features(_ levels: [Tensor]) throws -> ImageFeatures {
        ImageFeatures(
            embedding: levels[2], middle: try middleProjection(levels[1]),
            fine: try fineProjection(levels[0]))
    }

    /// Answers prompts.
    ///
    /// - Parameters:
    ///   - features: of one picture for all prompts, or of one per prompt
    ///   - places: the encoding of the embedding's cells, [1, C, h, w]
    ///   - prompts: the embedded prompts
    /// - Returns: all masks
    /// - Throws: `TorchError`
    public func callAsFunction(
        _ features: ImageFeatures, places: Tensor, prompts: PromptEmbeddings
    ) throws -> MaskDecoderOutput {
        let batch = prompts.sparse.size(0)
        let outputs = try Tensor.concatenate(outputTokens.map(\.weight), dim: 0)  // [M + 2, C]
        let tokens = try Tensor.concatenate(
            [outputs.unsqueezed(0).expanded(batch, -1, -1), prompts.sparse], dim: 1)  // [B, T, C]
        let state = try transformer(
            tokens: tokens, cells: flattened(features.embedding + prompts.dense),
            places: flattened(places))
        let (objects, scores) = (try state.tokens.selected(1, 0), try state.tokens.selected(1, 1))
        let weights = try Tensor.stack(
            hypernetworks.enumerated().map { try $1(state.tokens.selected(1, 2 + $0)) }, dim: 1)
        let upscaled = try upscaled(state.cells, features)  // [B, C / 8, 4h, 4w]
        let (height, width) = (upscaled.size(2), upscaled.size(3))
        let logits = try weights.matmul(upscaled.reshaped(batch, -1, height * width))
        return MaskDecoderOutput(
            logits: try logits.reshaped(batch, hypernetworks.count, height, width),
            predictedIoU: try iouHead(scores).sigmoid(), objectScore: try objectHead(objects))
    }

    /// cells [B, h · w, C] to [B, C / 8, 4h, 4w], with the finer levels added on the way.
    private func upscaled(_ cells: Tensor, _ features: ImageFeatures) throws -> Tensor {
        let (height, width) = (features.embedding.size(2), features.embedding.size(3))
        let coarse = try cells.transposed(1, 2).reshaped(cells.size(0), -1, height, width)
        // [B, C / 4, 2h, 2w]
        let middle = try upscaleNorm(upscale1(coarse) + features.middle).gelu()
        return try (upscale2(middle) + features.fine).gelu()
    }

    /// [B, C, h, w] to [B, h · w, C].
    private func flattened(_ x: Tensor) throws -> Tensor {
        try x.reshaped(x.size(0), x.size(1), -1).transposed(1, 2)
    }
}

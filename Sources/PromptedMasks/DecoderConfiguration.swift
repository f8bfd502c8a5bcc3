// Reference: transformers, models/sam2/configuration_sam2.py

/// The sizes of ``PromptEncoder``.
public struct PromptEncoderConfiguration: Hashable, Sendable, Codable {
    /// Channels.
    public var hiddenSize = 256
    /// The side of the square picture that the model sees, in pixels.
    public var imageSize = 1024
    /// Pixels per cell of the picture's embedding.
    public var patchSize = 16
    /// Channels inside the mask embedding.
    public var maskChannels = 16
    /// Kinds of points: outside, inside, and a box's two corners.
    public var pointEmbeddings = 4
    /// The mask embedding's activation.
    public var activation = ActivationName.gelu
    /// Added to the variance by the mask embedding's layer normalisations.
    public var layerNormEpsilon = 1e-6
    /// Standard deviation of fresh frequencies of the position encoding.
    public var scale = 1.0

    /// The sizes of the released models.
    public init() {}
}

/// The sizes of ``MaskDecoder``, and when it falls back on its alternative masks.
public struct MaskDecoderConfiguration: Hashable, Sendable, Codable {
    /// Channels.
    public var hiddenSize = 256
    /// Hidden size of the transformer's MLPs.
    public var mlpSize = 2048
    /// Layers of the transformer.
    public var layers = 2
    /// Attention heads.
    public var heads = 8
    /// By how much attention between tokens and picture shrinks the channels.
    public var attentionDownsampling = 2
    /// Alternative masks beside the single one.
    public var multimaskOutputs = 3
    /// Layers of the head that predicts IoUs.
    public var iouHeadDepth = 3
    /// That head's hidden size.
    public var iouHeadHiddenSize = 256
    /// Whether an unstable single mask is replaced by the best alternative.
    public var fallsBackOnUnstableMasks = true
    /// Distance of the two thresholds that stability compares from 0, in logits.
    public var stabilityDelta = 0.05
    /// The least stability of a single mask.
    public var stabilityThreshold = 0.98

    /// The sizes of the released models.
    public init() {}
}

// MARK: - config.json

extension PromptEncoderConfiguration {
    enum CodingKeys: String, CodingKey {
        case hiddenSize = "hidden_size"
        case imageSize = "image_size"
        case patchSize = "patch_size"
        case maskChannels = "mask_input_channels"
        case pointEmbeddings = "num_point_embeddings"
        case activation = "hidden_act"
        case layerNormEpsilon = "layer_norm_eps"
        case scale
    }

    /// Reads `prompt_encoder_config`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        hiddenSize = try values.value(.hiddenSize, hiddenSize)
        imageSize = try values.value(.imageSize, SquareSize(imageSize)).side
        patchSize = try values.value(.patchSize, SquareSize(patchSize)).side
        maskChannels = try values.value(.maskChannels, maskChannels)
        pointEmbeddings = try values.value(.pointEmbeddings, pointEmbeddings)
        activation = try values.value(.activation, activation)
        layerNormEpsilon = try values.value(.layerNormEpsilon, layerNormEpsilon)
        scale = try values.value(.scale, scale)
    }
}

extension MaskDecoderConfiguration {
    package enum CodingKeys: String, CodingKey {
        case hiddenSize = "hidden_size"
        case mlpSize = "mlp_dim"
        case layers = "num_hidden_layers"
        case heads = "num_attention_heads"
        case attentionDownsampling = "attention_downsample_rate"
        case multimaskOutputs = "num_multimask_outputs"
        case iouHeadDepth = "iou_head_depth"
        case iouHeadHiddenSize = "iou_head_hidden_dim"
        case fallsBackOnUnstableMasks = "dynamic_multimask_via_stability"
        case stabilityDelta = "dynamic_multimask_stability_delta"
        case stabilityThreshold = "dynamic_multimask_stability_thresh"
    }

    /// Reads `mask_decoder_config`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        hiddenSize = try values.value(.hiddenSize, hiddenSize)
        mlpSize = try values.value(.mlpSize, mlpSize)
        layers = try values.value(.layers, layers)
        heads = try values.value(.heads, heads)
        attentionDownsampling = try values.value(.attentionDownsampling, attentionDownsampling)
        multimaskOutputs = try values.value(.multimaskOutputs, multimaskOutputs)
        iouHeadDepth = try values.value(.iouHeadDepth, iouHeadDepth)
        iouHeadHiddenSize = try values.value(.iouHeadHiddenSize, iouHeadHiddenSize)
        fallsBackOnUnstableMasks = try values.value(
            .fallsBackOnUnstableMasks, fallsBackOnUnstableMasks)
        stabilityDelta = try values.value(.stabilityDelta, stabilityDelta)
        stabilityThreshold = try values.value(.stabilityThreshold, stabilityThreshold)
    }
}

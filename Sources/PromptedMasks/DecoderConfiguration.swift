// Reference: transformers, models/sam2/configuration_sam2.py

/// The sizes of ``PromptEncoder``.
public struct PromptEncoderConfiguration: Hashable, Sendable {
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
public struct MaskDecoderConfiguration: Hashable, Sendable {
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

/// `prompt_encoder_config`.
extension PromptEncoderConfiguration: ConfigurationSection {
    /// It says nothing of its kind.
    public static let modelType: String? = nil

    /// Its keys.
    public static var fields: [ConfigurationField<PromptEncoderConfiguration>] {
        [
            ConfigurationField("hidden_size", \.hiddenSize),
            ConfigurationField(square: "image_size", \.imageSize),
            ConfigurationField(square: "patch_size", \.patchSize),
            ConfigurationField("mask_input_channels", \.maskChannels),
            ConfigurationField("num_point_embeddings", \.pointEmbeddings),
            ConfigurationField("hidden_act", \.activation),
            ConfigurationField("layer_norm_eps", \.layerNormEpsilon),
            ConfigurationField("scale", \.scale),
        ]
    }
}

/// `mask_decoder_config`.
extension MaskDecoderConfiguration: ConfigurationSection {
    /// It says nothing of its kind.
    public static let modelType: String? = nil

    /// Its keys.
    public static var fields: [ConfigurationField<MaskDecoderConfiguration>] {
        [
            ConfigurationField("hidden_size", \.hiddenSize),
            ConfigurationField("mlp_dim", \.mlpSize),
            ConfigurationField("num_hidden_layers", \.layers),
            ConfigurationField("num_attention_heads", \.heads),
            ConfigurationField("attention_downsample_rate", \.attentionDownsampling),
            ConfigurationField("num_multimask_outputs", \.multimaskOutputs),
            ConfigurationField("iou_head_depth", \.iouHeadDepth),
            ConfigurationField("iou_head_hidden_dim", \.iouHeadHiddenSize),
            ConfigurationField("dynamic_multimask_via_stability", \.fallsBackOnUnstableMasks),
            ConfigurationField("dynamic_multimask_stability_delta", \.stabilityDelta),
            ConfigurationField("dynamic_multimask_stability_thresh", \.stabilityThreshold),
        ]
    }
}

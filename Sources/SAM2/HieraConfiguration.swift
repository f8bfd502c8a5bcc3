// Reference: transformers, models/sam2/configuration_sam2.py
public import PromptedMasks

/// The sizes of ``Hiera``; lists have one entry per stage.
public struct HieraConfiguration: Hashable, Sendable {
    /// Channels of the patches; the first stage's `embedDimensions`.
    public var hiddenSize = 96
    /// Channels of the picture.
    public var channels = 3
    /// The side of the picture that the file names; the model goes by
    /// `PromptEncoderConfiguration.imageSize`.
    public var imageSize: SquareSize = 1024
    /// The kernel that makes patches of pixels.
    public var patchKernel: SquareSize = 7
    /// Pixels from one patch to the next.
    public var patchStride: SquareSize = 4
    /// Zeros around the picture.
    public var patchPadding: SquareSize = 3
    /// By how much a stage shrinks the grid.
    public var queryStride: SquareSize = 2
    /// The grid of the position embedding that is stretched over the picture.
    public var backgroundGrid: SquareSize = 7
    /// How many stages, from the second on, shrink the grid.
    public var queryPoolStages = 3
    /// How many blocks each stage has.
    public var blocks = [1, 2, 7, 2]
    /// Channels.
    public var embedDimensions = [96, 192, 384, 768]
    /// Attention heads.
    public var heads = [1, 2, 4, 8]
    /// The side of the attention windows, in cells of the stage's grid.
    public var windows = [8, 4, 14, 7]
    /// Blocks, counted over all stages, that attend to the whole grid.
    public var globalBlocks = [5, 7, 9]
    /// Hidden size of the MLPs, in multiples of the channels.
    public var mlpRatio = 4.0
    /// The MLPs' activation.
    public var activation = ActivationName.gelu
    /// Added to the variance by the layer normalisations.
    public var layerNormEpsilon = 1e-6

    /// The sizes of the tiny model.
    public init() {}
}

// MARK: - config.json

/// `backbone_config`.
extension HieraConfiguration: ConfigurationSection {
    /// What transformers calls it.
    public static let modelType: String? = "sam2_hiera_det_model"

    /// Its keys.
    public static var fields: [ConfigurationField<HieraConfiguration>] {
        [
            ConfigurationField("hidden_size", \.hiddenSize),
            ConfigurationField("num_channels", \.channels),
            ConfigurationField("image_size", \.imageSize),
            ConfigurationField("patch_kernel_size", \.patchKernel),
            ConfigurationField("patch_stride", \.patchStride),
            ConfigurationField("patch_padding", \.patchPadding),
            ConfigurationField("query_stride", \.queryStride),
            ConfigurationField("window_positional_embedding_background_size", \.backgroundGrid),
            ConfigurationField("num_query_pool_stages", \.queryPoolStages),
            ConfigurationField("blocks_per_stage", \.blocks),
            ConfigurationField("embed_dim_per_stage", \.embedDimensions),
            ConfigurationField("num_attention_heads_per_stage", \.heads),
            ConfigurationField("window_size_per_stage", \.windows),
            ConfigurationField("global_attention_blocks", \.globalBlocks),
            ConfigurationField("mlp_ratio", \.mlpRatio),
            ConfigurationField("hidden_act", \.activation),
            ConfigurationField("layer_norm_eps", \.layerNormEpsilon),
        ]
    }
}

extension HieraConfiguration {
    /// Whether the first block of a stage shrinks the grid.
    func pools(stage: Int) -> Bool { stage > 0 && stage <= queryPoolStages }

    /// The side of each stage's grid for a square picture.
    func gridSides(imageSize: Int) -> [Int] {
        var side = (imageSize + 2 * patchPadding.side - patchKernel.side) / patchStride.side + 1
        return blocks.indices.map { stage in
            if pools(stage: stage) { side /= queryStride.side }
            return side
        }
    }
}

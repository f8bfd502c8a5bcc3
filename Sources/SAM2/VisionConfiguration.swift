// Reference: transformers, models/sam2/configuration_sam2.py
public import PromptedMasks

/// The sizes of the picture encoder: ``Hiera`` and the ``FpnNeck`` behind it.
public struct VisionConfiguration: Hashable, Sendable {
    /// The trunk.
    public var backbone = HieraConfiguration()
    /// Channels of the trunk's stages, last stage first.
    public var backboneChannels = [768, 384, 192, 96]
    /// Rows and columns of the levels that the decoder sees, finest first.
    public var featureSizes = [[256, 256], [128, 128], [64, 64]]
    /// Channels of all levels.
    public var fpnHiddenSize = 256
    /// The kernel of the neck's convolutions.
    public var fpnKernel = 1
    /// Their stride.
    public var fpnStride = 1
    /// Their zero padding.
    public var fpnPadding = 0
    /// Levels, finest first, to which the next coarser one is added.
    public var topDownLevels = [2, 3]
    /// How many levels are used, from the finest on.
    public var featureLevels = 3

    /// The sizes of the tiny model.
    public init() {}
}

// MARK: - config.json

/// `vision_config`.
extension VisionConfiguration: ConfigurationSection {
    /// What transformers calls it.
    public static let modelType: String? = "sam2_vision_model"

    /// Its keys.
    public static var fields: [ConfigurationField<VisionConfiguration>] {
        [
            ConfigurationField("backbone_config", \.backbone),
            ConfigurationField("backbone_channel_list", \.backboneChannels),
            ConfigurationField("backbone_feature_sizes", \.featureSizes),
            ConfigurationField("fpn_hidden_size", \.fpnHiddenSize),
            ConfigurationField("fpn_kernel_size", \.fpnKernel),
            ConfigurationField("fpn_stride", \.fpnStride),
            ConfigurationField("fpn_padding", \.fpnPadding),
            ConfigurationField("fpn_top_down_levels", \.topDownLevels),
            ConfigurationField("num_feature_levels", \.featureLevels),
        ]
    }
}

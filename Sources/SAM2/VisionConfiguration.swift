// Reference: transformers, models/sam2/configuration_sam2.py
import PromptedMasks

/// The sizes of the picture encoder: ``Hiera`` and the ``FpnNeck`` behind it.
public struct VisionConfiguration: Hashable, Sendable, Codable {
    /// What transformers calls such a section.
    let modelType = "sam2_vision_model"
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

extension VisionConfiguration {
    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case backbone = "backbone_config"
        case backboneChannels = "backbone_channel_list"
        case featureSizes = "backbone_feature_sizes"
        case fpnHiddenSize = "fpn_hidden_size"
        case fpnKernel = "fpn_kernel_size"
        case fpnStride = "fpn_stride"
        case fpnPadding = "fpn_padding"
        case topDownLevels = "fpn_top_down_levels"
        case featureLevels = "num_feature_levels"
    }

    /// Reads `vision_config`.
    public init(from decoder: any Decoder) throws {
        try ModelType.check(decoder, modelType)
        let values = try decoder.container(keyedBy: CodingKeys.self)
        backbone = try values.value(.backbone, backbone)
        backboneChannels = try values.value(.backboneChannels, backboneChannels)
        featureSizes = try values.value(.featureSizes, featureSizes)
        fpnHiddenSize = try values.value(.fpnHiddenSize, fpnHiddenSize)
        fpnKernel = try values.value(.fpnKernel, fpnKernel)
        fpnStride = try values.value(.fpnStride, fpnStride)
        fpnPadding = try values.value(.fpnPadding, fpnPadding)
        topDownLevels = try values.value(.topDownLevels, topDownLevels)
        featureLevels = try values.value(.featureLevels, featureLevels)
    }
}

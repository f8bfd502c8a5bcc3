// Reference: transformers, models/sam2/configuration_sam2.py
public import PromptedMasks

/// All sizes of a ``SAM2Model``, as a hub `config.json` has them.
public struct SAM2Configuration: Hashable, Sendable, Codable {
    /// The picture encoder.
    public var vision = VisionConfiguration()
    /// The prompt encoder.
    public var promptEncoder = PromptEncoderConfiguration()
    /// The mask decoder.
    public var maskDecoder = MaskDecoderConfiguration()

    /// The sizes of the tiny model.
    public init() {}
}

// MARK: - Presets

extension SAM2Configuration {
    /// SAM2.1 tiny: 39 M parameters.
    public static let tiny = SAM2Configuration()

    /// SAM2.1 small: 46 M parameters.
    public static let small = preset {
        $0.blocks = [1, 2, 11, 2]
        $0.globalBlocks = [7, 10, 13]
    }

    /// SAM2.1 base plus: 81 M parameters.
    public static let basePlus = preset {
        $0.embedDimensions = [112, 224, 448, 896]
        $0.heads = [2, 4, 8, 16]
        $0.blocks = [2, 3, 16, 3]
        $0.globalBlocks = [12, 16, 20]
        $0.backgroundGrid = 14
    }

    /// SAM2.1 large: 224 M parameters.
    public static let large = preset {
        $0.embedDimensions = [144, 288, 576, 1152]
        $0.heads = [2, 4, 8, 16]
        $0.blocks = [2, 6, 36, 4]
        $0.globalBlocks = [23, 33, 43]
        $0.windows = [8, 4, 16, 8]
    }

    /// The released sizes, by their names on the hub.
    public static let released: [String: SAM2Configuration] = [
        "facebook/sam2.1-hiera-tiny": tiny, "facebook/sam2.1-hiera-small": small,
        "facebook/sam2.1-hiera-base-plus": basePlus, "facebook/sam2.1-hiera-large": large,
    ]

    private static func preset(_ change: (inout HieraConfiguration) -> Void) -> SAM2Configuration {
        var configuration = SAM2Configuration()
        change(&configuration.vision.backbone)
        configuration.vision.backbone.hiddenSize = configuration.vision.backbone.embedDimensions[0]
        configuration.vision.backboneChannels =
            configuration.vision.backbone.embedDimensions.reversed()
        return configuration
    }
}

// MARK: - config.json

extension SAM2Configuration {
    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case architectures
        case vision = "vision_config"
        case promptEncoder = "prompt_encoder_config"
        case maskDecoder = "mask_decoder_config"
    }

    /// Reads a `config.json` of the picture model or of the video model, whose sections are the same.
    public init(from decoder: any Decoder) throws {
        try ModelType.check(decoder, "sam2", "sam2_video")
        let values = try decoder.container(keyedBy: CodingKeys.self)
        vision = try values.value(.vision, vision)
        promptEncoder = try values.value(.promptEncoder, promptEncoder)
        maskDecoder = try values.value(.maskDecoder, maskDecoder)
    }

    /// Writes the `config.json` of the picture model.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode("sam2", forKey: .modelType)
        try values.encode(["Sam2Model"], forKey: .architectures)
        try values.encode(vision, forKey: .vision)
        try values.encode(promptEncoder, forKey: .promptEncoder)
        try values.encode(maskDecoder, forKey: .maskDecoder)
    }
}

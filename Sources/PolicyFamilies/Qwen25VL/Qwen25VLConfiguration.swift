// Reference: transformers, models/qwen2_5_vl/configuration_qwen2_5_vl.py
import Foundation
import VisionLanguage

/// The sizes of a Qwen2.5-VL model, as its `config.json` gives them.
///
/// Both forms that exist are read: the hub's, with the language model's fields at the top and
/// `rope_scaling`, and the one with `text_config` and `rope_parameters`.
public struct Qwen25VLConfiguration: Codable, Sendable, Equatable {
    /// The language model's sizes.
    public var text: Text
    /// The vision tower's sizes.
    public var vision: Vision
    /// Whether the head shares the token embedding's weights.
    public var tiesWordEmbeddings: Bool
    /// The placeholder that a picture's embeddings replace.
    public var imageTokenID: Int
    /// The placeholder of videos, which this implementation does not take.
    public var videoTokenID: Int
    /// The token before a picture.
    public var visionStartTokenID: Int
    /// The token after a picture.
    public var visionEndTokenID: Int
    /// `vision_token_id`, where the file has it.
    public var visionPadTokenID: Int?
    /// `eos_token_id`, of `text_config` and of the top: each id once; `GenerationConfiguration` may know
    /// more.
    public var eosTokenIDs: [Int]
    /// `pad_token_id`, where the file has it.
    public var padTokenID: Int?

    /// The sizes of the language model.
    public struct Text: Sendable, Equatable {
        /// Rows of the token embedding.
        public var vocabularySize: Int
        /// The residual stream's width.
        public var hiddenSize: Int
        /// The MLP's inner width.
        public var intermediateSize: Int
        /// How many decoder layers there are.
        public var layerCount: Int
        /// Query heads.
        public var headCount: Int
        /// Key and value heads; each serves `headCount / keyValueHeadCount` query heads.
        public var keyValueHeadCount: Int
        /// The epsilon of all RMS norms of the language model.
        public var normEpsilon: Double
        /// The base of the rotary frequencies.
        public var ropeTheta: Double
        /// How many frequencies follow the time, row and column positions.
        public var ropeSections: [Int]
        /// Standard deviation of new weights.
        public var initializerRange: Double
        /// The longest sequence that the model was made for.
        public var maximumPositions: Int?

        /// The width of one head.
        public var headSize: Int { hiddenSize / headCount }
    }

    /// The sizes of the vision tower.
    public struct Vision: Sendable, Equatable {
        /// How many blocks there are.
        public var depth: Int
        /// The residual stream's width.
        public var hiddenSize: Int
        /// The MLP's inner width.
        public var intermediateSize: Int
        /// Attention heads.
        public var headCount: Int
        /// Colour channels.
        public var channels: Int
        /// The side of a patch in pixels.
        public var patchSize: Int
        /// How many frames a patch spans.
        public var temporalPatchSize: Int
        /// The side, in patches, of the block that becomes one token.
        public var mergeSize: Int
        /// The side of an attention window in pixels.
        public var windowSize: Int
        /// The width of the tokens that come out.
        public var outputSize: Int
        /// The blocks that attend to the whole picture.
        public var fullAttentionBlocks: [Int]
        /// The base of the rotary frequencies.
        public var ropeTheta: Double
        /// Standard deviation of new weights.
        public var initializerRange: Double

        /// The width of one head.
        public var headSize: Int { hiddenSize / headCount }
        /// Numbers in one patch.
        public var patchElements: Int { channels * temporalPatchSize * patchSize * patchSize }
        /// Patches that become one token.
        public var mergeUnit: Int { mergeSize * mergeSize }
        /// The side of a window in merged tokens, a part of one left out.
        public var windowCells: Int { windowSize / mergeSize / patchSize }
    }

    /// Reads a `config.json`.
    ///
    /// - Parameter path: the file
    /// - Returns: the configuration
    /// - Throws: `PolicyConfigurationError` with the file and the key
    public static func load(path: String) throws -> Qwen25VLConfiguration {
        try decodeFile(path, as: Qwen25VLConfiguration.self)
    }

    /// Reads either form of the file's contents.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        let root = ConfigurationFields([container])
        let type = try root.required("model_type", as: String.self)
        guard type == "qwen2_5_vl" else {
            throw root.invalid("model_type", "is \(type); only qwen2_5_vl is supported")
        }
        let fields = try Self.textFields(container)
        text = try Text(fields)
        guard let inner = try root.nested("vision_config") else {
            throw DecodingError.keyNotFound(
                AnyKey("vision_config"), .init(codingPath: [], debugDescription: ""))
        }
        vision = try Vision(inner)
        guard vision.outputSize == text.hiddenSize else {
            throw inner.invalid(
                "out_hidden_size",
                "is \(vision.outputSize), but the language model's hidden_size is "
                    + "\(text.hiddenSize)")
        }
        // Either place may say so; false in one does not take back true in the other.
        let outer = try root.optional("tie_word_embeddings", as: Bool.self) ?? false
        let nested = try root.nested("text_config")?
            .optional("tie_word_embeddings", as: Bool.self)
        tiesWordEmbeddings = outer || nested ?? false
        let vocabulary = text.vocabularySize
        func token(_ key: String) throws -> Int {
            let id = try root.required(key, as: Int.self)
            guard (0..<vocabulary).contains(id) else {
                throw root.invalid(key, "is \(id), outside the vocabulary of \(vocabulary)")
            }
            return id
        }
        imageTokenID = try token("image_token_id")
        videoTokenID = try token("video_token_id")
        visionStartTokenID = try token("vision_start_token_id")
        visionEndTokenID = try token("vision_end_token_id")
        visionPadTokenID = try root.optional("vision_token_id", as: Int.self)
        eosTokenIDs = try fields.endTokens(vocabulary: vocabulary)
        padTokenID = try fields.optional("pad_token_id", as: Int.self)
    }

    /// The language model's fields: `text_config` first, then the top.
    private static func textFields(
        _ root: KeyedDecodingContainer<AnyKey>
    ) throws -> ConfigurationFields {
        let key = AnyKey("text_config")
        guard root.contains(key), try !root.decodeNil(forKey: key) else {
            return ConfigurationFields([root])
        }
        return ConfigurationFields([
            try root.nestedContainer(keyedBy: AnyKey.self, forKey: key), root,
        ])
    }
}

extension Qwen25VLConfiguration.Text {
    init(_ fields: ConfigurationFields) throws {
        vocabularySize = try fields.size("vocab_size")
        hiddenSize = try fields.size("hidden_size")
        intermediateSize = try fields.size("intermediate_size")
        layerCount = try fields.size("num_hidden_layers")
        headCount = try fields.size("num_attention_heads")
        keyValueHeadCount =
            try fields.optional("num_key_value_heads", as: Int.self) == nil
            ? headCount : fields.size("num_key_value_heads")
        normEpsilon = try fields.positive("rms_norm_eps")
        initializerRange = try fields.positive("initializer_range", default: 0.02)
        maximumPositions = try fields.optional("max_position_embeddings", as: Int.self)
        (ropeTheta, ropeSections) = try Self.rope(fields)
        try fields.requireSiLU()
        try fields.requireDivides("hidden_size", hiddenSize, by: "num_attention_heads", headCount)
        try fields.requireDivides(
            "num_attention_heads", headCount, by: "num_key_value_heads", keyValueHeadCount)
        guard headSize % 2 == 0 else {
            throw fields.invalid("hidden_size", "gives heads of odd width \(headSize)")
        }
        guard ropeSections.reduce(0, +) == headSize / 2, ropeSections.allSatisfy({ $0 > 0 }) else {
            throw fields.invalid(
                "mrope_section",
                "is \(ropeSections), which must add up to \(headSize / 2), half a head"
            )
        }
        if let given = try fields.optional("head_dim", as: Int.self), given != headSize {
            throw fields.invalid("head_dim", "is \(given), not hidden_size / num_attention_heads")
        }
        if try fields.optional("use_sliding_window", as: Bool.self) ?? false {
            throw fields.invalid("use_sliding_window", "is true; sliding windows are not supported")
        }
        let kinds = try fields.optional("layer_types", as: [String].self) ?? []
        if let other = kinds.first(where: { $0 != "full_attention" }) {
            throw fields.invalid("layer_types", "has \(other); only full_attention is supported")
        }
    }

    private static func rope(_ fields: ConfigurationFields) throws -> (Double, [Int]) {
        let isNew = try fields.nested("rope_parameters") != nil
        let key = isNew ? "rope_parameters" : "rope_scaling"
        guard let rope = try fields.nested(key) else {
            throw fields.invalid(key, "is missing; it gives mrope_section")
        }
        let type =
            try rope.optional("rope_type", as: String.self)
            ?? rope.optional("type", as: String.self) ?? "default"
        guard type == "mrope" || type == "default" else {
            throw rope.invalid("rope_type", "is \(type); only mrope (default) is supported")
        }
        let inner = try rope.optional("rope_theta", as: Double.self) != nil
        let theta = try (inner ? rope : fields).positive("rope_theta")
        return (theta, try rope.required("mrope_section", as: [Int].self))
    }
}

extension Qwen25VLConfiguration.Vision {
    init(_ fields: ConfigurationFields) throws {
        depth = try fields.size("depth")
        hiddenSize = try fields.size("hidden_size")
        intermediateSize = try fields.size("intermediate_size")
        headCount = try fields.size("num_heads")
        // The hub's files say in_chans, which the reference does not read; its default is RGB.
        channels =
            try fields.optional("in_channels", as: Int.self) == nil ? 3 : fields.size("in_channels")
        patchSize = try fields.size("patch_size")
        temporalPatchSize = try fields.size("temporal_patch_size")
        mergeSize = try fields.size("spatial_merge_size")
        windowSize = try fields.size("window_size")
        outputSize = try fields.size("out_hidden_size")
        fullAttentionBlocks = try fields.required("fullatt_block_indexes", as: [Int].self)
        let rope = try fields.nested("rope_parameters")
        let type = try rope?.optional("rope_type", as: String.self) ?? "axial"
        guard type == "axial" || type == "default" else {
            throw fields.invalid("rope_parameters", "is of type \(type); only axial is supported")
        }
        ropeTheta = try rope?.positive("rope_theta", default: 10_000) ?? 10_000
        initializerRange = try fields.positive("initializer_range", default: 0.02)
        try fields.requireSiLU()
        try fields.requireDivides("hidden_size", hiddenSize, by: "num_heads", headCount)
        guard headSize % 4 == 0 else {
            throw fields.invalid(
                "hidden_size", "gives heads of width \(headSize), which must be a multiple of 4")
        }
        guard windowCells > 0 else {
            throw fields.invalid(
                "window_size", "is \(windowSize), less than one block of \(patchSize * mergeSize)")
        }
    }
}

extension Qwen25VLConfiguration {
    /// Writes the hub's form, which every version of transformers reads.
    public func encode(to encoder: any Encoder) throws {
        var root = encoder.container(keyedBy: AnyKey.self)
        try root.encode([Self.architecture], forKey: AnyKey("architectures"))
        try root.encode("qwen2_5_vl", forKey: AnyKey("model_type"))
        try root.encode(tiesWordEmbeddings, forKey: AnyKey("tie_word_embeddings"))
        try root.encode(imageTokenID, forKey: AnyKey("image_token_id"))
        try root.encode(videoTokenID, forKey: AnyKey("video_token_id"))
        try root.encode(visionStartTokenID, forKey: AnyKey("vision_start_token_id"))
        try root.encode(visionEndTokenID, forKey: AnyKey("vision_end_token_id"))
        try root.encodeIfPresent(visionPadTokenID, forKey: AnyKey("vision_token_id"))
        try root.encodeIfPresent(padTokenID, forKey: AnyKey("pad_token_id"))
        // Missing, it would be the full vocabulary's.
        try root.encodeNil(forKey: AnyKey("bos_token_id"))
        if eosTokenIDs.count == 1 {
            try root.encode(eosTokenIDs[0], forKey: AnyKey("eos_token_id"))
        } else if !eosTokenIDs.isEmpty {
            try root.encode(eosTokenIDs, forKey: AnyKey("eos_token_id"))
        }
        try text.encode(into: &root)
        var inner = root.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("vision_config"))
        try vision.encode(into: &inner)
    }
}

extension Qwen25VLConfiguration.Text {
    fileprivate func encode(into root: inout KeyedEncodingContainer<AnyKey>) throws {
        let sizes = [
            ("vocab_size", vocabularySize), ("hidden_size", hiddenSize),
            ("intermediate_size", intermediateSize), ("num_hidden_layers", layerCount),
            ("num_attention_heads", headCount), ("num_key_value_heads", keyValueHeadCount),
        ]
        for (key, value) in sizes { try root.encode(value, forKey: AnyKey(key)) }
        try root.encode("silu", forKey: AnyKey("hidden_act"))
        try root.encode(false, forKey: AnyKey("use_sliding_window"))
        try root.encode(normEpsilon, forKey: AnyKey("rms_norm_eps"))
        try root.encode(initializerRange, forKey: AnyKey("initializer_range"))
        try root.encodeIfPresent(maximumPositions, forKey: AnyKey("max_position_embeddings"))
        try root.encode(ropeTheta, forKey: AnyKey("rope_theta"))
        var rope = root.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("rope_scaling"))
        try rope.encode("mrope", forKey: AnyKey("type"))
        try rope.encode(ropeSections, forKey: AnyKey("mrope_section"))
    }
}

extension Qwen25VLConfiguration.Vision {
    fileprivate func encode(into root: inout KeyedEncodingContainer<AnyKey>) throws {
        let sizes = [
            ("depth", depth), ("hidden_size", hiddenSize), ("intermediate_size", intermediateSize),
            ("num_heads", headCount), ("in_channels", channels), ("in_chans", channels),
            ("patch_size", patchSize), ("spatial_patch_size", patchSize),
            ("temporal_patch_size", temporalPatchSize), ("spatial_merge_size", mergeSize),
            ("window_size", windowSize), ("out_hidden_size", outputSize),
        ]
        for (key, value) in sizes { try root.encode(value, forKey: AnyKey(key)) }
        try root.encode("silu", forKey: AnyKey("hidden_act"))
        try root.encode(fullAttentionBlocks, forKey: AnyKey("fullatt_block_indexes"))
        try root.encode(initializerRange, forKey: AnyKey("initializer_range"))
        if ropeTheta != 10_000 {
            var rope = root.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("rope_parameters"))
            try rope.encode("axial", forKey: AnyKey("rope_type"))
            try rope.encode(ropeTheta, forKey: AnyKey("rope_theta"))
        }
    }
}

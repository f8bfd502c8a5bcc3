/// A key of a configuration whose value does not fit the others.
package struct ConfigurationFault: Equatable {
    /// The key, with those of its sections.
    package let key: String
    /// What is wrong with its value.
    package let problem: String

    /// A fault of a key.
    package init(key: String, problem: String) {
        self.key = key
        self.problem = problem
    }

    /// What any size may be: large enough for all models, and safe to multiply.
    package static let sizes = 1...(1 << 20)
}

extension ConfigurationFault {
    private static let decoderKey = "mask_decoder_config."

    /// The first key of the shared sections whose value no model can have; nil if there is none.
    package init?(
        promptEncoder: PromptEncoderConfiguration, maskDecoder decoder: MaskDecoderConfiguration
    ) {
        guard
            let fault = Self.widths(decoder) ?? Self.counts(decoder) ?? Self.prompts(promptEncoder)
        else { return nil }
        self = fault
    }

    private static func widths(_ decoder: MaskDecoderConfiguration) -> ConfigurationFault? {
        if !Self.sizes.contains(decoder.hiddenSize) || decoder.hiddenSize % 8 != 0 {
            return ConfigurationFault(
                key: decoderKey + "hidden_size",
                problem: "\(decoder.hiddenSize) is not a multiple of 8")
        }
        if !Self.sizes.contains(decoder.attentionDownsampling)
            || !Self.sizes.contains(decoder.heads)
            || decoder.hiddenSize % (decoder.attentionDownsampling * decoder.heads) != 0
        {
            return ConfigurationFault(
                key: decoderKey + "num_attention_heads",
                problem: "\(decoder.heads) heads and attention_downsample_rate "
                    + "\(decoder.attentionDownsampling) do not divide \(decoder.hiddenSize)")
        }
        return nil
    }

    private static func counts(_ decoder: MaskDecoderConfiguration) -> ConfigurationFault? {
        let sizes = [
            ("mlp_dim", decoder.mlpSize), ("num_hidden_layers", decoder.layers),
            ("num_multimask_outputs", decoder.multimaskOutputs),
            ("iou_head_depth", decoder.iouHeadDepth - 1),
            ("iou_head_hidden_dim", decoder.iouHeadHiddenSize),
        ]
        for (name, size) in sizes where !Self.sizes.contains(size) {
            return ConfigurationFault(
                key: decoderKey + name, problem: "is not a size")
        }
        return nil
    }

    private static func prompts(_ promptEncoder: PromptEncoderConfiguration) -> ConfigurationFault?
    {
        if promptEncoder.pointEmbeddings < 4 {
            return ConfigurationFault(
                key: "prompt_encoder_config.num_point_embeddings",
                problem: "\(promptEncoder.pointEmbeddings); points and box corners need 4")
        }
        if promptEncoder.maskChannels < 4 || promptEncoder.maskChannels % 4 != 0 {
            return ConfigurationFault(
                key: "prompt_encoder_config.mask_input_channels",
                problem: "\(promptEncoder.maskChannels) is not a multiple of 4")
        }
        return nil
    }
}

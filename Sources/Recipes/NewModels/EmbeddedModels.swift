import Foundation
import PromptedMasks
public import SAM2

/// Small models of the real architectures with random weights, for trying everything without any
/// download.
public enum EmbeddedModels {
    /// Writes a SAM2.1 of 0.5 M parameters that sees 256 × 256 pixels, in the hub's layout.
    ///
    /// - Parameters:
    ///   - folder: the folder, made if need be
    ///   - seed: decides about the weights
    /// - Throws: the error of the file that cannot be written
    public static func writeSegmenter(to folder: String, seed: UInt64) throws {
        try SAM2Model.random(configuration: segmenterConfiguration, seed: seed)
            .save(directory: folder)
    }

    /// The sizes of a SAM2.1 of 0.5 M parameters that sees 256 × 256 pixels.
    public static var segmenterConfiguration: SAM2Configuration { segmenter(width: 16) }

    /// The sizes of the small segmenter with a width of its own.
    ///
    /// - Parameter width: channels of the encoder's first stage, a multiple of 8; each stage doubles them,
    ///   and prompts and decoder have four times as many
    /// - Returns: the sizes
    package static func segmenter(width: Int) -> SAM2Configuration {
        do {
            return try JSONDecoder().decode(
                SAM2Configuration.self, from: Data(segmenterFile(width: width).utf8))
        } catch {
            preconditionFailure("the configuration of the embedded segmenter: \(error)")
        }
    }

    /// The small segmenter's `config.json`, as `segmenter init` reads it; the released models' values hold
    /// for what it does not name.
    ///
    /// - Parameter width: as ``segmenter(width:)`` takes it
    /// - Returns: the text
    package static func segmenterFile(width: Int) -> String {
        let widths = [width, 2 * width, 4 * width, 8 * width]
        return """
            {"model_type": "sam2",
             "vision_config": {"fpn_hidden_size": \(4 * width),
               "backbone_channel_list": \(Array(widths.reversed())),
               "backbone_feature_sizes": [[64, 64], [32, 32], [16, 16]],
               "backbone_config": {"image_size": [256, 256], "hidden_size": \(width),
                 "embed_dim_per_stage": \(widths), "blocks_per_stage": [1, 1, 2, 1],
                 "num_attention_heads_per_stage": [1, 2, 4, 8],
                 "window_size_per_stage": [8, 4, 8, 4], "global_attention_blocks": [3]}},
             "prompt_encoder_config": {"hidden_size": \(4 * width), "image_size": 256},
             "mask_decoder_config": {"hidden_size": \(4 * width), "mlp_dim": \(8 * width),
               "num_attention_heads": 4, "iou_head_hidden_dim": \(4 * width)}}
            """
    }
}

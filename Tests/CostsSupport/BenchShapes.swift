package import Costs
import Foundation
package import PolicyFamilies
import SAM2
import VisionLanguage

extension StepShapes {
    /// The shapes of `scripts/count-flops`.
    package static var bench: StepShapes {
        get throws {
            var shapes = StepShapes(
                policy: try Qwen25VLFamily(.bench).options, segmenter: SAM2Configuration.tiny,
                promptTokens: 519,
                grids: [VisionGrid(rows: 32, columns: 32)], groupSize: 8, completionLength: 128)
            shapes.hasReference = true
            shapes.trainedCount = 47_537_088
            return shapes
        }
    }
}

extension Qwen25VLConfiguration {
    /// A small policy of the shapes of `scripts/count-flops`.
    package static var bench: Qwen25VLConfiguration {
        get throws {
            let json = """
                {"model_type": "qwen2_5_vl", "vocab_size": 32768, "hidden_size": 512,
                 "intermediate_size": 1408, "num_hidden_layers": 8, "num_attention_heads": 8,
                 "num_key_value_heads": 2, "rms_norm_eps": 1e-6, "rope_theta": 1e6,
                 "rope_scaling": {"type": "mrope", "mrope_section": [8, 12, 12]},
                 "tie_word_embeddings": true, "image_token_id": 5, "video_token_id": 6,
                 "vision_start_token_id": 7, "vision_end_token_id": 8, "eos_token_id": 1,
                 "vision_config": {"depth": 8, "hidden_size": 256, "intermediate_size": 684,
                  "num_heads": 4, "patch_size": 14, "temporal_patch_size": 2,
                  "spatial_merge_size": 2, "window_size": 112, "out_hidden_size": 512,
                  "fullatt_block_indexes": [3, 7], "hidden_act": "silu"}}
                """
            return try JSONDecoder().decode(Qwen25VLConfiguration.self, from: Data(json.utf8))
        }
    }
}

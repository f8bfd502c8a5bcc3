import Datasets
import Foundation
import Imaging
import Qwen25VL
import SAM2
import Segmentation
import Tokenizers

/// Small models of the real architectures with random weights, for trying everything without any
/// download.
public enum EmbeddedModels {
    /// Writes a policy of 0.9 M parameters with a vocabulary of its own, in the hub's layout.
    ///
    /// - Parameters:
    ///   - folder: the folder, made if need be
    ///   - seed: decides about the weights
    /// - Throws: the error of the file that cannot be written
    public static func writePolicy(to folder: String, seed: UInt64) throws {
        let url = URL(fileURLWithPath: folder)
        try makeFolder(folder)
        let tokenizer = try BPETrainer(vocabularySize: 1024).train(vocabularyTexts())
        let configuration = try JSONDecoder().decode(
            Qwen25VLConfiguration.self, from: Data(try policyConfiguration(tokenizer).utf8))
        try Qwen25VLModel(random: configuration, seed: seed).save(directory: folder)
        try tokenizer.save(to: url)
        try RunDirectory.write(pictureProcessor, to: folder + "/preprocessor_config.json")
    }

    /// Writes a SAM2.1 of 0.5 M parameters that sees 256 × 256 pixels, in the hub's layout.
    ///
    /// - Parameters:
    ///   - folder: the folder, made if need be
    ///   - seed: decides about the weights
    /// - Throws: the error of the file that cannot be written
    public static func writeSegmenter(to folder: String, seed: UInt64) throws {
        var configuration = SAM2Configuration()
        let side = 256
        configuration.vision.backbone.imageSize = 256
        configuration.vision.backbone.embedDimensions = [16, 32, 64, 128]
        configuration.vision.backbone.hiddenSize = 16
        configuration.vision.backbone.blocks = [1, 1, 2, 1]
        configuration.vision.backbone.heads = [1, 2, 4, 8]
        configuration.vision.backbone.windows = [8, 4, 8, 4]
        configuration.vision.backbone.globalBlocks = [3]
        configuration.vision.backboneChannels = [128, 64, 32, 16]
        configuration.vision.featureSizes = [4, 8, 16].map { [side / $0, side / $0] }
        configuration.vision.fpnHiddenSize = 64
        configuration.promptEncoder.hiddenSize = 64
        configuration.promptEncoder.imageSize = side
        configuration.maskDecoder.hiddenSize = 64
        configuration.maskDecoder.mlpSize = 128
        configuration.maskDecoder.heads = 4
        configuration.maskDecoder.iouHeadHiddenSize = 64
        try SAM2Model.random(configuration: configuration, seed: seed).save(directory: folder)
    }

    /// What the small vocabulary is learned from: the prompt, answers, numbers, scene questions.
    private static func vocabularyTexts() throws -> [String] {
        let template = PromptTemplate(.box2Points)
        var texts = [template.system, template.user(question: "Where is it?")]
        texts += (0...840).map { "[\($0), \(840 - $0)]" }
        texts += [String](
            repeating: "<think>Look for the target.</think>\n<answer>```json[{\"bbox_2d\": "
                + "[8, 20, 32, 44], \"positive_points\": [[12, 24], [20, 32]]}]```</answer>",
            count: 50)
        let synthesizer = try SceneSynthesizer(configuration: SceneConfiguration())
        for index in 0..<40 {
            let scene = synthesizer.scene(seed: 0, index: index)
            texts += synthesizer.questions(for: scene, asking: scene.askedClass, style: nil)
        }
        return texts
    }

    private static func policyConfiguration(_ tokenizer: Tokenizer) throws -> String {
        """
        {"model_type": "qwen2_5_vl", "vocab_size": \(tokenizer.vocabularySize), "hidden_size": 128,
         "intermediate_size": 320, "num_hidden_layers": 4, "num_attention_heads": 4,
         "num_key_value_heads": 2, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
         "rope_scaling": {"type": "mrope", "mrope_section": [4, 6, 6]}, "hidden_act": "silu",
         "tie_word_embeddings": true, "initializer_range": 0.05,
         "image_token_id": \(try tokenizer.requiredID(for: QwenTokens.imagePad)),
         "video_token_id": \(try tokenizer.requiredID(for: "<|video_pad|>")),
         "vision_start_token_id": \(try tokenizer.requiredID(for: QwenTokens.visionStart)),
         "vision_end_token_id": \(try tokenizer.requiredID(for: QwenTokens.visionEnd)),
         "eos_token_id": [\(try tokenizer.requiredID(for: QwenTokens.turnEnd)),
           \(try tokenizer.requiredID(for: QwenTokens.endOfText))],
         "pad_token_id": \(try tokenizer.requiredID(for: QwenTokens.endOfText)),
         "vision_config": {"depth": 4, "hidden_size": 96, "intermediate_size": 192,
           "num_heads": 4, "patch_size": 14, "temporal_patch_size": 2, "spatial_merge_size": 2,
           "window_size": 112, "out_hidden_size": 128, "fullatt_block_indexes": [1, 3],
           "hidden_act": "silu"}}
        """
    }

    private static let pictureProcessor = """
        {"image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 3136,
         "max_pixels": 12845056, "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2,
         "image_mean": [0.48145466, 0.4578275, 0.40821073],
         "image_std": [0.26862954, 0.26130258, 0.27577711], "do_rescale": true,
         "rescale_factor": 0.00392156862745098, "do_normalize": true, "do_resize": true,
         "do_convert_rgb": true, "resample": 3}

        """
}

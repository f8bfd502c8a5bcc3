import Foundation
import Imaging
import PolicyFamilies
import Segmentation
import Supervised
import Tokenizers
import Torch
import VisionLanguage

/// A policy of a few thousand parameters with a vocabulary of bytes, and examples for it.
struct TinyPolicy {
    let model: VisionLanguageModel
    let packer: ExamplePacker

    init(seed: UInt64 = 5) throws {
        let template = PromptTemplate()
        let around = template.user(question: "|").split(separator: "|").map(String.init)
        let tokenizer = try BPETrainer(
            vocabularySize: 300, addedWords: AnswerWriter.stretches + [template.system] + around
        ).train([""])
        func id(_ token: String) throws -> Int { try tokenizer.requiredID(for: token) }
        let configuration = """
            {"model_type": "qwen2_5_vl", "vocab_size": \(tokenizer.vocabularySize),
             "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
             "num_attention_heads": 2, "num_key_value_heads": 1, "rms_norm_eps": 1e-6,
             "rope_theta": 100.0, "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]},
             "hidden_act": "silu", "tie_word_embeddings": true, "initializer_range": 0.05,
             "image_token_id": \(try id(QwenTokens.imagePad)),
             "video_token_id": \(try id("<|video_pad|>")),
             "vision_start_token_id": \(try id(QwenTokens.visionStart)),
             "vision_end_token_id": \(try id(QwenTokens.visionEnd)),
             "eos_token_id": \(try id(QwenTokens.turnEnd)),
             "vision_config": {"depth": 1, "hidden_size": 16, "intermediate_size": 24,
               "num_heads": 2, "patch_size": 14, "temporal_patch_size": 2, "spatial_merge_size": 2,
               "window_size": 112, "out_hidden_size": 32, "fullatt_block_indexes": [0],
               "hidden_act": "silu"}}
            """
        model = try VisionLanguageModel(
            random: PolicyRegistry.family(
                configuration: Data(configuration.utf8), path: "config.json"), seed: seed)
        let processor = """
            {"min_pixels": 3136, "max_pixels": 12845056, "patch_size": 14,
             "temporal_patch_size": 2, "merge_size": 2, "image_mean": [0.5, 0.5, 0.5],
             "image_std": [0.25, 0.25, 0.25], "rescale_factor": 0.00392156862745098}
            """
        packer = ExamplePacker(
            tokenizer: tokenizer,
            processor: Qwen25VLProcessor(
                configuration: try JSONDecoder().decode(
                    ImageProcessorConfiguration.self, from: Data(processor.utf8))),
            template: template, turnEnd: model.chat.turnEnd)
    }

    /// Pictures of 56 × 56 pixels with a square, and two questions each.
    func examples(_ count: Int) throws -> [PackedExample] {
        try (0..<count).map { number in
            let start = 4 + 9 * number % 30
            var mask = BinaryMask(width: 56, height: 56)
            for y in start..<start + 16 { for x in 6..<22 { mask[x, y] = true } }
            let pixels = (0..<56 * 56).flatMap { place -> [UInt8] in
                mask[place % 56, place / 56] ? [250, 20, 20] : [30, 90, UInt8(number * 20)]
            }
            let target = AnswerTarget(mask: mask)
            let writer = AnswerWriter(
                grammar: PromptVariant.box2Points.grammar, coordinateStep: 4)
            return try packer.pack(
                SupervisedExample(
                    id: "s\(number)", image: RGBImage(width: 56, height: 56, pixels: pixels),
                    answers: [
                        WrittenAnswer(
                            question: "Find red.",
                            completion: writer.completion(
                                thought: "One.", targets: target.map { [$0] } ?? [])),
                        WrittenAnswer(
                            question: "Find blue.",
                            completion: writer.completion(thought: "None at all.", targets: [])),
                    ], objects: target.map { [KnownObject(className: "red", target: $0)] } ?? []))
        }
    }
}

/// The largest distance between the elements of two tensors.
func distance(_ a: Tensor, _ b: Tensor) throws -> Double { try (a - b).abs().max().item() }

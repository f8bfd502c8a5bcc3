import Foundation
import Imaging
import NN
import Policies
import PolicyFamilies
import Runs
import Scenes
import Segmentation
import Supervised
import Tokenizers
import Torch
import VisionLanguage

extension EmbeddedModels {
    /// The side of the pictures that the embedded policy is made for, in pixels.
    public static let imageSide = 224

    /// Writes a policy of 1.4 M parameters with a vocabulary of its own and random weights, in the hub's
    /// layout.
    ///
    /// Two things set it apart from a shrunk Qwen2.5-VL. The vocabulary has one token for each number up
    /// to the picture's side, for the words of the scenes' questions, and for each fixed stretch of the
    /// prompt and of answers, so that prompts and answers are short. And `rope_theta` is 30: with a
    /// million, as released, heads of 32 channels could hardly tell neighbouring columns apart.
    ///
    /// - Parameters:
    ///   - folder: the folder, made if need be
    ///   - seed: decides about the weights
    /// - Throws: the error of the file that cannot be written
    public static func writePolicy(to folder: String, seed: UInt64) throws {
        try makeFolder(folder)
        let tokenizer = try vocabulary()
        let family = try PolicyRegistry.family(
            configuration: Data(try policyConfiguration(tokenizer).utf8), path: "config.json")
        let model = try VisionLanguageModel(random: family, seed: seed)
        try placeNumbers(of: tokenizer, in: model)
        try model.save(directory: folder)
        try tokenizer.save(to: URL(fileURLWithPath: folder))
        let pictures = try family.releasedProcessorFile()
        try RunDirectory.write(
            String(decoding: pictures.data, as: UTF8.self), to: "\(folder)/\(pictures.name)")
        try PromptFiles(PromptTemplate()).write(into: folder)
    }

    // MARK: - Vocabulary

    private static func vocabulary() throws -> Tokenizer {
        try BPETrainer(vocabularySize: 1024, addedWords: addedWords).train(vocabularyTexts())
    }

    /// Numbers, and the fixed stretches of prompt and answers.
    private static var addedWords: [String] {
        let template = PromptTemplate(.box2Points)
        let mark = "\u{1}"
        let around = template.user(question: mark).split(separator: Character(mark)).map(
            String.init)
        return [template.system] + around + AnswerWriter.stretches
            + (0...imageSide).map(String.init)
    }

    /// The words of the scenes' questions and of answers to them, often enough to become tokens.
    private static func vocabularyTexts() -> [String] {
        var texts: [String] = []
        for sceneClass in SceneClass.allCases {
            texts += SceneQuestions.phrasings(for: sceneClass, style: .mixed)
            texts += (0...6).map {
                AnswerWriter.thought(many: sceneClass.plural, count: $0)
            }
        }
        return (0..<4).flatMap { _ in texts }
    }

    // MARK: - Weights

    /// Gives the numbers' vectors the places of their values: sines and cosines of eight wavelengths,
    /// so that neighbours begin alike.
    private static func placeNumbers(of tokenizer: Tokenizer, in model: VisionLanguageModel) throws
    {
        let key = model.options.keys.embedding
        guard let words = model.parameters.first(where: { $0.key == key })
        else { preconditionFailure("a policy without an embedding") }
        let width = words.tensor.size(1)
        let deviation = Float(0.05)
        var ids: [Int] = []
        var rows: [Float] = []
        for number in 0...imageSide {
            ids.append(try tokenizer.requiredID(for: String(number)))
            let place = Double(number) / Double(imageSide)
            for channel in 0..<width {
                let octave = Double(channel / 2 % 8)
                let angle = place * Double.pi * exp2(octave) / 2 + Double(channel / 16)
                let wave = channel % 2 == 0 ? sin(angle) : cos(angle)
                rows.append(Float(wave) * deviation * Float(2).squareRoot())
            }
        }
        try withoutGradients {
            let placed = try words.tensor.replacing(
                0, at: Tensor.of(ids), with: Tensor.of(rows, shape: [ids.count, width]))
            try words.tensor.copyInPlace(from: placed)
        }
    }

    private static func policyConfiguration(_ tokenizer: Tokenizer) throws -> String {
        """
        {"model_type": "qwen2_5_vl", "vocab_size": \(tokenizer.vocabularySize), "hidden_size": 128,
         "intermediate_size": 320, "num_hidden_layers": 4, "num_attention_heads": 4,
         "num_key_value_heads": 2, "rms_norm_eps": 1e-6, "rope_theta": 30.0,
         "rope_scaling": {"type": "mrope", "mrope_section": [4, 6, 6]}, "hidden_act": "silu",
         "tie_word_embeddings": true, "initializer_range": 0.05, "max_position_embeddings": 4096,
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
}

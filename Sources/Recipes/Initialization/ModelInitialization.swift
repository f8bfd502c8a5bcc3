import Foundation
import PromptedMasks
import Qwen25VL
import Segmenters
public import Torch

/// Writes new models with random weights, from which training can start.
public enum ModelInitialization {
    /// What a new model became.
    public struct Outcome: Sendable {
        /// Numbers of the model.
        public let parameterCount: Int
        /// What training still needs, in lines for people.
        public let missing: [String]
    }

    /// Writes a Qwen2.5-VL with random weights, in the hub's layout.
    ///
    /// - Parameters:
    ///   - configuration: its `config.json`, or the folder that has it
    ///   - companions: a folder whose tokenizer and processor files it gets; that of the
    ///     configuration if nil
    ///   - output: the folder, which does not exist or is empty
    ///   - seed: decides about the weights
    ///   - dtype: the element type in the files
    /// - Returns: what was written, and which files training still needs
    /// - Throws: an error that names the file or the key that cannot be used
    public static func writePolicy(
        configuration: String, companions: String?, output: String, seed: UInt64, dtype: DType
    ) throws -> Outcome {
        let configuration = configuration.isFolder ? configuration + "/config.json" : configuration
        let sizes = try loaded(configuration, "configuration of a Qwen2.5-VL") {
            try Qwen25VLConfiguration.load(path: $0)
        }
        let source = companions ?? configuration.parentFolder
        guard source.isFolder else {
            throw MissingInputError(notFolder: source, what: "tokenizer")
        }
        let companions = try companionFiles(configuration, source, sizes)
        let model = try NewFolder.write(output) { folder in
            var model = try Qwen25VLModel(random: sizes, seed: seed)
            model.companions = companions
            try model.save(directory: folder, dtype: dtype)
            return model
        }
        let hasTokenizer = model.companions.contains { $0.name == "tokenizer.json" }
        return Outcome(
            parameterCount: model.parameters.numberCount,
            missing: hasTokenizer
                ? []
                : [
                    "no tokenizer.json in \(source): training and predict need one; name a folder "
                        + "that has it with --tokenizer, or copy it to \(output)"
                ])
    }

    /// The files that stand beside the weights.
    private static func companionFiles(
        _ configuration: String, _ source: String, _ sizes: Qwen25VLConfiguration
    ) throws -> [CompanionFile] {
        var companions = try CompanionFile.all(in: source).filter {
            $0.name != "config.json" && policyFiles.contains($0.name)
        }
        companions.append(
            CompanionFile(
                name: "config.json", data: try Data(contentsOf: URL(fileURLWithPath: configuration))
            ))
        if !companions.contains(where: { processorFiles.contains($0.name) }) {
            let text = ImageProcessorConfiguration.releasedJSON(for: sizes.vision)
            companions.append(
                CompanionFile(name: "preprocessor_config.json", data: Data(text.utf8)))
        }
        if let pictures = try? ImageProcessorConfiguration.load(
            directory: source, vision: sizes.vision)
        {
            companions = try ProcessorFiles(directory: source)
                .reconciled(companions, pictures)
        }
        return try PromptFiles(source: source).applied(to: companions)
    }

    /// Writes a segmenter with random weights, in the hub's layout.
    ///
    /// - Parameters:
    ///   - configuration: its `config.json`
    ///   - output: the folder, which does not exist or is empty
    ///   - seed: decides about the weights
    ///   - dtype: the element type in the files
    /// - Returns: what was written
    /// - Throws: an error that names the file or the key that cannot be used
    public static func writeSegmenter(
        configuration: String, output: String, seed: UInt64, dtype: DType
    ) throws -> Outcome {
        let sizes = try loaded(
            configuration, "configuration of a \(SegmenterRegistry.standard.names)"
        ) {
            try SegmenterRegistry.standard.sizes(path: $0)
        }
        let count = try NewFolder.write(output) { folder in
            try sizes.writeRandomModel(to: folder, seed: seed, dtype: dtype)
        }
        return Outcome(parameterCount: count, missing: [])
    }

    private static let processorFiles = ["preprocessor_config.json", "processor_config.json"]
    private static let policyFiles = Set(
        processorFiles + [
            "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt",
            "added_tokens.json", "special_tokens_map.json", "chat_template.json",
            "chat_template.jinja", "generation_config.json",
        ])

    private static func loaded<Value>(
        _ path: String, _ what: String, _ load: (String) throws -> Value
    ) throws -> Value {
        guard FileManager.default.fileExists(atPath: path) else {
            throw MissingInputError(path: path, what: what)
        }
        return try load(path)
    }
}

extension ImageProcessorConfiguration {
    /// The released models' way of processing pictures, for a tower of any size.
    static func released(
        for vision: Qwen25VLConfiguration.Vision
    ) throws -> ImageProcessorConfiguration {
        try JSONDecoder().decode(
            ImageProcessorConfiguration.self, from: Data(releasedJSON(for: vision).utf8))
    }

    /// The `preprocessor_config.json` of ``released(for:)``.
    static func releasedJSON(for vision: Qwen25VLConfiguration.Vision) -> String {
        """
        {"image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 3136,
         "max_pixels": 12845056, "patch_size": \(vision.patchSize),
         "temporal_patch_size": \(vision.temporalPatchSize), "merge_size": \(vision.mergeSize),
         "image_mean": [0.48145466, 0.4578275, 0.40821073],
         "image_std": [0.26862954, 0.26130258, 0.27577711], "do_rescale": true,
         "rescale_factor": 0.00392156862745098, "do_normalize": true, "do_resize": true,
         "do_convert_rgb": true, "resample": 3}

        """
    }
}

import Files
import Foundation
import NN
import Policies
import PolicyFamilies
import PromptedMasks
import Runs
import Segmenters
public import Torch
import VisionLanguage

/// Writes new models with random weights, from which training can start.
public enum ModelInitialization {
    /// What a new model became.
    public struct Outcome: Sendable {
        /// Numbers of the model.
        public let parameterCount: Int
        /// What training still needs, in lines for people.
        public let missing: [String]
    }

    /// Writes a policy with random weights, in the hub's layout.
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
        let what = "configuration of a \(PolicyRegistry.names)"
        let family = try loaded(configuration, what) {
            try PolicyRegistry.family(configuration: $0)
        }
        let source = companions ?? configuration.parentFolder
        guard source.isFolder else {
            throw MissingInputError(notFolder: source, what: "tokenizer")
        }
        let companions = try companionFiles(configuration, source, family)
        let record = try record(source)
        let count = try NewFolder.write(output) { folder in
            let count = try VisionLanguageModel.writeRandom(
                family, seed: seed, directory: folder, dtype: dtype, companions: companions)
            try record.write(into: folder)
            return count
        }
        let hasTokenizer = companions.contains { $0.name == "tokenizer.json" }
        return Outcome(
            parameterCount: count,
            missing: hasTokenizer
                ? []
                : [
                    "no tokenizer.json in \(source): training and predict need one; name a folder "
                        + "that has it with --tokenizer, or copy it to \(output)"
                ])
    }

    /// What the new policy is made for: what that was trained with whose vocabulary it has.
    private static func record(_ source: String) throws -> PolicyRecord {
        PolicyRecord(
            command: PolicyRecord.initialization, product: Think2Seg.version,
            settings: try PolicyRecord.read(source)?.settings ?? AskingSettings())
    }

    /// The files that stand beside the weights.
    private static func companionFiles(
        _ configuration: String, _ source: String, _ family: any PolicyFamily
    ) throws -> [CompanionFile] {
        var companions = try CompanionFile.all(in: source).filter {
            $0.name != "config.json" && policyFiles.contains($0.name)
        }
        companions.append(
            CompanionFile(
                name: "config.json", data: try Data(contentsOf: URL(fileURLWithPath: configuration))
            ))
        if !companions.contains(where: { processorFiles.contains($0.name) }) {
            companions.append(try family.releasedProcessorFile())
        }
        if let pictures = try? family.processor(directory: source) {
            companions = pictures.reconciled(companions)
        }
        return try PromptFiles(source: source, chat: type(of: family).chat)
            .applied(to: companions)
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

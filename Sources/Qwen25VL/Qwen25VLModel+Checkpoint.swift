public import Foundation
public import NN
import TextFiles
public import Tokenizers
public import Torch

/// A file that stands beside a model's weights, kept byte for byte.
public struct CompanionFile: Sendable, Equatable {
    /// The file's name.
    public let name: String
    /// Its contents.
    public let data: Data

    /// A file from its name and contents.
    ///
    /// JSON comes as UTF-8 without a byte order mark, as other programs refuse all else. What is neither
    /// UTF-8 nor UTF-16 stays as it is.
    public init(name: String, data: Data) {
        self.name = name
        self.data = name.hasSuffix(".json") ? (try? TextContents(data))?.bytes ?? data : data
    }

    /// The configuration, tokenizer and processor files of a folder, sorted by name.
    public static func all(in directory: String) throws -> [CompanionFile] {
        let manager = FileManager.default
        let endings = [".json", ".txt", ".jinja", ".model", ".tiktoken"]
        return try manager.contentsOfDirectory(atPath: directory).sorted()
            .filter { name in
                endings.contains { name.hasSuffix($0) } && !name.hasSuffix(".index.json")
            }
            .compactMap { name in
                let path = directory + "/" + name
                var isFolder: ObjCBool = false
                guard manager.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue
                else { return nil }
                return CompanionFile(
                    name: name, data: try Data(contentsOf: URL(fileURLWithPath: path)))
            }
    }
}

extension Qwen25VLModel {
    /// Reads a checkpoint folder in the hub's layout: `config.json`, `generation_config.json` and
    /// weights, one file or several.
    ///
    /// - Parameters:
    ///   - directory: the folder
    ///   - dtype: the element type to compute in; nil keeps the checkpoint's
    ///   - device: where to compute
    ///   - reused: parameters of another model that was read from the same weights, and whose values
    ///     stay as they are: their memory serves both, where type and place are the same
    ///   - endToken: the token that the tokenizer's files call the end, which ends completions too
    /// - Returns: the model, no parameter of which requires gradients
    /// - Throws: ``Qwen25VLConfigurationError`` or `CheckpointError`, with the file and the key
    public static func load(
        directory: String, dtype: DType? = nil, device: Device = .cpu,
        reusing reused: [Parameter] = [], endToken: Tokenizer.EndToken? = nil
    ) throws -> Qwen25VLModel {
        try ModelFolder.requireReadable(directory)
        let configuration = try Qwen25VLConfiguration.load(path: directory + "/config.json")
        let generation = try GenerationConfiguration.load(
            directory: directory, configuration: configuration, endToken: endToken)
        let (checkpoint, keyWarning) = try weights(directory, configuration)
        let chosen = try dtype ?? storedType(checkpoint, configuration)
        var model = try Qwen25VLModel(
            configuration: configuration, generation: generation,
            builder: ParameterBuilder(
                source: checkpoint, dtype: chosen, device: device,
                reusing: reused.filter { $0.tensor.dtype == chosen && $0.tensor.device == device }))
        if configuration.tiesWordEmbeddings, checkpoint.contains(headKey) {
            try requireTied(checkpoint, configuration, directory: directory)
        }
        try checkpoint.finish()
        try model.takeFiles(directory, beside: checkpoint)
        model.warnings += [keyWarning].compactMap(\.self)
        return model
    }

    /// Reads all of a checkpoint folder but the weights: a model whose parameters have keys and shapes,
    /// and no memory.
    ///
    /// - Parameters:
    ///   - directory: the folder
    ///   - dtype: the element type that the parameters would have
    ///   - endToken: the token that the tokenizer's files call the end, which ends completions too
    /// - Returns: the model, which can tell its sizes and prepare prompts, and nothing else
    /// - Throws: what ``load(directory:dtype:device:reusing:endToken:)`` throws, but for weights that are wrong
    public static func outline(
        directory: String, dtype: DType, endToken: Tokenizer.EndToken? = nil
    ) throws -> Qwen25VLModel {
        try ModelFolder.requireReadable(directory)
        let configuration = try Qwen25VLConfiguration.load(path: directory + "/config.json")
        let generation = try GenerationConfiguration.load(
            directory: directory, configuration: configuration, endToken: endToken)
        let (checkpoint, keyWarning) = try weights(directory, configuration)
        var model = try Qwen25VLModel(
            configuration: configuration, generation: generation,
            builder: ParameterBuilder(withoutWeights: dtype, require: checkpoint.require))
        try checkpoint.finish {
            configuration.tiesWordEmbeddings && $0 == headKey
        }
        try model.takeFiles(directory, beside: checkpoint)
        model.warnings += [keyWarning].compactMap(\.self)
        return model
    }

    /// Keeps the files beside the weights, and what should be known of both.
    private mutating func takeFiles(
        _ directory: String, beside checkpoint: StoredWeights
    ) throws {
        companions = try CompanionFile.all(in: directory)
        warnings = checkpoint.warnings
        guard let config = companions.first(where: { $0.name == "config.json" }) else { return }
        warnings +=
            try StatedElementType.warning(
                config.data, types: checkpoint.floatingPointTypes, file: directory + "/config.json"
            ).map { [$0] } ?? []
    }

    /// Opens the weights.
    ///
    /// - Returns: them, and what should be known of their keys
    private static func weights(
        _ directory: String, _ configuration: Qwen25VLConfiguration
    ) throws -> (checkpoint: StoredWeights, warning: String?) {
        var keys = CheckpointKeys()
        let checkpoint = try StoredWeights(path: directory) { keys.canonical($0) }
        try keys.requireOwn(directory)
        if !configuration.tiesWordEmbeddings, !checkpoint.contains(headKey),
            checkpoint.contains(embeddingKey)
        {
            throw CheckpointError(
                path: directory,
                problem:
                    "\(headKey) is missing, and config.json does not tie it to the embedding: the "
                    + "weights are those of the base model alone",
                advice: "save the whole model, Qwen2_5_VLForConditionalGeneration; or set "
                    + "tie_word_embeddings to true in config.json if the head is the embedding")
        }
        return (checkpoint, keys.warning(directory))
    }

    private static let headKey = "lm_head.weight"
    private static let embeddingKey = "model.embed_tokens.weight"

    private static func embeddingShape(_ configuration: Qwen25VLConfiguration) -> [Int] {
        [configuration.text.vocabularySize, configuration.text.hiddenSize]
    }

    private static func storedType(
        _ checkpoint: StoredWeights, _ configuration: Qwen25VLConfiguration
    ) throws -> DType {
        try checkpoint.tensor(
            embeddingKey, shape: embeddingShape(configuration), initializer: .constant(0)
        ).dtype
    }

    /// A head on disk beside a shared embedding must be the same numbers.
    private static func requireTied(
        _ checkpoint: StoredWeights, _ configuration: Qwen25VLConfiguration,
        directory: String
    ) throws {
        let shape = embeddingShape(configuration)
        let head = try checkpoint.tensor(headKey, shape: shape, initializer: .constant(0))
        let words = try checkpoint.tensor(embeddingKey, shape: shape, initializer: .constant(0))
        guard head.dtype == words.dtype, try head.isEqual(to: words) else {
            throw CheckpointError(
                path: directory,
                problem: "\(headKey) differs from \(embeddingKey), but config.json ties them",
                advice: "set tie_word_embeddings to false in config.json")
        }
    }

    /// Writes the model as a folder in the hub's layout, which transformers loads unchanged.
    ///
    /// The files that stood beside the weights when the model was read are written as they were, but for
    /// two: `config.json` states the element type of the weights that are written, and
    /// `generation_config.json` names all tokens that end completions. A model that was not read from a
    /// folder gets both.
    ///
    /// - Parameters:
    ///   - directory: the folder, made if it does not exist
    ///   - shardBytes: how large one file of weights may become
    ///   - dtype: the element type in the files; the model's if nil
    /// - Throws: an error that names the file if one cannot be written
    public func save(
        directory: String, shardBytes: Int = 5_000_000_000, dtype: DType? = nil
    ) throws {
        let files = try withoutGradients {
            try self.files { parameter in try parameter.tensor.detached().to(dtype ?? self.dtype) }
        }
        try files.write(to: directory, shardBytes: shardBytes)
    }

    /// The files that ``save(directory:shardBytes:dtype:)`` writes, in memory.
    ///
    /// - Parameter tensor: gives the tensor to write for a parameter
    /// - Returns: the files; they change with the tensors that `tensor` gave
    /// - Throws: what `tensor` throws
    public func files(_ tensor: (Parameter) throws -> Tensor) throws -> Qwen25VLFiles {
        let companions = try writtenCompanions()
        let parameters = try parameters.map { Parameter(key: $0.key, tensor: try tensor($0)) }
        let type = StatedElementType.holding(Set(parameters.map(\.tensor.dtype)))
        return Qwen25VLFiles(
            companions: try companions.map { file in
                guard file.name == "config.json" else { return file }
                return CompanionFile(
                    name: file.name,
                    data: try StatedElementType.restated(file.data, as: type, file: file.name))
            },
            parameters: parameters)
    }
}

extension Qwen25VLModel {
    /// The files beside the weights, but for the element type that `config.json` states.
    private func writtenCompanions() throws -> [CompanionFile] {
        var files = companions
        if !files.contains(where: { $0.name == "config.json" }) {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            files.append(
                CompanionFile(name: "config.json", data: try encoder.encode(configuration)))
            files.append(
                CompanionFile(name: GenerationConfiguration.file, data: try generation.json()))
        }
        let place = files.firstIndex { $0.name == GenerationConfiguration.file }
        let restated = try generation.restated(place.map { files[$0].data }, configuration)
        if let restated {
            if let place { files.remove(at: place) }
            files.append(CompanionFile(name: GenerationConfiguration.file, data: restated))
        }
        return files
    }
}

/// A model's folder in the hub's layout, in memory.
public struct Qwen25VLFiles: Sendable {
    let companions: [CompanionFile]
    let parameters: [Parameter]

    /// Writes the files.
    ///
    /// - Parameters:
    ///   - directory: the folder, made if it does not exist
    ///   - shardBytes: how large one file of weights may become
    /// - Throws: an error that names the file if one cannot be written
    public func write(to directory: String, shardBytes: Int = 5_000_000_000) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        for file in companions {
            try file.data.write(
                to: URL(fileURLWithPath: directory + "/" + file.name), options: .atomic)
        }
        try removeOld(directory)
        try parameters.save(to: directory, shardBytes: shardBytes)
    }

    /// What was there before and would be read instead of the new: weights, in one file or in several,
    /// and how pictures are prepared.
    private func removeOld(_ directory: String) throws {
        let combined = ProcessorFiles.combined
        let keepsCombined = companions.contains { $0.name == combined }
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where name.hasPrefix("model") && name.hasSuffix(".safetensors")
            || name == "model.safetensors.index.json" || name == combined && !keepsCombined
        {
            try FileManager.default.removeItem(atPath: directory + "/" + name)
        }
    }
}

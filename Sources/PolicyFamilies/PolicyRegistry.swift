package import Adapters
package import Foundation
public import NN
public import Tokenizers
public import Torch
public import VisionLanguage

/// The families of policies that there are, by the `model_type` of `config.json`.
package enum PolicyRegistry {
    /// All families, one a line.
    package static let families: [any PolicyFamily.Type] = [
        Qwen25VLFamily.self
    ]

    /// The families' names for people: `Qwen2.5-VL`.
    package static let names = families.map { $0.name }.joined(separator: " or ")

    /// Reads a `config.json`.
    ///
    /// - Parameter path: the file
    /// - Returns: its family, with the sizes of the checkpoint
    /// - Throws: ``PolicyConfigurationError`` with the file and the key
    package static func family(configuration path: String) throws -> any PolicyFamily {
        try family(configuration: readFile(path), path: path)
    }

    /// Reads the contents of a `config.json`.
    ///
    /// - Parameters:
    ///   - data: the contents
    ///   - path: what errors call the file
    /// - Returns: its family, with the sizes
    /// - Throws: ``PolicyConfigurationError`` with the file and the key
    package static func family(configuration data: Data, path: String) throws -> any PolicyFamily {
        try decode(data, path: path, as: ModelType.self).family.init(
            configuration: data, path: path)
    }

    /// Reads the `config.json` of a folder.
    ///
    /// - Parameter directory: the folder
    /// - Returns: its family, with the sizes of the checkpoint
    /// - Throws: ``PolicyConfigurationError`` with the file and the key
    package static func family(directory: String) throws -> any PolicyFamily {
        try family(configuration: directory + "/config.json")
    }

    /// What kind of policy a folder has, where that is asked before the policy is read.
    ///
    /// - Parameter directory: the folder; nil where there is no policy
    /// - Returns: its family; the first one if the folder's `config.json` cannot be read, which whoever
    ///   loads the policy says
    package static func likely(directory: String?) -> any PolicyFamily.Type {
        let found = directory.flatMap { try? family(directory: $0) }
        return found.map { type(of: $0) } ?? families[0]
    }

    /// The side of pictures, in pixels, of which the sides that a processor makes are multiples.
    ///
    /// - Parameter directory: the policy's folder; nil where there is no policy
    /// - Returns: ``PolicyFamily/pictureBlock`` of ``likely(directory:)``
    package static func pictureBlock(directory: String?) -> Int {
        likely(directory: directory).pictureBlock
    }

    /// The family that a configuration names.
    private struct ModelType: Decodable {
        let family: any PolicyFamily.Type

        init(from decoder: any Decoder) throws {
            let fields = ConfigurationFields([try decoder.container(keyedBy: AnyKey.self)])
            let type = try fields.required("model_type", as: String.self)
            guard let family = families.first(where: { $0.modelTypes.contains(type) }) else {
                let known = families.flatMap { $0.modelTypes }
                throw fields.invalid(
                    "model_type",
                    "is \(type); only \(known.joined(separator: ", ")) "
                        + (known.count == 1 ? "is supported" : "are supported"))
            }
            self.family = family
        }
    }
}

extension VisionLanguageModel {
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
    /// - Throws: ``PolicyConfigurationError`` or `CheckpointError`, with the file and the key
    public static func load(
        directory: String, dtype: DType? = nil, device: Device = .cpu,
        reusing reused: [Parameter] = [], endToken: Tokenizer.EndToken? = nil
    ) throws -> VisionLanguageModel {
        try ModelFolder.requireReadable(directory)
        return try load(
            PolicyRegistry.family(directory: directory), directory: directory, dtype: dtype,
            device: device, reusing: reused, endToken: endToken)
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
    ) throws -> VisionLanguageModel {
        try ModelFolder.requireReadable(directory)
        return try outline(
            PolicyRegistry.family(directory: directory), directory: directory, dtype: dtype,
            endToken: endToken)
    }

    /// Reads a checkpoint folder as ``load(directory:dtype:device:reusing:endToken:)`` does, with an adapter.
    ///
    /// - Parameters:
    ///   - directory: the folder
    ///   - adapter: what changes the model; nil: nothing
    ///   - dtype: the element type to compute in; nil keeps the checkpoint's
    ///   - device: where to compute
    ///   - reused: parameters of another model of the same base, whose memory serves both
    ///   - endToken: the token that the tokenizer's files call the end, which ends completions too
    /// - Returns: the model, no parameter of which requires gradients
    /// - Throws: what that throws, or `CheckpointError` about the adapter
    package static func load(
        directory: String, adapter: AdapterChoice?, dtype: DType? = nil, device: Device = .cpu,
        reusing reused: [Parameter] = [], endToken: Tokenizer.EndToken? = nil
    ) throws -> VisionLanguageModel {
        try ModelFolder.requireReadable(directory)
        return try load(
            PolicyRegistry.family(directory: directory), directory: directory, adapter: adapter,
            dtype: dtype, device: device, reusing: reused, endToken: endToken)
    }

    /// Reads a folder as ``outline(directory:dtype:endToken:)`` does, with an adapter.
    ///
    /// - Parameters:
    ///   - directory: the folder
    ///   - adapter: what changes the model; nil: nothing
    ///   - dtype: the element type that the parameters would have
    ///   - endToken: the token that the tokenizer's files call the end, which ends completions too
    /// - Returns: the model, which can tell its sizes and prepare prompts, and nothing else
    /// - Throws: what that throws, or `CheckpointError` about the adapter
    package static func outline(
        directory: String, adapter: AdapterChoice?, dtype: DType,
        endToken: Tokenizer.EndToken? = nil
    ) throws -> VisionLanguageModel {
        try ModelFolder.requireReadable(directory)
        return try outline(
            PolicyRegistry.family(directory: directory), directory: directory, adapter: adapter,
            dtype: dtype, endToken: endToken)
    }
}

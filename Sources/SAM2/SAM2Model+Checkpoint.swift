import Foundation
import Imaging
import NN
import SystemErrors
public import Torch

/// A checkpoint of either format, by the hub's keys.
protocol ModelCheckpoint: WeightSource {
    /// What should be known of the files, one sentence each.
    var warnings: [String] { get }
    /// Whether the checkpoint has a key.
    func contains(_ key: String) -> Bool
    /// Takes a tensor without reading it.
    func require(_ key: String, shape: [Int]) throws
    /// Fails if there are tensors that the picture model did not ask for and the video model lacks.
    func finish() throws
}

/// A checkpoint in the hub's layout.
private final class HubCheckpoint: ModelCheckpoint {
    private let files: StoredWeights

    /// How the keys begin that only the video model has.
    private static let videoPrefixes = [
        "memory_", "mask_downsample", "object_pointer_proj",
        "temporal_positional_encoding_projection_layer", "no_memory_positional_encoding",
        "no_object_pointer", "occlusion_spatial_embedding_parameter",
    ]

    init(folder: String) throws { files = try StoredWeights(path: folder) }

    var warnings: [String] { files.warnings }

    func contains(_ key: String) -> Bool { files.contains(key) }

    func require(_ key: String, shape: [Int]) throws { try files.require(key, shape: shape) }

    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        try files.tensor(key, shape: shape, initializer: initializer)
    }

    func finish() throws {
        try files.finish { key in Self.videoPrefixes.contains { key.hasPrefix($0) } }
    }
}

/// A source that takes some keys' tensors from other keys.
private final class RedirectedWeights: WeightSource {
    let source: any WeightSource
    let keys: [String: String]

    init(_ source: any WeightSource, keys: [String: String]) {
        self.source = source
        self.keys = keys
    }

    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        try source.tensor(keys[key] ?? key, shape: shape, initializer: initializer)
    }
}

/// Where a checkpoint is: in a folder in the hub's layout, or in an official file.
enum SAM2Location {
    case hub(folder: String)
    case official(file: String)

    /// What a user's path means.
    ///
    /// - Parameter path: a folder in the hub's layout or with one .pt file, or such a file
    /// - Throws: `CheckpointError` if it is none of these
    init(path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CheckpointError(
                path: path, problem: "no such file or folder", advice: Self.advice,
                isMissing: true)
        }
        if !isFolder.boolValue {
            if path.hasSuffix(".safetensors") {
                throw CheckpointError(
                    path: path, problem: "is one file of a checkpoint", advice: Self.advice)
            }
            self = .official(file: path)
            return
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let official = names.filter { $0.hasSuffix(".pt") }.sorted()
        try ModelFolder.requireReadable(path, takesOtherNames: !official.isEmpty)
        let isHub = names.contains {
            $0.contains(".safetensors") || $0.hasPrefix("pytorch_model.bin")
        }
        if official.isEmpty || isHub {
            self = .hub(folder: path)
        } else if official.count == 1 {
            self = .official(file: path + "/" + official[0])
        } else {
            throw CheckpointError(
                path: path, problem: "holds several: \(official.joined(separator: ", "))",
                advice: "name one of the files")
        }
    }

    static let advice =
        "give the folder of a SAM2.1 checkpoint in the hub's layout, or an official .pt file"

    /// The folder where the configurations are.
    var folder: String {
        switch self {
        case .hub(let folder): folder
        case .official(let file):
            file.contains("/") ? (file as NSString).deletingLastPathComponent : "."
        }
    }

    /// The model's sizes, with what opens the weights.
    func open() throws -> (
        configuration: SAM2Configuration, weights: () throws -> any ModelCheckpoint
    ) {
        switch self {
        case .hub(let folder):
            return (
                try SAM2Configuration.read(folder + "/config.json"),
                { try HubCheckpoint(folder: folder) }
            )
        case .official(let file):
            let checkpoint = try OfficialCheckpoint(path: file)
            let beside = folder + "/config.json"
            let configuration =
                FileManager.default.fileExists(atPath: beside)
                ? try SAM2Configuration.read(beside)
                : try SAM2Configuration.recognized(checkpoint)
            return (configuration, { checkpoint })
        }
    }
}

private let imagePositionsKey = "shared_image_embedding.positional_embedding"
private let promptPositionsKey = "prompt_encoder.shared_embedding.positional_embedding"

extension SAM2Model {
    /// Loads a checkpoint, of the picture model or of the video model: in the hub's layout, or an
    /// official file of `torch.save`.
    ///
    /// The sizes of an official file are those of `config.json` beside it; without one it must have
    /// the shapes of a released size.
    ///
    /// - Parameters:
    ///   - path: the folder with `config.json` and the weights; or the .pt file, or the
    ///     folder that holds nothing else
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    /// - Returns: the model
    /// - Throws: `CheckpointError` that names the file and the key
    public static func load(
        path: String, dtype: DType = .float32, device: Device = .cpu
    ) throws -> SAM2Model {
        try load(SAM2Location(path: path), dtype: dtype, device: device)
    }

    static func load(
        _ location: SAM2Location, dtype: DType, device: Device
    ) throws -> SAM2Model {
        try load(location) { checkpoint, redirected in
            ParameterBuilder(
                source: RedirectedWeights(checkpoint, keys: redirected), dtype: dtype,
                device: device)
        }
    }

    /// All of a checkpoint but the weights: a model whose parameters have keys and shapes, and no memory.
    static func outline(_ location: SAM2Location, dtype: DType) throws -> SAM2Model {
        try load(location) { checkpoint, redirected in
            ParameterBuilder(withoutWeights: dtype) { key, shape in
                try checkpoint.require(redirected[key] ?? key, shape: shape)
            }
        }
    }

    private static func load(
        _ location: SAM2Location,
        builder: (_ checkpoint: any ModelCheckpoint, _ redirected: [String: String]) ->
            ParameterBuilder
    ) throws -> SAM2Model {
        let (configuration, weights) = try location.open()
        let checkpoint = try weights()
        // The encoders of prompts and of the picture have a matrix each, equal in all released
        // checkpoints: official files have it once, and so do some of the hub's.
        var missing: [String: String] = [:]
        if !checkpoint.contains(promptPositionsKey) {
            missing[promptPositionsKey] = imagePositionsKey
        } else if !checkpoint.contains(imagePositionsKey) {
            missing[imagePositionsKey] = promptPositionsKey
        }
        var model = try SAM2Model(
            configuration: configuration, builder: builder(checkpoint, missing))
        try checkpoint.finish()
        model.warnings = checkpoint.warnings
        return model
    }

    /// A model with random parameters.
    ///
    /// - Parameters:
    ///   - configuration: the sizes
    ///   - seed: decides about all parameters
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    /// - Returns: the model
    /// - Throws: `TorchError`
    public static func random(
        configuration: SAM2Configuration, seed: UInt64, dtype: DType = .float32,
        device: Device = .cpu
    ) throws -> SAM2Model {
        let weights = RedirectedWeights(
            RandomWeights(seed: seed), keys: [promptPositionsKey: imagePositionsKey])
        return try SAM2Model(
            configuration: configuration,
            builder: ParameterBuilder(source: weights, dtype: dtype, device: device))
    }

    /// Writes a checkpoint that transformers' `Sam2Model` and ``load(path:dtype:device:)`` read.
    ///
    /// - Parameters:
    ///   - directory: the folder, made if it is not there
    ///   - processor: how pictures become the model's input; the released models' if nil
    ///   - dtype: the element type in the file; the model's if nil
    /// - Throws: `CheckpointError` if a file cannot be written
    public func save(
        directory: String, processor: SAM2ImageProcessor? = nil, dtype: DType? = nil
    ) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw CheckpointError(
                path: directory, problem: "cannot make the folder: \(systemReason(error))",
                isWriteFailure: true)
        }
        // What was there before and would be read instead of the new.
        for name in ["model.safetensors.index.json", SAM2ImageProcessor.combined] {
            try? FileManager.default.removeItem(atPath: directory + "/" + name)
        }
        try withoutGradients {
            try parameters.map { parameter in
                Parameter(
                    key: parameter.key, tensor: try parameter.tensor.to(dtype ?? self.dtype))
            }
        }.save(to: directory)
        try configuration.save(path: directory + "/config.json")
        try (processor ?? SAM2ImageProcessor(imageSize: configuration.imageSize))
            .save(path: directory + "/preprocessor_config.json", configuration: configuration)
    }
}

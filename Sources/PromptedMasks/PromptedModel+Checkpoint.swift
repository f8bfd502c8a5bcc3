import Foundation
import NN
import SystemErrors
public import Torch

private let imagePositionsKey = "shared_image_embedding.positional_embedding"
private let promptPositionsKey = "prompt_encoder.shared_embedding.positional_embedding"

extension PromptedModel {
    /// Loads a checkpoint.
    ///
    /// - Parameters:
    ///   - checkpoint: what was found of it
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    /// - Returns: the model
    /// - Throws: `CheckpointError` that names the file and the key
    package static func load(
        _ checkpoint: SegmenterCheckpoint<Sizes>, dtype: DType, device: Device
    ) throws -> PromptedModel {
        try load(checkpoint) { weights, redirected in
            ParameterBuilder(
                source: RedirectedWeights(weights, keys: redirected), dtype: dtype,
                device: device)
        }
    }

    /// All of a checkpoint but the weights: a model whose parameters have keys and shapes, and no memory.
    package static func outline(
        _ checkpoint: SegmenterCheckpoint<Sizes>, dtype: DType
    ) throws -> PromptedModel {
        try load(checkpoint) { weights, redirected in
            ParameterBuilder(withoutWeights: dtype) { key, shape in
                try weights.require(redirected[key] ?? key, shape: shape)
            }
        }
    }

    private static func load(
        _ found: SegmenterCheckpoint<Sizes>,
        builder: (_ checkpoint: any ModelCheckpoint, _ redirected: [String: String]) ->
            ParameterBuilder
    ) throws -> PromptedModel {
        let checkpoint = try found.weights()
        // The encoders of prompts and of the picture have a matrix each, equal in all released
        // checkpoints: official files have it once, and so do some of the hub's.
        var missing: [String: String] = [:]
        if !checkpoint.contains(promptPositionsKey) {
            missing[promptPositionsKey] = imagePositionsKey
        } else if !checkpoint.contains(imagePositionsKey) {
            missing[imagePositionsKey] = promptPositionsKey
        }
        var model = try PromptedModel(
            configuration: found.sizes, builder: builder(checkpoint, missing))
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
        configuration: Sizes, seed: UInt64, dtype: DType = .float32,
        device: Device = .cpu
    ) throws -> PromptedModel {
        let weights = RedirectedWeights(
            RandomWeights(seed: seed), keys: [promptPositionsKey: imagePositionsKey])
        return try PromptedModel(
            configuration: configuration,
            builder: ParameterBuilder(source: weights, dtype: dtype, device: device))
    }

    /// Writes a checkpoint in the hub's layout, which transformers reads.
    ///
    /// - Parameters:
    ///   - directory: the folder, made if it is not there
    ///   - processor: how pictures become the model's input; the released models' if nil
    ///   - dtype: the element type in the file; the model's if nil
    /// - Throws: `CheckpointError` if a file cannot be written
    public func save(
        directory: String, processor: PromptedImageProcessor? = nil, dtype: DType? = nil
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
        for name in ["model.safetensors.index.json", PromptedImageProcessor.combined] {
            try? FileManager.default.removeItem(atPath: directory + "/" + name)
        }
        try withoutGradients {
            try parameters.map { parameter in
                Parameter(
                    key: parameter.key, tensor: try parameter.tensor.to(dtype ?? self.dtype))
            }
        }.save(to: directory)
        try configuration.save(path: directory + "/config.json")
        try (processor ?? configuration.releasedProcessor).save(
            path: directory + "/preprocessor_config.json", type: configuration.processorType,
            maskSide: configuration.lowResolutionSide)
    }
}

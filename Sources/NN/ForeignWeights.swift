import Foundation
import Torch

/// Weights in forms that are not read, and the way out of each.
enum ForeignWeights {
    /// Whether a name is that of a shard of transformers' distributed checkpoints.
    static func isDistributed(_ name: String) -> Bool {
        name.hasPrefix("shard-") && name.hasSuffix(".safetensors") && name.contains("-model-")
    }

    /// That a folder holds a distributed checkpoint, which transformers takes before all else.
    static func distributed(_ folder: String, _ shard: String) -> CheckpointError {
        CheckpointError(
            path: folder,
            problem: "\(shard) is a part of a distributed checkpoint, which is not read",
            advice: resave)
    }

    private static let resave =
        "load the folder with transformers' from_pretrained, and save it to a new one with save_pretrained"

    /// Why a folder without safetensors of the usual names cannot be read.
    ///
    /// - Parameters:
    ///   - folder: the folder
    ///   - names: what is in it, sorted
    /// - Returns: the error, which names what is there instead
    static func error(_ folder: String, names: [String]) -> CheckpointError {
        for form in forms {
            guard let name = names.first(where: form.isOne) else { continue }
            return CheckpointError(
                path: folder, problem: "the weights are in \(name), \(form.what)",
                advice: form.advice, isMissing: true)
        }
        return CheckpointError(
            path: folder,
            problem: "neither model.safetensors nor model.safetensors.index.json is here",
            advice: "give the folder of a downloaded checkpoint", isMissing: true)
    }

    private struct Form: Sendable {
        let what: String
        let advice: String
        let isOne: @Sendable (String) -> Bool
    }

    private static let forms: [Form] = [
        Form(
            what: "pickled, which is not read", advice: resave
        ) { $0 == "pytorch_model.bin" || $0 == "pytorch_model.bin.index.json" },
        Form(
            what: "an adapter of another model, which is not read",
            advice: "merge it into that model with peft (merge_and_unload) and save the result"
        ) { $0.hasPrefix("adapter_model.") },
        Form(
            what: "one rank's part, which is not read",
            advice: "merge the parts with the trainer that wrote them, into safetensors"
        ) { $0.hasPrefix("model_world_size_") || $0.hasSuffix(".distcp") },
        Form(
            what: "a variant, which is read only under the usual name",
            advice: "rename it to model.safetensors, or copy its shards to a folder of their own"
        ) { $0.hasPrefix("model.") && $0.contains("safetensors") },
        Form(
            what: "whose name transformers does not look for",
            advice: "rename it to model.safetensors if it holds all the weights; of shards "
                + "model.safetensors.index.json is missing"
        ) { $0.hasSuffix(".safetensors") },
        Form(
            what: "a format that is not read",
            advice: "give a folder with safetensors, as transformers writes it"
        ) { name in
            [".gguf", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack"].contains {
                name.hasSuffix($0)
            }
        },
    ]
}

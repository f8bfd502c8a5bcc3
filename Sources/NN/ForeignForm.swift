import FileSystem
import Foundation
import TextFiles
import Torch

/// A form of weights that is not read, found in a folder.
struct ForeignForm {
    /// The file or folder that gives it away.
    let name: String
    /// What it is: "one rank's part, which is not read".
    let what: String
    /// What makes it readable.
    let advice: String

    /// The error about it.
    ///
    /// - Parameters:
    ///   - folder: where it is
    ///   - asked: the folder that was given, if it is another one
    /// - Returns: the error
    func error(_ folder: String, asked: String? = nil) -> CheckpointError {
        CheckpointError(
            path: asked ?? folder,
            problem: "the weights are in \(asked == nil ? name : folder + "/" + name), \(what)",
            advice: advice, isMissing: true)
    }

    /// The form of what is in a folder, if it can be nothing else.
    static func certain(_ names: [String], _ folder: String) -> ForeignForm? {
        first(of: certainKinds, names, folder)
    }

    /// The form of what is in a folder, as far as names of files tell.
    static func possible(_ names: [String], _ folder: String) -> ForeignForm? {
        first(of: possibleKinds, names.filter { !isState($0) }, folder)
    }

    private static func first(
        of kinds: [Kind], _ names: [String], _ folder: String
    ) -> ForeignForm? {
        for kind in kinds {
            guard let found = names.first(where: kind.isOne) else { continue }
            // What describes or merges the weights lies beside them.
            let telling = [merger: "global_step", "adapter_config.json": "adapter_model."][found]
            let name = telling.flatMap { start in names.first { $0.hasPrefix(start) } } ?? found
            return ForeignForm(
                name: name, what: kind.what, advice: kind.advice(Found(folder, name, names)))
        }
        return nil
    }

    /// The script that DeepSpeed puts beside its checkpoints.
    private static let merger = "zero_to_fp32.py"

    /// What trainers keep beside weights.
    private static func isState(_ name: String) -> Bool {
        let whole = [
            "training_args.bin", "scheduler.pt", "scheduler.bin", "scaler.pt", "sampler.bin",
            "data.pt",
        ]
        return whole.contains(name)
            || ["optimizer", "rng_state", "random_states", "optim_world_size", "extra_state"]
                .contains { name.hasPrefix($0) }
    }

    // MARK: - Kinds

    /// Where a kind was found.
    private struct Found {
        let folder: String
        let name: String
        let names: [String]

        init(_ folder: String, _ name: String, _ names: [String]) {
            (self.folder, self.name, self.names) = (folder, name, names)
        }

        /// The folder as a shell takes it.
        var place: String { ForeignWeights.quoted(folder) }
        /// The file as a shell takes it.
        var file: String { ForeignWeights.quoted(folder + "/" + name) }
    }

    private struct Kind: Sendable {
        let what: String
        let isOne: @Sendable (String) -> Bool
        let advice: @Sendable (Found) -> String

        init(
            _ what: String, _ isOne: @escaping @Sendable (String) -> Bool,
            _ advice: @escaping @Sendable (Found) -> String
        ) {
            (self.what, self.isOne, self.advice) = (what, isOne, advice)
        }
    }

    private static let certainKinds: [Kind] = ranks + converted

    /// Parts that trainers write and merge.
    private static let ranks: [Kind] = [
        Kind("one rank's part, as verl and EasyR1 save it with FSDP, which is not read") {
            $0.hasPrefix("model_world_size_")
        } _: { found in
            let verl =
                "python -m verl.model_merger merge --backend fsdp --local_dir \(found.place) --target_dir "
                + "OUTPUT"
            let easy =
                "python3 scripts/model_merger.py --local_dir \(found.place), which writes to "
                + "\(found.place)/huggingface"
            return found.names.contains("fsdp_config.json")
                ? "merge the parts with verl: \(verl)"
                : "merge the parts, with verl: \(verl); or in EasyR1's folder: \(easy)"
        },
        Kind("a state of DeepSpeed, whose parts are not read", isDeepSpeed) { found in
            let (top, tag) = deepSpeedTop(found.folder, found.names)
            let script =
                exists(top, merger) ? "python \(merger)" : "python -m deepspeed.utils.zero_to_fp32"
            return "make weights of it: cd \(ForeignWeights.quoted(top)) && \(script) . OUTPUT "
                + "--safe_serialization\(tag.map { " -t " + ForeignWeights.quoted($0) } ?? ""); "
                + ForeignWeights.companions
        },
        Kind("a part of Megatron's, which is not read") {
            ["dist_ckpt", "model_optim_rng.pt", "distrib_optim.pt"].contains($0)
                || $0.hasPrefix("iter_0") || $0.hasPrefix("mp_rank_")
        } _: { found in
            let place = ForeignWeights.quoted(megatronTop(found.folder))
            return
                "convert it with the program that trained it (Megatron Bridge: AutoBridge's export_ckpt); "
                + "verl's: python -m verl.model_merger merge --backend megatron --local_dir "
                + "\(place) --target_dir OUTPUT"
        },
        Kind("parts of a distributed checkpoint of torch, which are not read") {
            $0.hasSuffix(".distcp") || $0.hasPrefix("pytorch_model_fsdp_") && !$0.contains(".")
        } _: { found in
            let source =
                found.name.hasSuffix(".distcp") ? found.place : found.file
            return "merge them: accelerate merge-weights \(source) OUTPUT; or "
                + "mkdir -p OUTPUT && python -m "
                + "torch.distributed.checkpoint.format_utils dcp_to_torch \(source) "
                + "OUTPUT/pytorch_model.bin; " + ForeignWeights.companions
        },
        Kind("which accelerate saved under a name of its own") {
            $0.hasPrefix("pytorch_model_fsdp") && $0.hasSuffix(".bin")
        } _: { found in
            "rename it to pytorch_model.bin if it is the only one; of one file per rank save a full or "
                + "sharded state_dict instead (fsdp_state_dict_type)"
        },
    ]

    private static func isDeepSpeed(_ name: String) -> Bool {
        name == merger || name.hasSuffix("_optim_states.pt")
            || name.hasPrefix("mp_rank_") && name.hasSuffix("_model_states.pt")
            || name.hasPrefix("zero_pp_rank_") || name.hasPrefix("bf16_zero_pp_rank_")
            || name.hasPrefix("fp16_zero_pp_rank_")
    }

    /// The folder that DeepSpeed's script is run in, where the name of the latest state stands, and the
    /// state's folder, if no name stands there.
    private static func deepSpeedTop(
        _ folder: String, _ names: [String]
    ) -> (top: String, tag: String?) {
        if names.contains("latest") { return (folder, nil) }
        let states = names.filter { $0.hasPrefix("global_step") }
            .sorted { $0.compare($1, options: .numeric) == .orderedAscending }
        if names.contains(merger), let last = states.last { return (folder, last) }
        let name = (folder as NSString).lastPathComponent
        let whole =
            [".", ".."].contains(name)
            ? URL(fileURLWithPath: folder).standardized.path as NSString : folder as NSString
        let top = parentFolder(of: whole as String)
        return (top, exists(top, "latest") ? nil : whole.lastPathComponent)
    }

    /// The folder of a whole checkpoint of Megatron's around one of its parts.
    private static func megatronTop(_ folder: String) -> String {
        var top = folder
        while ["mp_rank_", "iter_0"].contains(where: (top as NSString).lastPathComponent.hasPrefix),
            let parent = namedParentFolder(of: top)
        {
            top = parent
        }
        return top
    }

    private static func exists(_ folder: String, _ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder + "/" + name)
    }

    /// Weights that other programs read.
    private static let converted: [Kind] =
        [
            Kind("an adapter of another model, which is not read") {
                $0.hasPrefix("adapter_model.") || $0 == "adapter_config.json"
            } _: { found in
                let base = adapterBase(found.folder)
                return
                    "merge it into that model with peft (merge_and_unload): "
                    + ForeignWeights.python(
                        "from peft import PeftModel; from transformers import "
                            + "AutoModelForImageTextToText as M; PeftModel.from_pretrained("
                            + "M.from_pretrained(\(ForeignWeights.literal(base)), dtype='auto'), "
                            + "\(ForeignWeights.literal(found.folder))).merge_and_unload()"
                            + ".save_pretrained('OUTPUT')") + "; " + ForeignWeights.companions
            },
            Kind("GGUF, which llama.cpp reads") {
                $0.hasSuffix(".gguf")
            } _: { _ in
                "take the checkpoint that it was converted from, with config.json and safetensors; GGUF of this "
                    + "model cannot be turned back"
            },
            Kind("of MLX, which is not read") {
                $0 == "weights.npz" || $0.hasPrefix("weights.") && $0.hasSuffix(".safetensors")
            } _: { _ in
                "take the checkpoint that it was converted from, with config.json and safetensors"
            },
            Kind("in the layout of the publisher's own code, which is not read") {
                $0.hasPrefix("consolidated.")
            } _: { _ in
                "take the checkpoint in the hub's layout, with config.json and model.safetensors"
            },
        ] + exported

    private static let exported: [Kind] = [
        ("ONNX", [".onnx", ".onnx_data"]),
        ("OpenVINO", ["openvino_model.xml", "openvino_model.bin"]),
        ("TensorFlow", ["tf_model.h5", "saved_model.pb", ".tflite"]), ("Flax", [".msgpack"]),
        ("Core ML", [".mlpackage", ".mlmodel"]), ("TensorRT", [".engine", ".plan"]),
        ("ExecuTorch", [".pte"]),
    ].map { program, endings in
        Kind("of \(program), which is not read") { name in
            endings.contains { name.hasSuffix($0) }
                || name.hasPrefix("openvino_") && program == "OpenVINO"
        } _: { _ in
            "take the checkpoint that it was exported from, with config.json and safetensors"
        }
    }

    /// Weights under other names.
    private static let possibleKinds: [Kind] = [
        Kind("a variant, which is read only under the usual name") {
            isVariant($0)
        } _: { found in
            "rename it to \(found.name.hasPrefix("model") ? "model.safetensors" : "pytorch_model.bin"), or "
                + "copy its shards to a folder of their own"
        },
        Kind("whose name transformers does not look for") {
            $0.hasSuffix(".safetensors")
        } _: { _ in
            "rename it to model.safetensors if it holds all the weights; of shards "
                + "model.safetensors.index.json is missing"
        },
        Kind("shards whose index is missing") {
            $0.hasPrefix("pytorch_model-") && $0.hasSuffix(".bin")
        } _: { _ in
            "take pytorch_model.bin.index.json, which is small, from where they are from"
        },
        Kind("a checkpoint of Lightning, which is not read") {
            $0.hasSuffix(".ckpt")
        } _: { found in
            "if you trust it, save its weights alone: "
                + ForeignWeights.python(
                    "import torch; torch.save(torch.load("
                        + "\(ForeignWeights.literal(found.folder + "/" + found.name)), "
                        + "map_location='cpu', weights_only=False)['state_dict'], 'pytorch_model.bin')"
                )
                + "; " + ForeignWeights.companions
        },
        Kind("whose name transformers does not look for") { name in
            [".bin", ".pt", ".pth"].contains { name.hasSuffix($0) }
        } _: { _ in
            "rename it to pytorch_model.bin if torch.save wrote all the weights to it"
        },
        Kind("a format that is not read") { name in
            [".h5", ".npz", ".pkl", ".pickle", ".nemo", ".pdparams"].contains { name.hasSuffix($0) }
        } _: { _ in
            "give a folder with safetensors, as transformers writes it"
        },
    ]

    private static func isVariant(_ name: String) -> Bool {
        if WeightFiles.usual.contains(name) { return false }
        let isNamed = name.hasPrefix("model.") && name.contains("safetensors")
        return isNamed
            || name.hasPrefix("pytorch_model.")
                && (name.hasSuffix(".bin") || name.hasSuffix(".json"))
    }

    private static func adapterBase(_ folder: String) -> String {
        guard let data = FileKind.contents(folder + "/adapter_config.json"),
            let object = try? JSONSerialization.jsonObject(file: data) as? [String: Any],
            let base = object["base_model_name_or_path"] as? String, !base.isEmpty
        else { return "THE MODEL THAT IT IS OF" }
        return base
    }
}

import Foundation
import NN
import TestSupport
import Testing
import Torch

@Suite("Folders of other trainers")
struct ForeignFolderTests {
    /// The error about one of the folders of a tree of files.
    private func error(_ files: [String], given: String = "") throws -> CheckpointError {
        try withTemporaryFolder { root in
            for name in files { try write("x", "top/" + name, in: root) }
            let path = root + "/top" + (given.isEmpty ? "" : "/" + given)
            let error = try #require(throws: CheckpointError.self, "\(files)") {
                try ModelFolder.requireReadable(path)
            }
            #expect(error.path == path)
            return CheckpointError(
                path: path, problem: below(root, error.problem), advice: below(root, error.advice))
        }
    }

    /// A text with paths as they are below the root, whose name alone may need quotes in a shell.
    private func below(_ root: String, _ text: String) -> String {
        var text = text
        if root.contains(/[^A-Za-z0-9_.\/\-]/) {
            text = text.replacingOccurrences(
                of: "'\(NSRegularExpression.escapedPattern(for: root))/([A-Za-z0-9_./-]*)'",
                with: "$1", options: .regularExpression)
        }
        return text.replacingOccurrences(of: root + "/", with: "")
    }

    @Test(
        "Parts of verl and EasyR1 are named with their mergers, from each of the folders around them",
        arguments: ["", "global_step_9", "global_step_9/actor", "global_step_9/actor/huggingface"])
    func fsdp(given: String) throws {
        let easy = [
            "global_step_9/actor/model_world_size_2_rank_0.pt",
            "global_step_9/actor/huggingface/config.json", "global_step_9/critic/x.pt",
            "global_step_8/actor/model_world_size_2_rank_0.pt", "global_step_9/data.pt",
        ]
        let place = "top/global_step_9/actor"
        let merger =
            "python -m verl.model_merger merge --backend fsdp --local_dir \(place) --target_dir OUTPUT"
        let both = try error(easy, given: given)
        #expect(both.problem.contains("model_world_size_2_rank_0.pt"))
        #expect(both.advice.contains(merger))
        #expect(both.advice.contains("python3 scripts/model_merger.py --local_dir \(place)"))
        let verl = try error(easy + ["global_step_9/actor/fsdp_config.json"], given: given)
        #expect(verl.advice.contains(merger) && !verl.advice.contains("scripts"))
    }

    @Test("Parts that are merged already lead to the folder of the merged weights")
    func merged() throws {
        let files = [
            "actor/model_world_size_2_rank_0.pt", "actor/huggingface/config.json",
            "actor/huggingface/model.safetensors",
        ]
        for given in ["", "actor"] {
            #expect(try error(files, given: given).advice == "give top/actor/huggingface")
        }
    }

    @Test("A state of DeepSpeed is named with the script beside it, from above and from inside")
    func deepSpeed() throws {
        let parts = ["latest", "global_step7/zero_pp_rank_0_mp_rank_00_optim_states.pt"]
        for given in ["", "global_step7"] {
            let here = try error(parts + ["zero_to_fp32.py"], given: given)
            #expect(here.problem.contains("a state of DeepSpeed"))
            #expect(
                here.advice.contains(
                    "cd top && python zero_to_fp32.py . OUTPUT --safe_serialization"))
            let elsewhere = try error(parts, given: given)
            #expect(
                elsewhere.advice.contains(
                    "cd top && python -m deepspeed.utils.zero_to_fp32 . OUTPUT"))
        }
    }

    @Test("Distributed checkpoints of torch are named with what merges them")
    func distributed() throws {
        let plain = try error([".metadata", "__0_0.distcp"])
        #expect(plain.advice.contains("accelerate merge-weights top OUTPUT"))
        #expect(plain.advice.contains("format_utils dcp_to_torch top OUTPUT/pytorch_model.bin"))
        #expect(plain.advice.contains("mkdir -p OUTPUT && python -m torch"))
        let inside = try error(["pytorch_model_fsdp_0/__0_0.distcp", "optimizer.bin"])
        #expect(inside.advice.contains("accelerate merge-weights top/pytorch_model_fsdp_0 OUTPUT"))
        // transformers takes these before a single file beside them.
        let shards = try error([
            "shard-00001-model-00001-of-00002.safetensors", "model.safetensors", "config.json",
        ])
        #expect(shards.advice.contains("consolidate_safetensors_files"))
    }

    @Test("A state without a name of the latest is named to DeepSpeed's script")
    func tag() throws {
        let parts = ["global_step7/zero_pp_rank_0_mp_rank_00_optim_states.pt"]
        for given in ["", "global_step7"] {
            #expect(
                try error(parts, given: given).advice.contains(
                    "cd top && python -m deepspeed.utils.zero_to_fp32 . OUTPUT --safe_serialization "
                        + "-t global_step7;"))
        }
        #expect(
            try error(parts + ["zero_to_fp32.py"]).advice.contains(
                "cd top && python zero_to_fp32.py . OUTPUT --safe_serialization -t global_step7;"))
    }

    @Test("Forms in folders below are found, and those of parts around them")
    func around() throws {
        let shards = try error(["sharded/shard-00001-model-00001-of-00001.safetensors"])
        #expect(shards.problem.hasPrefix("top/sharded/shard-00001"))
        #expect(shards.advice.contains("cd top/sharded && mkdir OUTPUT"))
        let lightning = try error(["checkpoints/epoch=9.ckpt", "checkpoints/epoch=10.ckpt"])
        #expect(lightning.problem.contains("top/checkpoints/epoch=10.ckpt, a checkpoint of Light"))
        let megatron = ["iter_0000100/mp_rank_00/model_optim_rng.pt"]
        for given in ["", "iter_0000100", "iter_0000100/mp_rank_00"] {
            #expect(try error(megatron, given: given).advice.contains("--local_dir top --target"))
        }
        let state = ["optimizer_0/__0_0.distcp", "pytorch_model_fsdp_0/__0_0.distcp"]
        let optimizer = try error(state, given: "optimizer_0")
        #expect(optimizer.problem == "holds the state of an optimizer, and no weights")
        #expect(optimizer.advice == "give the folder of the model's, top/pytorch_model_fsdp_0")
        #expect(try error(state).advice.contains("merge-weights top/pytorch_model_fsdp_0"))
    }

    @Test("Paths with apostrophes stay whole in the commands that are told")
    func quotes() throws {
        let name = "q'uo$te"
        let lightning = try error([name + "/a.ckpt"], given: name)
        #expect(lightning.advice.contains("torch.load(\"top/q'\\''uo$te/a.ckpt\", map_location="))
        #expect(lightning.advice.contains("python -c 'import torch; "))
        let adapter = try error([name + "/adapter_model.bin"], given: name)
        #expect(adapter.advice.contains("\"top/q'\\''uo$te\").merge_and_unload()"))
    }

    @Test("A folder of the hub's cache leads to the snapshot that its reference names")
    func cache() throws {
        let files = ["snapshots/aa/config.json", "snapshots/x/config.json", "refs/main"]
        #expect(try error(files).advice == "give top/snapshots/x")
        #expect(try error(["snapshots/aa/config.json"], given: "snapshots").advice.hasSuffix("/aa"))
    }

    @Test("The newest checkpoint below a folder is the one to give")
    func newest() throws {
        let files = [9, 10].flatMap {
            ["checkpoint-\($0)/config.json", "checkpoint-\($0)/pytorch_model.bin"]
        }
        #expect(try error(files).advice == "give top/checkpoint-10")
    }

    @Test("Pointers of Git LFS are counted, and what a trainer keeps beside weights is none")
    func others() throws {
        try withTemporaryFolder { folder in
            try ModelFolder.requireReadable(folder + "/none")
            try write("x", "training_args.bin", in: folder)
            try write("x", "optimizer.pt", in: folder)
            try ModelFolder.requireReadable(folder)
            for name in ["model.safetensors", "tokenizer.json"] {
                try write("version https://git-lfs.github.com/spec/v1\nsize 9\n", name, in: folder)
            }
            let error = try #require(throws: CheckpointError.self) {
                try ModelFolder.requireReadable(folder)
            }
            #expect(error.problem.contains("model.safetensors and 1 more are pointers"))
            #expect(error.advice.contains("git lfs pull"))
        }
    }

    @Test("An adapter is named with its model, and GGUF and Megatron with what to do")
    func converted() throws {
        try withTemporaryFolder { folder in
            try write("x", "adapter_model.bin", in: folder)
            try write(
                #"{"base_model_name_or_path": "Q/Base"}"#, "adapter_config.json", in: folder)
            let error = try #require(throws: CheckpointError.self) {
                try ModelFolder.requireReadable(folder)
            }
            #expect(error.problem.contains("adapter_model.bin, an adapter"))
            #expect(error.advice.contains("from_pretrained('Q/Base', dtype='auto')"))
        }
        #expect(try error(["a.gguf", "mmproj-a.gguf"]).advice.contains("converted from"))
        #expect(
            try error(["iter_0000010/mp_rank_00/model_optim_rng.pt"]).advice
                .contains("--backend megatron --local_dir top"))
    }
}

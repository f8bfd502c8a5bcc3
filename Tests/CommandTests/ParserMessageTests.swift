import ArgumentParser
import Files
import Foundation
import Terminals
import TestSupport
import Testing

@testable import think2seg

/// What is said of command lines that cannot be run.
@Suite struct ParserMessageTests {
    /// What a command line is refused with.
    private func said(_ line: String) -> String {
        CommandCall(line.split(separator: " ").map(String.init)).said
    }

    @Test(
        "A mistyped command, option or value is answered with the nearest one",
        arguments: [
            ("trian x.yaml", "there is no command 'trian'; did you mean 'train'?"),
            ("checkpoint lst", "did you mean 'checkpoint list'?"),
            ("data import earthreson x", "did you mean 'data import earthreason'?"),
            ("import earthreason x", "did you mean 'data import'?"),
            (
                "segment --segmenter s --image i --point 1,1 --output m.png --device gpu",
                "mean cuda?"
            ),
            ("synthesize", "did you mean 'data synthesize'?"), ("grpo", "did you mean 'train'?"),
            ("quux", "the commands are quickstart, train, sft"),
            ("train --config x.yaml", "give the config without it, as in 'think2seg train CONFIG'"),
            ("train x --beta 0.1", "write --set grpo.beta=0.1"),
            ("train x --seed=4", "write --set seed=4"),
            ("train x --per_device_train_batch_size 4", "write --set grpo.num_prompts_per_step=4"),
            ("sft x --per_device_train_batch_size 4", "write --set training.images_per_step=4"),
            ("train x --vllm_mode x", "TRL's vllm_mode has no key here"),
            ("predict --polcy x", "Did you mean '--policy'?"),
            ("predict --polcy=x --image y --question z", "Did you mean '--policy'?"),
            ("data synthesize --output a --count 1 --world ful", "Did you mean 'full'?"),
            ("config check x --of Train", "Did you mean 'train'?"),
            ("data import rrsisd x --output y", "did you mean 'data import rrsis-d'?"),
            ("evaluate x --protocol papr", "Did you mean 'paper'?"),
            ("evaluate x --checkpoint bst", "Did you mean 'best'?"),
            (
                "predict --policy x --image y --question z --variant box2points",
                "did you mean box_2points?"
            ),
            ("score --completions - --no-segmenter --variant boxs", "did you mean box?"),
            ("segment --segmenter s --image i --point 1,1 --output m.jpg", "call it m.png"),
            ("data synthesize --count 1 --output m.jpg", "takes a folder; write m, or m.jpg/"),
        ])
    func nearest(line: String, words: String) {
        let text = said(line)
        #expect(text.contains(words), "\(text)")
        #expect(text.hasPrefix("error: ") && text.contains("Usage: think2seg"), "\(text)")
        #expect(!text.contains("Error:"))
    }

    @Test("An input of another kind is refused by what it is")
    func kinds() throws {
        try withTemporaryFolder { folder in
            let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent().path
            let (policy, segmenter) = (
                checkout + "/Resources/policy", checkout + "/Resources/segmenter"
            )
            let picture = "\(folder)/a.png"
            try Data([0x89, 0x50, 0x4E, 0x47]).write(to: URL(fileURLWithPath: picture))
            let run = "\(folder)/run"
            for name in ["config.yaml", "metrics.jsonl"] {
                try FileManager.default.createDirectory(
                    atPath: run, withIntermediateDirectories: true)
                try Data().write(to: URL(fileURLWithPath: "\(run)/\(name)"))
            }
            let (made, taught, evaluation) = ("\(folder)/made", "\(folder)/taught", "\(folder)/e")
            for name in [
                "made/config.yaml", "made/metrics.jsonl", "made/segmenter/config.json",
                "taught/config.yaml", "taught/metrics.jsonl", "taught/policy/config.json",
                "e/evaluation.json", "e/predictions.jsonl", "run/checkpoints/step-1/x",
            ] {
                let file = URL(fileURLWithPath: "\(folder)/\(name)")
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data().write(to: file)
            }
            for (line, words) in [
                (
                    "predict --policy \(segmenter) --image x --question y",
                    "the folder of a segmenter"
                ),
                ("predict --policy \(picture) --image x --question y", "a PNG picture"),
                ("predict --policy \(run) --image x --question y", "checkpoints/step-N/policy"),
                ("predict \(run)/checkpoints --image x --question y", "the run is \(run); this"),
                ("predict \(policy) --image \(picture) --question y", "with --policy"),
                ("predict \(evaluation) --image x --question y", "the folder of an evaluation"),
                (
                    "segment --segmenter \(made) --image x --point 1,1 --output m.png",
                    "its segmenter is \(made)/segmenter"
                ),
                ("predict --policy \(taught) --image x --question y", "is \(taught)/policy"),
                ("sft \(made)", "not sft: `think2seg pretrain-segmenter \(made)/config.yaml`"),
                ("ablate \(taught)", "a plan's base is a configuration of train"),
                ("score --completions \(picture) --no-segmenter", "but a PNG picture"),
                ("segment --segmenter \(policy) --image x --point 1,1 --output m.png", "a policy"),
                ("segment --segmenter x --image \(policy) --point 1,1 --output m.png", "a policy"),
                ("evaluate \(policy)", "this takes the folder of a run"),
                ("data inspect \(picture)", "this takes a shard, an HDF5 file"),
                ("compare \(run) \(run)", "its evaluations \(run)/evaluation/step-N"),
                ("train \(picture)", "this takes a YAML file"),
                ("train \(run)", "write \(run)/config.yaml"),
                ("ablate \(run)", "\(run)/config.yaml can be the base of a plan"),
                ("config check \(checkout)/Configs", "such as \(checkout)/Configs/sft.yaml"),
            ] {
                #expect(said(line).contains(words), "\(line): \(said(line))")
            }
        }
    }

    @Test("What a command finds once it runs comes with its own usage")
    func usage() {
        let text = "\(ParserMessage(ValidationError("no"), ["think2seg", "track", "r"]))"
        #expect(text.hasPrefix("error: no\nUsage: think2seg track <run>"), "\(text)")
    }

    @Test("A configuration of another command is told with the command that it is for")
    func otherCommands() {
        let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        let (train, sft) = ("\(checkout)/Configs/train.yaml", "\(checkout)/Configs/sft.yaml")
        let plan = "\(checkout)/Experiments/kl/plan.yaml"
        for (line, words) in [
            ("train \(sft)", "is a configuration of sft"), ("sft \(train)", "think2seg train"),
            ("train \(plan)", "is a plan of ablate"), ("ablate \(train)", "not a plan of ablate"),
            ("config check \(sft)", "--of sft with config's commands"),
            ("pretrain-segmenter \(sft)", "is a configuration of sft"),
            ("predict \(plan) --image x --question y", "is a plan of ablate"),
        ] {
            #expect(said(line).contains(words), "\(line): \(said(line))")
        }
        #expect(!said("config show \(train) --plain --set polcy.path=x").contains("of sft"))
    }

    @Test(
        "A name of the hub is told with the command that fetches it, a path is not",
        arguments: [
            ("Qwen/Qwen2.5-VL-3B-Instruct", "Qwen/Qwen2.5-VL-3B-Instruct"),
            ("facebook/sam2.1-hiera-small", "facebook/sam2.1-hiera-small"),
            ("https://huggingface.co/a/b/tree/main", "a/b"),
            ("someone/their-model", "someone/their-model"),
            ("https://huggingface.co/models/a/b", "a/b"),
            ("Qwen2.5-VL-7B-Instruct", "Qwen/Qwen2.5-VL-7B-Instruct"),
            ("runs/first", nil), ("models/mine", nil), ("a/b/c", nil), ("shards/train.h5", nil),
            ("mine", nil), ("", nil), ("/a/b", nil), ("../b", nil),
        ])
    func hub(path: String, name: String?) {
        #expect(HubName(path)?.name == name)
        if let name {
            #expect(
                HubName(path)?.advice.contains("`hf download \(name) --local-dir models/") == true)
        }
    }
}

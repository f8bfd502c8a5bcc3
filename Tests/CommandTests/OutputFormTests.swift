import ArgumentParser
import Foundation
import Terminals
import TestSupport
import Testing

@testable import think2seg

/// What outputs may replace, and which folders take them.
@Suite struct OutputFormTests {
    /// Files that stand in `@`, and their text.
    private static let files = [
        ("e/predictions.jsonl", "{}"), ("e/evaluation.json", "{}"), ("f/evaluation.json", "{}"),
        ("f/predictions.jsonl", "{}"),
        ("w/config.json", "{\"model_type\": \"qwen2_5_vl\"}"), ("w/tokenizer.json", "{}"),
        ("w/model.safetensors", "x"), ("w/think2seg.json", "{}"), ("w/evaluation-a.json", "{}"),
        ("s/config.json", "{\"model_type\": \"sam2\"}"),
        ("r/config.yaml", "seed: 1"), ("r/run.json", "{}"), ("r/metrics.jsonl", "{}"),
        ("r/rollouts/step-1.jsonl", "{}"), ("r/warnings.jsonl", "{}"),
        ("r/checkpoints/step-1/manifest.json", "{}"), ("r/checkpoints/step-1/state.json", "{}"),
        ("r/checkpoints/step-1/policy/config.json", "{\"model_type\": \"qwen2_5_vl\"}"),
        ("d/train.h5", "\u{89}HDF"), ("ok.yaml", "seed: 1"), ("notes.txt", "dear diary"),
        ("LICENSE", "free"), ("a.png", "x"), ("t", "x"), ("x.safetensors", "weights"),
        ("half/tokenizer.json", "{}"), ("half/tokenizer_config.json", "{}"), ("file", "x"),
    ]

    /// Outputs whose name says another format.
    private static let misnamed = [
        "compare @/e @/f --json @/d/train.h5", "compare @/e @/f --json @/ok.yaml",
        "compare @/e @/f --json @/new.yml", "compare @/e @/f --json @/w/model.safetensors",
        "compare @/e @/f --json @/new.png", "compare @/e @/f --json @/new.pt",
        "compare @/e @/f --json @/new.py", "score --completions @/t --no-segmenter --json @/a.h5",
        "segment --segmenter @/s --image @/a.png --point 1,1 --output @/m.png --logits @/w.h5",
        "segment --segmenter @/s --image @/a.png --point 1,1 --output @/m.png --logits @/w.json",
        "segment --segmenter @/s --image @/a.png --point 1,1 --output @/mask.npy",
        "segment --segmenter @/s --image @/a.png --point 1,1 --output @/m.png --overlay @/o.webp2",
        "report @/r --output @/page.json", "report @/r --curve @/curve.pdf",
        "report @/r --curve @/curve.h5", "config init --output @/new.h5",
    ]

    /// Outputs that would replace what is somebody else's.
    private static let taken = [
        "compare @/e @/f --json @/w/config.json", "compare @/e @/f --json @/w/tokenizer.json",
        "compare @/e @/f --json @/w/think2seg.json", "compare @/e @/f --json @/w/evaluation-a.json",
        "compare @/e @/f --json @/s/config.json", "compare @/e @/f --json @/r/run.json",
        "compare @/e @/f --json @/r/metrics.jsonl", "compare @/e @/f --json @/r/warnings.jsonl",
        "compare @/e @/f --json @/r/rollouts/step-1.jsonl",
        "compare @/e @/f --json @/r/checkpoints/step-1/manifest.json",
        "compare @/e @/f --json @/r/checkpoints/step-1/state.json",
        "compare @/e @/f --json @/r/checkpoints/step-1/new.json",
        "compare @/e @/f --json @/half/tokenizer.json", "compare @/e @/f --json @/notes.txt",
        "compare @/e @/f --json @/LICENSE",
        "segment --segmenter @/s --image @/a.png --point 1,1 --output @/m.png --logits "
            + "@/x.safetensors",
    ]

    /// Folders that are somebody else's, or cannot be made.
    private static let folders = [
        "data synthesize --count 1 --quiet --output @/r",
        "data synthesize --count 1 --quiet --output @/w",
        "data synthesize --count 1 --quiet --output @/s",
        "data synthesize --count 1 --quiet --output @/r/checkpoints",
        "data synthesize --count 1 --quiet --output @/r/checkpoints/step-1",
        "data synthesize --count 1 --quiet --output @/r/checkpoints/step-1/policy/scenes",
        "data synthesize --count 1 --quiet --output @/r/rollouts/x",
        "data synthesize --count 1 --quiet --output @/file",
        "data synthesize --count 1 --quiet --output @/file/x",
        "data synthesize --count 1 --quiet --output /proc/x",
        "predict --policy @/w --image @/a.png --question x --output @/r",
        "predict --policy @/w --image @/a.png --question x --output @/w",
        "predict --policy @/w --image @/a.png --question x --output @/r/checkpoints/step-1/policy",
        "predict --policy @/w --image @/a.png --question x --output @/file",
        "evaluate --policy R/policy --segmenter R/segmenter --data @/d/train.h5 --output @/r",
        "evaluate --policy R/policy --segmenter R/segmenter --data @/d/train.h5 --output @/w",
        "evaluate --policy R/policy --segmenter R/segmenter --data @/d/train.h5 --output R/policy",
        "evaluate --policy R/policy --segmenter R/segmenter --data @/d/train.h5 --output @/file/x",
        "quickstart --output @/r", "quickstart --output @/file", "quickstart --output /proc/x",
        "config init --output @/no/c.yaml", "config init --output @/file/c.yaml",
        "config init --output /proc/c.yaml", "compare @/e @/f --json @/no/x.json",
        "compare @/e @/f --json /proc/x.json", "policy init --config R/policy --output @/file/x",
    ]

    @Test(
        "An output replaces nothing that is not of its kind, and no part of a model, run or checkpoint"
    )
    func refused() throws {
        try withTemporaryFolder { folder in
            try prepare(folder)
            let before = try contents(folder)
            let kinds: [([String], Int32)] = [
                (Self.misnamed, 64), (Self.taken, 73), (Self.folders, 73),
            ]
            for (lines, status) in kinds {
                for line in lines {
                    let call = CommandCall(line, in: folder)
                    let (found, said) = (call.status, call.said)
                    #expect(found == status, "\(line): \(said)")
                    #expect(said.contains("/"), "\(line): \(said)")
                }
            }
            #expect(try contents(folder) == before)
        }
    }

    @Test("Outputs beside runs and models, anew, and to devices are taken")
    func accepted() throws {
        try withTemporaryFolder { folder in
            try prepare(folder)
            try Data("{\"a\": 1}".utf8).write(to: URL(fileURLWithPath: folder + "/old.json"))
            for line in [
                "data synthesize --count 1 --side 64 --quiet --output @/r/val",
                "data inspect @/r/val/train.h5 --json @/old.json",
                "data inspect @/r/val/train.h5 --json @/old.json",
                "data inspect @/r/val/train.h5 --json @/plain",
                "data inspect @/r/val/train.h5 --json @/w/answers.json",
                "data inspect @/r/val/train.h5 --json /dev/null",
                "data inspect @/r/val/train.h5 --samples 1 --json @/i.txt --pictures @/r/seen",
                "config init --output @/c.yml",
            ] {
                let call = CommandCall(line, in: folder)
                let (status, said) = (call.status, call.said)
                #expect(status == 0, "\(line): \(said)")
            }
        }
    }

    @Test("Options that contradict each other, or are no finite numbers, are refused")
    func contradictions() throws {
        try withTemporaryFolder { folder in
            try prepare(folder)
            let ask = "predict --policy @/w --image @/a.png --question x"
            for line in [
                "quickstart --minutes nan", "quickstart --minutes inf", "quickstart --minutes=-1",
                "\(ask) --temperature inf", "\(ask) --temperature nan", "\(ask) --top-p nan",
                "\(ask) --greedy --temperature 0.3", "\(ask) --greedy --top-k 3",
                "\(ask) --greedy --top-p 0.3",
                "data synthesize --count 1 --output @/n --no-target nan",
                "report @/r --every nan --follow", "watch @/r --every inf",
                "report @/r @/r", "report @/r @/r/", "report @/r --curve @/c.svg --seeds @/r",
            ] {
                #expect(CommandCall(line, in: folder).status == 64, "\(line)")
            }
        }
    }

    @Test("A run's folder with the name of a file is refused alike by every command that trains")
    func runFolders() throws {
        try withTemporaryFolder { folder in
            try prepare(folder)
            let made = CommandCall(
                "data synthesize --count 2 --side 64 --quiet --output @/sc", in: folder)
            #expect(made.status == 0)
            let data = "data: {train: \(folder)/sc/train.h5, image_size: 56}\n"
            let models = "policy: {path: \(CommandCall.models)/policy}\n"
            let segmenter = "segmenter: {path: \(CommandCall.models)/segmenter}\n"
            let configurations = [
                ("train", models + segmenter + data + "training: {max_steps: 1}\n"),
                ("sft", models + data + "training: {max_steps: 1}\n"),
                (
                    "pretrain-segmenter",
                    segmenter + "data: {train: \(folder)/sc/train.h5}\ntraining: {max_steps: 1}\n"
                ),
            ]
            for (command, text) in configurations {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(command).yaml"))
                for (place, words) in [
                    ("a.png", "a file is in the way"), ("r9.yaml", "is the name of a file"),
                    ("file/x", "is a file"), ("/proc/x", "cannot be made a folder"),
                    ("r/checkpoints/step-9", "inside of a run's checkpoints"),
                ] {
                    let path = place.hasPrefix("/") ? place : "\(folder)/\(place)"
                    let line = "\(command) @/\(command).yaml --quiet --set output_dir=\(path)"
                    let call = CommandCall(line, in: folder)
                    let (status, said) = (call.status, call.said)
                    #expect(status == 73 && said.contains(words), "\(line): \(said)")
                }
            }
        }
    }

    private func prepare(_ folder: String) throws {
        for (name, text) in Self.files {
            let path = URL(fileURLWithPath: "\(folder)/\(name)")
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: path)
        }
    }

    private func contents(_ folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().map { name in
            let data = FileManager.default.contents(atPath: "\(folder)/\(name)")
            return name + ": " + String(decoding: data ?? Data(), as: UTF8.self)
        }
    }
}

import Foundation
import TestSupport
import Testing

/// Runs whose files are damaged or missing, as commands meet them.
@Suite struct DamagedRunTests {
    private static let configuration = """
        output_dir: q
        threads: 1
        policy: {path: $CHECKOUT/Resources/policy}
        segmenter: {path: $CHECKOUT/Resources/segmenter}
        data: {train: scenes/train.h5}
        grpo: {num_generations: 2, num_prompts_per_step: 1, max_completion_length: 4}
        training: {max_steps: 3, learning_rate: 0}
        logging: {save_steps: 1}

        """

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    /// What commands said since a place, and their status.
    private func ask(_ walk: inout Walk, _ words: [String]) throws -> (Int32, Substring) {
        let before = walk.said.count
        let status = try walk.run(words)
        return (status, walk.said.dropFirst(before))
    }

    @Test("Damage in a run's folder loses nothing and is told by file and line, by every command")
    func damaged() throws {
        try withTemporaryFolder { folder in
            var walk = Walk(folder)
            try walk.write(Self.configuration, to: "a.yaml")
            #expect(
                try walk.run(
                    "data", "synthesize", "--output", "scenes", "--world", "small", "--count", "2",
                    "--validation", "1", "--seed", "3") == 0)
            #expect(try walk.run("train", "a.yaml") == 0)

            // A line in the middle of the metrics.
            let metrics = folder + "/q/metrics.jsonl"
            var lines = try text(metrics).split(separator: "\n").map(String.init)
            lines[1] = String(lines[1].dropLast(9))
            try walk.write(lines.joined(separator: "\n") + "\n", to: "q/metrics.jsonl")
            let more = ["train", "a.yaml", "--set", "training.max_steps=4"]
            for words in [more + ["--dry-run"], more] {
                let (status, said) = try ask(&walk, words)
                #expect(status == 0)
                #expect(said.contains("warning: q/metrics.jsonl:2: the line is damaged"))
            }
            let kept = try text(metrics).split(separator: "\n").map(String.init)
            #expect(kept.count == 3 && kept.first == lines[0] && kept[1] == lines[2])
            #expect(try text(metrics + ".damaged") == lines.joined(separator: "\n") + "\n")

            // The newest checkpoint.
            try walk.write("{", to: "q/checkpoints/step-4/policy/think2seg.json")
            let leftOut = "warning: checkpoint step-4 is left out: "
            let (exported, words) = try ask(&walk, ["checkpoint", "export", "q", "--output", "x"])
            #expect(exported == 0 && words.contains(leftOut) && words.contains("step-3"))
            #expect(
                try walk.run(
                    "data", "inspect", "scenes/val.h5", "--samples", "1", "--pictures", "pics") == 0
            )
            let picture = "pics/" + (try walk.names("pics").sorted().first ?? "")
            let asked = ["--image", picture, "--question", "Where?", "--greedy"]
            for choice in [[], ["--checkpoint", "last"]] {
                #expect(try ask(&walk, ["predict", "q"] + choice + asked).1.contains(leftOut))
            }
            let (_, evaluated) = try ask(&walk, ["evaluate", "q", "--data", "scenes/val.h5"])
            #expect(evaluated.contains(leftOut))

            try describe(&walk)
        }
    }

    /// Of what tells of the run.
    private func describe(_ walk: inout Walk) throws {
        try walk.write("{", to: "q/run.json")
        try walk.write("garbage\n", to: "q/warnings.jsonl")
        for command in [["report", "q"], ["watch", "q", "--once"]] {
            let (status, said) = try ask(&walk, command)
            #expect(status == 0)
            // A terminal's lines are folded.
            let words = said.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("warning: q/run.json:1: is damaged"))
            #expect(words.contains("warning: q/warnings.jsonl:1: the line is damaged"))
        }
        for command in [["track", "q"], ["train", "a.yaml"]] {
            let (status, said) = try ask(&walk, command)
            #expect(status == 65)
            #expect(said.contains("q/run.json:1: is damaged") && !said.contains("no run.json"))
        }
    }

    @Test("A run without checkpoints is told so, and where its finished policy is")
    func withoutCheckpoints() throws {
        try withTemporaryFolder { folder in
            var walk = Walk(folder)
            try walk.makeFolder("q")
            try walk.write(Self.configuration, to: "q/config.yaml")
            try walk.write("{\"step\": 1}\n", to: "q/metrics.jsonl")
            let commands = [
                ["checkpoint", "list", "q"], ["checkpoint", "verify", "q"],
                ["checkpoint", "export", "q", "--output", "x"],
            ]
            for command in commands {
                let (status, said) = try ask(&walk, command)
                #expect(status == 66 && said.contains("the run has none yet: train on"), "\(said)")
            }
            try walk.makeFolder("q/policy")
            try walk.write("{}", to: "q/policy/config.json")
            for command in commands {
                let (status, said) = try ask(&walk, command)
                #expect(
                    status == 66 && said.contains("its finished policy is the folder q/policy"))
            }
        }
    }
}

import Foundation
import TestSupport
import Testing

/// `predict` of runs, and of answers that cannot be read.
@Suite struct PredictRunTests {
    private static let configuration = """
        output_dir: runs/a
        threads: 1
        policy: {path: $CHECKOUT/Resources/policy}
        segmenter: {path: $CHECKOUT/Resources/segmenter}
        data: {train: scenes/train.h5}
        grpo: {num_generations: 2, num_prompts_per_step: 1, max_completion_length: 40}
        training: {max_steps: 1, learning_rate: 0}

        """

    @Test(
        "A run gives policy, segmenter and how to ask; options that differ are told; rubbish has a status"
    )
    func run() throws {
        try withTemporaryFolder { folder in
            var walk = Walk(folder)
            try walk.write(Self.configuration, to: "a.yaml")
            #expect(
                try walk.run(
                    "data", "synthesize", "--output", "scenes", "--world", "small", "--count", "2",
                    "--validation", "1", "--seed", "3") == 0)
            #expect(
                try walk.run(
                    "data", "inspect", "scenes/val.h5", "--samples", "1", "--pictures", "pics") == 0
            )
            // The carried policy knows its size, which the configuration does not set.
            #expect(try walk.run("train", "a.yaml") == 0)
            #expect(walk.said.contains("image_size 224, as "))
            let picture = "pics/" + (try walk.names("pics").sorted().first ?? "")
            let question = ["--image", picture, "--question", "Where are the boats?", "--greedy"]
            let one = ["predict", "runs/a", "--json", "run.json", "--output", "seen"] + question
            #expect(try walk.run(one) == 0)
            #expect(walk.exists("seen/mask.png"))
            let two = [
                "predict", "--policy", "runs/a/checkpoints/step-1/policy", "--image-size", "224",
                "--max-new-tokens", "40", "--json", "policy.json",
            ]
            #expect(try walk.run(two + question) == 0)
            func completion(_ name: String) throws -> String? {
                let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
                let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
                return object?["completion"] as? String
            }
            #expect(try completion("run.json") == completion("policy.json"))

            let before = walk.said.count
            let rubbish = ["--image-size", "280", "--max-new-tokens", "3", "--json", "bad.json"]
            #expect(
                try walk.run(
                    ["predict", "runs/a", "--checkpoint", "step-1", "--output", "bad"] + question
                        + rubbish) == 76)
            let said = walk.said.dropFirst(before)
            #expect(said.contains("was trained with image_size 224, asked with 280"))
            #expect(said.contains("error: the answer cannot be read: "))
            #expect(said.contains("no mask was written"))
            #expect(try completion("bad.json") != nil)
            #expect(walk.exists("bad/overlay.png") && !walk.exists("bad/mask.png"))

            // Answers are read as the run asked for them, from within its folder too.
            for (path, place, origin) in [
                ("runs/a/rollouts/step-1.jsonl", "", "runs/a/config.yaml"),
                ("step-1.jsonl", "runs/a/rollouts", "/runs/a/config.yaml"),
            ] {
                let before = walk.said.count
                let score = ["score", "--completions", path, "--no-segmenter", "--data"]
                #expect(try walk.run(score + ["\(folder)/scenes/train.h5"], in: place) == 0)
                let said = walk.said.dropFirst(before)
                #expect(said.contains("read with image_size 224, as "), "\(said)")
                #expect(said.contains("\(origin) says"))
            }

            #expect(try walk.run(["predict"] + question) == 64)
            #expect(
                try walk.run(["predict", "--policy", "p", "--checkpoint", "last"] + question) == 64)
            try walk.write(
                "{\"version\": 2}", to: "runs/a/checkpoints/step-1/policy/think2seg.json")
            #expect(
                try walk.run(
                    ["predict", "--policy", "runs/a/checkpoints/step-1/policy"] + question) == 65)
            #expect(walk.said.contains("version is 2, and this program reads 1"))
        }
    }
}

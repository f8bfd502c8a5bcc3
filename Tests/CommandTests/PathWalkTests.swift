import Foundation
import TestSupport
import Testing

@Suite struct PathWalkTests {
    private static let configuration = """
        output_dir: ~/runs/a
        threads: 1
        policy: {path: $CHECKOUT/Resources/policy, freeze: ["visual.*"]}
        segmenter:
          path: ${CHECKOUT}/Resources/segmenter
        data: {train: ~/scenes/train.h5, image_size: 56}
        grpo: {num_generations: 2, num_prompts_per_step: 1, max_completion_length: 4}
        training: {max_steps: 1}

        """

    @Test("A run is made, continued, exported and reported with homes, bare names and slashes")
    func run() throws {
        try withTemporaryFolder { folder in
            var walk = try prepared(folder)
            #expect(try walk.run("train", "~/a.yaml", "--quiet") == 0)
            #expect(try walk.run("train", "./a.yaml", "--set", "training.max_steps=2") == 0)
            #expect(walk.exists("runs/a/checkpoints/step-2"))
            #expect(try !walk.names(".").contains { $0.hasPrefix("~") || $0.hasPrefix("$") })

            for output in ["mine", "deep/er//", "deep/../up", "~/home"] {
                #expect(try walk.run("checkpoint", "export", "runs/a/", "--output", output) == 0)
            }
            for name in ["mine", "deep/er", "up", "home"] {
                #expect(walk.exists("\(name)/config.json"), "\(name)")
            }
            try walk.makeFolder("empty")
            #expect(try walk.run("checkpoint", "export", "~/runs/a", "-o", "empty") == 0)
            #expect(try walk.names("empty") == walk.names("mine"))

            #expect(try walk.run("report", "runs/a", "--output", "bare.html") == 0)
            #expect(try walk.run("report", "~/runs/a/", "--output=~/home.html") == 0)
            #expect(try walk.run("report", "runs/a", "--output", "rep/") == 0)
            try FileManager.default.copyItem(
                atPath: walk.folder + "/runs/a", toPath: walk.folder + "/runs/b")
            #expect(try walk.run("report", "runs/a", "runs/b/", "--output", "rep") == 0)
            #expect(walk.exists("rep/report.html") && walk.exists("rep/comparison.html"))
            #expect(walk.exists("bare.html") && walk.exists("home.html"))
            expectPlain(walk.said)
        }
    }

    /// Commands with paths in all forms, and a file that each makes; in order, as some read what others
    /// made.
    private static let commands: [(words: String, makes: String)] = [
        ("data synthesize --output er/ --count 3 --side 64 --layout earthreason", "er/train"),
        ("data import earthreason ~/er/ --output ./shards/ --json=~/i.json", "shards/train.h5"),
        ("data inspect shards/train.h5 --samples 1 --pictures=~/pics/", "pics/scene-000000.png"),
        (
            "data inspect shards/train.h5 --samples 1 --pictures both/ --json both/i.json",
            "both/scene-000000.png"
        ), ("data inspect shards/train.h5 --json=both/i.json", "both/i.json"),
        ("data inspect ~/shards/../shards/train.h5 --json bare.json", "bare.json"),
        ("data verify $HOME/shards/train.h5", "i.json"),
        ("policy init --config $R/policy/config.json --output=~/p/q/", "p/q/config.json"),
        ("policy init --config $R/policy/ --tokenizer $R/policy --output p2", "p2/tokenizer.json"),
        ("segmenter init --config $R/segmenter --output s/", "s/config.json"),
        (
            "predict --policy p2/ --segmenter=~/s --image=~/pics/scene-000000.png --question ~ "
                + "--image-size 56 --max-new-tokens 2 --output=~/out/ --json=./p.json "
                + "--chat-template=$HOME/p2/chat_template.jinja", "p.json"
        ),
        (
            "predict --policy p2 --image pics/scene-000000.png --question x --image-size 56 "
                + "--max-new-tokens 2 --output stale --json stale/p.json", "stale/overlay.png"
        ),
        (
            "segment --segmenter ./s/ --image pics/scene-000000.png --point 5,5 --output=~/m.png "
                + "--overlay o.png --logits ./l.safetensors", "o.png"
        ),
        (
            "evaluate --policy=~/p2/ --segmenter s --data=~/shards/train.h5 --limit 1 --image-size "
                + "56 --max-new-tokens 2 --output=~/ev/ --json ev.json", "ev/evaluation.json"
        ),
        ("evaluate --predictions ./ev/ --json=${HOME}/again.json", "again.json"),
        ("compare ~/ev/ ev --json=~/cmp.json", "cmp.json"),
        ("score --completions=~/c.jsonl --no-segmenter --json scores.jsonl", "scores.jsonl"),
        ("sft sft.yaml --quiet --set policy.path=~/p2/", "runs/sft/policy/config.json"),
        ("pretrain-segmenter ~/seg.yaml --quiet", "runs/seg/segmenter/config.json"),
        ("config check ~/sft.yaml --of sft --strict --set policy.path=$HOME/p2", "sft.yaml"),
        ("config show ~/sft.yaml --of sft --set policy.path=p2/ --plain", "sft.yaml"),
        (
            "benchmark loader --data ./shards/train.h5 --count 1 --repeat 1 --image-size 64 "
                + "--json=~/b.json", "b.json"
        ),
    ]

    @Test("Commands take homes, variables, bare names, slashes at the end and relative paths")
    func everyCommand() throws {
        try withTemporaryFolder { folder in
            var walk = try prepared(folder)
            let files = [
                "c.jsonl": #"{"id": "scene-000000", "completion": "x"}"# + "\n",
                "sft.yaml": """
                output_dir: ~/runs/sft/
                threads: 1
                data: {train: ~/scenes/train.h5, image_size: 56}
                training: {max_steps: 1}
                """,
                "seg.yaml": """
                output_dir: $HOME/runs/seg
                threads: 1
                segmenter: {path: ./s/}
                data: {train: [scenes/train.h5]}
                training: {max_steps: 1}
                """,
            ]
            for (name, text) in files { try walk.write(text, to: name) }
            try walk.makeFolder("stale")
            // Empty, which any output may replace.
            try walk.write("", to: "stale/mask.png")
            for (words, made) in Self.commands {
                let status = try walk.run(Self.words(words))
                // A policy with random weights writes what cannot be read.
                let expected: Int32 = words.hasPrefix("predict") ? 76 : 0
                #expect(
                    status == expected && walk.exists(made),
                    "\(words)\n\(walk.said.suffix(500))")
            }
            #expect(!walk.exists("stale/mask.png") && walk.said.contains("stale/mask.png: removed"))
            #expect(try !walk.names(".").contains { $0.hasPrefix("~") || $0.hasPrefix("$") })
            expectPlain(walk.said)
        }
    }

    /// The words of a command; `$R` are the models that the checkout carries.
    private static func words(_ line: String) -> [String] {
        line.replacing("$R", with: "$CHECKOUT/Resources").split(separator: " ").map(String.init)
    }

    /// A walk in a folder with a configuration, and scenes.
    private func prepared(_ folder: String) throws -> Walk {
        var walk = Walk(folder)
        try walk.write(Self.configuration, to: "a.yaml")
        let made = try walk.run(
            "data", "synthesize", "--output=~/scenes/", "--count=2", "--side=64")
        #expect(made == 0 && walk.exists("scenes/train.h5"))
        return walk
    }

    /// Commands with paths that cannot be used, and their exit status.
    private static let wrong: [(words: String, status: Int32)] = [
        ("train bad.yaml", 78), ("train .", 66), ("data synthesize --count=1 --output=file", 73),
        ("policy init --config $R/policy/config.json --output=file", 73),
        ("policy init --config $R/policy/config.json --output=file/x", 73),
        ("policy init --config=. --output=new", 66),
        ("policy init --config $R/policy --tokenizer nope --output=new", 66),
        ("policy init --config $R/policy --tokenizer file --output=new", 66),
        ("policy init --config $R/policy --output=.", 73),
        ("segmenter init --config $R/segmenter --output=.", 73),
        ("segmenter init --config $R/segmenter --output=/proc/x", 73),
        ("policy init --config $R/policy --output=/proc/x", 73),
        ("data import earthreason file --output=new", 66),
        ("data import risbench file --output=new/er", 66),
        ("report . --curve=new.svg --controls =a", 64), ("data inspect .", 65),
        ("checkpoint export file --output=new", 66), ("report . --output=new.html", 66),
        ("report . --output=new/", 66), ("verify losses file --json=no/new.json", 73),
        ("verify losses file", 65), ("score --completions=. --no-segmenter --json=new.jsonl", 65),
    ]

    @Test("Paths that cannot be used are one message each, in words, and nothing is made")
    func badPaths() throws {
        try withTemporaryFolder { folder in
            var walk = Walk(folder)
            let files = [
                "file": "x", "bad.yaml": Self.configuration.replacing("~/runs", with: "$NOPE/runs"),
            ]
            for (name, text) in files { try walk.write(text, to: name) }
            for (words, status) in Self.wrong {
                let found = try walk.run(Self.words(words))
                #expect(found == status, "\(words): \(found)\n\(walk.said.suffix(400))")
            }
            #expect(try walk.names(".") == ["file", "bad.yaml", "log.txt"])
            expectPlain(walk.said)
        }
    }

    /// Expects no name of Swift's or Foundation's in what people read.
    private func expectPlain(_ text: String) {
        for inside in [
            "NSCocoa", "NSPOSIX", "Domain", "UserInfo", "Optional(", "CodingKeys", "Foundation.",
            "Swift.", "Decoding", "Error(", "Array<", "Dictionary<", "could not be completed",
        ] {
            #expect(!text.contains(inside), "\(inside) in\n\(text)")
        }
    }
}

import EndToEndTestSupport
import Evaluation
import Files
import FilesTestSupport
import Foundation
import Policies
import Segmentation
import Testing
import TrainingTestSupport

@testable import Runs
@testable import Settings
@testable import Training
@testable import TrainingRuns

extension EndToEnd {
    /// What checkpoints and exports say about themselves.
    @Suite struct CardTests {
        private let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private func configuration(_ folder: String) -> RunConfiguration {
            var run = fixture.cheapConfiguration(output: folder + "/first|run")
            run.data.validation = [fixture.shard]
            run.evaluation.evalSteps = 2
            run.logging.saveSteps = 1
            return run
        }

        /// As if evaluations of a run had found something.
        private func findSomething(_ run: RunConfiguration) throws {
            let file = run.outputDirectory + "/metrics.jsonl"
            let text = String(decoding: try contents(file), as: UTF8.self)
                .replacing(/"eval_giou": ?0(?:\.0)?(?=[,}])/, with: #""eval_giou":0.25"#)
            #expect(text.contains("0.25"))
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        }

        @Test("Each checkpoint is listed with what its step's evaluation found, new best or not")
        func lists() throws {
            try withFolder { folder in
                let run = configuration(folder)
                try train(run)
                let nothing = try CheckpointRecipe.list(run.outputDirectory, readingAll: false)
                #expect(!nothing.contains { $0.isBest })
                try findSomething(run)
                let listing = try CheckpointRecipe.list(run.outputDirectory, readingAll: false)
                #expect(listing.map(\.step) == [1, 2, 3])
                #expect(listing.map { $0.heldOut != nil } == [false, true, true])
                #expect(listing.map(\.isBest) == [false, true, false])
                #expect(listing.map(\.metric) == ["giou", "giou", "giou"])
                let lines = try lines(run.outputDirectory + "/metrics.jsonl").map { try object($0) }
                for (entry, step) in zip(listing.dropFirst(), [2, 3]) {
                    let line = try #require(
                        lines.first { $0["step"] as? Int == step && $0["eval_giou"] != nil })
                    let figures = try #require(entry.heldOut)
                    #expect(figures.map(\.name).prefix(2) == ["giou", "ciou"])
                    for figure in figures {
                        #expect(figure.value == line["eval_" + figure.name] as? Double)
                    }
                }
                let alone = try CheckpointRecipe.list(listing[1].path, readingAll: false)
                #expect(alone[0].isBest && alone[0].heldOut == listing[1].heldOut)
            }
        }

        @Test(
            "An exported policy has a card of what it is, the same each time, with no place in it")
        func card() throws {
            try withFolder { folder in
                var run = configuration(folder)
                run.policy.path = folder + "/models--Owner--Base-3B/snapshots/0a1b"
                try FileManager.default.createDirectory(
                    atPath: run.policy.path.parentFolder, withIntermediateDirectories: true)
                try FileManager.default.copyItem(atPath: fixture.policy, toPath: run.policy.path)
                let front = "---\nlicense: other\nlicense_name: own # of theirs\ntags: [a]\n---\n"
                for (name, text) in [
                    ("README.md", front), ("LICENSE", "terms"), ("evaluation-a.json", "{}"),
                ] {
                    try Data(text.utf8).write(
                        to: URL(fileURLWithPath: "\(run.policy.path)/\(name)"))
                }
                run.prompt.system = "Say `so` | \"it's\"."
                try train(run)
                try findSomething(run)
                var cards: [String] = []
                for name in ["a", "b"] {
                    _ = try CheckpointRecipe.export(
                        run.outputDirectory, .best, to: "\(folder)/\(name)", dtype: nil)
                    cards.append(
                        String(decoding: try contents("\(folder)/\(name)/README.md"), as: UTF8.self)
                    )
                    #expect(exists("\(folder)/\(name)/LICENSE"))
                    #expect(!exists("\(folder)/\(name)/evaluation-a.json"))
                }
                #expect(cards[0] == cards[1])
                let card = cards[0]
                #expect(
                    card.hasPrefix(
                        """
                        ---
                        base_model: Owner/Base-3B
                        library_name: transformers
                        license: other
                        license_name: own
                        pipeline_tag: image-text-to-text
                        tags:
                        - grpo
                        - image-segmentation
                        - think2seg
                        ---

                        # first\\|run, step 2


                        """))
                for text in [
                    "| base | Owner/Base-3B |", "| data | train.h5 |", "| step | 2 of 3 |",
                    "| mask\\_iou | 2 | |", "| | value | 95 % interval | answers |", "| gIoU | ",
                    "resize((56, 56)", "predict --policy . --segmenter SEGMENTER",
                    "SEGMENTER stands for the folder or file of a segmenter: that of the reward, ",
                    "| samples | 4 |",
                    "These figures are selected: the step is the best of 2 evaluations by gIoU",
                    "They are of ", "too few to tell one policy from another.",
                    PromptTemplate().user(question: "QUESTION"),
                    "```text\n\(run.prompt.system)\n```",
                ] { #expect(card.contains(text), "\(text)") }
                #expect(card.firstMatch(of: /\| tokens per answer \| \d+\.\d \|/) != nil)
                // The folder's own record says them.
                for option in ["--image-size", "--max-new-tokens", "--variant", "--system-prompt"] {
                    #expect(!card.contains(option), "\(option)")
                }
                _ = try CheckpointRecipe.export(
                    run.outputDirectory, .newest, to: folder + "/last", dtype: nil)
                let last = String(
                    decoding: try contents(folder + "/last/README.md"), as: UTF8.self)
                #expect(last.contains("| step | 3 of 3 |") && !last.contains("are selected"))
                #expect(!card.contains(folder) && !card.contains(EndToEndFixture.root))
                #expect(throws: (any Error).self) {
                    try CheckpointRecipe.export(
                        run.outputDirectory, .newest, to: folder + "/a", dtype: nil)
                }
                #expect(try contents(folder + "/a/README.md") == Data(card.utf8))
            }
        }

        @Test(
            "A card asks and tells as the record beside the weights, also away from the run that made it"
        )
        func record() throws {
            try withFolder { folder in
                let settings = AskingSettings(
                    imageSize: 224, variant: "box", system: "", chatTemplate: .builtin,
                    maxCompletionLength: 77)
                let record = PolicyRecord(command: "sft", product: "0.0.9", settings: settings)
                try record.write(into: folder)
                let away = ModelCard(checkpoint: folder, policy: folder).text
                let within = ModelCard(
                    command: "sft", step: 3,
                    facts: TrainingFacts(["data.image_size": "448", "prompt.system": "Other."]),
                    elementType: nil, saysSystem: true, heldOut: nil, record: record
                ).text
                for card in [away, within] {
                    for text in [
                        "resize((224, 224)", "max_new_tokens=77", "think2seg 0.0.9, `sft`",
                        PromptTemplate(.boxOnly, system: "").user(question: "QUESTION"),
                        "without a system turn",
                    ] { #expect(card.contains(text), "\(text)") }
                    for text in ["840", "1024", "448", "Other.", "--image-size", "--variant"] {
                        #expect(!card.contains(text), "\(text)")
                    }
                }
            }
        }

        @Test(
            "The card of a step that was not evaluated says so; what users wrote stays text in it")
        func unevaluated() throws {
            try withFolder { folder in
                let facts = TrainingFacts([
                    "output_dir": "\"/a/b_*c|<x>\"", "policy.path": "/p/Resources/policy",
                    "data.train": "[/d/a/train.h5, /d/b/train.h5]", "prompt.system": "\"\"",
                    "rewards":
                        "{mine: {command: [python3, /home/me/my_reward.py, --x], timeout: 5}, iou_2: {weight: 3, term: mask_iou}}",
                ])
                let card = ModelCard(
                    command: "train", step: 7, facts: facts, elementType: "float32",
                    saysSystem: true, heldOut: nil
                ).text
                for text in [
                    "# b\\_\\*c\\|&lt;x&gt;, step 7", "| base | Resources/policy |",
                    "| data | a/train.h5, b/train.h5 |", "was not evaluated on held-out samples.",
                    "| mine | 1 | command: python3 my\\_reward.py --x |",
                    "| iou\\_2 | 3 | term: mask\\_iou |",
                    "trained without a system turn; the chat template's own",
                ] { #expect(card.contains(text), "\(text)") }
                #expect(!card.contains("/home") && !card.contains("/d/"))
                let other = ModelCard(
                    command: "train", step: nil,
                    facts: TrainingFacts(["rewards": "{theirs: {weight: 2, a: 1}, b: 3}"]),
                    elementType: nil, saysSystem: false, heldOut: nil
                ).text
                // Without a record in the folder, the command says how the policy is asked.
                for text in [
                    "--segmenter SEGMENTER", "such as a SAM2.1 of the hub", "--image-size 840",
                    "--max-new-tokens 1024", "--variant ",
                ] { #expect(other.contains(text), "\(text)") }
                let hub = ModelCard(
                    command: "train", step: nil,
                    facts: TrainingFacts(["segmenter.path": "/m/models--a--sam2.1-b/snapshots/1"]),
                    elementType: nil, saysSystem: false, heldOut: nil
                ).text
                #expect(hub.contains("--segmenter a/sam2.1-b"))
                #expect(hub.contains("`hf download a/sam2.1-b --local-dir a/sam2.1-b`"))
                #expect(other.contains("| theirs | 2 | |\n| b | 3 | |"))
                #expect(
                    other.contains(
                        #"[{"role": "system", "content": [{"type": "text", "text": "You "#))
            }
        }
    }
}

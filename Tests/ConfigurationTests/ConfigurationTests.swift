import Configuration
import Evaluating
import Files
import FilesTestSupport
import Foundation
import NN
import Policies
import RLTrainer
import Rewards
import Settings
import TestSupport
import Testing

@testable import Embeddings

@Suite struct ConfigurationTests {
    private let minimal = """
        policy: {path: p}
        segmenter: {path: s}
        data: {train: a.h5}

        """

    private func load(_ text: String, _ overrides: [String] = []) throws -> RunConfiguration {
        let path = NSTemporaryDirectory() + "config-\(UUID().uuidString).yaml"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try RunConfiguration.load(file: path, overrides: overrides)
    }

    private func problems(_ text: String, _ overrides: [String] = []) -> [ConfigurationProblem] {
        do {
            _ = try load(text, overrides)
            return []
        } catch let error as ConfigurationError {
            return error.problems
        } catch {
            Issue.record("\(error)")
            return []
        }
    }

    @Test("The resolved copy reads back equal, with and without comments")
    func roundTrip() throws {
        var configuration = try load(minimal)
        configuration.training.maxSteps = 7
        configuration.training.learningRate = 3e-5
        configuration.grpo.loss.epsilonHigh = 0.28
        configuration.policy.freeze = ["visual.*", "a b: #"]
        configuration.outputDirectory = "runs/a \"quoted\" name"
        configuration.rewards = RewardTable([
            RewardSpecification("think_answer_format", weight: 0.5),
            RewardSpecification(
                "half", kind: "iou_threshold", parameters: ["threshold": 0.5, "max": 0.9]),
            RewardSpecification(
                "mine", command: ExternalCommand(["python3", "a b.py"], timeout: 2.5), weight: 3),
        ])
        #expect(try load(configuration.resolved()) == configuration)
        #expect(try load(configuration.resolved(comments: true)) == configuration)
    }

    @Test("Every key changes the configuration, and every change shows in the resolved copy")
    func everyKeyDoesSomething() throws {
        let values = [
            "output_dir": "other", "seed": "7", "device": "cuda:0", "threads": "3",
            "workers": "4", "strict": "true",
            "policy.cast_lm_head_to_fp32": "true",
            "policy.path": "x", "policy.dtype": "bfloat16", "policy.freeze": "[a.*]",
            "segmenter.path": "x", "segmenter.dtype": "bfloat16",
            "segmenter.embedding_cache.memory_mb": "0",
            "segmenter.embedding_cache.disk_mb": "9",
            "segmenter.embedding_cache.path": "x", "data.train": "[b.h5]",
            "data.validation": "[c.h5]", "evaluation.eval_steps": "7",
            "evaluation.eval_on_start": "true", "evaluation.eval_samples": "5",
            "evaluation.question": "all", "evaluation.metric_for_best_model": "ciou",
            "evaluation.early_stopping_patience": "3",
            "evaluation.early_stopping_threshold": "0.01",
            "data.image_size": "448", "data.question": "first", "data.prefetch": "9",
            "data.workers": "3", "products": "libtorch",
            "prompt.variant": "box", "prompt.system": "Be brief.",
            "prompt.chat_template": "a.jinja", "prompt.parser": "lenient",
            "rewards": "{mask_iou: 1}",
            "grpo.num_generations": "4", "grpo.num_prompts_per_step": "9",
            "grpo.steps_per_generation": "4", "grpo.num_iterations": "2",
            "grpo.max_completion_length": "77", "grpo.rollout_batch_tokens": "99",
            "grpo.micro_batch_tokens": "88", "grpo.reward_workers": "2",
            "grpo.temperature": "0.7", "grpo.top_k": "50", "grpo.top_p": "0.9",
            "grpo.loss_type": "dr_grpo", "grpo.beta": "0.04", "grpo.epsilon": "0.1",
            "grpo.epsilon_high": "0.3", "grpo.delta": "4",
            "grpo.importance_sampling_level": "sequence", "grpo.use_bias_correction_kl": "false",
            "grpo.kl_in_reward": "true", "grpo.advantage_estimator": "leave_one_out",
            "grpo.scale_rewards": "none", "grpo.mask_truncated_completions": "true",
            "grpo.shuffle_rewards": "true", "grpo.reward_timeout": "5",
            "training.max_skipped_steps": "0", "training.gradient_checkpointing": "true",
            "training.stop_when": "{all_cut: 4}",
            "training.max_steps": "5", "training.max_minutes": "7.5",
            "training.num_train_epochs": "2.5",
            "training.learning_rate": "1e-4", "training.lr_scheduler_type": "cosine",
            "training.warmup_steps": "3", "training.warmup_ratio": "0.1",
            "training.weight_decay": "0.01", "training.adam_beta1": "0.8",
            "training.adam_beta2": "0.99", "training.adam_epsilon": "1e-6",
            "training.max_grad_norm": "0.5", "logging.save_steps": "9",
            "logging.save_total_limit": "2", "logging.save_before_time_limit": "230",
            "logging.log_completions_steps": "4",
            "logging.tensorboard": "false", "logging.log_images_steps": "7",
            "logging.num_images": "2", "logging.trackers": "{mine: {command: [a]}}",
        ].merging(adapterKeyValues) { first, _ in first }
        #expect(Set(RunConfiguration.keys.map(\.name)) == Set(values.keys))
        for (name, value) in values where name != "policy.adapter.start" {
            let needs =
                name == "evaluation.early_stopping_patience"
                ? ["data.validation=[v.h5]"] : adapterKeyNeeds(name)
            let base = try load(minimal, needs)
            let changed = try load(minimal, needs + ["\(name)=\(value)"])
            #expect(changed != base, "\(name)")
            #expect(changed.resolved() != base.resolved(), "\(name)")
        }
    }

    private let targets = "policy.adapter.target_modules=[k_proj]"

    @Test("The learning rate of full fine-tuning is warned of with an adapter, and only then")
    func adapterRate() throws {
        func warns(_ overrides: String...) throws -> Bool {
            try load(minimal, overrides).warnings.contains { $0.contains("full fine-tuning") }
        }
        #expect(try warns(targets, "training.learning_rate=1e-6"))
        #expect(try !warns(targets, "training.learning_rate=1e-5"))
        #expect(try !warns("training.learning_rate=1e-6"))
    }

    @Test("What becomes of an adapter that training begins with is said, and not guessed")
    func adapterStart() throws {
        func problem(_ overrides: String...) -> String {
            problems(minimal, overrides.map { "policy.adapter.\($0)" }).map { "\($0)" }
                .joined(separator: "\n")
        }
        #expect(problem("path=a").contains("policy.adapter.start: is needed"))
        #expect(problem("r=4").contains("policy.adapter.target_modules: is needed"))
        #expect(problem("path=a", "start=continue", "r=4").contains("has its own r"))
        #expect(problem("path=a", "start=merge").contains("policy.adapter.start"))
        #expect(problem("start=continue", "target_modules=[k_proj]").contains("does nothing"))
        let run = try load(
            minimal, ["policy.adapter.path=a", "policy.adapter.start=continue"])
        #expect(run.policy.adapter.heldTo == .start)
        #expect(try load(minimal, [targets]).policy.adapter.heldTo == .base)
    }

    @Test("The metric for the best model is a share, by its key or by what people read")
    func bestMetric() throws {
        for (name, key) in [
            ("gIoU", "giou"), ("GIOU", "giou"), ("valid format", "format_validity"),
            ("Pr@0.5", "precision_0.5"), ("ciou", "ciou"),
        ] {
            let text = try load(minimal, ["evaluation.metric_for_best_model=\(name)"]).resolved()
            #expect(text.contains("  metric_for_best_model: \(key)\n"), "\(name)")
        }
        for name in ["mean_length", "tokens per answer", "mean_objects", "format validty"] {
            let found = problems(minimal, ["evaluation.metric_for_best_model=\(name)"])
            #expect(found.count == 1 && !(found.first?.message ?? "").contains("mean_objects,"))
        }
    }

    @Test(
        "A section within a section is written and read as a table of its own, or set by dotted names"
    )
    func nested() throws {
        let table = "segmenter: {path: s, embedding_cache: {memory_mb: 7, path: e}}\n"
        let text = minimal.replacing("segmenter: {path: s}\n", with: table)
        let loaded = try load(text, ["segmenter.embedding_cache.disk_mb=8"])
        let cache = loaded.segmenter.embeddingCache
        #expect(cache.memoryMegabytes == 7 && cache.diskMegabytes == 8 && cache.path == "e")
        let written = loaded.resolved()
        #expect(
            written.contains(
                "\n  embedding_cache:\n    memory_mb: 7\n    disk_mb: 8\n    path: e\ndata:\n"))
        #expect(try load(written) == loaded)
        let commented = loaded.resolved(comments: true)
        #expect(commented.contains("\n  embedding_cache:\n    # MB of "))
        #expect(commented.contains("    path: e\n\ndata:\n"))
        #expect(try load(commented) == loaded)
        let found = problems(
            minimal.replacing(
                "segmenter: {path: s}\n",
                with:
                    "segmenter: {path: s, embedding_cache: {memry_mb: 7, memory_mb: -1, disk_mb: x}}\n"
            ), ["segmenter.embedding_cache=3", "segmenter.embedding_cache.disk_mb=1.5"])
        #expect(
            found.map(\.message) == [
                "unknown key; did you mean segmenter.embedding_cache.memory_mb?",
                "is -1, must be from 0 to 10000000", "expected an integer, found \"x\"",
                "is a section: set its keys, segmenter.embedding_cache.memory_mb and others",
                "expected an integer, found \"1.5\"",
            ])
        #expect(found[1].location.hasSuffix(":2:53"))
        #expect(
            problems(minimal.replacing("{path: s}", with: "{path: s, embedding_cache: 3}"))
                .first?.message.contains("is a section") == true)
    }

    @Test("All problems come at once, each with line, key and the nearest known key")
    func allAtOnce() throws {
        let found = problems(
            """
            policy: {path: p, dtyp: float32}
            segmenter: {path: s}
            data:
              train: a.h5
              image_size: large
            grpo:
              num_generation: 8
              temperature: -1
            learning_rate: 1e-6
            """)
        #expect(found.count == 5)
        #expect(found[0].key == "policy.dtyp" && found[0].location.hasSuffix(":1:19"))
        #expect(found[0].message.contains("policy.dtype"))
        #expect(found[1].location.hasSuffix(":5:3"))
        #expect(found[1].message == "expected an integer, found \"large\"")
        #expect(found[2].message.contains("grpo.num_generations"))
        #expect(found[3].message == "is -1, must be from 0.01 to 10")
        #expect(found[4].message.contains("training.learning_rate"))
    }

    @Test("What is needed and missing is said, and so is a section that is a value")
    func missing() {
        #expect(problems("seed: 1").map(\.key) == ["policy.path", "segmenter.path", "data.train"])
        #expect(problems(minimal + "grpo: 3").first?.message.contains("section") == true)
        #expect(problems("- a\n- b").first?.message.contains("table") == true)
        #expect(problems("a: [1").first?.message.contains("not YAML") == true)
        #expect(problems(minimal + "seed: 1\nseed: 2").count == 1, "a key that comes twice")
    }

    @Test("Overrides win over the file, the last one over the others, and are checked as it is")
    func overrides() throws {
        let loaded = try load(minimal + "seed: 1", ["seed=2", "seed=3", "data.train=[x.h5, y.h5]"])
        #expect(loaded.seed == 3)
        #expect(loaded.data.train == ["x.h5", "y.h5"])
        #expect(try load(minimal, ["training.max_steps=null"]).training.maxSteps == nil)
        let found = problems(minimal, ["sed=1", "seed", "seed=x"])
        #expect(found.map(\.location) == ["--set sed=1", "--set seed", "--set seed=x"])
        #expect(found[0].message.contains("seed"))
        let broken = problems(minimal, ["data.train=[a.h5"])
        #expect(broken.first?.message.hasPrefix("the value is not YAML") == true)
    }

    @Test("Everything that is wrong with rewards is told, each where it stands")
    func wrongRewards() {
        let found = problems(
            minimal + """
                rewards:
                  mask_iuo: 1
                  nothing_like_it: 2
                  iou_threshold: {threshold: 2, softnes: 0.1, weight: x}
                  other: {term: mask_dic}
                  mask_dice: [1]
                  mine: {command: [], timeout: 0, masks: 1, weigth: 2}
                """)
        let lines = found.map {
            "\($0.location.split(separator: ":").dropFirst().joined(separator: ":")) \($0.key)|\($0.message)"
        }
        let line = minimal.split(separator: "\n", omittingEmptySubsequences: false).count + 1
        func expect(_ offset: Int, _ column: Int, _ rest: String) {
            let whole = "\(line + offset):\(column) rewards.\(rest)"
            #expect(lines.contains { $0.hasPrefix(whole) }, "\(whole) is not among \(lines)")
        }
        expect(0, 3, "mask_iuo|there is no reward term mask_iuo; did you mean mask_iou?")
        expect(
            1, 3, "nothing_like_it|there is no reward term nothing_like_it; the terms are mask_iou,"
        )
        expect(2, 19, "iou_threshold.threshold|is 2, must be from 0 to 1")
        expect(
            2, 33,
            "iou_threshold.softnes|is no parameter of iou_threshold; it has weight, threshold, softness, min, max"
        )
        expect(2, 47, "iou_threshold.weight|expected a number")
        expect(3, 11, "other|there is no reward term mask_dic; did you mean mask_dice?")
        expect(4, 3, "mask_dice|expected a weight, or a table of weight and parameters")
        expect(5, 10, "mine.command|expected a list of texts")
        expect(5, 23, "mine.timeout|expected seconds, above 0")
        expect(5, 35, "mine.masks|expected true or false")
        expect(
            5, 45,
            "mine.weigth|is no parameter of a command; it has command, weight, timeout, masks")
        #expect(lines.count == 11)
        #expect(problems(minimal + "rewards: {}\n").map(\.message) == ["needs at least one term"])
        let inline = problems(minimal, ["rewards={mask_iou: {wheight: 1}}"])
        #expect(inline.map(\.location) == ["--set rewards={mask_iou: {wheight: 1}}"])
    }

    @Test("A missing file is missing input, not a wrong configuration")
    func missingFile() {
        #expect(throws: MissingInputError.self) {
            try RunConfiguration.load(file: "/none/config.yaml")
        }
    }
}

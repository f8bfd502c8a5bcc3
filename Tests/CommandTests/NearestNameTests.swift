import FilesTestSupport
import Foundation
import TestSupport
import Testing
import TextFiles

@testable import Configuration
@testable import Settings
@testable import SharedSettings
@testable import SupervisedTraining
@testable import think2seg

/// What is said of names that nobody knows.
@Suite struct NearestNameTests {
    /// What is wrong with a text and overrides: `place key: message`.
    private func problems(_ text: String, _ overrides: [String] = []) -> [String] {
        var configuration = RunConfiguration()
        var reader = ConfigurationReader(keys: RunConfiguration.keys, foreign: .trainers)
        reader.read(text, file: "c.yaml", into: &configuration)
        for assignment in overrides { reader.override(assignment, into: &configuration) }
        configuration.check(&reader)
        return reader.problems.map(\.description)
    }

    @Test(
        "A mistyped name gives its place and the nearest one, sections, entries and values included",
        arguments: [
            ("polcy: {path: p}", "c.yaml:1:1: polcy: unknown key; did you mean policy?"),
            ("Policy: {path: p}", "c.yaml:1:1: Policy: unknown key; did you mean policy?"),
            ("logings: {save_steps: 1}", "did you mean logging?"),
            (
                "segmenter: {embeding_cache: {disk_mb: 1}}",
                "c.yaml:1:13: segmenter.embeding_cache: unknown key; did you mean "
                    + "segmenter.embedding_cache?"
            ),
            ("segmentr.path: x", "did you mean segmenter.path?"),
            ("numGenerations: 4", "did you mean grpo.num_generations?"),
            ("grpo: {loss_type: drgrpo}", "found \"drgrpo\": write dr_grpo"),
            ("grpo: {loss_type: Dr. GRPO}", "write dr_grpo"),
            ("grpo: {loss_type: gspo}", "importance_sampling_level: sequence"),
            ("grpo: {scale_rewards: true}", "is true: write group"),
            ("device: cuad", "must be cpu, cuda or cuda:N; did you mean cuda?"),
            ("policy: {dtype: bf16}", "c.yaml:1:10: policy.dtype: is bf16: write bfloat16"),
            ("prompt: {variant: box-2-point}", "did you mean box_2points?"),
            ("evaluation: {metric_for_best_model: goiu}", "found \"goiu\": write giou"),
            ("evaluation: {question: frist}", "write first"),
            ("rewards: {mask_iuo: 1}", "c.yaml:1:11: rewards.mask_iuo: there is no reward term"),
            ("rewards: {box_iou: {wieght: 1}}", "did you mean weight?"),
            ("rewards: {a: {command: [x], timout: 1}}", "did you mean timeout?"),
            (
                "data:\n  train:\n    - a.h5\n    - [b.h5]\n",
                "c.yaml:4:7: data.train: entry 2: expected a path, found a list"
            ),
            (
                "data:\n  train:\n    - a.h5\n    - a.h5\n",
                "c.yaml:4:7: data.train: entry 2: names a.h5 twice; keep one"
            ),
        ])
    func names(text: String, message: String) {
        let found = problems(text)
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test("What stands below a mistyped section is read as what was meant, and is not missed")
    func sections() {
        let found = problems(
            "polcy: {path: p, dtype: fast}\nsegmenter: {pth: s}\ndata: {trian: a.h5}\n")
        #expect(found.count == 4, "\(found)")
        #expect(found.contains { $0.contains("policy.dtype: expected one of") })
        #expect(!found.contains { $0.contains("is needed") || $0.contains("at least one shard") })
        #expect(problems("", ["polcy.path=p"])[0].contains("did you mean policy.path?"))
        #expect(!problems("", ["polcy.path=p"]).contains { $0.contains("policy.path: is needed") })
    }

    @Test(
        "A command that is one text is shown as the list that it should be",
        arguments: [
            ("python3 my.py", "[python3, my.py]"), ("'sh -c \"a b\"'", "[sh, \"-c\", a b]"),
            ("python3 my.py --x 'a b'", "[python3, my.py, \"--x\", a b]"),
            ("[python3 my.py, x]", "[python3, my.py, x]"),
        ])
    func commands(written: String, list: String) {
        let found = problems("rewards:\n  mine:\n    command: \(written)\n")
        #expect(found[0].hasPrefix("c.yaml:3:1"), "\(found)")
        #expect(found[0].contains("rewards.mine.command: ") && found[0].hasSuffix(list))
        #expect(problems("rewards: {mine: {command: ./program}}").count == 3)
    }

    @Test("Keys of other trainers are told as keys here, or why there is none, at their places")
    func foreign() {
        let found = problems(
            """
            per_device_train_batch_size: 2
            worker:
              actor: {optim: {lr: 1e-6}}
              rollout: {n: 4}
            data: {train_files: a.h5}
            grpo: {kl_coef: 0.1, gradient_acumulation_steps: 2}
            """, ["use_vllm=true"])
        for words in [
            "c.yaml:1:1: per_device_train_batch_size: unknown key; transformers' per_device_train_"
                + "batch_size is grpo.num_prompts_per_step here: completions there",
            "c.yaml:3:19: worker.actor.optim.lr: unknown key; EasyR1's worker.actor.optim.lr is "
                + "training.learning_rate here",
            "c.yaml:4:13: worker.rollout.n: unknown key; EasyR1's worker.rollout.n is "
                + "grpo.num_generations here",
            "data.train_files: unknown key; EasyR1's data.train_files is data.train here",
            "grpo.kl_coef: unknown key; TRL's kl_coef is grpo.beta here",
            "gradient_accumulation_steps is grpo.num_prompts_per_step here",
            "--set use_vllm=true: use_vllm: unknown key; TRL's use_vllm has no key here: the policy",
        ] {
            #expect(found.contains { $0.contains(words) }, "\(words) is not among \(found)")
        }
    }

    @Test(
        "Every field of TRL's and transformers' configurations is a key here, mapped or explained")
    func everyField() {
        let names = KeyNames(RunConfiguration.keys.map(\.name), foreign: .trainers)
        let all = ForeignFields.grpoConfig + ForeignFields.earlier + ForeignFields.dotted
        #expect(ForeignFields.grpoConfig.count == 191)
        for name in all {
            let found = names.exact(name)
            #expect(found?.key != nil || found?.foreign != nil, "\(name)")
            #expect(names.foreign.whole(name) != nil, "\(name) stands in no table")
        }
    }

    @Test("The tables of other trainers name keys that there are, and say why where there are none")
    func tables() {
        let ours = Set(ConfigurationForm.allCases.flatMap(\.keys))
        for key in ForeignNames.trainers.keys {
            #expect(!key.name.contains(" ") && Set(key.ours).isSubset(of: ours), "\(key)")
            #expect(!key.ours.isEmpty || !key.note.isEmpty, "\(key)")
        }
        for value in ForeignNames.trainers.values {
            #expect(ours.contains(value.key) && !value.advice.isEmpty, "\(value)")
            let found = problems("", ["\(value.key)=\(value.value)"])
            #expect(found.contains { $0.hasSuffix(value.advice) }, "\(value)")
        }
        let names = ForeignNames.trainers.keys.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test("Names with other words between are not likened to anything")
    func nothing() {
        #expect(Nearest.name(to: "ppo", among: ["grpo", "dapo"]) == nil)
        #expect(Nearest.name(to: "", among: ["a"]) == nil)
        #expect(editDistance("trian", "train") == 1 && editDistance("", "ab") == 2)
        #expect(problems("quux: 1")[0].contains("`think2seg config show` lists all keys"))
    }

    @Test("A pattern that no name fits gives the one with the nearest part in its place")
    func patterns() {
        let keys = [
            "visual.blocks.0.norm1.weight", "model.layers.0.mlp.up_proj.weight", "lm_head.weight",
        ]
        func meant(_ pattern: String) -> String? { Nearest.pattern(to: pattern, among: keys) }
        #expect(meant("vizual.*") == "visual.*")
        #expect(meant("model.layer.0.*") == "model.layers.0.*")
        #expect(meant("model.layers.0.mpl.*") == "model.layers.0.mlp.*")
        #expect(meant("*.norm9.*") == nil && meant("quux.*") == nil)
    }

    @Test("What only a model tells of a key has the key's place in the file or option")
    func places() throws {
        try withTemporaryFolder { folder in
            let file = folder + "/c.yaml"
            try Data("policy:\n  freeze: [a.*]\n".utf8).write(to: URL(fileURLWithPath: file))
            func message(_ overrides: [String]) throws -> String {
                let error = #expect(throws: ConfigurationError.self) {
                    try RunConfiguration.locating(file: file, overrides: overrides) {
                        throw ConfigurationError(problems: [
                            ConfigurationProblem(
                                location: "", key: "policy.freeze", message: "is odd")
                        ])
                    }
                }
                return try #require(error).description
            }
            #expect(try message([]) == "\(file):2:3: policy.freeze: is odd")
            #expect(
                try message(["policy.freeze=[b]"])
                    == "--set policy.freeze=[b]: policy.freeze: is odd")
        }
    }
}

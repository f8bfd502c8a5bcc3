import Configuration
import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Policies
import Shards
import SharedSettings
import Supervised
import SupervisedTraining
import TestSupport
import Testing
import Tokenizers
import Torch

@testable import Settings

@Suite struct SFTConfigurationTests {
    @Test("Every key changes the configuration, and every change shows in the resolved copy")
    func everyKeyDoesSomething() throws {
        let values = [
            "output_dir": "other", "seed": "7", "device": "cuda:0", "threads": "3",
            "policy.start": "checkpoint", "policy.path": "y", "policy.dtype": "bfloat16",
            "policy.freeze": "[a.*]", "policy.stored_dtype": "float16", "data.train": "[b.h5]",
            "data.answers": "a.jsonl", "data.validation": "[v.h5]", "data.image_size": "224",
            "data.own_questions": "3", "data.named_questions": "2", "data.absent_share": "0.5",
            "data.guess_absent_class": "true", "data.prefetch": "3", "prompt.variant": "box",
            "prompt.system": "Be brief.", "prompt.chat_template": "checkpoint",
            "prompt.coordinate_step": "4", "heads.weight": "0.5", "heads.layer": "2",
            "training.max_steps": "9", "training.gradient_checkpointing": "true",
            "training.images_per_step": "3",
            "training.learning_rate": "1e-3", "training.lr_scheduler_type": "linear",
            "training.warmup_steps": "4", "training.weight_decay": "0.1",
            "training.adam_beta1": "0.8", "training.adam_beta2": "0.9",
            "training.adam_epsilon": "1e-6", "training.max_grad_norm": "2",
            "logging.save_steps": "3",
            "logging.save_total_limit": "9", "logging.eval_steps": "3",
            "logging.eval_samples": "5", "logging.trackers": "{mine: {command: [a]}}",
        ].merging(adapterKeyValues) { first, _ in first }
        let minimal = ["policy.path=x", "data.train=[a.h5]"]
        #expect(Set(SFTConfiguration.keys.map(\.name)) == Set(values.keys))
        for (name, value) in values where !["policy.start", "policy.adapter.start"].contains(name) {
            let needs = adapterKeyNeeds(name)
            let base = try SFTConfiguration.load(file: nil, overrides: minimal + needs)
            let changed = try SFTConfiguration.load(
                file: nil, overrides: minimal + needs + ["\(name)=\(value)"])
            #expect(changed != base && changed.resolved() != base.resolved(), "\(name)")
        }
        let new = try SFTConfiguration.load(
            file: nil, overrides: ["policy.start=embedded", "data.train=[a.h5]"])
        #expect(new.policy.start == .embedded)
    }

    @Test("An unknown key names the command that lists those of this kind")
    func unknownKey() {
        let error = #expect(throws: ConfigurationError.self) {
            try SFTConfiguration.load(
                file: nil, overrides: ["policy.path=x", "data.train=[a.h5]", "nonsense=1"])
        }
        #expect(error?.description.contains("config show --of sft") == true)
    }

    @Test("What cannot be is reported at once, by key")
    func problems() {
        let error = #expect(throws: ConfigurationError.self) {
            try SFTConfiguration.load(
                file: nil, overrides: ["data.own_questions=0", "heads.weight=-1"])
        }
        let keys = Set(error?.problems.map(\.key) ?? [])
        #expect(keys == ["policy.path", "data.train", "data.own_questions", "heads.weight"])
    }
}

extension EndToEnd {
    @Suite(.serialized) struct SFTTests {
        private func configuration(_ folder: String) throws -> SFTConfiguration {
            let fixture = try EndToEndFixture.shared.get()
            var result = SFTConfiguration()
            result.outputDirectory = folder
            result.threads = 1
            result.policy.path = fixture.policy
            result.data.train = [fixture.shard]
            result.data.validation = [fixture.shard]
            result.data.imageSize = 56
            result.data.namedQuestions = 1
            result.prompt.coordinateStep = 4
            result.heads.weight = 0.5
            result.training.maxSteps = 4
            result.training.picturesPerStep = 2
            result.training.learningRate = 1e-3
            result.logging.saveSteps = 2
            result.logging.evalSteps = 2
            return result
        }

        private func run(
            _ configuration: SFTConfiguration, resumes: Bool = false, stopAfter: Int = .max
        ) throws -> (recipe: SFTRecipe, steps: [SupervisedStep]) {
            let recipe = try SFTRecipe(
                configuration, command: ["think2seg", "sft"], resumes: resumes)
            var steps: [SupervisedStep] = []
            try recipe.run(shouldStop: { steps.last?.step == stopAfter }) { event in
                if case .step(let step) = event { steps.append(step) }
            }
            return (recipe, steps)
        }

        @Test("A warm start that is stopped goes on to the bytes of one that is not")
        func resume() throws {
            try withFolder { folder in
                let whole = try run(configuration(folder + "/whole"))
                var parts = try configuration(folder + "/parts")
                let kept = folder + "/kept"
                parts.logging.trackers = TrackerTable([keepingTracker(kept)])
                #expect(try run(parts, stopAfter: 3).steps.count == 3)
                let rest = try run(parts, resumes: true)
                #expect(rest.steps == Array(whole.steps.dropFirst(3)))
                #expect(
                    try contents(rest.recipe.finalPolicy + "/model.safetensors")
                        == contents(whole.recipe.finalPolicy + "/model.safetensors"))
                #expect(whole.recipe.finalPolicy == folder + "/whole/policy")
                let metrics = try lines(folder + "/parts/metrics.jsonl")
                #expect(metrics.count { $0.contains("\"loss\"") } == 4)
                #expect(message { _ = try run(parts) }.contains("not empty"))
                // What a tracker was told over both sessions.
                let told = try lines(kept).map { try object($0) }
                #expect(told[0]["command"] as? String == "sft")
                let steps = told.filter { $0["type"] as? String == "metrics" }
                #expect(steps.map { $0["step"] as? Int } == [1, 2, 3, 4])
                #expect(
                    told.compactMap { $0["ending"] as? String } == ["stopped", "finished"])
            }
        }

        @Test(
            "A warm start of an adapter leaves the base alone, and goes on to the bytes with the same adapter"
        )
        func adapter() throws {
            try withFolder { folder in
                func adapted(_ name: String) throws -> SFTConfiguration {
                    var result = try configuration(folder + "/" + name)
                    result.policy.adapter.targets = .pattern("all-linear")
                    (result.policy.adapter.rank, result.policy.adapter.dropout) = (2, 0.1)
                    return result
                }
                let base = try contents(adapted("a").policy.path + "/model.safetensors")
                let whole = try run(adapted("a")).recipe.finalPolicy
                _ = try run(adapted("b"), stopAfter: 2)
                var other = try adapted("b")
                (other.policy.adapter.rank, other.policy.adapter.alpha) = (4, 2)
                let told = message { _ = try run(other, resumes: true) }
                #expect(told.contains("policy.adapter.r:"))
                #expect(told.contains("policy.adapter.lora_alpha:"))
                other.policy.adapter = AdapterSection()
                #expect(
                    message { _ = try run(other, resumes: true) }
                        .contains("policy.adapter.target_modules"))
                let parts = try run(adapted("b"), resumes: true).recipe.finalPolicy
                #expect(try contents(adapted("a").policy.path + "/model.safetensors") == base)
                #expect(!exists(whole + "/model.safetensors"))
                for name in ["adapter_model.safetensors", "adapter_config.json"] {
                    #expect(try contents("\(whole)/\(name)") == contents("\(parts)/\(name)"))
                }
                let policy = try EndToEndFixture.shared.get().loadPolicy(whole)
                #expect(policy.base == (try adapted("a").policy.path))
            }
        }

        @Test("Answers that somebody wrote are learned instead of what the truth gives")
        func writtenAnswers() throws {
            try withFolder { folder in
                let fixture = try EndToEndFixture.shared.get()
                let id = try ShardReader(path: fixture.shard).id(at: 1)
                let file = folder + "/answers.jsonl"
                var configuration = try configuration(folder + "/run")
                configuration.data.answers = file
                configuration.data.namedQuestions = 0
                configuration.heads.weight = 0
                configuration.training.maxSteps = 1
                func write(_ text: String) throws {
                    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
                }
                try write("{\"id\": \"\(id)\", \"question\": \"q\", \"completion\": \"yes\"}\n")
                // "yes" and the end of the turn, for each of the step's two pictures.
                let tokens =
                    try EndToEndFixture.shared.get().loadPolicy().tokenizer
                    .encode("yes", specialTokens: .words).count + 1
                #expect(try run(configuration).steps[0].taughtTokens == 2 * tokens)
                configuration.outputDirectory = folder + "/second"
                try write("{\"id\": \"nobody\", \"question\": \"q\", \"completion\": \"c\"}\n")
                #expect(message { _ = try run(configuration) }.contains("none of its ids"))
                try write("\n{\"id\": 3}\n")
                #expect(message { _ = try run(configuration) }.contains("answers.jsonl:2"))
                #expect(!exists(folder + "/second"))
            }
        }

        @Test("The finished weights have the type that was asked for, and load")
        func storedType() throws {
            try withFolder { folder in
                var configuration = try configuration(folder + "/run")
                configuration.training.maxSteps = 1
                configuration.policy.storedType = .float16
                configuration.policy.freeze = ["visual.*"]
                let path = try run(configuration).recipe.finalPolicy
                let file = try SafetensorsFile(path: path + "/model.safetensors")
                #expect(file.entries.allSatisfy { $0.dtype == .float16 })
                _ = try EndToEndFixture.shared.get().loadPolicy(path)
            }
        }
    }
}

import Configuration
import EndToEndTestSupport
import Files
import FilesTestSupport
import Foundation
import RLTrainer
import SharedSettings
import TestSupport
import Testing
import Torch
import TrainingTestSupport

@testable import Evaluating
@testable import Inference
@testable import NewModels
@testable import Policies
@testable import Runs
@testable import Settings
@testable import SupervisedTraining
@testable import Training
@testable import TrainingRuns

extension EndToEnd {
    /// Runs that train an adapter.
    @Suite(.serialized) struct AdapterTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        /// Two steps that move an adapter of the text's seven linear layers.
        private func configuration(_ output: String) -> RunConfiguration {
            var run = fixture.cheapConfiguration(output: output)
            run.training.maxSteps = 2
            run.training.weightDecay = 0
            run.grpo.loss.beta = 0.1
            run.policy.adapter.targets = .names(["q_proj", "v_proj", "down_proj"])
            (run.policy.adapter.rank, run.policy.adapter.alpha) = (4, 8)
            // B is not zero, so that the divergence moves it.
            run.policy.adapter.initialization = .false
            return run
        }

        private func tensors(_ path: String) throws -> [String: [Float]] {
            let file = try SafetensorsFile(path: path)
            return Dictionary(
                uniqueKeysWithValues: try file.entries.map {
                    ($0.name, try file.tensor($0).to(.float32).floats)
                })
        }

        @Test(
            "A checkpoint of an adapter holds the adapter alone, and its step changes every tensor")
        func checkpoint() throws {
            try withFolder { folder in
                let run = folder + "/run"
                var configuration = configuration(run)
                configuration.logging.saveSteps = 1
                let before = try contents(fixture.policy + "/model.safetensors")
                try train(configuration)
                #expect(try contents(fixture.policy + "/model.safetensors") == before)
                let policy = run + "/checkpoints/step-2/policy"
                let names = try FileManager.default.contentsOfDirectory(atPath: policy)
                #expect(names.contains("adapter_config.json") && !names.contains("config.json"))
                #expect(!names.contains { $0.hasPrefix("model") })
                let first = try tensors(
                    run + "/checkpoints/step-1/policy/adapter_model.safetensors")
                let second = try tensors(policy + "/adapter_model.safetensors")
                #expect(first.keys == second.keys && !first.isEmpty)
                for (key, values) in first {
                    #expect(key.hasPrefix("base_model.model.model."))
                    #expect(values != second[key], "\(key)")
                }
            }
        }

        @Test(
            "A run's adapter is found with its base, answers as it does merged, and leaves the run")
        func leaves() throws {
            try withFolder { folder in
                let run = folder + "/run"
                try train(configuration(run))
                let policy = run + "/checkpoints/step-2/policy"
                for (name, merges) in [("adapter", false), ("merged", true)] {
                    _ = try CheckpointRecipe.export(
                        run, .newest, to: "\(folder)/\(name)", dtype: nil, merging: merges)
                }
                let question = "Where?"
                let image = gradientPicture(side: 56, shift: 3)
                let expected = try greedy(fixture.loadPolicy(policy), image, question)
                let base = try greedy(fixture.loadPolicy(), image, question)
                #expect(expected.logProbabilities != base.logProbabilities)
                for name in ["adapter", "merged"] {
                    let found = try greedy(
                        fixture.loadPolicy("\(folder)/\(name)"), image, question)
                    #expect(found.tokenIDs == expected.tokenIDs, "\(name)")
                    let difference =
                        zip(found.logProbabilities, expected.logProbabilities)
                        .map { abs($0 - $1) }.max() ?? 0
                    #expect(difference < 1e-4, "\(name)")
                }
                let card = String(
                    decoding: try contents(folder + "/adapter/README.md"), as: UTF8.self)
                #expect(card.contains("library_name: peft") && card.contains("--base BASE"))
                #expect(
                    card.contains("LoRA, r 4, lora\\_alpha 8, of down\\_proj, q\\_proj, v\\_proj"))
                #expect(card.contains("PeftModel.from_pretrained("))
                let whole = String(
                    decoding: try contents(folder + "/merged/README.md"), as: UTF8.self)
                #expect(whole.contains("library_name: transformers") && !whole.contains("BASE"))
                let merged = try FileManager.default.contentsOfDirectory(
                    atPath: folder + "/merged")
                #expect(!merged.contains { $0.hasPrefix("adapter_") })
            }
        }

        @Test("An adapter's base that has moved is named, and another one can be given")
        func moved() throws {
            try withFolder { folder in
                let base = folder + "/base"
                try FileManager.default.copyItem(atPath: fixture.policy, toPath: base)
                var configuration = configuration(folder + "/run")
                configuration.policy.path = base
                try train(configuration)
                try FileManager.default.removeItem(atPath: base)
                let policy = folder + "/run/checkpoints/step-2/policy"
                let told = message { _ = try PolicySource.find(policy) }
                #expect(told.contains(base) && told.contains("--base"))
                let found = try PolicySource.find(policy, base: fixture.policy)
                #expect(found.base == fixture.policy && found.asked == policy)
            }
        }

        @Test("Resuming with another rank, alpha or target is refused by the key")
        func otherShape() throws {
            try withFolder { folder in
                let configuration = configuration(folder + "/run")
                try train(configuration)
                let changes: [(String, (inout AdapterSection) -> Void)] = [
                    ("policy.adapter.r", { $0.rank = 2 }),
                    ("policy.adapter.lora_alpha", { $0.alpha = 2 }),
                    ("policy.adapter.target_modules", { $0.targets = .pattern("all-linear") }),
                ]
                for (key, change) in changes {
                    var other = configuration
                    change(&other.policy.adapter)
                    other.training.maxSteps = 3
                    let told = message {
                        _ = try TrainRecipe(other, command: ["test"], resume: .automatic)
                    }
                    #expect(told.contains(key), "\(told)")
                }
            }
        }

        @Test(
            "A continued adapter begins where it ended and is held to itself, unless base is asked for"
        )
        func continued() throws {
            try withFolder { folder in
                try train(configuration(folder + "/first"))
                let start = folder + "/first/checkpoints/step-2/policy"
                var next = configuration(folder + "/second")
                next.policy.adapter = AdapterSection()
                (next.policy.adapter.path, next.policy.adapter.start) = (start, .continue)
                next.training.maxSteps = 1
                let held = try train(next)
                // The reference is the start: the divergence of the first step is 0.
                #expect(held[0]["kl"] == 0)
                next.outputDirectory = folder + "/third"
                next.policy.adapter.reference = .base
                let base = try train(next)
                #expect(base[0]["kl"] != 0)
            }
        }

        @Test("A fresh adapter is the base: the divergence of the first step is 0")
        func fresh() throws {
            try withFolder { folder in
                var run = configuration(folder + "/run")
                run.policy.adapter.initialization = .true
                run.training.maxSteps = 1
                let metrics = try train(run)
                #expect(metrics[0]["kl"] == 0)
            }
        }
    }
}

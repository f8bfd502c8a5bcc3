import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Imaging
import NN
import PolicyFamilies
import PromptedMasks
import RLTrainer
import Rewards
import Scenes
import Segmentation
import Shards
import Testing
import Torch
import VisionLanguage

@testable import Configuration
@testable import Embeddings
@testable import NewModels
@testable import Policies
@testable import Settings
@testable import Training

extension EndToEnd {
    /// Every key's value reaches the objects that a run works with.
    ///
    /// Keys of folders, files, threads and devices have tests of their own beside this one.
    @Suite struct KeyTests {
        private let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        /// The objects of a run whose configuration has been changed by `overrides`.
        private func recipe(_ folder: String, _ overrides: String...) throws -> TrainRecipe {
            var configuration = fixture.configuration(
                output: folder + "/\(UUID().uuidString)")
            configuration.training.maxSteps = nil
            let file = folder + "/config.yaml"
            try Data(configuration.resolved().utf8).write(to: URL(fileURLWithPath: file))
            return try TrainRecipe(
                RunConfiguration.load(file: file, overrides: overrides), command: [])
        }

        private func first(_ parameters: [NN.Parameter]) throws -> [Float] {
            try parameters[0].tensor.to(.float32).floats
        }

        @Test("Whether layers are computed again reaches the policy")
        func checkpointing() throws {
            try withFolder { folder in
                for (value, expected) in [("true", true), ("false", false), ("auto", false)] {
                    let run = try recipe(folder, "training.gradient_checkpointing=\(value)")
                    #expect(run.policy.checkpointsLayers == expected, "\(value)")
                }
            }
        }

        @Test(
            "Each key of algorithm and optimizer changes the trainer's configuration, and no two alike"
        )
        func algorithm() throws {
            let values = Self.algorithmKeys
            let names = values.map { String($0.assignment.prefix { $0 != "=" }) }
            // The loop looks at the minutes and at what ends a run, the policy at its layers.
            let all = RunConfiguration.keys.map(\.name).filter {
                ["seed", "strict"].contains($0) || $0.hasPrefix("grpo.")
                    || $0.hasPrefix("training.")
            }.filter {
                ![
                    "training.max_minutes", "training.stop_when", "training.gradient_checkpointing",
                ].contains($0)
            }
            #expect(Set(names) == Set(all))
            try withFolder { folder in
                let base = try recipe(folder).configuration.resolvedGRPO(sampleCount: 40)
                #expect(base.schedule == Self.schedule(.linear, 0, 20))
                var seen: Set<GRPOConfiguration> = [base]
                for (assignment, change) in values {
                    let file = folder + "/config.yaml"
                    let changed = try RunConfiguration.load(file: file, overrides: [assignment])
                        .resolvedGRPO(sampleCount: 40)
                    var expected = base
                    change(&expected)
                    #expect(changed == expected, "\(assignment)")
                    #expect(seen.insert(changed).inserted, "\(assignment)")
                }
                let trainer = try recipe(
                    folder, "grpo.delta=4", "grpo.max_completion_length=77"
                ).trainer
                #expect(trainer.configuration.loss.delta == 4)
                #expect(trainer.configuration.loss.maxCompletionLength == 77)
            }
        }

        private static func schedule(
            _ kind: LearningRateSchedule.Kind, _ warmup: Int, _ total: Int
        ) -> LearningRateSchedule {
            LearningRateSchedule(kind: kind, warmupSteps: warmup, totalSteps: total)
        }

        /// Keys with a value, and all that it changes with 40 samples, of which a step has two.
        private static var algorithmKeys:
            [(assignment: String, change: (inout GRPOConfiguration) -> Void)]
        {
            [
                ("seed=7", { $0.seed = 7 }), ("grpo.num_generations=4", { $0.numGenerations = 4 }),
                (
                    "grpo.num_prompts_per_step=9",
                    { ($0.promptsPerStep, $0.schedule) = (9, schedule(.linear, 0, 5)) }
                ),
                (
                    // seven batches of six prompts
                    "grpo.steps_per_generation=3",
                    { ($0.stepsPerGeneration, $0.schedule) = (3, schedule(.linear, 0, 21)) }
                ),
                (
                    "grpo.num_iterations=2",
                    { ($0.numIterations, $0.schedule) = (2, schedule(.linear, 0, 40)) }
                ),
                (
                    "grpo.max_completion_length=77",
                    { ($0.sampling.maxCompletionLength, $0.loss.maxCompletionLength) = (77, 77) }
                ), ("grpo.temperature=0.7", { $0.sampling.temperature = 0.7 }),
                ("grpo.rollout_batch_tokens=99", { $0.rolloutBatchTokens = 99 }),
                ("grpo.micro_batch_tokens=88", { $0.microBatchTokens = 88 }),
                ("grpo.reward_workers=2", { $0.rewardWorkers = 2 }),
                ("grpo.top_k=50", { $0.sampling.topK = 50 }),
                ("grpo.top_p=0.9", { $0.sampling.topP = 0.9 }),
                ("grpo.loss_type=dr_grpo", { $0.loss.lossType = .drGRPO }),
                ("grpo.beta=0.04", { $0.loss.beta = 0.04 }),
                ("grpo.epsilon=0.1", { $0.loss.epsilon = 0.1 }),
                ("grpo.epsilon_high=0.3", { $0.loss.epsilonHigh = 0.3 }),
                ("grpo.delta=4", { $0.loss.delta = 4 }),
                (
                    "grpo.importance_sampling_level=sequence",
                    { $0.loss.importanceSamplingLevel = .sequence }
                ), ("grpo.use_bias_correction_kl=false", { $0.loss.usesBiasCorrectionKL = false }),
                ("grpo.kl_in_reward=true", { $0.klInReward = true }),
                (
                    "grpo.advantage_estimator=leave_one_out",
                    { $0.advantageEstimator = .leaveOneOut }
                ),
                ("grpo.scale_rewards=none", { $0.rewardScale = .none }),
                ("grpo.shuffle_rewards=true", { $0.shufflesRewards = true }),
                ("grpo.mask_truncated_completions=true", { $0.masksTruncatedCompletions = true }),
                ("training.max_steps=5", { $0.schedule = schedule(.linear, 0, 5) }),
                ("training.num_train_epochs=2.5", { $0.schedule = schedule(.linear, 0, 50) }),
                ("training.learning_rate=1e-4", { $0.optimizer.learningRate = 1e-4 }),
                ("training.lr_scheduler_type=cosine", { $0.schedule = schedule(.cosine, 0, 20) }),
                ("training.warmup_steps=3", { $0.schedule = schedule(.linear, 3, 20) }),
                ("training.warmup_ratio=0.25", { $0.schedule = schedule(.linear, 5, 20) }),
                ("training.weight_decay=0.01", { $0.optimizer.weightDecay = 0.01 }),
                ("training.adam_beta1=0.8", { $0.optimizer.beta1 = 0.8 }),
                ("training.adam_beta2=0.99", { $0.optimizer.beta2 = 0.99 }),
                ("training.adam_epsilon=1e-6", { $0.optimizer.epsilon = 1e-6 }),
                ("training.max_grad_norm=0.5", { $0.maxGradientNorm = 0.5 }),
                ("training.max_skipped_steps=0", { $0.maxSkippedSteps = 0 }),
                ("grpo.reward_timeout=5", { $0.rewardTimeout = 5 }),
                ("strict=true", { $0.strict = true }),
            ]
        }

        @Test("Keys of models reach the models")
        func models() throws {
            try withFolder { folder in
                try EmbeddedModels.writePolicy(to: folder + "/policy", seed: 70)
                try EmbeddedModels.writeSegmenter(to: folder + "/segmenter", seed: 80)
                let base = try recipe(folder)
                let other = try recipe(
                    folder, "policy.path=\(folder)/policy", "segmenter.path=\(folder)/segmenter",
                    "policy.freeze=[visual.*]")
                #expect(try first(base.policy.parameters) != first(other.policy.parameters))
                #expect(
                    try first(base.segmenter.segmenter.parameters)
                        != first(other.segmenter.segmenter.parameters))
                for parameter in other.policy.parameters {
                    let isFrozen = parameter.key.hasPrefix("visual.")
                    #expect(parameter.tensor.requiresGradient == !isFrozen, "\(parameter.key)")
                }
                let narrow = try recipe(folder, "policy.dtype=bfloat16", "segmenter.dtype=bfloat16")
                #expect(narrow.policy.parameters.allSatisfy { $0.tensor.dtype == .bfloat16 })
                #expect(
                    narrow.segmenter.segmenter.parameters.allSatisfy {
                        $0.tensor.dtype == .bfloat16
                    })
                #expect(base.policy.parameters.allSatisfy { $0.tensor.dtype == .float32 })
                #expect(!narrow.policy.model.castsHeadToFloat32)
                let cast = try recipe(folder, "policy.cast_lm_head_to_fp32=true")
                #expect(cast.policy.model.castsHeadToFloat32)
            }
        }

        @Test("Keys of prompts and rewards reach template, parser and weights")
        func rewards() throws {
            try withFolder { folder in
                let base = try recipe(folder)
                let other = try recipe(
                    folder, "prompt.variant=box", "prompt.parser=lenient",
                    "rewards={mask_iou: 3, think_answer_format: 0.5}")
                #expect(base.policy.template.variant.name == "box_2points")
                #expect(other.policy.template.variant.name == "box")
                #expect(other.scorer.parser.grammar == other.policy.template.variant.grammar)
                #expect(base.scorer.parser.grammar != other.scorer.parser.grammar)
                #expect(base.scorer.parser.acceptance == .strict)
                #expect(other.scorer.parser.acceptance == .lenient)
                #expect(other.scorer.weights.entries.map(\.weight) == [3, 0.5])
            }
        }

        @Test("Keys of data and the seed reach the examples")
        func data() throws {
            try withFolder { folder in
                var scenes = SynthesisRecipe(output: folder + "/shards", count: 9)
                scenes.scenes.side = 64
                _ = try scenes.run()
                func examples(_ overrides: String...) throws -> [TrainingExample] {
                    let configuration = try RunConfiguration.load(
                        file: folder + "/config.yaml", overrides: overrides)
                    let data = try TrainingData(
                        configuration, dataset: ShardedDataset(paths: configuration.data.train),
                        prompts: nil)
                    return try (0..<8).map { _ in try data.next() }
                }
                _ = try recipe(folder)  // writes the file
                let base = try examples()
                #expect(base.allSatisfy { $0.image.width == 56 })
                #expect(try examples("data.image_size=84").allSatisfy { $0.image.width == 84 })
                let nine = try examples("data.train=\(folder)/shards/train.h5")
                #expect(Set(nine.map(\.id)).count == 8, "eight of nine scenes in one pass")
                #expect(Set(base.map(\.id)).count == 4)
                #expect(try examples("data.question=first").map(\.question) != base.map(\.question))
                #expect(try examples("seed=7").map(\.id) != base.map(\.id))
                // How much is decoded ahead changes nothing that can be seen here.
                for key in ["data.prefetch=9", "data.workers=3"] {
                    #expect(try examples(key).map(\.id) == base.map(\.id))
                }
            }
        }
    }
}

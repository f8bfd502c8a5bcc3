import EndToEndTestSupport
import Evaluating
import Files
import FilesTestSupport
import Foundation
import Imaging
import NN
import NewModels
import Pictures
import Policies
import RLTrainer
import Runs
import Segmentation
import Settings
import Shards
import Testing
import Torch
import Training
import TrainingTestSupport

extension EndToEnd {
    @Suite(.serialized) struct TrainTests {
        let fixture: EndToEndFixture
        /// A finished run of three steps with a checkpoint of each.
        let run: FinishedRun

        init() throws {
            fixture = try EndToEndFixture.shared.get()
            run = try FinishedRun.shared.get()
        }

        @Test("A run leaves configuration, metrics, rollouts and checkpoints, and nothing else")
        func layout() throws {
            let companions = Set(try files(fixture.policy).keys)
            #expect(companions.contains("tokenizer.json"))
            var expected: Set<String> = [
                "config.yaml", "run.json", "metrics.jsonl",
                // A random policy's answers meet nothing.
                "warnings.jsonl",
            ]
            for step in 1...3 {
                expected.insert("rollouts/step-\(step).jsonl")
                expected.insert("checkpoints/step-\(step)/manifest.json")
                expected.insert("checkpoints/step-\(step)/state.json")
                expected.insert("checkpoints/step-\(step)/optimizer.safetensors")
                for name in companions.union(["think2seg.json"]) {
                    expected.insert("checkpoints/step-\(step)/policy/\(name)")
                }
            }
            let events = RunEvents.files(in: run.path)
            #expect(events.count == 1)
            expected.formUnion(events)
            #expect(Set(try files(run.path).keys) == expected)
        }

        @Test("config.yaml reads back equal to what was run")
        func configuration() throws {
            #expect(
                try RunConfiguration.load(file: run.path + "/config.yaml") == run.configuration)
        }

        @Test("run.json tells program, versions, device, threads, workers, seed and command")
        func description() throws {
            let document = try object(contents(run.path + "/run.json"))
            #expect(
                Set(document.keys) == [
                    "program", "version", "libtorch", "device", "threads", "workers", "seed",
                    "command",
                ])
            #expect(document["version"] as? String == Think2Seg.version)
            #expect(document["libtorch"] as? String == TorchRuntime.version)
            #expect(document["seed"] as? Int == run.configuration.seed)
            #expect(document["threads"] as? Int == 2)
            #expect(document["command"] as? [String] == ["think2seg", "train", "a.yaml"])
        }

        @Test("metrics.jsonl has one line per step, with TRL's names")
        func metrics() throws {
            let names: Set = [
                "step", "epoch", "loss", "policy_loss", "grad_norm", "learning_rate", "num_tokens",
                "reward", "reward_std", "rewards/mask_iou/mean", "rewards/mask_iou/std",
                "rewards/sam_json_format/mean", "rewards/sam_json_format/std",
                "rewards/think_answer_format/mean", "rewards/think_answer_format/std",
                "frac_reward_zero_std", "completions/mean_length", "completions/min_length",
                "completions/max_length", "completions/mean_terminated_length",
                "completions/min_terminated_length", "completions/max_terminated_length",
                "completions/clipped_ratio", "parse_failure_rate", "answers/iou",
                "answers/met_target", "answers/empty", "kl", "entropy",
                "clip_ratio/region_mean", "clip_ratio/low_mean", "clip_ratio/low_min",
                "clip_ratio/high_mean", "clip_ratio/high_max",
                "sampling/sampling_logp_difference/mean", "sampling/sampling_logp_difference/max",
                "faults/samples", "faults/rewards", "faults/reward_timeouts", "faults/total",
                "skipped_steps",
                "step_time", "timing_s/data_wait", "timing_s/gen", "timing_s/reward",
                "timing_s/ref", "timing_s/old_log_prob", "timing_s/update_actor",
                "timing_s/optimizer", "timing_s/step", "timing_s/save_checkpoint",
                "timing_s/segmenter_encode", "perf/throughput", "perf/peak_rss_mb",
                "perf/embedding_cache_hit_rate",
            ]
            let lines = try lines(run.path + "/metrics.jsonl").map { try object($0) }
            #expect(lines.map { $0["step"] as? Int } == [1, 2, 3])
            for line in lines {
                #expect(Set(line.keys) == names)
                #expect(line.values.allSatisfy { $0 is NSNumber })
            }
            // Four samples, two prompts a step: the second step ends the first pass.
            #expect(lines.map { $0["epoch"] as? Double } == [0.5, 1, 1.5])
            // The schedule is linear from the peak to 0.
            let rates = lines.compactMap { $0["learning_rate"] as? Double }
            #expect(zip(rates, [1e-2, 2e-2 / 3, 1e-2 / 3]).allSatisfy { abs($0 - $1) < 1e-12 })
        }

        @Test(
            "Each step's rollouts are one line of JSON per completion, and agree with its metrics")
        func rollouts() throws {
            for step in 1...3 {
                let records = try run.rollouts(step)
                #expect(records.count == 3 * 2)
                let counts = Dictionary(grouping: records) { $0["id"] as? String }
                #expect(counts.count == 2 && counts.values.allSatisfy { $0.count == 3 })
                var lengths: [Double] = []
                for record in records {
                    #expect(
                        Set(record.keys).isSuperset(of: [
                            "step", "id", "epoch", "question", "completion", "length",
                            "stop_reason", "prompts", "rewards", "reward", "advantage",
                        ]))
                    #expect(record["step"] as? Int == step)
                    let question = try #require(record["question"] as? String)
                    let prompt = try #require(record["prompt"] as? String)
                    let template = PromptTemplate(.box2Points)
                    #expect(
                        prompt
                            == "<|im_start|>system\n\(template.system)<|im_end|>\n<|im_start|>user\n"
                            + "<|vision_start|><|image_pad|><|vision_end|>"
                            + template.user(question: question)
                            + "<|im_end|>\n<|im_start|>assistant\n")
                    #expect(prompt.contains("\"\(question)\""))
                    let rewards = try #require(record["rewards"] as? [String: Double])
                    #expect(
                        rewards.keys.sorted() == [
                            "mask_iou", "sam_json_format", "think_answer_format",
                        ])
                    lengths.append(try #require(record["length"] as? Double))
                }
                let mean = lengths.reduce(0, +) / Double(lengths.count)
                let metrics = run.metrics[step - 1]
                #expect(abs(mean - (metrics["completions/mean_length"] ?? -1)) < 1e-9)
                #expect(lengths.max() == metrics["completions/max_length"])
            }
        }

        @Test("The sampler and the scorer agree about every token, in every step, with pictures")
        func samplerAgreesWithScorer() throws {
            for metrics in run.metrics {
                let difference = try #require(metrics["sampling/sampling_logp_difference/max"])
                #expect(difference < 1e-4)
                // Exactly 0 would mean that nothing was compared.
                #expect(difference > 0)
            }
        }

        @Test("The divergence from the reference is 0 in the first step, and grows as weights move")
        func divergence() throws {
            #expect(abs(run.metrics[0]["kl"] ?? 1) < 1e-6)
            #expect((run.metrics[1]["kl"] ?? 0) > 1e-6)
            #expect((run.metrics[1]["grad_norm"] ?? 0) > 0)
        }

        @Test("The policy of a checkpoint draws the rollouts of the step after it")
        func checkpointIsThePolicy() throws {
            let policy = try fixture.loadPolicy(run.path + "/checkpoints/step-2/policy")
            let shard = try ShardReader(path: fixture.shard)
            let records = try run.rollouts(3)
            for start in [0, 3] {
                let id = try #require(records[start]["id"] as? String)
                let question = try #require(records[start]["question"] as? String)
                let index = try #require((0..<shard.count).first { shard.id(at: $0) == id })
                let square = try squareSample(shard.sample(at: index), side: 56)
                let completions = try policy.rollout(
                    policy.prompt(image: square.image, question: question),
                    sampling: run.configuration.grpo.sampling,
                    seeds: (0..<3).map {
                        completionSeed(
                            run: UInt64(run.configuration.seed), generation: 2, sample: id,
                            index: $0)
                    })
                let recorded = records[start..<start + 3].map { $0["completion"] as? String }
                #expect(completions.map(\.text) == recorded)
            }
        }

        @Test(
            "The last checkpoint reads, differs from the start, and answers alike when read again")
        func lastCheckpoint() throws {
            let folder = run.path + "/checkpoints/step-3/policy"
            let (one, other) = (try fixture.loadPolicy(folder), try fixture.loadPolicy(folder))
            let start = try fixture.loadPolicy()
            #expect(one.parameters.map(\.key) == start.parameters.map(\.key))
            let moved = try zip(one.parameters, start.parameters)
                .filter { try !$0.tensor.isEqual(to: $1.tensor) }
            #expect(moved.count > one.parameters.count / 2)
            let image = gradientPicture(side: 56, shift: 3)
            let answer = try greedy(one, image, "where?")
            #expect(try greedy(other, image, "where?").tokenIDs == answer.tokenIDs)
            #expect(!answer.tokenIDs.isEmpty)
        }

        @Test("Training leaves the policy that it starts from as it was, to the byte")
        func sourceIsUntouched() throws {
            try withFolder { folder in
                try EmbeddedModels.writePolicy(to: folder, seed: 7)
                #expect(try files(folder) == files(fixture.policy))
            }
        }

        @Test("The same seed gives the same metrics, rollouts and weights, to the byte")
        func sameSeed() throws {
            try withFolder { folder in
                var again = run.configuration
                again.outputDirectory = folder + "/run"
                try train(again)
                let (one, other) = (try files(run.path), try files(folder + "/run"))
                // The clock decides about the names of event files too.
                func names(_ files: [String: Data]) -> [String] {
                    files.keys.filter { !$0.hasPrefix("events.out.tfevents.") }.sorted()
                }
                #expect(names(one) == names(other))
                for name in one.keys.sorted()
                where name.hasPrefix("rollouts/") || name.hasSuffix(".safetensors") {
                    #expect(one[name] == other[name], "\(name)")
                }
                let metrics = try lines(run.path + "/metrics.jsonl").map(withoutClock)
                #expect(metrics == (try lines(folder + "/run/metrics.jsonl").map(withoutClock)))
                // What the clock decides was taken away, and nothing else.
                #expect(metrics[0].components(separatedBy: ", ").count == 53 - 12)
            }
        }

        @Test("Another seed gives other completions")
        func otherSeed() throws {
            try withFolder { folder in
                var other = run.configuration
                other.outputDirectory = folder + "/run"
                other.seed += 1
                other.training.maxSteps = 1
                try train(other)
                let texts = try lines(folder + "/run/rollouts/step-1.jsonl").map {
                    try object($0)["completion"] as? String
                }
                let before = try run.rollouts(1).map { $0["completion"] as? String }
                #expect(Set(texts).isDisjoint(with: Set(before)))
            }
        }

        @Test("A run that is asked to stop ends after the step, with that step as a checkpoint")
        func stops() throws {
            try withFolder { folder in
                var configuration = fixture.configuration(output: folder + "/run")
                configuration.logging.saveSteps = 0
                let recipe = try TrainRecipe(configuration, command: ["test"])
                var done = 0
                try recipe.run(shouldStop: { done == 2 }, onStep: { _ in done += 1 })
                #expect(recipe.stepCount == 2)
                #expect(try lines(folder + "/run/metrics.jsonl").count == 2)
                #expect(recipe.finalPolicy == folder + "/run/checkpoints/step-2/policy")
                #expect(exists(recipe.finalPolicy + "/model.safetensors"))
            }
        }

        @Test(
            "Checkpoints come every save_steps and at the end, and save_total_limit keeps the newest",
            arguments: [
                (0, nil, [3]), (1, nil, [1, 2, 3]), (2, nil, [2, 3]), (1, 2, [2, 3]),
                (1, 1, [3]),
            ] as [(Int, Int?, [Int])])
        func checkpoints(interval: Int, limit: Int?, expected: [Int]) throws {
            try withFolder { folder in
                var configuration = fixture.configuration(output: folder + "/run")
                configuration.grpo.promptsPerStep = 1
                configuration.grpo.numGenerations = 2
                configuration.grpo.sampling.maxCompletionLength = 1
                configuration.logging.saveSteps = interval
                configuration.logging.saveTotalLimit = limit
                configuration.logging.logCompletionsSteps = 2
                try train(configuration)
                let names = try FileManager.default.contentsOfDirectory(
                    atPath: folder + "/run/checkpoints")
                #expect(names.sorted() == expected.map { "step-\($0)" })
                for name in names {
                    #expect(exists(folder + "/run/checkpoints/\(name)/policy/model.safetensors"))
                }
                let rollouts = try FileManager.default.contentsOfDirectory(
                    atPath: folder + "/run/rollouts")
                #expect(rollouts == ["step-2.jsonl"])
            }
        }
    }
}

import NN
import RLTrainer
import Rewards
import Testing
import Torch

@testable import Files

/// The whole loop, with a policy of four numbers.
@Suite struct TrainerTests {
    private struct Run {
        let policy: TablePolicy
        let segmenter = BoxSegmenter()
        let source = CountingSource()
        let trainer: GRPOTrainer<TablePolicy>

        init(
            logits: [Float] = [0, 0, 0, 0], reference: TablePolicy? = nil,
            _ change: (inout GRPOConfiguration) -> Void = { _ in }
        ) throws {
            policy = try TablePolicy(logits: logits)
            var configuration = GRPOConfiguration()
            configuration.numGenerations = 8
            configuration.promptsPerStep = 2
            configuration.sampling.maxCompletionLength = 4
            configuration.loss.lossType = .grpo
            configuration.optimizer.learningRate = 0.1
            configuration.schedule = .init(kind: .constant, warmupSteps: 0, totalSteps: 100)
            change(&configuration)
            trainer = try GRPOTrainer(
                policy: policy, reference: reference, segmenter: segmenter, scorer: Scorer(),
                source: source, configuration: configuration)
        }
    }

    @Test("The policy learns which answer the mask reward favours")
    func learns() throws {
        let run = try Run()
        let first = try run.trainer.step().metrics
        for _ in 0..<29 { _ = try run.trainer.step() }
        let last = try run.trainer.step().metrics
        #expect(try run.policy.table.argmax(0).item() == 1)
        let (before, after) = (try #require(first["reward"]), try #require(last["reward"]))
        #expect(after > before + 0.5 && after > 3.5)
    }

    @Test("A prompt that comes with its example is not made again, and changes no number")
    func readyPrompts() throws {
        func run(_ source: any ExampleSource) throws -> (prompts: Int, table: [Float]) {
            let policy = try TablePolicy()
            var configuration = GRPOConfiguration()
            configuration.promptsPerStep = 2
            configuration.optimizer.learningRate = 0.1
            let trainer = try GRPOTrainer(
                policy: policy, reference: nil, segmenter: BoxSegmenter(), scorer: Scorer(),
                source: source, configuration: configuration)
            for _ in 0..<3 { _ = try trainer.step() }
            return (policy.promptCount, try policy.table.floats)
        }
        let (made, ready) = (try run(CountingSource()), try run(PromptingSource()))
        #expect(made.prompts == 6 && ready.prompts == 0)
        #expect(made.table == ready.table && made.table != [0, 0, 0, 0])
    }

    @Test("The same seed gives the same metrics and parameters, another seed others")
    func deterministic() throws {
        func run(seed: UInt64) throws -> ([StepMetrics.Entry], [Float]) {
            let run = try Run { $0.seed = seed }
            var entries: [StepMetrics.Entry] = []
            for _ in 0..<4 {
                entries += try run.trainer.step().metrics.entries.filter { entry in
                    !["step_time", "timing_s/", "perf/"].contains { entry.name.hasPrefix($0) }
                }
            }
            return (entries, try run.policy.table.floats)
        }
        let (first, second, other) = (try run(seed: 1), try run(seed: 1), try run(seed: 2))
        #expect(first.0 == second.0 && first.1 == second.1)
        #expect(first.0 != other.0 && first.1 != other.1)
    }

    @Test("Metrics carry TRL's names and mean what they say")
    func metrics() throws {
        let run = try Run(logits: [0, 30, 0, 0])
        let report = try run.trainer.step()
        let metrics = report.metrics
        #expect(metrics.step == 1)
        // Every completion is the right answer: IoU 1, both formats.
        let wanted: [String: Double] = [
            "reward": 4, "reward_std": 0, "rewards/mask_iou/mean": 1,
            "rewards/sam_json_format/mean": 1, "rewards/think_answer_format/std": 0,
            "frac_reward_zero_std": 1, "completions/mean_length": 2,
            "completions/clipped_ratio": 0, "completions/max_terminated_length": 2,
            "parse_failure_rate": 0, "answers/iou": 1, "answers/met_target": 1, "answers/empty": 0,
            "learning_rate": 0.1, "grad_norm": 0, "entropy": 0.5,
            "num_tokens": Double(16 * (2 + 3)), "epoch": 0.5, "loss": 0,
            "clip_ratio/region_mean": 0,
        ]
        for (name, value) in wanted { #expect(metrics[name] == value, "\(name)") }
        #expect(metrics["kl"] == nil, "there is no reference")
        #expect(metrics["sampling/sampling_logp_difference/max"] ?? 1 < 1e-6)
        #expect(report.groups.count == 2 && report.isFresh)
    }

    @Test("Answers that cannot be read or were cut are counted as shares of the step's completions")
    func failures() throws {
        let unreadable = try Run(logits: [0, 0, 0, 30]).trainer.step().metrics
        #expect(unreadable["parse_failure_rate"] == 1 && unreadable["reward"] == 0)
        #expect(unreadable["answers/met_target"] == 0 && unreadable["answers/empty"] == 0)
        let run = try Run(logits: [0, 0, 0, 0.5])
        run.policy.isCut = { $0 == 0 }
        let report = try run.trainer.step()
        func counts(_ answer: Int) -> [Int] {
            report.groups.map { $0.completions.filter { $0.tokenIDs[0] == answer }.count }
        }
        func share(_ answer: Int) -> Double { Double(counts(answer).reduce(0, +)) / 16 }
        #expect(Set(counts(3)).count == 2 && counts(3).allSatisfy { 0 < $0 && $0 < 8 })
        #expect(counts(0).contains { 0 < $0 } && share(0) != share(3))
        #expect(report.metrics["parse_failure_rate"] == share(3))
        #expect(report.metrics["rewards/sam_json_format/mean"] == 1 - share(3))
        #expect(report.metrics["completions/clipped_ratio"] == share(0))
        #expect(report.metrics["answers/met_target"] == share(1))
    }

    @Test("The logged reward is the weighted sum of the logged terms")
    func rewardSum() throws {
        let metrics = try Run().trainer.step().metrics
        let means: [Double] = ["mask_iou", "sam_json_format", "think_answer_format"].map {
            metrics["rewards/\($0)/mean"] ?? .nan
        }
        let sum: Double = 2 * means[0] + means[1] + means[2]
        #expect(abs(sum - (metrics["reward"] ?? 0)) < 1e-12)
    }

    @Test("With num_iterations 2 rollouts serve two steps, and old log-probabilities stay")
    func iterations() throws {
        let run = try Run { $0.numIterations = 2 }
        let first = try run.trainer.step()
        let second = try run.trainer.step()
        let third = try run.trainer.step()
        #expect([first.isFresh, second.isFresh, third.isFresh] == [true, false, true])
        #expect(run.policy.rolloutCount == 4 && run.source.count == 4)
        #expect(first.metrics["num_tokens"] == second.metrics["num_tokens"])
        // The second step's policy has moved away from the one that sampled.
        #expect(second.metrics["sampling/sampling_logp_difference/max"] ?? 0 > 1e-3)
        #expect(third.metrics["sampling/sampling_logp_difference/max"] ?? 1 < 1e-5)
    }

    @Test("The divergence is 0 before the first step, grows, and leaves the reference alone")
    func reference() throws {
        let reference = try TablePolicy(trainable: false)
        let run = try Run(reference: reference) { $0.loss.beta = 0.1 }
        #expect(try run.trainer.step().metrics["kl"] == 0)
        for _ in 0..<5 { _ = try run.trainer.step() }
        #expect(try run.trainer.step().metrics["kl"] ?? 0 > 1e-4)
        #expect(try reference.table.floats == [0, 0, 0, 0])
        #expect(throws: TrainingError.self) { try Run { $0.loss.beta = 0.1 } }
    }

    @Test("Truncated completions that are masked teach nothing, and nothing is NaN")
    func truncated() throws {
        let run = try Run {
            $0.sampling.maxCompletionLength = 1
            $0.masksTruncatedCompletions = true
        }
        let metrics = try run.trainer.step().metrics
        #expect(metrics["loss"] == 0 && metrics["grad_norm"] == 0)
        #expect(metrics["completions/clipped_ratio"] == 1)
        #expect(try run.policy.table.floats == [0, 0, 0, 0])
    }

    @Test("A segmenter's failure stops the step; it is never a reward of 0")
    func segmenterFailure() throws {
        let run = try Run()
        run.segmenter.failure = BoxSegmenter.Failure()
        #expect(throws: BoxSegmenter.Failure.self) { try run.trainer.step() }
        #expect(run.trainer.stepCount == 0)
    }

    @Test("The picture is encoded once per group")
    func encodedOnce() throws {
        let run = try Run()
        _ = try run.trainer.step()
        #expect(run.segmenter.encodeCount == 2)
    }

    @Test("A policy without trainable parameters is refused")
    func frozen() throws {
        let policy = try TablePolicy(trainable: false)
        #expect(throws: TrainingError.self) {
            try GRPOTrainer(
                policy: policy, reference: nil, segmenter: BoxSegmenter(), scorer: Scorer(),
                source: CountingSource(), configuration: GRPOConfiguration())
        }
    }

    @Test("A step is one line of JSON, with null for what is not a number")
    func jsonLine() {
        var metrics = StepMetrics(step: 3)
        metrics.append("a", 2)
        metrics.append("b/c", 0.125)
        metrics.append("d", .nan)
        metrics.append("e", 1e-6)
        #expect(metrics.jsonLine == #"{"step": 3, "a": 2, "b/c": 0.125, "d": null, "e": 1e-06}"#)
    }

    @Test("Epochs become optimizer steps by prompts and iterations")
    func stepCount() {
        var configuration = GRPOConfiguration()
        configuration.promptsPerStep = 4
        #expect(configuration.stepCount(epochs: 5, sampleCount: 2371) == 2964)
        configuration.numIterations = 2
        #expect(configuration.stepCount(epochs: 1, sampleCount: 4) == 2)
    }
}

import Foundation
import NN
import Rewards
import TestSupport
import Testing
import Torch

@testable import Files
@testable import RLTrainer

/// Completions from which every reward term abstains.
@Suite struct AbstentionTests {
    struct Run {
        let policy: TablePolicy
        let trainer: GRPOTrainer<TablePolicy>

        /// A run in which answer 2 is judged by nobody, others by their length.
        init(
            scorer: Scorer? = nil, _ change: (inout GRPOConfiguration) -> Void = { _ in }
        ) throws {
            policy = try TablePolicy()
            policy.tail = { [3, 1, 7, 2][$0] }
            policy.entropy = { answer, _ in answer == 2 ? 100 : 0.5 }
            var configuration = GRPOConfiguration()
            configuration.numGenerations = 6
            configuration.promptsPerStep = 2
            configuration.sampling.maxCompletionLength = 9
            configuration.maxGradientNorm = 1e9
            configuration.optimizer.learningRate = 0.3
            configuration.optimizer.beta1 = 0  // the mean of gradients is the last one
            configuration.schedule = .init(kind: .constant, warmupSteps: 0, totalSteps: 100)
            change(&configuration)
            trainer = try GRPOTrainer(
                policy: policy, reference: TablePolicy(logits: [1, 0, 0, -1], trainable: false),
                segmenter: BoxSegmenter(), scorer: scorer ?? Self.scorer(),
                source: CountingSource(),
                configuration: configuration)
        }

        /// A scorer of one term, and of the IoU with weight 0.
        static func scorer(
            _ body: @escaping @Sendable (String) -> Double? = {
                $0 == TablePolicy.answers[2] ? nil : Double($0.count) / 50
            }
        ) throws -> Scorer {
            var registry = RewardRegistry()
            registry.register(AnyReward { body($0.completion) })
            return try Scorer(
                weights: RewardWeights([
                    RewardWeight(term: .maskIoU, weight: 0),
                    RewardWeight(term: RewardTerm(rawValue: "any"), weight: 2),
                ]), registry: registry)
        }

        func gradient() throws -> [Double] {
            try trainer.optimizer.slots[0].expAvg.floats.map(Double.init)
        }
    }

    private typealias Report = StepReport<TablePolicy.Prompt>

    private func answers(_ group: RolloutGroup<TablePolicy.Prompt>) -> [Int] {
        group.completions.map { $0.tokenIDs[0] }
    }

    @Test(
        "What every term abstains from has no advantage, the others have those of a group without it",
        arguments: RewardScale.allCases, AdvantageEstimator.allCases)
    func advantages(scale: RewardScale, estimator: AdvantageEstimator) throws {
        let run = try Run { ($0.rewardScale, $0.advantageEstimator) = (scale, estimator) }
        let groups = try run.trainer.step().groups
        let kept = groups.map { group in
            zip(answers(group), group.rewards).filter { $0.0 != 2 }.map(\.1.total)
        }
        let expected = groupAdvantages(rewards: kept, scale: scale, estimator: estimator)
        for (group, expected) in zip(groups, expected) {
            #expect(answers(group).contains(2) && answers(group).contains { $0 != 2 })
            #expect(group.advantages.compactMap(\.self) == expected)
            #expect(zip(answers(group), group.advantages).allSatisfy { ($0 == 2) == ($1 == nil) })
            #expect(zip(answers(group), group.rewards).allSatisfy { ($0 == 2) == $1.abstains })
        }
    }

    @Test(
        "The gradient is that of a step in which they had not been drawn, in every loss",
        arguments: [LossType.grpo, .bnpo, .drGRPO, .dapo, .cispo, .rloo])
    func gradients(type: LossType) throws {
        let run = try Run { ($0.loss.lossType, $0.loss.epsilonHigh) = (type, 5) }
        let groups = try run.trainer.step().groups
        let lengths = [4.0, 2, 0, 3]
        let tokens = groups.map { answers($0).reduce(0) { $0 + lengths[$1] } }
        var expected = [0.0, 0, 0, 0]
        for (index, group) in groups.enumerated() {
            let kept = zip(answers(group), group.advantages).filter { $0.0 != 2 }
            for (answer, advantage) in kept {
                // Two groups, the mean of each over those that are left.
                let weight =
                    switch type {
                    case .grpo: 1 / (2 * Double(kept.count) * lengths[answer])
                    case .bnpo: 1 / (2 * tokens[index])
                    case .drGRPO: 1 / (2 * Double(kept.count) * 256)
                    case .dapo, .cispo: 1 / (tokens[0] + tokens[1])
                    case .rloo: 1 / (2 * Double(kept.count))
                    }
                let advantage = try #require(advantage)
                for logit in 0..<4 {
                    expected[logit] -= advantage * weight * ((answer == logit ? 1 : 0) - 0.25)
                }
            }
        }
        #expect(agree(try run.gradient(), expected, 1e-6) && abs(expected[1]) > 1e-4, "\(type)")
    }

    @Test(
        "The divergence leaves them out, in the loss and in the reward, and so do all token means")
    func divergence() throws {
        let reference = [1.0, 0, 0, -1].map { $0 - log(exp(1.0) + 2 + exp(-1.0)) }
        for isInReward in [false, true] {
            let run = try Run {
                ($0.loss.beta, $0.klInReward, $0.loss.usesBiasCorrectionKL) = (
                    0.5, isInReward, false
                )
            }
            let report = try run.trainer.step()
            var (sum, tokens) = (0.0, 0.0)
            for group in report.groups {
                for answer in answers(group) where answer != 2 {
                    let difference = reference[answer] - log(0.25)
                    sum += isInReward ? -difference : exp(difference) - difference - 1
                    tokens += [4, 2, 0, 3][answer]
                }
            }
            #expect(abs((report.metrics["kl"] ?? .nan) - sum / tokens) < 1e-6)
            #expect(report.metrics["entropy"] == 0.5)
            #expect(report.metrics["clip_ratio/region_mean"] == 0)
        }
    }

    @Test("Means and deviations leave out what has no value, and the others are counted by term")
    func metrics() throws {
        var registry = RewardRegistry()
        registry.register(AnyReward { $0.completion == TablePolicy.answers[2] ? nil : 3 })
        let scorer = try Scorer(
            weights: RewardWeights([
                RewardWeight(term: .maskIoU, weight: 1),
                RewardWeight(term: RewardTerm(rawValue: "any"), weight: 0),
            ]), registry: registry)
        let weightless = try Run(scorer: scorer).trainer.step()
        let silent = Double(weightless.groups.flatMap(answers).count { $0 == 2 })
        #expect(weightless.metrics["rewards/any/abstained"] == silent && silent > 0)
        #expect(weightless.metrics["rewards/any/mean"] == 3)
        #expect(weightless.metrics["rewards/any/std"] == 0)
        #expect(weightless.metrics["completions/without_reward"] == 0)
        #expect(weightless.groups.allSatisfy { !$0.advantages.contains(nil) })
        #expect(weightless.metrics["rewards/mask_iou/abstained"] == nil)

        let report = try Run().trainer.step()
        let kept = report.groups.flatMap(\.rewards).compactMap(\.reward)
        #expect(report.metrics["completions/without_reward"] == Double(12 - kept.count))
        #expect(report.metrics["rewards/any/abstained"] == Double(12 - kept.count))
        #expect(report.metrics["reward"] == mean(kept))
        #expect(report.metrics["reward_std"] == deviation(kept))
        // The term of weight 0 has a value for all.
        let ious = report.groups.flatMap(\.rewards).compactMap { $0[.maskIoU] }
        #expect(ious.count == 12 && report.metrics["rewards/mask_iou/mean"] == mean(ious))
        #expect(report.metrics.entries.allSatisfy { $0.value.isFinite } && report.faults.isEmpty)

        // Runs none of whose terms may abstain have no such numbers.
        let plain = try Run(scorer: Scorer()).trainer.step().metrics
        #expect(!plain.entries.contains { $0.name.hasSuffix("abstained") })
        #expect(plain["completions/without_reward"] == nil)
    }

    @Test(
        "A group with fewer than two rewards has advantages of 0, and one with none takes no part")
    func fewRewards() throws {
        let run = try Run(
            scorer: Run.scorer { $0 == TablePolicy.answers[0] ? 1 : nil }
        ) { ($0.promptsPerStep, $0.numGenerations) = (8, 2) }
        let report = try run.trainer.step()
        for group in report.groups {
            #expect(group.learns == answers(group).contains(0))
            #expect(group.advantages == answers(group).map { $0 == 0 ? 0 : nil })
        }
        #expect(report.groups.contains(where: \.learns) && report.groups.contains { !$0.learns })
        #expect(report.hasLearned && report.metrics["loss"] == 0)
        #expect(report.metrics.entries.allSatisfy { $0.value.isFinite })
    }

    @Test(
        "A step from which everything abstains changes nothing, is no fault, and the next one learns",
        arguments: [1, 2])
    func emptyStep(workers: Int) throws {
        let gate = Gate()
        let run = try Run(
            scorer: Run.scorer { gate.isShut ? nil : Double($0.count) / 50 }
        ) { ($0.workers, $0.strict, $0.maxSkippedSteps) = (workers, true, 0) }
        func state() throws -> [[Float]] {
            let slot = run.trainer.optimizer.slots[0]
            return [try run.policy.table.floats, try slot.expAvg.floats, try slot.expAvgSq.floats]
        }
        _ = try run.trainer.step()
        gate.isShut = true
        let before = try state()
        let report = try run.trainer.step()
        #expect(try state() == before)
        #expect(!report.hasLearned && report.faults.isEmpty)
        let metrics = report.metrics
        #expect(metrics.step == 2 && metrics["completions/without_reward"] == 12)
        #expect(metrics["skipped_steps"] == 0 && metrics["faults/total"] == 0)
        for name in ["loss", "policy_loss", "grad_norm", "reward", "reward_std", "entropy"] {
            #expect(metrics[name]?.isNaN == true, "\(name)")
        }
        #expect(metrics.jsonLine.contains("\"loss\": null") && !metrics.jsonLine.contains("nan"))
        gate.isShut = false
        let next = try run.trainer.step()
        #expect(next.hasLearned && next.metrics["loss"]?.isFinite == true)
        #expect(try state() != before)
    }

    /// Whether a term abstains from everything.
    private final class Gate: @unchecked Sendable {
        private let lock = NSLock()
        private var shut = false
        var isShut: Bool {
            get { lock.withLock { shut } }
            set { lock.withLock { shut = newValue } }
        }
    }

    @Test("Where rewards change places the place that gets none takes no part, and as many do")
    func shuffled() throws {
        let run = try Run { $0.shufflesRewards = true }
        for group in try run.trainer.step().groups {
            #expect(group.advantages.count { $0 == nil } == answers(group).count { $0 == 2 })
        }
    }

    @Test(
        "Completions that were cut and masked stay in means over completions, abstained ones do not"
    )
    func truncated() throws {
        let run = try Run {
            $0.masksTruncatedCompletions = true
            $0.loss.lossType = .grpo
        }
        run.policy.isCut = { $0 == 1 }
        let groups = try run.trainer.step().groups
        var expected = [0.0, 0, 0, 0]
        for group in groups {
            let kept = zip(answers(group), group.everyAdvantage).filter { $0.0 != 2 }
            for (answer, advantage) in kept where answer != 1 {
                for logit in 0..<4 {
                    expected[logit] -=
                        advantage * ((answer == logit ? 1 : 0) - 0.25)
                        / (2 * Double(kept.count) * [4.0, 2, 0, 3][answer])
                }
            }
        }
        #expect(agree(try run.gradient(), expected, 1e-6))
    }

    @Test(
        "A run in the middle of a batch is continued to the bit",
        arguments: [(1, false), (2, false), (1, true)])
    func resumed(workers: Int, klInReward: Bool) throws {
        func run() throws -> Run {
            try Run {
                ($0.stepsPerGeneration, $0.numIterations, $0.workers) = (2, 2, workers)
                ($0.loss.beta, $0.klInReward) = (0.1, klInReward)
            }
        }
        func numbers(_ run: Run) throws -> [String] {
            let clock = ["step_time", "timing_s/", "perf/"]
            return try run.trainer.step().metrics.entries
                .filter { entry in !clock.contains { entry.name.hasPrefix($0) } }
                .map { "\($0.name) \($0.value)" }
        }
        try withTemporaryFolder { folder in
            let (whole, again) = (try run(), try run())
            _ = try numbers(whole)
            let encoder = JSONEncoder()
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            let decoder = JSONDecoder()
            decoder.nonConformingFloatDecodingStrategy = .convertFromString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            let state = try encoder.encode(whole.trainer.save(to: folder))
            try withoutGradients {
                try again.policy.table.copyInPlace(from: whole.policy.table)
            }
            try again.trainer.restore(
                decoder.decode(TrainerState.self, from: state), from: folder)
            for _ in 0..<5 { #expect(try numbers(again) == numbers(whole)) }
            #expect(try again.policy.table.floats == whole.policy.table.floats)
        }
    }
}

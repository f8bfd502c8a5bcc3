import Foundation
import NN
import Rewards
import Testing
import Torch

@testable import Files
@testable import RLTrainer

/// Batches of rollouts that serve several optimizer steps.
@Suite struct GenerationBatchTests {
    private struct Run {
        let policy: TablePolicy
        let source = CountingSource()
        let trainer: GRPOTrainer<TablePolicy>

        /// Answers of different lengths; the right one is long.
        init(
            logits: [Float] = [0, 0, 0, 0], reference: TablePolicy? = nil,
            _ change: (inout GRPOConfiguration) -> Void = { _ in }
        ) throws {
            policy = try TablePolicy(logits: logits)
            for policy in [policy, reference] { policy?.tail = { [3, 5, 1, 2][$0] } }
            var configuration = GRPOConfiguration()
            configuration.numGenerations = 8
            configuration.promptsPerStep = 2
            configuration.sampling.maxCompletionLength = 9
            configuration.loss.lossType = .grpo
            configuration.optimizer.learningRate = 0.1
            configuration.schedule = .init(kind: .constant, warmupSteps: 0, totalSteps: 100)
            change(&configuration)
            trainer = try GRPOTrainer(
                policy: policy, reference: reference, segmenter: BoxSegmenter(), scorer: Scorer(),
                source: source, configuration: configuration)
        }

        func steps(_ count: Int) throws -> [StepReport<TablePolicy.Prompt>] {
            try (0..<count).map { _ in try trainer.step() }
        }
    }

    private func ids(_ report: StepReport<TablePolicy.Prompt>) -> [String] {
        report.groups.map(\.example.id)
    }

    @Test("Prompts of several steps are drawn at once, used in turn, and then all once more")
    func order() throws {
        let run = try Run {
            $0.stepsPerGeneration = 2
            $0.numIterations = 2
        }
        var reports: [StepReport<TablePolicy.Prompt>] = []
        var drawn: [Int] = []
        for _ in 0..<5 {
            reports.append(try run.trainer.step())
            drawn.append(run.policy.rolloutCount)
        }
        #expect(drawn == [4, 4, 4, 4, 8] && run.source.count == 8)
        let (first, second) = (["sample-0", "sample-1"], ["sample-2", "sample-3"])
        #expect(reports.map(ids) == [first, second, first, second, first])
        #expect(reports.map(\.isFresh) == [true, true, false, false, true])
        #expect(reports.allSatisfy { $0.groups.allSatisfy { $0.completions.count == 8 } })
        for (again, before) in [(2, 0), (3, 1)] {
            let tokens = [again, before].map {
                reports[$0].groups.map { $0.completions.map(\.tokenIDs) }
            }
            #expect(tokens[0] == tokens[1])
        }
        // Four prompts are an epoch; each step is a quarter of the two passes over them.
        #expect(reports.map { $0.metrics["epoch"] } == [0.25, 0.5, 0.75, 1, 1.25])
        let tokens = reports.map { $0.metrics["num_tokens"] }
        #expect(Set(tokens.prefix(4)).count == 1 && tokens[4] ?? 0 > tokens[3] ?? 0)
    }

    @Test("Steps, epochs and completions follow from the configuration, nothing is counted twice")
    func counts() {
        var configuration = GRPOConfiguration()
        configuration.promptsPerStep = 4
        configuration.stepsPerGeneration = 3
        configuration.numIterations = 2
        #expect(configuration.promptsPerGeneration == 12 && configuration.stepsPerBatch == 6)
        // 24 samples are two batches of rollouts, 25 are three.
        #expect(configuration.stepCount(epochs: 1, sampleCount: 24) == 12)
        #expect(configuration.stepCount(epochs: 1, sampleCount: 25) == 18)
        #expect(configuration.epochs(steps: 12, epochLength: 24) == 1)
    }

    @Test("A step that shares its rollouts' batch weighs tokens as one that stands alone")
    func tokenNormaliser() throws {
        for type in LossType.allCases {
            func first(_ stepsPerGeneration: Int) throws -> (Double?, [Float]) {
                let run = try Run {
                    $0.loss.lossType = type
                    $0.loss.epsilonHigh = 1.5
                    $0.stepsPerGeneration = stepsPerGeneration
                }
                let report = try run.trainer.step()
                return (report.metrics["grad_norm"], try run.policy.table.floats)
            }
            let (alone, shared) = (try first(1), try first(2))
            #expect(alone.0 == shared.0 && alone.1 == shared.1, "\(type)")
            #expect(alone.0 ?? 0 > 0)
        }
    }

    @Test("Old log-probabilities are those of drawing, in every step and pass that use them")
    func oldLogProbabilities() throws {
        let run = try Run {
            $0.stepsPerGeneration = 2
            $0.numIterations = 2
        }
        func log() throws -> [Double] {
            try run.policy.table.to(.float64).logSoftmax(0).values(Double.self)
        }
        let old = try log()
        for step in 1...4 {
            let current = try log()
            let report = try run.trainer.step()
            // The first token is the answer; the ones after it always have log-probability 0.
            let losses = report.groups.map { group in
                let rows = zip(group.completions, group.everyAdvantage).map {
                    completion, advantage in
                    let answer = completion.tokenIDs[0]
                    let ratio = exp(current[answer] - old[answer])
                    let clipped = min(max(ratio, 0.8), 1.2)
                    let rest = Double(completion.tokenIDs.count - 1)
                    return -(min(ratio * advantage, clipped * advantage) + rest * advantage)
                        / (rest + 1)
                }
                return rows.reduce(0, +) / Double(rows.count)
            }
            let expected = losses.reduce(0, +) / 2
            // float32 log-probabilities
            #expect(abs((report.metrics["loss"] ?? .nan) - expected) < 1e-6, "step \(step)")
        }
        // Scored at drawing: the second step's groups. In updates: two groups in each of four steps.
        #expect(run.policy.scoreCount == 2 + 8)
    }

    @Test("The deviation of batch is that of all rollouts drawn at once")
    func batchScale() throws {
        let run = try Run {
            $0.rewardScale = .batch
            $0.stepsPerGeneration = 2
        }
        let groups = try run.steps(2).flatMap(\.groups)
        let rewards = groups.map { $0.rewards.map(\.total) }
        #expect(groups.map(\.advantages) == groupAdvantages(rewards: rewards, scale: .batch))
    }

    @Test("Reference scores belong to their own group, also when several steps share a batch")
    func referenceOfTheGroup() throws {
        // Answers of different probabilities: other completions' scores are other numbers,
        // in arrays of one shape.
        let logits: [Float] = [1, 0.5, 0, -1]
        let run = try Run(logits: logits, reference: TablePolicy(logits: logits, trainable: false))
        {
            $0.loss.beta = 0.1
            $0.stepsPerGeneration = 2
            $0.numIterations = 2
            $0.optimizer.learningRate = 0
        }
        run.policy.tail = { _ in 1 }
        let reports = try run.steps(4)
        let answers = reports.prefix(2).flatMap(\.groups).map {
            $0.completions.map { $0.tokenIDs[0] }
        }
        #expect(Set(answers).count == 4)
        for report in reports { #expect(report.metrics["kl"] == 0) }
    }

    @Test("With shuffle_rewards advantages are those of permuted rewards; what is logged is not")
    func shuffledRewards() throws {
        func reports(_ shuffles: Bool, seed: UInt64 = 42) throws
            -> [StepReport<TablePolicy.Prompt>]
        {
            try Run {
                $0.shufflesRewards = shuffles
                $0.seed = seed
                $0.stepsPerGeneration = 2
                $0.optimizer.learningRate = 0
            }.steps(6)
        }
        let (control, plain) = (try reports(true), try reports(false))
        var moved = 0
        var orders: Set<[Double]> = []
        for (report, other) in zip(control, plain) {
            #expect(report.metrics["reward"] == other.metrics["reward"])
            #expect(
                report.metrics["rewards/mask_iou/mean"] == other.metrics["rewards/mask_iou/mean"])
            for (group, before) in zip(report.groups, other.groups) {
                #expect(group.completions.map(\.tokenIDs) == before.completions.map(\.tokenIDs))
                #expect(group.rewards.map(\.total) == before.rewards.map(\.total))
                #expect(group.everyAdvantage.sorted() == before.everyAdvantage.sorted())
                if group.advantages != before.advantages { moved += 1 }
                // Of numbers without repetition the order tells the permutation.
                orders.insert(
                    RLTrainer.shuffledRewards(
                        (0..<8).map(Double.init), run: 42,
                        generation: (report.metrics.step - 1) / 2,
                        sample: group.example.id))
            }
        }
        #expect(moved > 8, "of twelve groups, whose answers are four")
        #expect(orders.count == 12, "each group of each batch has an order of its own")
        let again = try reports(true)
        #expect(
            again.flatMap(\.groups).map(\.advantages)
                == control.flatMap(\.groups).map(\.advantages))
    }

    @Test("A policy that would learn its answer in 30 steps learns nothing from shuffled rewards")
    func shuffledControl() throws {
        func share(_ shuffles: Bool) throws -> Float {
            let run = try Run { $0.shufflesRewards = shuffles }
            _ = try run.steps(30)
            return try run.policy.table.softmax(0).floats[1]
        }
        #expect(try share(false) > 0.8)
        #expect(try share(true) < 0.5)
    }

    @Test("With kl_in_reward the divergence lowers rewards, is logged, and leaves the loss alone")
    func divergenceInReward() throws {
        let logits: [Float] = [1, 0.5, 0, -1]
        let run = try Run(reference: TablePolicy(logits: logits, trainable: false)) {
            $0.loss.lossType = .rloo
            $0.loss.beta = 0.5
            $0.klInReward = true
            $0.advantageEstimator = .leaveOneOut
            $0.rewardScale = .none
        }
        let reference = try Tensor.of(logits).logSoftmax(0).values(Double.self)
        for _ in 0..<2 {
            let current = try run.policy.table.logSoftmax(0).values(Double.self)
            let report = try run.trainer.step()
            var (divergence, tokens) = (0.0, 0)
            for group in report.groups {
                let sums = group.completions.map {
                    current[$0.tokenIDs[0]] - reference[$0.tokenIDs[0]]
                }
                let returns = zip(group.rewards, sums).map { $0.total - 0.5 * $1 }
                let expected = groupAdvantages(
                    rewards: [returns], scale: .none, estimator: .leaveOneOut)[0]
                #expect(zip(group.everyAdvantage, expected).allSatisfy { abs($0 - $1) < 1e-6 })
                divergence += sums.reduce(0, +)
                tokens += group.completions.reduce(0) { $0 + $1.tokenIDs.count }
            }
            let kl = try #require(report.metrics["kl"])
            #expect(abs(kl - divergence / Double(tokens)) < 1e-6)
            // On-policy, the mean of advantages that add up to 0.
            #expect(abs(report.metrics["loss"] ?? 1) < 1e-6)
            #expect(
                report.metrics["reward"] == mean(report.groups.flatMap { $0.rewards.map(\.total) }))
        }
        let unweighted = try Run { $0.klInReward = true }.trainer.step()
        #expect(unweighted.metrics["kl"] == nil, "kl_in_reward does nothing without beta")
        #expect(throws: TrainingError.self) {
            try Run(reference: TablePolicy(trainable: false)) {
                $0.loss.lossType = .rloo
                $0.loss.beta = 0.5
            }
        }
    }
}

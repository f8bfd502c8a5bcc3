import NN
import Rewards
import Testing
import Torch

@testable import Files
@testable import RLTrainer

/// Rewards whose mean, deviation or advantages are beyond all numbers.
@Suite struct RewardOverflowTests {
    private typealias Report = StepReport<TablePolicy.Prompt>

    /// A step in which answer 2 is worth `value`, and others their length over 50.
    private func step(
        worth value: @escaping @Sendable (String) -> Double, weight: Double = 1,
        _ change: (inout GRPOConfiguration) -> Void = { _ in }
    ) throws -> Report {
        try trainer(worth: value, weight: weight, change).step()
    }

    private func trainer(
        worth value: @escaping @Sendable (String) -> Double, weight: Double = 1,
        _ change: (inout GRPOConfiguration) -> Void = { _ in }
    ) throws -> GRPOTrainer<TablePolicy> {
        var configuration = GRPOConfiguration()
        configuration.numGenerations = 8
        configuration.promptsPerStep = 2
        configuration.sampling.maxCompletionLength = 9
        configuration.optimizer.learningRate = 0.3
        change(&configuration)
        var registry = RewardRegistry()
        registry.register(AnyReward { value($0.completion) })
        let scorer = try Scorer(
            weights: RewardWeights([
                RewardWeight(term: .maskIoU, weight: 1),
                RewardWeight(term: RewardTerm(rawValue: "any"), weight: weight),
            ]), registry: registry)
        return try GRPOTrainer(
            policy: TablePolicy(), reference: TablePolicy(logits: [1, 0, 0, -1], trainable: false),
            segmenter: BoxSegmenter(), scorer: scorer, source: CountingSource(),
            configuration: configuration)
    }

    /// What ordinary answers are worth.
    private static func usual(_ completion: String) -> Double { Double(completion.count) / 50 }

    private static func worth(_ value: Double) -> @Sendable (String) -> Double {
        { $0 == TablePolicy.answers[2] ? value : usual($0) }
    }

    private func isHuge(_ group: RolloutGroup<TablePolicy.Prompt>) -> [Bool] {
        group.completions.map { $0.text == TablePolicy.answers[2] }
    }

    /// Whether all of a step's numbers are finite, and answer 2's completions are its only faults.
    private func expectFaults(
        _ report: Report, _ message: String, scale: RewardScale,
        estimator: AdvantageEstimator = .groupMean
    ) {
        let huge = report.groups.map(isHuge)
        #expect(huge.joined().contains(true) && huge.joined().contains(false))
        #expect(report.faults.count == huge.joined().count(where: \.self))
        for fault in report.faults {
            #expect(fault.kind == .reward && fault.description.contains(message), "\(fault)")
        }
        let kept = zip(report.groups, huge).map { group, huge in
            zip(group.rewards, huge).filter { !$0.1 }.map(\.0.total)
        }
        let expected = groupAdvantages(rewards: kept, scale: scale, estimator: estimator)
        for (index, group) in report.groups.enumerated() {
            let places = huge[index].indices.filter { !huge[index][$0] }
            #expect(places.map { group.advantages[$0] } == expected[index])
            for place in huge[index].indices where huge[index][place] {
                #expect(group.advantages[place] == 0)
                #expect(group.rewards[place].total.isNaN && group.rewards[place].fault != nil)
            }
        }
        for name in ["reward", "reward_std", "loss", "grad_norm", "rewards/any/mean"] {
            #expect(report.metrics[name]?.isFinite == true, "\(name)")
        }
        #expect(report.metrics["faults/rewards"] == Double(report.faults.count))
    }

    @Test(
        "A finite number whose group has no finite mean or deviation is its completion's fault",
        arguments: RewardScale.allCases, [1e200, 1e308, -1e308])
    func groups(scale: RewardScale, value: Double) throws {
        for estimator in AdvantageEstimator.allCases {
            let report = try step(worth: Self.worth(value)) {
                $0.rewardScale = scale
                $0.advantageEstimator = estimator
            }
            expectFaults(
                report, "the reward term 'any' is \(value): the ", scale: scale,
                estimator: estimator)
        }
    }

    @Test("A number that its weight makes infinite is its completion's fault, by the term's name")
    func weights() throws {
        let report = try step(worth: Self.worth(1e308), weight: 2)
        expectFaults(
            report,
            "the reward term 'any' is 1e+308 with a weight of 2.0: "
                + "the weighted sum of the reward terms is inf", scale: .group)
    }

    @Test(
        "An advantage that no float32 holds is its completion's fault, in every loss",
        arguments: [LossType.grpo, .bnpo, .drGRPO, .dapo, .cispo, .rloo])
    func advantages(loss: LossType) throws {
        let report = try step(worth: Self.worth(1e40)) {
            $0.rewardScale = .none
            $0.loss.lossType = loss
        }
        expectFaults(
            report, "'any' is 1e+40: an advantage in its group is not finite", scale: .none)
        // Divided by a deviation it is an advantage like others.
        #expect(try step(worth: Self.worth(1e40)).faults.isEmpty)
    }

    @Test("Of several huge numbers the largest go first, and no more than must")
    func largestFirst() throws {
        let values = [1e300, 1e140, 5, 1]
        let report = try step(worth: { completion in
            TablePolicy.answers.firstIndex(of: completion).map { values[$0] } ?? 0
        })
        for group in report.groups {
            for (completion, reward) in zip(group.completions, group.rewards) {
                #expect((reward.fault != nil) == (completion.tokenIDs[0] == 0))
            }
        }
        #expect(report.groups.allSatisfy { $0.everyAdvantage.allSatisfy { $0.isFinite } })
    }

    @Test("Equal huge rewards are no fault while their mean is a number")
    func flat() throws {
        for count in 5...8 {
            let report = try step(worth: { _ in 1e200 }) { $0.numGenerations = count }
            #expect(report.faults.isEmpty && report.metrics["reward_std"] == 0)
            #expect(report.groups.allSatisfy { $0.advantages.allSatisfy { $0 == 0 } })
        }
        #expect(report(worth: 1e308).contains("none of the 16 completions"))
        #expect(report(worth: 1e308).contains("'any' is 1e+308: the mean of its group's rewards"))
    }

    private func report(worth value: Double) -> String {
        do {
            _ = try step(worth: { _ in value })
            return ""
        } catch { return "\(error)" }
    }

    @Test("Where rewards change places the fault is that of the completion that earned it")
    func shuffled() throws {
        let report = try step(worth: Self.worth(1e308)) { $0.shufflesRewards = true }
        for group in report.groups {
            #expect(zip(group.rewards, isHuge(group)).allSatisfy { ($0.fault != nil) == $1 })
            #expect(group.everyAdvantage.allSatisfy { $0.isFinite })
        }
    }

    @Test("A divergence that makes a reward infinite is its completion's fault, by its name")
    func divergence() throws {
        let error = try #require(throws: TrainingError.self) {
            _ = try step(worth: Self.usual) {
                $0.klInReward = true
                $0.loss.beta = 1e308
            }
        }
        #expect(error.description.contains("the divergence from the reference takes "))
    }

    @Test("The same number stops a strict run, with sample, completion and term")
    func strict() throws {
        let error = try #require(throws: TrainingError.self) {
            _ = try step(worth: Self.worth(1e308)) { $0.strict = true }
        }
        #expect(error.description.hasPrefix("sample sample-0, completion "))
        #expect(error.description.contains("the reward term 'any' is 1e+308"))
    }

    @Test("A state in the middle of a batch with such a fault is saved and continued")
    func saved() throws {
        let run = try trainer(worth: Self.worth(1e308)) { $0.stepsPerGeneration = 2 }
        _ = try run.step()
        let batch = try #require(try run.snapshot().state.batch)
        for group in batch.groups {
            #expect(group.advantages.allSatisfy { $0?.isFinite == true })
            #expect(group.answers.allSatisfy { ($0.fault != nil) == ($0.reward?.isNaN == true) })
        }
    }
}

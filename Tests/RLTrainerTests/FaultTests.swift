import Foundation
import NN
import Rewards
import Synchronization
import TestSupport
import Testing
import Torch

@testable import Files
@testable import RLTrainer

/// Samples and rewards that something is wrong with.
@Suite struct FaultTests {
    private struct Run {
        let policy: TablePolicy
        let source: FaultySource
        let trainer: GRPOTrainer<TablePolicy>

        init(
            bad: Set<String> = [], scorer: Scorer? = nil,
            _ change: (inout GRPOConfiguration) -> Void = { _ in }
        ) throws {
            policy = try TablePolicy()
            source = FaultySource(bad: bad)
            var configuration = GRPOConfiguration()
            configuration.numGenerations = 6
            configuration.promptsPerStep = 2
            configuration.sampling.maxCompletionLength = 9
            configuration.optimizer.learningRate = 0.3
            configuration.schedule = .init(kind: .constant, warmupSteps: 0, totalSteps: 100)
            change(&configuration)
            trainer = try GRPOTrainer(
                policy: policy, reference: TablePolicy(logits: [1, 0, 0, -1], trainable: false),
                segmenter: BoxSegmenter(), scorer: scorer ?? Scorer(), source: source,
                configuration: configuration)
        }
    }

    private typealias Report = StepReport<TablePolicy.Prompt>

    private func ids(_ report: Report) -> [String] { report.groups.map(\.example.id) }

    private func counts(_ report: Report) -> [Double?] {
        ["samples", "rewards", "reward_timeouts", "total"].map { report.metrics["faults/\($0)"] }
    }

    // MARK: - Samples

    @Test("A sample that cannot be used is left out, and the next one in the order takes its place")
    func badSample() throws {
        let run = try Run(bad: ["sample-1"])
        let first = try run.trainer.step()
        #expect(ids(first) == ["sample-0", "sample-2"])
        #expect(
            first.faults == [
                Fault(
                    kind: .sample, sampleIDs: ["sample-1"], completion: nil,
                    description: "sample sample-1 cannot be used: the picture is torn")
            ])
        #expect(counts(first) == [1, 0, 0, 1])
        let second = try run.trainer.step()
        #expect(ids(second) == ["sample-3", "sample-0"] && second.faults.isEmpty)
        #expect(counts(second) == [0, 0, 0, 1])
        let third = try run.trainer.step()
        #expect(ids(third) == ["sample-2", "sample-3"] && counts(third) == [1, 0, 0, 2])
        #expect(third.groups.map(\.example.epoch) == [1, 1])
    }

    @Test("The answers and rewards beside a sample that was left out are those without it")
    func neighbours() throws {
        let with = try Run(bad: ["sample-1"]).trainer.step().groups[0]
        let without = try Run().trainer.step().groups[0]
        #expect(with.completions.map(\.tokenIDs) == without.completions.map(\.tokenIDs))
        #expect(with.advantages == without.advantages)
    }

    @Test(
        "What is wrong in a batch of rollouts is reported by the step that draws it, and only there"
    )
    func reportedOnce() throws {
        let run = try Run(bad: ["sample-1"]) { ($0.stepsPerGeneration, $0.numIterations) = (2, 2) }
        let reports = try (0..<5).map { _ in try run.trainer.step() }
        #expect(reports.map(\.faults.count) == [1, 0, 0, 0, 2])
        #expect(reports.map { $0.metrics["faults/total"] } == [1, 1, 1, 1, 3])
    }

    @Test("When no sample can be used the run stops and says why, instead of looking on for ever")
    func allBad() throws {
        let run = try Run(bad: ["sample-0", "sample-1", "sample-2", "sample-3"])
        let error = try #require(throws: TrainingError.self) { try run.trainer.step() }
        #expect(
            error.description
                == "none of the 4 samples can be used; the last one: sample sample-3 cannot be used: "
                + "the picture is torn")
        // Bad ones at the end of a pass and at the start of the next are not all there are.
        let report = try Run(bad: ["sample-0", "sample-2", "sample-3"]).trainer.step()
        #expect(ids(report) == ["sample-1", "sample-1"] && report.faults.count == 4)
    }

    @Test("An error that is not about one sample stops the run")
    func infrastructure() throws {
        let run = try Run()
        run.source.failure = RewardRefusal()
        #expect(throws: RewardRefusal.self) { try run.trainer.step() }
        #expect(run.trainer.stepCount == 0 && run.trainer.faultCounts == FaultCounts())
    }

    // MARK: - Rewards

    /// Answer 2 has no reward; the others have the IoU and half their length.
    private func scorer(_ fail: @escaping @Sendable () throws -> Double) throws -> Scorer {
        try AnyReward.scorer {
            $0.completion == TablePolicy.answers[2] ? try fail() : Double($0.completion.count) / 50
        }
    }

    @Test(
        "A completion without a reward has advantage 0, the others have those of a group without it",
        arguments: RewardScale.allCases)
    func badReward(scale: RewardScale) throws {
        let clock = TestClock()
        let failures: [(Fault.Kind, @Sendable () throws -> Double)] = [
            (.reward, { throw RewardRefusal() }), (.reward, { .nan }),
            (
                .rewardTimeout,
                {
                    clock.pass(0.25)
                    while !Thread.current.isCancelled { Thread.sleep(forTimeInterval: 0.001) }
                    return 1
                }
            ),
        ]
        for (kind, fail) in failures {
            var scorer = try scorer(fail)
            scorer.now = clock.now
            let run = try Run(scorer: scorer) {
                $0.rewardScale = scale
                $0.rewardTimeout = 0.25
                $0.numGenerations = 4
            }
            let report = try run.trainer.step()
            let faulty = report.groups.map { $0.completions.map { $0.tokenIDs[0] == 2 } }
            #expect(faulty.joined().contains(true) && faulty.joined().contains(false))
            let kept = zip(report.groups, faulty).map { group, faulty in
                zip(group.rewards, faulty).filter { !$0.1 }.map(\.0.total)
            }
            let expected = groupAdvantages(rewards: kept, scale: scale)
            for (index, group) in report.groups.enumerated() {
                let places = faulty[index].indices.filter { !faulty[index][$0] }
                #expect(places.map { group.advantages[$0] } == expected[index])
                for place in faulty[index].indices where faulty[index][place] {
                    #expect(group.advantages[place] == 0)
                    #expect(
                        report.faults.contains {
                            $0.kind == kind && $0.sampleIDs == [group.example.id]
                                && $0.completion == place
                                && $0.description.hasPrefix(
                                    "sample \(group.example.id), completion \(place): the reward term "
                                        + "'any'")
                        })
                }
            }
            let count = Double(faulty.joined().count { $0 })
            let late = kind == .rewardTimeout ? count : 0
            #expect(report.faults.count == Int(count))
            #expect(counts(report) == [0, count, late, count])
        }
    }

    @Test("Completions without a reward are in no mean of rewards, and in no share of flat groups")
    func means() throws {
        let run = try Run(scorer: scorer { .nan })
        let report = try run.trainer.step()
        let rewards = report.groups.flatMap(\.rewards).filter { $0.fault == nil }
        #expect((1..<12).contains(rewards.count))
        #expect(report.metrics["reward"] == mean(rewards.map(\.total)))
        #expect(report.metrics["reward_std"] == deviation(rewards.map(\.total)))
        for (index, term) in ["mask_iou", "any"].enumerated() {
            let values = rewards.compactMap { $0.terms[index].value }
            #expect(report.metrics["rewards/\(term)/mean"] == mean(values))
            #expect(report.metrics["rewards/\(term)/std"] == deviation(values))
        }
        #expect(report.metrics.entries.allSatisfy { $0.value.isFinite })
        // All that have a reward have the same one.
        let flat = try Run(
            scorer: AnyReward.scorer {
                $0.completion == TablePolicy.answers[2] ? .nan : -2 * $0.iou
            })
        #expect(try flat.trainer.step().metrics["frac_reward_zero_std"] == 1)
    }

    @Test("A group without any reward has advantages 0, and others learn as if it were not there")
    func badGroup() throws {
        let calls = Mutex(0)
        let run = try Run(
            scorer: AnyReward.scorer { context in
                let call = calls.withLock { count in
                    count += 1
                    return count
                }
                if call <= 6 { throw RewardRefusal() }
                return Double(context.completion.count)
            })
        let report = try run.trainer.step()
        #expect(report.groups[0].advantages == [0, 0, 0, 0, 0, 0])
        let totals = report.groups[1].rewards.map(\.total)
        #expect(report.groups[1].advantages == groupAdvantages(rewards: [totals], scale: .group)[0])
        #expect(report.groups[1].advantages.contains { $0 != 0 })
        #expect(counts(report) == [0, 6, 0, 6] && report.metrics["reward"] == mean(totals))
    }

    @Test("When no completion that is drawn has a reward the run stops with the first one's reason")
    func allRewards() throws {
        for workers in [1, 2] {
            let run = try Run(scorer: AnyReward.scorer { _ in throw RewardRefusal() }) {
                $0.workers = workers
            }
            let error = try #require(throws: TrainingError.self) { try run.trainer.step() }
            #expect(
                error.description
                    == "none of the 12 completions that were drawn has a reward; the first one: sample "
                    + "sample-0, completion 0: the reward term 'any' failed: the service said no")
            #expect(run.trainer.stepCount == 0)
            #expect(try run.policy.table.floats == [0, 0, 0, 0])
        }
    }

    @Test("A time limit that nothing exceeds changes no byte, with any number of workers")
    func limitIsFree() throws {
        func outcome(_ limit: Double?, _ workers: Int) throws -> ([StepMetrics.Entry], [Float]) {
            let run = try Run {
                ($0.rewardTimeout, $0.workers) = (limit, workers)
            }
            let entries = try (0..<4).flatMap { _ in try run.trainer.step().metrics.entries }
            let clock = ["step_time", "timing_s/", "perf/"]
            return (
                entries.filter { entry in !clock.contains { entry.name.hasPrefix($0) } },
                try run.policy.table.floats
            )
        }
        for workers in [1, 2] {
            let (with, without) = (try outcome(60, workers), try outcome(nil, workers))
            #expect(with.0 == without.0 && with.1 == without.1)
        }
    }

    // MARK: - What is no fault

    @Test("A policy whose probabilities are no numbers stops the run, with the sample's id")
    func brokenPolicy() throws {
        for corruption in [Float.nan, -.infinity] {
            let run = try Run()
            run.policy.rolloutCorruption = corruption
            let error = try #require(throws: TrainingError.self) { try run.trainer.step() }
            #expect(
                error.description.hasPrefix(
                    "sample sample-0, completion 0: the policy's probabilities are not numbers"))
        }
        let run = try Run {
            ($0.klInReward, $0.loss.beta) = (true, 0.1)
        }
        run.policy.corruption = .nan
        let error = try #require(throws: TrainingError.self) { try run.trainer.step() }
        #expect(error.description.hasPrefix("sample sample-0, completion 0: the divergence"))
    }

    // MARK: - Strict

    @Test("A strict run stops at the first fault, with what a lenient one reports")
    func strict() throws {
        func check(_ bad: Set<String>, _ scorer: Scorer?) throws {
            let lenient = try Run(bad: bad, scorer: scorer).trainer.step()
            let first = try #require(lenient.faults.first)
            let run = try Run(bad: bad, scorer: scorer) { $0.strict = true }
            let error = try #require(throws: TrainingError.self) { try run.trainer.step() }
            #expect(error.description == first.description)
            #expect(run.trainer.stepCount == 0)
        }
        try check(["sample-1"], nil)
        try check([], scorer { throw RewardRefusal() })
        try check([], scorer { .nan })
        try check(["sample-1"], scorer { .nan })
        _ = try Run { $0.strict = true }.trainer.step()
    }
}

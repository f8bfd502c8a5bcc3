import Foundation
import NN
import RLTrainer
import Rewards
import Testing
import Torch

@testable import Files

/// Steps whose groups several threads share.
@Suite struct WorkerTests {
    private struct Run {
        let policy: TablePolicy
        let segmenter = BoxSegmenter()
        let trainer: GRPOTrainer<TablePolicy>

        init(
            workers: Int, prepare: (TablePolicy) -> Void = { _ in },
            _ change: (inout GRPOConfiguration) -> Void = { _ in }
        ) throws {
            policy = try TablePolicy(logits: [0.5, 0, -0.5, 0])
            policy.tail = { [3, 5, 1, 2][$0] }
            prepare(policy)
            let reference = try TablePolicy(logits: [0, 0.5, 0, 0], trainable: false)
            reference.tail = policy.tail
            var configuration = GRPOConfiguration()
            configuration.numGenerations = 8
            configuration.promptsPerStep = 5
            configuration.stepsPerGeneration = 2
            configuration.numIterations = 2
            configuration.sampling.maxCompletionLength = 9
            configuration.loss.beta = 0.1
            configuration.optimizer.learningRate = 0.1
            configuration.schedule = .init(kind: .constant, warmupSteps: 0, totalSteps: 100)
            configuration.workers = workers
            change(&configuration)
            trainer = try GRPOTrainer(
                policy: policy, reference: reference, segmenter: segmenter, scorer: Scorer(),
                source: CountingSource(), configuration: configuration)
        }

        func steps(_ count: Int) throws -> [StepReport<TablePolicy.Prompt>] {
            try (0..<count).map { _ in try trainer.step() }
        }
    }

    @Test("Several workers make the steps that one makes", arguments: [2, 3, 8])
    func equivalence(workers: Int) throws {
        let (one, many) = (try Run(workers: 1), try Run(workers: workers))
        let (expected, reports) = (try one.steps(5), try many.steps(5))
        for (report, other) in zip(reports, expected) {
            #expect(report.groups.map(\.example.id) == other.groups.map(\.example.id))
            #expect(
                report.groups.map { $0.completions.map(\.tokenIDs) }
                    == other.groups.map { $0.completions.map(\.tokenIDs) })
            for entry in other.metrics.entries where !isTiming(entry.name) {
                let value = try #require(report.metrics[entry.name])
                // float32 gradients are added up in another order.
                #expect(abs(value - entry.value) <= 1e-5 * max(1, abs(entry.value)), "\(entry)")
            }
        }
        for (value, other) in zip(try many.policy.table.floats, try one.policy.table.floats) {
            #expect(abs(value - other) <= 1e-5 * abs(other))
        }
        #expect(try one.policy.table.floats[1] > 0.05, "nothing was learnt")
        #expect(many.segmenter.encodeCount == one.segmenter.encodeCount)
    }

    @Test("The same number of workers gives the same bytes again")
    func deterministic() throws {
        func run() throws -> ([StepMetrics.Entry], [Float]) {
            let run = try Run(workers: 2)
            let entries = try run.steps(5).flatMap(\.metrics.entries)
            return (entries.filter { !isTiming($0.name) }, try run.policy.table.floats)
        }
        let (first, second) = (try run(), try run())
        #expect(first.0 == second.0 && first.1 == second.1)
    }

    @Test("What fails in one worker stops the step, with parameters and gradients as they were")
    func failure() throws {
        let run = try Run(workers: 2)
        _ = try run.trainer.step()
        let before = try run.policy.table.floats
        run.segmenter.failure = BoxSegmenter.Failure()
        // The second step's groups are drawn already: the first one that draws is the fifth.
        _ = try run.steps(3)
        #expect(throws: BoxSegmenter.Failure.self) { try run.trainer.step() }
        #expect(run.trainer.stepCount == 4)
        #expect(try run.policy.table.floats != before)
        let stopped = try run.policy.table.floats
        run.segmenter.failure = nil
        #expect(run.policy.table.gradient == nil)
        #expect(try run.trainer.step().metrics.step == 5)
        #expect(try run.policy.table.floats != stopped)
    }

    @Test("Timings of parts that workers share add up to no more than the step")
    func timings() throws {
        let metrics = try Run(workers: 2).trainer.step().metrics
        let parts = [
            "data_wait", "gen", "reward", "ref", "old_log_prob", "update_actor", "optimizer",
        ]
        let sum = parts.reduce(0) { $0 + (metrics["timing_s/\($1)"] ?? .nan) }
        #expect(sum > 0 && sum <= metrics["timing_s/step"] ?? 0)
    }

    private func isTiming(_ name: String) -> Bool {
        ["step_time", "timing_s/", "perf/"].contains { name.hasPrefix($0) }
    }
}

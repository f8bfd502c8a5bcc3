import Foundation
import NN
import Rewards
import Testing
import Torch

@testable import Files
@testable import RLTrainer

/// Groups that go through the policy together, and scores that are made meanwhile.
@Suite struct BatchingTests {
    @Test("Stretches fill a budget in order, and what is larger than it stands alone")
    func budget() {
        #expect(stretches(of: [3, 3, 3], within: 6) == [0..<2, 2..<3])
        #expect(stretches(of: [9, 1, 1], within: 6) == [0..<1, 1..<3])
        #expect(stretches(of: [1, 9, 1], within: 6) == [0..<1, 1..<2, 2..<3])
        #expect(stretches(of: [2, 2], within: 4) == [0..<2])
        #expect(stretches(of: [], within: 4) == [])
    }

    @Test("Each worker gets its share of jobs in one call, and results come back in order")
    func shares() throws {
        for workers in [1, 2, 3] {
            let pool = WorkerPool(count: workers)
            for count in 0...5 {
                let results = try pool.mapShares(count) { jobs, worker in
                    #expect(jobs.allSatisfy { $0 % workers == worker })
                    return jobs.map { $0 * 10 }
                }
                #expect(results == (0..<count).map { $0 * 10 })
            }
        }
    }

    /// Everything of some steps that the clock does not decide, and the table after them.
    private func run(
        _ change: (inout GRPOConfiguration) -> Void
    ) throws -> (lines: [String], table: [Float]) {
        let policy = try TablePolicy()
        policy.tail = { [3, 1, 7, 2][$0] }
        var configuration = GRPOConfiguration()
        configuration.numGenerations = 6
        configuration.promptsPerStep = 4
        configuration.stepsPerGeneration = 2
        configuration.sampling.maxCompletionLength = 9
        configuration.optimizer.learningRate = 0.3
        configuration.loss.beta = 0.1
        configuration.schedule = .init(kind: .constant, warmupSteps: 0, totalSteps: 100)
        change(&configuration)
        let trainer = try GRPOTrainer(
            policy: policy, reference: TablePolicy(logits: [1, 0, 0, -1], trainable: false),
            segmenter: BoxSegmenter(), scorer: Scorer(), source: CountingSource(),
            configuration: configuration)
        let lines = try (0..<4).map { _ in
            try trainer.step().metrics.entries.filter {
                !$0.name.hasPrefix("timing_s/") && !$0.name.hasPrefix("perf/")
                    && $0.name != "step_time"
            }.map { "\($0.name) \($0.value)" }.joined(separator: "\n")
        }
        return (lines, try policy.table.floats)
    }

    @Test("Threads that score meanwhile change no number, whatever else shares the work")
    func rewardWorkers() throws {
        for workers in [1, 2] {
            let waiting = try run { $0.workers = workers }
            for count in [1, 3] {
                let meanwhile = try run {
                    $0.workers = workers
                    $0.rewardWorkers = count
                }
                #expect(meanwhile.lines == waiting.lines)
                #expect(meanwhile.table == waiting.table)
            }
        }
    }

    @Test("Micro-batches of one group and of all give the same numbers, up to rounding")
    func microBatches() throws {
        let (one, all) = (
            try run { $0.microBatchTokens = 1 }, try run { $0.microBatchTokens = 1 << 20 }
        )
        for (a, b) in zip(one.table, all.table) { #expect(abs(a - b) < 1e-5) }
    }

    @Test("What work throws comes to whoever waits for it, with threads and without")
    func errors() throws {
        struct Failure: Error {}
        #expect(throws: Failure.self) {
            try BackgroundWorkers(count: 0).start { throw Failure() } as Pending<Int>
        }
        let workers = BackgroundWorkers(count: 2)
        let failing: Pending<Int> = try workers.start { throw Failure() }
        let working = try workers.start { 7 }
        #expect(try working.value() == 7)
        #expect(throws: Failure.self) { try failing.value() }
    }

    @Test("Work that others do records no gradients")
    func noGradients() throws {
        let pending = try BackgroundWorkers(count: 1).start { gradientsAreEnabled }
        #expect(try pending.value() == false)
    }
}

import Foundation
import NN
import Rewards
import Testing
import Torch

@testable import Files
@testable import RLTrainer

/// Steps whose loss or gradient is not finite.
@Suite struct SkippedStepTests {
    private struct Run {
        let policy: TablePolicy
        let source = CountingSource()
        let trainer: GRPOTrainer<TablePolicy>

        init(
            dtype: DType = .float32, breaksOthers: Bool = false,
            _ change: (inout GRPOConfiguration) -> Void = { _ in }
        ) throws {
            policy = try TablePolicy(dtype: dtype)
            policy.tail = { [3, 1, 7, 2][$0] }
            policy.breaksOthers = breaksOthers
            var configuration = GRPOConfiguration()
            configuration.numGenerations = 6
            configuration.promptsPerStep = 2
            configuration.sampling.maxCompletionLength = 9
            configuration.optimizer.learningRate = 0.3
            configuration.schedule = .init(kind: .linear, warmupSteps: 0, totalSteps: 10)
            change(&configuration)
            trainer = try GRPOTrainer(
                policy: policy, reference: nil, segmenter: BoxSegmenter(), scorer: Scorer(),
                source: source, configuration: configuration)
        }

        /// The bits of weights and optimizer state.
        func state() throws -> [[UInt32]] {
            let tensors = trainer.optimizer.slots.flatMap {
                [$0.master, $0.expAvg, $0.expAvgSq, $0.step]
            }
            return try ([policy.table] + tensors).map {
                try $0.to(.float32).floats.map(\.bitPattern)
            }
        }
    }

    @Test(
        "NaN or infinity in the loss skips the step, with weights and the optimizer's state as they are to the bit",
        arguments: [DType.float32, .bfloat16])
    func loss(dtype: DType) throws {
        for corruption in [Double.nan, .infinity] {
            let run = try Run(dtype: dtype)
            _ = try run.trainer.step()
            let before = try run.state()
            run.policy.corruption = corruption
            let report = try run.trainer.step()
            #expect(try run.state() == before && run.policy.table.gradient == nil)
            #expect(run.trainer.stepCount == 2 && report.metrics.step == 2)
            #expect(report.metrics["skipped_steps"] == 1 && report.metrics["faults/total"] == 1)
            #expect(report.metrics["loss"]?.isFinite == false)
            #expect(report.metrics.jsonLine.contains("\"loss\": null"))
            let fault = try #require(report.faults.first)
            #expect(fault.kind == .step && report.faults.count == 1)
            #expect(fault.sampleIDs == report.groups.map(\.example.id))
            #expect(fault.description.hasPrefix("step 2: the loss is "))
            #expect(fault.description.contains("(samples sample-2, sample-3)"))
            run.policy.corruption = 0
            let next = try run.trainer.step()
            #expect(try run.state() != before && next.faults.isEmpty)
            #expect(next.metrics["skipped_steps"] == 1)
        }
    }

    @Test(
        "A NaN in the gradient of a finite loss skips the step, with weights and state to the bit")
    func gradient() throws {
        let run = try Run()
        _ = try run.trainer.step()
        let before = try run.state()
        run.policy.hasBrokenGradient = true
        let report = try run.trainer.step()
        #expect(try run.state() == before && run.policy.table.gradient == nil)
        #expect(report.metrics["loss"]?.isFinite == true)
        #expect(report.metrics["grad_norm"]?.isFinite == false)
        #expect(report.metrics["skipped_steps"] == 1)
        #expect(
            report.faults[0].description.contains(
                /the loss is -?[0-9.e-]+ and the norm of its gradient -?nan/))
        run.policy.hasBrokenGradient = false
        _ = try run.trainer.step()
        #expect(try run.state() != before)
    }

    @Test("A NaN in one worker's gradient alone skips the step, with weights and state to the bit")
    func oneWorker() throws {
        let run = try Run(breaksOthers: true) { $0.workers = 2 }
        let before = try run.state()
        let report = try run.trainer.step()
        #expect(try run.state() == before && run.policy.table.gradient == nil)
        #expect(report.metrics["skipped_steps"] == 1 && report.faults.map(\.kind) == [.step])
        // With one worker nobody else is there to break anything.
        let alone = try Run(breaksOthers: true)
        #expect(try alone.trainer.step().faults.isEmpty)
        #expect(try alone.state() != before)
    }

    @Test("Schedule and order of the data are functions of the step, skipped ones counted")
    func goesOn() throws {
        let (plain, skipping) = (try Run { $0.numIterations = 2 }, try Run { $0.numIterations = 2 })
        for step in 0..<6 {
            skipping.policy.corruption = step == 1 || step == 2 ? .nan : 0
            let (one, other) = (try plain.trainer.step(), try skipping.trainer.step())
            #expect(one.groups.map(\.example.id) == other.groups.map(\.example.id))
            #expect(one.metrics["learning_rate"] == other.metrics["learning_rate"])
            #expect(one.metrics["epoch"] == other.metrics["epoch"])
            #expect(one.isFresh == other.isFresh)
            #expect(one.metrics.entries.map(\.name) == other.metrics.entries.map(\.name))
        }
        #expect(plain.source.cursor == skipping.source.cursor)
        #expect(skipping.trainer.faultCounts.skippedSteps == 2)
    }

    @Test(
        "Rollouts whose first update was skipped are learnt from in the next, as if for the first time"
    )
    func firstUpdate() throws {
        let (plain, skipping) = (try Run(), try Run { $0.numIterations = 2 })
        skipping.policy.corruption = .nan
        _ = try skipping.trainer.step()
        skipping.policy.corruption = 0
        let (one, other) = (try plain.trainer.step(), try skipping.trainer.step())
        #expect(one.metrics["loss"] == other.metrics["loss"])
        #expect(one.metrics["grad_norm"] == other.metrics["grad_norm"])
        #expect(other.metrics["grad_norm"] ?? 0 > 0 && other.faults.isEmpty)
    }

    @Test("One skipped step more in a row than allowed stops the run, in a state that can be saved")
    func inARow() throws {
        let run = try Run { $0.maxSkippedSteps = 2 }
        // One that is not skipped begins the count anew.
        for isBroken in [true, true, false, true, true] {
            run.policy.corruption = isBroken ? .nan : 0
            _ = try run.trainer.step()
        }
        let before = try run.state()
        let error = try #require(throws: DivergedError.self) { try run.trainer.step() }
        #expect(
            error.description.contains("step 6: ") && error.description.contains("last of 3 such"))
        #expect(error.faults.map(\.kind) == [.step] && error.metrics.step == 6)
        #expect(error.metrics["skipped_steps"] == 5)
        #expect(try run.state() == before && run.trainer.stepCount == 6)
        #expect(run.source.count == 12 && run.policy.table.gradient == nil)
        // The run may be continued, and stops again unless it is better.
        #expect(throws: DivergedError.self) { try run.trainer.step() }
        run.policy.corruption = 0
        #expect(try run.trainer.step().metrics.step == 8)
        #expect(run.trainer.faultCounts.skippedInARow == 0)
    }

    @Test("With 0 allowed, or strict, the first skipped step stops the run")
    func atOnce() throws {
        let changes: [(inout GRPOConfiguration) -> Void] = [
            { $0.maxSkippedSteps = 0 }, { $0.strict = true },
        ]
        for change in changes {
            let run = try Run(change)
            _ = try run.trainer.step()
            let before = try run.state()
            run.policy.corruption = .nan
            let error = try #require(throws: DivergedError.self) { try run.trainer.step() }
            #expect(error.description.hasPrefix(error.faults[0].description))
            #expect(try run.state() == before)
        }
    }
}

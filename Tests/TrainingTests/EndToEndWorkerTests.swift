import EndToEndTestSupport
import FilesTestSupport
import Foundation
import NN
import Policies
import RLTrainer
import Testing
import Torch

@testable import Configuration
@testable import Files
@testable import Settings
@testable import SharedSettings
@testable import Training

extension EndToEnd {
    /// Runs whose groups several threads share.
    @Suite(.serialized) struct WorkerTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private struct Outcome {
            let metrics: [StepMetrics.Entry]
            let start: [Tensor]
            let end: [Tensor]
        }

        /// What three steps of three groups do; decay and divergence move the weights where random
        /// policies earn nothing.
        private func outcome(
            workers: Int, _ change: (inout RunConfiguration) -> Void = { _ in }
        ) throws -> Outcome {
            try withFolder { folder in
                var configuration = fixture.configuration(output: folder + "/run")
                configuration.threads = 1
                configuration.workers = workers
                configuration.grpo.numGenerations = 2
                configuration.grpo.promptsPerStep = 3
                configuration.grpo.sampling.maxCompletionLength = 5
                configuration.grpo.loss.beta = 0.1
                configuration.training.learningRate = 1e-2
                configuration.training.weightDecay = 1
                change(&configuration)
                let recipe = try TrainRecipe(configuration, command: [])
                func values() throws -> [Tensor] {
                    try recipe.policy.parameters.map { try $0.tensor.detached().clone() }
                }
                let start = try values()
                var metrics: [StepMetrics.Entry] = []
                try recipe.run { metrics += $0.entries.filter { !isClock($0.name) } }
                return Outcome(metrics: metrics, start: start, end: try values())
            }
        }

        private func isClock(_ name: String) -> Bool {
            ["step_time", "timing_s/", "perf/"].contains { name.hasPrefix($0) }
        }

        @Test("Two workers end where one does up to rounding, and twice at the same bytes")
        func twoWorkers() throws {
            let one = try outcome(workers: 1)
            let (two, again) = (try outcome(workers: 2), try outcome(workers: 2))
            func areEqual(_ a: [Tensor], _ b: [Tensor]) throws -> [Bool] {
                try zip(a, b).map { try $0.isEqual(to: $1) }
            }
            #expect(try areEqual(two.end, again.end).allSatisfy(\.self))
            #expect(two.metrics == again.metrics)
            let differences = try zip(one.end, two.end).map { try $0 - $1 }
            for (index, parameter) in try fixture.loadPolicy().parameters.enumerated() {
                // Biases begin at 0, and AdamW's first steps divide a gradient by its own size,
                // also where its summands cancel out.
                let (part, whole) = try (
                    globalNorm([differences[index]]), globalNorm([one.end[index]])
                )
                #expect(part <= 1e-4 * whole, "\(parameter.key)")
            }
            // Gradients of float32 are summed in another order.
            let (difference, size) = try (globalNorm(differences), globalNorm(one.end))
            #expect(difference <= 1e-5 * size && difference > 0)
            let moved = try areEqual(one.start, one.end).filter { !$0 }
            #expect(moved.count > one.start.count / 2)
            #expect(zip(one.metrics, two.metrics).allSatisfy { $0.name == $1.name })
        }

        @Test(
            "Layers that are computed again give the same weights, byte for byte, with two workers too"
        )
        func checkpointing() throws {
            for workers in [1, 2] {
                func outcome(_ choice: GradientCheckpointing) throws -> Outcome {
                    try self.outcome(workers: workers) {
                        $0.grpo.numIterations = 2
                        $0.training.gradientCheckpointing = choice
                    }
                }
                let (plain, twice) = (try outcome(.off), try outcome(.on))
                #expect(plain.end.count == twice.end.count)
                #expect(try zip(plain.end, twice.end).allSatisfy { try $0.isEqual(to: $1) })
                #expect(plain.metrics == twice.metrics)
                #expect(try !zip(plain.start, plain.end).allSatisfy { try $0.isEqual(to: $1) })
            }
        }

        @Test("The key workers reaches the trainer; with a GPU it is refused")
        func key() throws {
            var configuration = fixture.configuration(output: "")
            #expect(configuration.resolvedGRPO(sampleCount: 4).workers == 1)
            configuration.workers = 3
            #expect(configuration.resolvedGRPO(sampleCount: 4).workers == 3)
            #expect(configuration.warnings.contains { $0.hasPrefix("workers is 3") })
            try withFolder { folder in
                let file = folder + "/config.yaml"
                try Data(configuration.resolved().utf8).write(to: URL(fileURLWithPath: file))
                let refusal = message {
                    _ = try RunConfiguration.load(file: file, overrides: ["device=cuda"])
                }
                #expect(refusal.contains("workers"))
            }
        }
    }
}

import EndToEndTestSupport
import Evaluation
import FilesTestSupport
import Foundation
import Policies
import RLTrainer
import Scenes
import Testing
import TrainingTestSupport

@testable import Embeddings
@testable import Evaluating
@testable import Files
@testable import NewModels
@testable import Settings
@testable import Training
@testable import TrainingRuns

extension EndToEnd {
    /// Runs that keep embeddings, of the carried models, whose answers need masks.
    @Suite(.serialized) struct EmbeddingTests {
        /// Two passes over four scenes, with evaluations of the same scenes between.
        private func configuration(_ folder: String, _ name: String) throws -> RunConfiguration {
            let data = folder + "/data"
            if !exists(data) {
                var scenes = SynthesisRecipe(output: data, count: 4)
                scenes.scenes = .small
                _ = try scenes.run()
            }
            var result = RunConfiguration()
            result.outputDirectory = "\(folder)/\(name)"
            result.threads = 1
            result.policy.path = "Resources/policy"
            result.policy.freeze = ["visual.*"]
            result.segmenter.path = "Resources/segmenter"
            result.data.train = [data + "/train.h5"]
            result.data.imageSize = 224
            result.grpo.numGenerations = 2
            result.grpo.promptsPerStep = 2
            result.grpo.sampling.maxCompletionLength = 192
            result.training.learningRate = 1e-4
            result.training.maxSteps = 4
            result.logging.saveSteps = 0
            result.logging.tensorboard = false
            return result
        }

        private func weights(_ run: String, _ step: Int = 4) throws -> Data {
            try contents("\(run)/checkpoints/step-\(step)/policy/model.safetensors")
        }

        private func expectSame(_ one: String, _ other: String) throws {
            #expect(try weights(one) == weights(other))
            #expect(
                try lines(one + "/metrics.jsonl").map(withoutClock)
                    == lines(other + "/metrics.jsonl").map(withoutClock))
            for step in 1...4 {
                let file = "/rollouts/step-\(step).jsonl"
                #expect(try contents(one + file) == contents(other + file), "\(step)")
            }
        }

        private func rates(_ metrics: [StepMetrics]) -> [Double?] {
            metrics.map { $0["perf/embedding_cache_hit_rate"] }
        }

        private func seconds(_ metrics: [StepMetrics]) -> [Double] {
            metrics.map { $0["timing_s/segmenter_encode"] ?? .nan }
        }

        @Test(
            "Runs that keep nothing, or in memory, on the disk, or find all there, are one to the byte"
        )
        func same() throws {
            try withFolder { folder in
                var off = try configuration(folder, "off")
                off.segmenter.embeddingCache.memoryMegabytes = 0
                let without = try train(off)
                #expect(rates(without) == [0, 0, 0, 0])
                #expect(seconds(without).allSatisfy { $0 > 0 })
                // There is something to be equal: masks earn more in one step than in another.
                #expect(Set(without.map { $0["rewards/mask_iou/mean"] }).count > 2)

                let memory = try configuration(folder, "memory")
                let kept = try train(memory)
                #expect(rates(kept) == [0, 0, 1, 1])
                #expect(seconds(kept).prefix(2).allSatisfy { $0 > 0 })
                #expect(seconds(kept).suffix(2) == [0, 0])
                try expectSame(folder + "/memory", folder + "/off")
                #expect(!exists(folder + "/memory/embeddings"))

                var disk = try configuration(folder, "disk")
                disk.segmenter.embeddingCache.memoryMegabytes = 0
                disk.segmenter.embeddingCache.diskMegabytes = 100
                #expect(rates(try train(disk)) == [0, 0, 1, 1])
                try expectSame(folder + "/disk", folder + "/off")
                let written = try files(folder + "/disk/embeddings")
                #expect(written.count == 4)

                disk.outputDirectory = folder + "/again"
                disk.segmenter.embeddingCache.path = folder + "/disk/embeddings"
                let again = try train(disk)
                #expect(rates(again) == [1, 1, 1, 1] && seconds(again) == [0, 0, 0, 0])
                try expectSame(folder + "/again", folder + "/off")
                #expect(try files(folder + "/disk/embeddings") == written)
                #expect(!exists(folder + "/again/embeddings"))
            }
        }

        @Test("Workers share what is kept; with two of them a run is the one without, to the byte")
        func workers() throws {
            try withFolder { folder in
                var run = try configuration(folder, "with")
                run.workers = 2
                #expect(rates(try train(run)) == [0, 0, 1, 1])
                run.outputDirectory = folder + "/without"
                run.segmenter.embeddingCache.memoryMegabytes = 0
                try train(run)
                try expectSame(folder + "/with", folder + "/without")
            }
        }

        @Test("Evaluations between steps and steps find each other's embeddings, as evaluate does")
        func evaluations() throws {
            try withFolder { folder in
                var run = try configuration(folder, "run")
                run.data.validation = run.data.train
                run.evaluation.evalOnStart = true
                run.evaluation.evalSteps = 0
                run.segmenter.embeddingCache.diskMegabytes = 100
                #expect(rates(try train(run)) == [1, 1, 1, 1])
                let found = try EvaluationResult.load(folder: folder + "/run/evaluation/step-4")

                var recipe = EvaluateRecipe(
                    policy: folder + "/run/checkpoints/step-4/policy",
                    segmenter: run.segmenter.path, data: run.data.train)
                recipe.settings.imageSize = run.data.imageSize
                recipe.settings.maxCompletionLength = 192
                recipe.embeddingCache = run.segmenter.embeddingCache.inRun(folder + "/run")
                let before = try files(folder + "/run/embeddings")
                #expect(try recipe.run().answers == found.answers)
                #expect(try files(folder + "/run/embeddings") == before)
            }
        }

        @Test(
            "The keys may change when a run goes on, and what goes wrong is told and stops nothing")
        func resumed() throws {
            try withFolder { folder in
                let whole = try configuration(folder, "whole")
                try train(whole)
                var parts = try configuration(folder, "parts")
                parts.segmenter.embeddingCache.diskMegabytes = 100
                func firstSession() throws {
                    let first = try TrainRecipe(parts, command: [], resume: .automatic)
                    try first.run(shouldStop: { first.stepCount == 2 }, onStep: { _ in })
                    #expect(first.stepCount == 2)
                }
                try firstSession()
                for file in try files(folder + "/parts/embeddings").keys {
                    try Data("damage".utf8).write(
                        to: URL(fileURLWithPath: "\(folder)/parts/embeddings/\(file)"))
                }
                parts.segmenter.embeddingCache.memoryMegabytes = 0
                let second = try TrainRecipe(parts, command: [], resume: .automatic)
                #expect(
                    second.notes.contains("segmenter.embedding_cache.memory_mb was 1024 and is 0"))
                var notes: [String] = []
                try second.run(onNote: { notes.append($0) }, onStep: { _ in })
                #expect(notes.count == 1 && notes.first?.contains("/parts/embeddings/") == true)
                try expectSame(folder + "/parts", folder + "/whole")
            }
        }
    }
}

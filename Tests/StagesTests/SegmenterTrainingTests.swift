import Datasets
import EndToEndTestSupport
import Evaluating
import Files
import Foundation
import NN
import NewModels
import PromptedMasks
import SAM2
import Scenes
import SegmenterTraining
import Shards
import SharedSettings
import Supervised
import TestSupport
import Testing
import Torch

@testable import Settings

extension EndToEnd {
    /// The command pretrain-segmenter on the small architecture, a few steps on small scenes.
    @Suite struct SegmenterTrainingTests {
        private func configuration(_ folder: String, output: String) throws
            -> SegmenterConfiguration
        {
            var result = SegmenterConfiguration()
            result.outputDirectory = folder + "/" + output
            result.threads = 1
            result.data.train = [try EndToEndFixture.shared.get().shard]
            result.prompts.perPicture = 2
            result.training.picturesPerStep = 1
            result.training.maxSteps = 4
            result.training.learningRate = 1e-3
            result.logging.saveSteps = 0
            result.logging.evalSteps = 0
            return result
        }

        private func run(
            _ configuration: SegmenterConfiguration, resumes: Bool = false, stopAfter: Int? = nil
        ) throws -> [PretrainSegmenterRecipe.Event] {
            let recipe = try PretrainSegmenterRecipe(
                configuration, command: ["test"], resumes: resumes)
            var events: [PretrainSegmenterRecipe.Event] = []
            try recipe.run(shouldStop: { recipe.stepCount == stopAfter }) { events.append($0) }
            return events
        }

        private func weights(_ output: String) throws -> [UInt8] {
            let path = output + "/segmenter/model.safetensors"
            return [UInt8](try #require(FileManager.default.contents(atPath: path)))
        }

        private func steps(_ output: String) throws -> [Int] {
            struct Line: Decodable { let step: Int }
            let text = try String(contentsOfFile: output + "/metrics.jsonl", encoding: .utf8)
            return try text.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8)).step
            }
        }

        @Test(
            "A run that is stopped and resumed ends with the weights of one that was not, bit for bit"
        )
        func resume() throws {
            try withTemporaryFolder { folder in
                let whole = try configuration(folder, output: "whole")
                let parted = try configuration(folder, output: "parted")
                _ = try run(whole)
                _ = try run(parted, stopAfter: 3)
                #expect(
                    !FileManager.default.fileExists(atPath: parted.outputDirectory + "/segmenter"))
                // Three of four samples were used: the fourth comes first now.
                let state = try String(
                    contentsOfFile: parted.outputDirectory + "/checkpoints/step-3/state.json",
                    encoding: .utf8)
                #expect(state.contains("\"position\" : 3"))
                _ = try run(parted, resumes: true)
                #expect(try weights(parted.outputDirectory) == weights(whole.outputDirectory))
                #expect(try steps(parted.outputDirectory) == [1, 2, 3, 4])
                for output in [whole, parted].map(\.outputDirectory) {
                    #expect(
                        FileManager.default.fileExists(
                            atPath: output + "/checkpoints/step-4/optimizer.safetensors"))
                }
            }
        }

        @Test("Resuming with other data or another seed is refused, and so is resuming nothing")
        func wrongResume() throws {
            try withTemporaryFolder { folder in
                var changed = try configuration(folder, output: "run")
                #expect(throws: FileError.self) { try run(changed, resumes: true) }
                _ = try run(changed, stopAfter: 1)
                changed.seed = 43
                #expect(throws: EpochSampler.ResumeError.self) { try run(changed, resumes: true) }
                changed.seed = 42
                changed.data.train = [
                    try SynthesisRecipe.small(folder + "/other", count: 2).paths[0]
                ]
                #expect(throws: EpochSampler.ResumeError.self) { try run(changed, resumes: true) }
                // A run's folder is not written over.
                #expect(throws: FileError.self) { try run(changed) }
            }
        }

        @Test("The finished segmenter has the type that was asked for, and its scores are on disk")
        func finished() throws {
            try withTemporaryFolder { folder in
                var small = try configuration(folder, output: "run")
                small.training.maxSteps = 2
                small.segmenter.storedType = .float16
                small.data.validation = [
                    try SynthesisRecipe.small(folder + "/held-out", count: 2).paths[0]
                ]
                small.logging.evalSteps = 1
                small.logging.evalSamples = 1
                let events = try run(small)
                let tables = events.compactMap { event -> SegmenterTable? in
                    if case .evaluation(_, let table) = event { table } else { nil }
                }
                #expect(tables.map(\.samples) == [1, 2])
                let saved = try SafetensorsFile(
                    path: small.outputDirectory + "/segmenter/model.safetensors")
                #expect(saved.entries.allSatisfy { $0.dtype == .float16 })
                let loaded = try SAM2Segmenter.load(path: small.outputDirectory + "/segmenter")
                // Alternatives did not learn, so they are not handed out.
                #expect(!loaded.model.configuration.maskDecoder.fallsBackOnUnstableMasks)
                let data = try #require(
                    FileManager.default.contents(
                        atPath: small.outputDirectory + "/evaluation.json"))
                let table = try JSONDecoder().decode(SegmenterTable.self, from: data)
                #expect(table == tables.last)
                #expect(table.scores.map(\.probe) == SegmenterProbe.all.map(\.name))
                #expect(table.lines.count == table.scores.count + 1)
            }
        }

        @Test("A given segmenter goes on from its weights, and frozen parts keep them")
        func fineTuning() throws {
            try withTemporaryFolder { folder in
                var tuned = try configuration(folder, output: "run")
                tuned.segmenter.path = try EndToEndFixture.shared.get().segmenter
                tuned.segmenter.freeze = ["vision_encoder.*"]
                tuned.training.maxSteps = 1
                _ = try run(tuned)
                let start = try SAM2Model.load(path: tuned.segmenter.path)
                let end = try SAM2Model.load(path: tuned.outputDirectory + "/segmenter")
                var changed: Set<String> = []
                for (a, b) in zip(start.parameters, end.parameters)
                where try !a.tensor.isEqual(to: b.tensor) { changed.insert(a.key) }
                #expect(!changed.isEmpty)
                #expect(!changed.contains { $0.hasPrefix("vision_encoder.") })
                #expect(end.configuration == start.configuration)
                tuned.outputDirectory = folder + "/none"
                tuned.segmenter.freeze = ["vision.*"]
                #expect {
                    try run(tuned)
                } throws: {
                    "\($0)".contains("segmenter.freeze") && "\($0)".contains("names no parameter")
                }
                tuned.segmenter.freeze = ["*"]
                #expect { try run(tuned) } throws: { "\($0)".contains("nothing to train") }
            }
        }

        @Test("A shard whose objects are not known is refused by its name before anything is made")
        func unusableShard() throws {
            try withTemporaryFolder { folder in
                let path = folder + "/plain.h5"
                let source = try ShardReader(path: EndToEndFixture.shared.get().shard)
                let writer = try ShardWriter(path: path, dataset: "plain", split: "train")
                var sample = try source.sample(at: 0)
                sample.id = "plain"
                sample.instances = nil
                try writer.append(sample)
                try writer.finish()
                var configuration = try configuration(folder, output: "run")
                configuration.data.train.append(path)
                #expect {
                    try run(configuration)
                } throws: {
                    "\($0)".contains(path) && "\($0)".contains("has no instances")
                }
                configuration.data.train.removeLast()
                configuration.data.validation = [path]
                #expect { try run(configuration) } throws: { "\($0)".contains(path) }
                #expect(!FileManager.default.fileExists(atPath: configuration.outputDirectory))
            }
        }
    }
}

extension SynthesisRecipe {
    /// Scenes of 64 × 64 pixels, of a seed of their own.
    fileprivate static func small(_ folder: String, count: Int) throws -> Report {
        var recipe = SynthesisRecipe(output: folder, count: count)
        recipe.scenes.side = 64
        recipe.seed = 91
        return try recipe.run()
    }
}

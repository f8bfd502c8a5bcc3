import EndToEndTestSupport
import Evaluation
import FilesTestSupport
import Foundation
import NN
import PolicyFamilies
import PromptedMasks
import RLTrainer
import Segmentation
import Testing
import Torch
import TrainingTestSupport
import VisionLanguage

@testable import Configuration
@testable import Costs
@testable import DryRuns
@testable import Embeddings
@testable import Evaluating
@testable import Files
@testable import NewModels
@testable import Pictures
@testable import Policies
@testable import Settings
@testable import TrainingRuns

extension EndToEnd {
    /// A run up to its first step: what it says is what the run does, and nothing is written.
    @Suite struct DryRunTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private func lines(_ configuration: RunConfiguration) throws -> [String] {
            try DryRun(configuration, resume: .automatic).lines
        }

        private func line(_ configuration: RunConfiguration, _ name: String) throws -> String {
            try #require(try lines(configuration).first { $0.hasPrefix(name) })
        }

        @Test("A dry run writes nothing, and says steps, prompts and tokens as the run has them")
        func says() throws {
            try withFolder { folder in
                let configuration = fixture.configuration(output: folder + "/run")
                let found = try lines(configuration).joined(separator: "\n")
                #expect(try files(folder).isEmpty && !exists(folder + "/run"))
                #expect(found.contains("from the beginning"))
                #expect(found.contains("3 steps, 0 of them done; 1.50 epochs"))
                #expect(found.contains("2 prompts x 3 completions = 6"))
                #expect(found.contains("4 samples in 1 shard\n"))
                let policy = try fixture.loadPolicy()
                let count = policy.parameters.reduce(0) { $0 + $1.tensor.count }
                #expect(found.contains("\(millions(count)) M parameters"))
                let prompt = try policy.prompt(image: .black(side: 56), question: "")
                let outline = try VisionLanguagePolicy.outline(
                    path: fixture.policy, dtype: .float32, template: PromptTemplate())
                #expect(
                    try outline.prompt(image: .black(side: 56), question: "").tokenCount
                        == prompt.tokenCount)
                #expect(found.contains("4 of them the picture's"))
            }
        }

        @Test("What steps compute is told, and with a measured machine how long they may take")
        func cost() throws {
            try withFolder { folder in
                let configuration = fixture.configuration(output: folder + "/run")
                let silent = try lines(configuration)
                #expect(silent.contains { $0.hasPrefix("compute    ") })
                #expect(!silent.contains { $0.hasPrefix("time       ") })
                let told = try DryRun(configuration, resume: .automatic, measuresSpeed: true).lines
                let time = try #require(told.first { $0.hasPrefix("time       ") })
                #expect(time.hasSuffix(" for 3 steps") && time.contains("update "))
                // What is free on the disk is not the run's doing.
                func lasting(_ lines: [String]) -> [String] {
                    lines.filter { $0 != time && !$0.hasPrefix("disk ") }
                }
                #expect(lasting(told) == lasting(silent))
            }
        }

        @Test("A folder that another run has is refused, as by the run, until it is free")
        func held() throws {
            try withFolder { folder in
                let configuration = fixture.configuration(output: folder + "/run")
                try FileManager.default.createDirectory(
                    atPath: configuration.outputDirectory, withIntermediateDirectories: true)
                let lock = try FolderLock(configuration.outputDirectory)
                withExtendedLifetime(lock) {
                    let refusal = message { _ = try lines(configuration) }
                    #expect(refusal.contains("another run writes to this folder now"))
                }
            }
        }

        @Test("Held-out shards are looked into as well, and what is evaluated is told")
        func evaluation() throws {
            try withFolder { folder in
                var configuration = fixture.configuration(output: folder + "/run")
                #expect(try line(configuration, "evaluation").hasSuffix("names no shards"))
                configuration.data.validation = [fixture.shard]
                configuration.evaluation.evalSamples = 3
                let told = try line(configuration, "evaluation")
                #expect(told == "evaluation 3 held-out samples in 1 shard, every 100 steps")
                configuration.data.validation = [folder + "/damaged.h5"]
                try Data("no shard".utf8).write(to: URL(fileURLWithPath: folder + "/damaged.h5"))
                let refusal = message { _ = try lines(configuration) }
                #expect(refusal.contains(folder + "/damaged.h5"))
            }
        }

        @Test("A model without its weights has the keys and shapes of the whole one")
        func outline() throws {
            let whole = try fixture.loadPolicy()
            let outline = try VisionLanguagePolicy.outline(
                path: fixture.policy, dtype: .bfloat16, template: PromptTemplate())
            #expect(outline.parameters.map(\.key) == whole.parameters.map(\.key))
            #expect(outline.parameters.map(\.tensor.shape) == whole.parameters.map(\.tensor.shape))
            #expect(outline.parameters.allSatisfy { $0.tensor.dtype == .bfloat16 })
        }

        @Test("Frozen parameters are not counted as trained, and need no moments")
        func frozen() throws {
            try withFolder { folder in
                var configuration = fixture.configuration(output: folder + "/run")
                let all = try line(configuration, "           AdamW, moments")
                configuration.policy.freeze = ["visual.*"]
                let some = try line(configuration, "           AdamW, moments")
                #expect(all != some)
                let policy = try fixture.loadPolicy()
                let frozen = try policy.setTrainable(freezing: ["visual.*"])
                let count = policy.parameters.numberCount
                #expect(
                    try line(configuration, "policy").contains(
                        "\(millions(count - frozen)) M of them trained"))
                #expect(some.hasSuffix(megabytes((count - frozen) * 8)))
            }
        }

        @Test(
            "Embeddings count as far as there are pictures and room for them, in memory and on disk"
        )
        func embeddings() throws {
            var configuration = fixture.configuration(output: "none")
            let bytes = FeatureLayout(EmbeddedModels.segmenterConfiguration, dtype: .float32)
                .byteCount
            let name = "           embeddings kept"
            #expect(try line(configuration, name).hasSuffix(": \(megabytes(4 * bytes))"))
            configuration.data.validation = [fixture.shard]
            configuration.evaluation.evalSamples = 3
            #expect(try line(configuration, name).hasSuffix(": \(megabytes(7 * bytes))"))
            #expect(try !line(configuration, "disk").contains("embeddings"))
            configuration.segmenter.embeddingCache.memoryMegabytes = 1
            configuration.segmenter.embeddingCache.diskMegabytes = 100
            #expect(try line(configuration, name).hasSuffix(": 1.0 MB"))
            let disk = try line(configuration, "disk")
            #expect(disk.contains(", \(megabytes(7 * bytes)) of embeddings"))
            configuration.segmenter.embeddingCache.memoryMegabytes = 0
            #expect(try !lines(configuration).contains { $0.hasPrefix(name) })
        }

        @Test("A checkpoint on the disk is as large as it was said to be")
        func disk() throws {
            try withFolder { folder in
                var configuration = fixture.configuration(output: folder + "/run")
                configuration.logging.saveSteps = 2
                configuration.policy.freeze = ["visual.*"]
                let said = try line(configuration, "disk")
                #expect(said.contains("2 at a time at most"))
                try train(configuration)
                let written = try files(folder + "/run/checkpoints/step-3")
                    .filter { $0.key.hasSuffix(".safetensors") }.reduce(0) { $0 + $1.value.count }
                let policy = try fixture.loadPolicy()
                let frozen = try policy.setTrainable(freezing: ["visual.*"])
                let count = policy.parameters.numberCount
                let bytes = count * 4 + (count - frozen) * 12
                #expect(said.contains("\(megabytes(bytes)) for a checkpoint"))
                // Headers come on top.
                #expect((bytes..<bytes + 100_000).contains(written))
            }
        }

        @Test("A run that would be continued says from where; one that is done says so")
        func resume() throws {
            try withFolder { folder in
                var configuration = fixture.configuration(output: folder + "/run")
                configuration.training.maxSteps = 2
                try train(configuration)
                let before = try files(folder)
                configuration.training.maxSteps = 5
                let found = try lines(configuration).joined(separator: "\n")
                #expect(found.contains("/run/checkpoints/step-2, after step 2"))
                #expect(found.contains("5 steps, 2 of them done"))
                #expect(try files(folder) == before)
                configuration.outputDirectory = folder + "/branch"
                let branch = try DryRun(configuration, resume: .from(folder + "/run")).lines
                #expect(branch[0].contains("as a new branch in \(folder)/branch"))
                configuration.outputDirectory = folder + "/run"
                #expect(throws: DryRunError.self) { try DryRun(configuration, resume: .never) }
            }
        }

        @Test("All that would stop the run is found at once")
        func allAtOnce() throws {
            try withFolder { folder in
                var configuration = fixture.configuration(output: folder + "/file/run")
                try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
                for name in ["policy", "segmenter"] {
                    let source = name == "policy" ? fixture.policy : fixture.segmenter
                    try FileManager.default.copyItem(atPath: source, toPath: "\(folder)/\(name)")
                    let weights = "\(folder)/\(name)/model.safetensors"
                    try contents(weights).prefix(5000).write(to: URL(fileURLWithPath: weights))
                }
                (configuration.policy.path, configuration.segmenter.path) = (
                    folder + "/policy", folder + "/segmenter"
                )
                configuration.data.train = [folder + "/file"]
                let error = try #require(throws: DryRunError.self) {
                    try DryRun(configuration, resume: .automatic)
                }
                #expect(error.errors.count == 4)
                for part in ["/file is a file", "/file", "/policy/model", "/segmenter/model"] {
                    #expect(error.description.contains(folder + part), "\(part)")
                }
                configuration = fixture.configuration(output: folder + "/run")
                configuration.policy.freeze = ["vision.*"]
                let freeze = message { _ = try DryRun(configuration, resume: .automatic) }
                #expect(freeze.contains("vision.* names no parameter"))
            }
        }

        @Test("A prompt that leaves no room below max_position_embeddings is warned about")
        func positions() throws {
            var configuration = fixture.configuration(output: "none")
            let short = try DryRun(configuration, resume: .automatic).warnings
            configuration.grpo.sampling.maxCompletionLength = 30_000
            let long = try DryRun(configuration, resume: .automatic).warnings
            #expect(!short.contains { $0.contains("max_position_embeddings") })
            #expect(long.contains { $0.contains("max_position_embeddings") })
        }

        @Test(
            "Reading to run reports a device that is not there, and keys that must be as they were")
        func loading() throws {
            try withFolder { folder in
                var configuration = fixture.configuration(output: folder + "/run")
                configuration.training.maxSteps = 1
                try train(configuration)
                let file = folder + "/c.yaml"
                try Data(configuration.resolved().utf8).write(to: URL(fileURLWithPath: file))
                func problems(_ overrides: String...) throws -> [String] {
                    let error = #expect(throws: ConfigurationError.self) {
                        try RunConfiguration.load(
                            file: file, overrides: overrides, toRun: .automatic)
                    }
                    return error?.problems.map(\.key) ?? []
                }
                #expect(
                    try problems("device=cuda:99", "grpo.beta=0.1", "segmenter.path=/none")
                        == ["segmenter.path", "device", "segmenter.path", "grpo.beta"])
                // The run has a policy of its own by now.
                let moved = try RunConfiguration.load(
                    file: file, overrides: ["training.max_steps=2"], toRun: .automatic)
                #expect(moved.training.maxSteps == 2)
                #expect(
                    configuration.inputs(continues: true).map(\.key) == [
                        "segmenter.path", "data.train",
                    ])
                configuration.grpo.loss.beta = 0.1
                #expect(configuration.inputs(continues: true).map(\.key).contains("policy.path"))
            }
        }
    }
}

/// Formulas of a dry run.
@Suite struct DryRunFormulaTests {
    @Test("Checkpoints at a time: regular ones, the last, and the one being written")
    func checkpoints() {
        #expect(checkpointsAtOnce(total: 10, done: 0, every: 0, keep: nil) == 1)
        #expect(checkpointsAtOnce(total: 10, done: 0, every: 3, keep: nil) == 4)
        #expect(checkpointsAtOnce(total: 9, done: 0, every: 3, keep: nil) == 3)
        #expect(checkpointsAtOnce(total: 10, done: 0, every: 3, keep: 2) == 3)
        #expect(checkpointsAtOnce(total: 10, done: 0, every: 3, keep: 9) == 4)
        #expect(checkpointsAtOnce(total: 10, done: 0, every: 3, keep: 1, best: true) == 3)
        #expect(checkpointsAtOnce(total: 10, done: 6, every: 3, keep: nil) == 2)
        #expect(checkpointsAtOnce(total: 10, done: 10, every: 3, keep: nil) == 0)
    }

    @Test("Memory grows with what it is made of, and with nothing else")
    func memory() throws {
        let fixture = try EndToEndFixture.shared.get()
        let policy = try VisionLanguagePolicy.outline(
            path: fixture.policy, dtype: .float32, template: PromptTemplate()
        )
        var sizes = RunSizes(
            policy: policy.model.options, parameterCount: 1000, trainedCount: 800,
            trainsVision: true, elementBytes: 4, fileBytes: 4000, castsHead: false,
            hasReference: false, segmenter: EmbeddedModels.segmenterConfiguration,
            segmenterCount: 500, segmenterElementBytes: 4, promptTokens: 100, patches: 256,
            imageSize: 224, groupSize: 8, completionLength: 50, promptsPerGeneration: 4, workers: 1,
            isOnCPU: false)
        func bytes(_ name: String, _ length: Int = 50) -> Int {
            let estimate = MemoryEstimate(sizes, completionLength: length)
            return (estimate.lasting + estimate.phases).first { $0.name == name }?.bytes ?? 0
        }
        #expect(bytes("policy") == 4000 && bytes("AdamW, moments") == 6400)
        #expect(bytes("AdamW, masters") == 0 && bytes("reference") == 0)
        #expect(bytes("checkpoint, copied") == 0)
        sizes.isOnCPU = true
        #expect(bytes("checkpoint, copied") == 800 * 12)
        sizes.isOnCPU = false
        sizes.embeddingBytes = 77
        #expect(bytes("embeddings kept") == 0, "they are in main memory")
        sizes.isOnCPU = true
        #expect(bytes("embeddings kept") == 77)
        (sizes.isOnCPU, sizes.embeddingBytes) = (false, 0)
        let update = bytes("update")
        #expect(bytes("update", 100) > update && bytes("generation", 100) > bytes("generation"))
        sizes.trainsVision = false
        #expect(bytes("update") < update)
        let whole = bytes("update")
        sizes.trained.frozen = ["visual.*", "model.embed_tokens.*"]
        let head = bytes("update")
        #expect(head < whole, "a head that is not trained has no gradient")
        sizes.trained.frozen += ["model.layers.0.*"]
        let upper = bytes("update")
        sizes.trained.frozen += ["model.layers.*"]
        #expect(head > upper && upper > bytes("update"), "layers without gradients keep nothing")
        sizes.trained.frozen = ["visual.*"]
        #expect(bytes("update") == whole)
        sizes.hasReference = true
        #expect(bytes("reference") == 3200, "what is not trained is shared with the policy")
        sizes.elementBytes = 2
        #expect(bytes("policy") == 2000 && bytes("AdamW, masters") == 3200)
        #expect(bytes("optimizer") == 800 * 2 + 800 * 4)
        #expect(sizes.checkpointBytes == 2000 + 9600)
        let peak = MemoryEstimate(sizes, completionLength: 50)
        #expect(
            peak.peak == peak.lasting.map(\.bytes).reduce(0, +)
                + (peak.phases.map(\.bytes).max() ?? 0))
    }

    @Test("A learning rate is told in words")
    func words() {
        func words(_ kind: LearningRateSchedule.Kind, _ warmup: Int) -> String {
            LearningRateSchedule(kind: kind, warmupSteps: warmup, totalSteps: 100).words(peak: 1e-4)
        }
        #expect(words(.constant, 5) == "0.0001, stays")
        #expect(words(.linear, 0) == "0.0001, falls in a straight line to 0 after step 100")
        #expect(words(.cosine, 5).hasPrefix("rises from 0 to 0.0001 over 5 steps, then falls"))
        #expect(words(.constantWithWarmup, 5).hasSuffix("then stays"))
        #expect(words(.inverseSqrt, 4).contains("to 2.01e-05 in the last"))
    }
}

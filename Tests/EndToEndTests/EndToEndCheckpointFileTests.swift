import Embeddings
import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Imaging
import NN
import PolicyFamilies
import RLTrainer
import Segmentation
import Testing
import Torch
import TrainingTestSupport
import VisionLanguage

@testable import DryRuns
@testable import Evaluating
@testable import Inference
@testable import Policies
@testable import Runs
@testable import Settings
@testable import Training
@testable import TrainingRuns

extension EndToEnd {
    /// Files of policies and segmenters that contradict each other: what counts, and what is said.
    @Suite struct CheckpointFileTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        /// A copy of a model beside whose single file an index names files that are gone.
        private func staleCopy(of model: String, _ path: String) throws -> String {
            try FileManager.default.copyItem(atPath: model, toPath: path)
            try Data(#"{"weight_map": {"a": "model-00001-of-00001.safetensors"}}"#.utf8).write(
                to: URL(fileURLWithPath: path + "/model.safetensors.index.json"))
            return path
        }

        private func configuration(_ folder: String) throws -> RunConfiguration {
            var result = fixture.cheapConfiguration(output: folder + "/run")
            result.training.maxSteps = 1
            result.policy.path = try staleCopy(of: fixture.policy, folder + "/policy")
            result.segmenter.path = try staleCopy(of: fixture.segmenter, folder + "/segmenter")
            return result
        }

        @Test("Weights that are not read are told before any other file of the folder is missed")
        func unreadable() throws {
            func error(_ path: String) throws -> CheckpointError {
                try #require(throws: CheckpointError.self) {
                    try VisionLanguagePolicy.outline(
                        path: path, dtype: .float32, template: PromptTemplate())
                }
            }
            #expect(try error(fixture.policy + "/model.safetensors").problem.contains("is a file"))
            try withFolder { folder in
                let part = "\(folder)/model_world_size_2_rank_0.pt"
                try Data([1]).write(to: URL(fileURLWithPath: part))
                #expect(try error(folder).advice.contains("verl.model_merger"))
                try Data(#"{"quantization_config": {"quant_method": "awq", "bits": 4}}"#.utf8)
                    .write(to: URL(fileURLWithPath: folder + "/config.json"))
                #expect(try error(folder).problem.contains("AWQ to 4 bits"))
            }
        }

        @Test("A run and its dry run say which files count, and which tokens end an answer")
        func said() throws {
            try withFolder { folder in
                let configuration = try configuration(folder)
                let dry = try DryRun(configuration, resume: .automatic)
                let policy = try fixture.loadPolicy()
                let recipe = try TrainRecipe(configuration, command: [])
                for warnings in [dry.warnings, recipe.warnings] {
                    for name in ["policy", "segmenter"] {
                        let found = warnings.filter { $0.hasPrefix("\(folder)/\(name): ") }
                        #expect(found.count == 1 && found[0].contains("model.safetensors is read"))
                    }
                }
                let ends = policy.model.generation.eosTokenIDs.map { "(\($0))" }
                for lines in [dry.lines, recipe.summary] {
                    let line = try #require(lines.first { $0.hasPrefix("ends ") })
                    #expect(line.contains("<|im_end|> (") && ends.allSatisfy(line.contains))
                }
            }
        }

        @Test("A run whose first completions were all cut says so once, with what would end them")
        func cut() throws {
            try withFolder { folder in
                var configuration = fixture.cheapConfiguration(output: folder + "/run")
                configuration.training.maxSteps = 2
                var notes: [String] = []
                try TrainRecipe(configuration, command: []).run(onNote: { notes.append($0) }) { _ in
                }
                let cut = notes.filter { $0.contains("were cut at the longest length of 4 tokens") }
                #expect(cut.count == 1 && cut.first?.contains("<|im_end|>") == true)
                let policy = try fixture.loadPolicy()
                #expect(policy.cutWarning([.length, .endOfSequence], "all", length: 4) == nil)
                #expect(policy.cutWarning([], "all", length: 4) == nil)
            }
        }

        @Test("Commands that load a segmenter or a policy pass on what their files contradict")
        func commands() throws {
            try withFolder { folder in
                let configuration = try configuration(folder)
                let (policy, segmenter) = (configuration.policy.path, configuration.segmenter.path)
                func isSaid(_ warnings: [String], _ paths: String...) -> Bool {
                    paths.allSatisfy { path in warnings.contains { $0.hasPrefix("\(path): ") } }
                }
                var predict = PredictRecipe(
                    policy: policy, segmenter: segmenter, image: fixture.picture,
                    question: "Where?")
                predict.imageSize = 56
                predict.sampling = SamplingParameters(temperature: 0, maxCompletionLength: 2)
                var notes: [String] = []
                let answer = try predict.run(output: nil) { notes.append($0) }
                #expect(isSaid(answer.warnings, policy, segmenter))
                #expect(notes.contains { $0.hasPrefix("ends ") })
                var evaluate = EvaluateRecipe(
                    policy: policy, segmenter: segmenter, data: [fixture.shard])
                evaluate.settings.imageSize = 56
                evaluate.settings.limit = 2
                evaluate.settings.maxCompletionLength = 2
                var warnings: [String] = []
                notes = []
                _ = try evaluate.run(
                    onNote: { notes.append($0) }, onWarning: { warnings.append($0) })
                #expect(isSaid(warnings, policy, segmenter))
                #expect(warnings.contains { $0.hasPrefix("all answers, 2, were cut") })
                #expect(notes.contains { $0.hasPrefix("ends ") })
                let segment = SegmentRecipe(
                    segmenter: segmenter, image: fixture.picture,
                    prompts: [SegmentationPrompt(positivePoints: [Point(x: 3, y: 3)])])
                let result = try segment.run(.init(mask: folder + "/mask.png"))
                #expect(isSaid(result.warnings, segmenter))
            }
        }

        @Test("Of a model's folder the files that are read have a fingerprint, and no others")
        func fingerprints() throws {
            try withFolder { folder in
                var configuration = try configuration(folder)
                // The policy is read by all sessions where it is the reference.
                configuration.grpo.loss.beta = 0.1
                let (policy, segmenter) = (configuration.policy.path, configuration.segmenter.path)
                let first = try InputFingerprint.all(of: configuration)
                let earlier = try InputFingerprint.inputs(of: configuration).mapValues {
                    try InputFingerprint.digest($0.paths)
                }
                #expect(first["policy.path"] != earlier["policy.path"])
                // A run of an earlier version goes on.
                #expect(
                    try InputFingerprint.changedKeys(first, from: earlier, configuration).isEmpty)
                for model in [policy, segmenter] {
                    try FileManager.default.removeItem(
                        atPath: model + "/model.safetensors.index.json")
                    try Data("notes".utf8).write(to: URL(fileURLWithPath: model + "/README.md"))
                }
                #expect(try InputFingerprint.all(of: configuration) == first)
                for (path, key) in [(policy, "policy.path"), (segmenter, "segmenter.path")] {
                    let file = path + "/preprocessor_config.json"
                    try Data((contents(file) + Data("\n".utf8))).write(
                        to: URL(fileURLWithPath: file))
                    let now = try InputFingerprint.all(of: configuration)
                    #expect(now[key] != first[key])
                }
                let changed = try InputFingerprint.changedKeys(
                    InputFingerprint.all(of: configuration), from: first, configuration)
                #expect(changed == ["policy.path", "segmenter.path"])
            }
        }

        @Test(
            "Weights that a checkpoint was exported with have the type that its config.json states")
        func exported() throws {
            try withFolder { folder in
                try train(fixture.cheapConfiguration(output: folder + "/run"))
                for (type, name) in [(nil, "float32"), (DType.bfloat16, "bfloat16")] {
                    let output = "\(folder)/\(name)"
                    _ = try CheckpointRecipe.export(
                        folder + "/run", .newest, to: output, dtype: type)
                    let stated = try object(contents(output + "/config.json"))["torch_dtype"]
                    #expect(stated as? String == name)
                }
            }
        }
    }
}

import Configuration
import EndToEndTestSupport
import FilesTestSupport
import Foundation
import SharedSettings
import TestSupport
import Testing
import Torch
import TrainingTestSupport

@testable import Evaluating
@testable import NewModels
@testable import Policies
@testable import Runs
@testable import Settings
@testable import SupervisedTraining
@testable import Training
@testable import TrainingRuns

extension EndToEnd {
    /// What saved policies say of their training, and who asks them so.
    @Suite(.serialized) struct PolicyRecordTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        @Test("transformers loads the same, whatever stands in the record")
        func ignored() throws {
            struct Loading: Decodable {
                let contents: [String: Bool]
                let files: [String]
                let record: String
            }
            let found = try Fixtures.decode(Loading.self, "records/loading.json")
            #expect(found.record == PolicyRecord.file)
            #expect(found.contents.count == 4 && found.contents.values.allSatisfy(\.self))
            #expect(found.files.contains("config.json") && !found.files.contains(found.record))
        }

        @Test(
            "Checkpoints of train have a record that they verify, and exports carry it in any type")
        func train() throws {
            try withFolder { folder in
                var run = fixture.cheapConfiguration(output: folder + "/run")
                run.training.maxSteps = 1
                run.prompt.system = "Be brief."
                try TrainingTestSupport.train(run)
                let checkpoint = folder + "/run/checkpoints/step-1"
                let file = checkpoint + "/policy/think2seg.json"
                let record = try #require(try PolicyRecord.read(checkpoint + "/policy"))
                #expect(record == run.record && record.command == "train")
                #expect(record.product == Think2Seg.version && record.settings == run.asking)
                let bytes = try contents(file)
                for (name, dtype) in [("a", nil), ("b", .bfloat16)] as [(String, DType?)] {
                    _ = try CheckpointRecipe.export(
                        folder + "/run", .newest, to: "\(folder)/\(name)", dtype: dtype)
                    #expect(try contents("\(folder)/\(name)/think2seg.json") == bytes)
                }
                try Data("{}".utf8).write(to: URL(fileURLWithPath: file))
                let problem = try CheckpointRecipe.list(checkpoint, readingAll: true)[0].problem
                #expect(problem?.contains("policy/think2seg.json") == true)
                // A checkpoint of an earlier version has none: its state knows as much.
                try FileManager.default.removeItem(atPath: file)
                try renewManifest(checkpoint)
                _ = try CheckpointRecipe.export(
                    folder + "/run", .newest, to: folder + "/c", dtype: nil)
                #expect(try contents(folder + "/c/think2seg.json") == bytes)
            }
        }

        /// Writes a checkpoint's manifest anew.
        private func renewManifest(_ checkpoint: String) throws {
            let manifest = try CheckpointManifest(describing: checkpoint)
            try manifest.json().write(to: URL(fileURLWithPath: checkpoint + "/manifest.json"))
        }

        @Test("A run that goes on is asked as it began, whatever becomes of the policy's record")
        func resumed() throws {
            try withFolder { folder in
                try FileManager.default.copyItem(atPath: fixture.policy, toPath: folder + "/policy")
                func write(size: Int) throws {
                    try PolicyRecord(
                        command: "sft", product: "0", settings: AskingSettings(imageSize: size)
                    ).write(into: folder + "/policy")
                }
                var run = fixture.cheapConfiguration(output: folder + "/run")
                run.policy.path = folder + "/policy"
                run.training.maxSteps = 1
                let text = run.resolved().split(separator: "\n").filter {
                    !$0.contains("image_size:")
                }.joined(separator: "\n")
                let file = folder + "/a.yaml"
                try Data(text.utf8).write(to: URL(fileURLWithPath: file))
                func load(_ resume: ResumeMode) throws -> Int {
                    try RunConfiguration.load(file: file, overrides: [], toRun: resume)
                        .data.imageSize
                }
                try write(size: 56)
                let began = try RunConfiguration.load(
                    file: file, overrides: [], toRun: .automatic)
                #expect(began.data.imageSize == 56)
                try TrainingTestSupport.train(began)
                try write(size: 84)
                #expect(try load(.automatic) == 56)
                #expect(try load(.from(folder + "/run/checkpoints/step-1")) == 56)
                #expect(try EvaluatedRun(file).asking.imageSize == 56)
                try FileManager.default.removeItem(atPath: folder + "/run")
                #expect(try load(.automatic) == 84)
            }
        }

        @Test("sft writes a record with what it knows, and policy init what its vocabulary is for")
        func others() throws {
            try withFolder { folder in
                try FileManager.default.copyItem(atPath: fixture.policy, toPath: folder + "/policy")
                try PolicyRecord(
                    command: "train", product: "0",
                    settings: AskingSettings(imageSize: 84, maxCompletionLength: 7)
                ).write(into: folder + "/policy")
                var sft = SFTConfiguration()
                sft.outputDirectory = folder + "/sft"
                sft.threads = 1
                sft.policy.path = folder + "/policy"
                sft.data.train = [fixture.shard]
                sft.data.imageSize = 56
                sft.training.maxSteps = 1
                sft.training.picturesPerStep = 1
                let recipe = try SFTRecipe(sft, command: ["think2seg", "sft"])
                try recipe.run { _ in }
                var expected = sft.asking
                expected.maxCompletionLength = 7
                for policy in ["policy", "checkpoints/step-1/policy"] {
                    let found = try PolicyRecord.read("\(folder)/sft/\(policy)")
                    #expect(found?.command == "sft" && found?.settings == expected)
                }
                _ = try ModelInitialization.writePolicy(
                    configuration: folder + "/policy/config.json", companions: nil,
                    output: folder + "/new", seed: 1, dtype: .float32)
                let new = try #require(try PolicyRecord.read(folder + "/new"))
                #expect(new.isOfNewPolicy && new.settings.imageSize == 84)
                let asked = try AskedPolicy(
                    folder + "/new", options: .init(imageSize: 56), run: nil)
                #expect(asked.imageSize == 56 && asked.maxCompletionLength == 7)
                #expect(
                    asked.notes.last?.contains("is made for image_size 84, asked with 56") == true)
            }
        }

        @Test("A run of sft gives its policy and how it is asked, and no segmenter")
        func runOfSFT() throws {
            try withFolder { folder in
                var sft = SFTConfiguration()
                sft.outputDirectory = folder + "/sft"
                sft.threads = 1
                sft.policy.path = fixture.policy
                sft.data.train = [fixture.shard]
                sft.data.imageSize = 56
                sft.prompt.variant = "box"
                sft.training.maxSteps = 1
                sft.training.picturesPerStep = 1
                try SFTRecipe(sft, command: ["think2seg", "sft"]).run { _ in }
                let file = folder + "/a.yaml"
                let text = "output_dir: \(folder)/sft\npolicy: {path: p}\ndata: {train: t.h5}\n"
                try Data(text.utf8).write(to: URL(fileURLWithPath: file))
                for (resumes, size) in [(true, 56), (false, 840)] {
                    let again = try SFTConfiguration.load(
                        file: file, overrides: [], requiresInputs: false, resumes: resumes,
                        onNote: { _ in })
                    #expect(again.data.imageSize == size)
                }
                let run = try EvaluatedRun(folder + "/sft")
                let policy = try run.policy(.newest)
                #expect(run.command == "sft" && run.segmenter == nil)
                #expect(policy == folder + "/sft/checkpoints/step-1/policy")
                let asked = try AskedPolicy(policy, options: .init(), run: run)
                #expect(asked.imageSize == 56 && asked.settings.variant == "box")
                #expect(asked.maxCompletionLength == 1024 && asked.notes.count == 1)
                #expect(message { _ = try EvaluatedRun(policy) }.contains("--policy"))
                #expect(
                    message { _ = try EvaluatedRun(folder + "/sft/checkpoints/step-1") }
                        .contains("--checkpoint"))
                // Without checkpoints, the finished policy is asked.
                try FileManager.default.removeItem(atPath: folder + "/sft/checkpoints")
                #expect(try run.policy(.newest) == folder + "/sft/policy")
                #expect(
                    message { _ = try run.policy(.step(1)) }
                        .contains("its finished policy is the folder"))
            }
        }

        @Test("Answers of an evaluation or a run are read with what they were asked for with")
        func answers() throws {
            try withFolder { folder in
                let run = try fixture.evaluatedRun(folder + "/run", beta: 0)
                let evaluated = run + "/evaluation/step-0/predictions.jsonl"
                let rollouts = run + "/rollouts/step-1.jsonl"
                for path in [evaluated, rollouts] {
                    let origin = try #require(try AnswersOrigin(of: path), "\(path)")
                    let reading = origin.reading(.init())
                    #expect(reading.settings.imageSize == 56, "\(path)")
                    #expect(reading.notes.count == 1)
                    let other = origin.reading(.init(imageSize: 840))
                    #expect(other.settings.imageSize == 840)
                    #expect(other.notes.first?.contains("image_size 56, read with 840") == true)
                }
                try FileManager.default.copyItem(atPath: evaluated, toPath: folder + "/a.jsonl")
                #expect(try AnswersOrigin(of: folder + "/a.jsonl") == nil)
            }
        }
    }
}

import Embeddings
import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Policies
import RLTrainer
import Settings
import Testing
import TrainingTestSupport

extension EndToEnd {
    /// What a run cannot use is named, and the folder that it would have written to is not there.
    @Suite(.serialized) struct RefusalTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        /// What `train` says after `damage` changed the configuration or the files in its folder.
        private func refusal(
            _ damage: (inout RunConfiguration, _ folder: String) throws -> Void
        ) throws -> String {
            try withFolder { folder in
                var configuration = fixture.configuration(output: folder + "/out/run")
                try damage(&configuration, folder)
                let before = try files(folder)
                let message = message { try train(configuration) }
                #expect(!exists(folder + "/out"), "something was made at output_dir")
                #expect(try files(folder) == before)
                return message.replacingOccurrences(of: folder, with: "")
            }
        }

        private func copy(_ source: String, _ target: String) throws {
            try FileManager.default.copyItem(atPath: source, toPath: target)
        }

        private func truncate(_ path: String, keeping share: Double) throws {
            let data = try contents(path)
            try data.prefix(Int(Double(data.count) * share)).write(
                to: URL(fileURLWithPath: path))
        }

        @Test("An output_dir that is not empty is refused and untouched")
        func notEmpty() throws {
            try withFolder { folder in
                try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/notes.txt"))
                let message = message { try train(fixture.configuration(output: folder)) }
                #expect(message.contains(folder) && message.contains("notes.txt"))
                #expect(try files(folder) == ["notes.txt": Data("mine".utf8)])
            }
        }

        @Test("An output_dir that is empty is taken")
        func empty() throws {
            try withFolder { folder in
                var configuration = fixture.configuration(output: folder)
                configuration.training.maxSteps = 1
                configuration.grpo.promptsPerStep = 1
                configuration.grpo.sampling.maxCompletionLength = 1
                try train(configuration)
                #expect(exists(folder + "/metrics.jsonl"))
            }
        }

        @Test(
            "An output_dir that cannot be made is refused by name", arguments: ["file", "file/run"])
        func unwritable(name: String) throws {
            try withFolder { folder in
                let file = folder + "/file"
                try Data("mine".utf8).write(to: URL(fileURLWithPath: file))
                var configuration = fixture.configuration(output: "\(folder)/\(name)")
                configuration.training.maxSteps = 1
                let message = message { try train(configuration) }
                // Either the folder or what is in its way.
                #expect(message.contains(file))
                #expect(try files(folder) == ["file": Data("mine".utf8)])
            }
        }

        @Test("A freeze pattern that fits no parameter is refused by its own text")
        func freezePattern() throws {
            let message = try refusal { configuration, _ in
                configuration.policy.freeze = ["visual.*", "vision.*"]
            }
            #expect(message.contains("vision.* names no parameter"))
            #expect(message.contains("policy.freeze") && !message.contains("visual.* names"))
        }

        @Test("Freezing every parameter is refused")
        func freezeAll() throws {
            let message = try refusal { configuration, _ in configuration.policy.freeze = ["*"] }
            #expect(message.contains("trainable"))
        }

        @Test("A folder of a policy or segmenter that is missing is named")
        func missingFolder() throws {
            let policy = try refusal { $0.policy.path = $1 + "/none" }
            #expect(policy.contains("/none") && policy.contains("policy"))
            let segmenter = try refusal { $0.segmenter.path = $1 + "/none" }
            #expect(segmenter.contains("/none"))
        }

        @Test(
            "A file that the policy's folder lacks is named",
            arguments: ["config.json", "tokenizer.json", "model.safetensors"])
        func missingFile(name: String) throws {
            let message = try refusal { configuration, folder in
                try copy(fixture.policy, folder + "/policy")
                try FileManager.default.removeItem(atPath: "\(folder)/policy/\(name)")
                configuration.policy.path = folder + "/policy"
            }
            #expect(message.contains("/policy") && message.contains(name))
        }

        @Test(
            "Weights that are cut short are named, wherever they are cut",
            arguments: [0, 1e-5, 0.01, 0.5, 0.999999])
        func truncatedWeights(share: Double) throws {
            for (model, path) in [("policy", fixture.policy), ("segmenter", fixture.segmenter)] {
                let message = try refusal { configuration, folder in
                    try copy(path, folder + "/model")
                    try truncate(folder + "/model/model.safetensors", keeping: share)
                    if model == "policy" {
                        configuration.policy.path = folder + "/model"
                    } else {
                        configuration.segmenter.path = folder + "/model"
                    }
                }
                #expect(message.contains("/model/model.safetensors"), "\(model)")
            }
        }

        @Test(
            "A JSON file of the policy that is cut short is named",
            arguments: ["config.json", "tokenizer.json", "preprocessor_config.json"])
        func truncatedJSON(name: String) throws {
            let message = try refusal { configuration, folder in
                try copy(fixture.policy, folder + "/policy")
                try truncate("\(folder)/policy/\(name)", keeping: 0.5)
                configuration.policy.path = folder + "/policy"
            }
            #expect(message.contains("/policy/\(name)"))
        }

        @Test("A shard that is missing, cut short or not ours is named")
        func shards() throws {
            let missing = try refusal { $0.data.train = [fixture.shard, $1 + "/none.h5"] }
            #expect(missing.contains("/none.h5"))
            for share in [0.0, 0.3, 0.9] {
                let cut = try refusal { configuration, folder in
                    try copy(fixture.shard, folder + "/cut.h5")
                    try truncate(folder + "/cut.h5", keeping: share)
                    configuration.data.train = [folder + "/cut.h5"]
                }
                #expect(cut.contains("/cut.h5"))
            }
            let other = try refusal { configuration, folder in
                try Data("not a shard".utf8).write(to: URL(fileURLWithPath: folder + "/other.h5"))
                configuration.data.train = [folder + "/other.h5"]
            }
            #expect(other.contains("/other.h5"))
        }
    }
}

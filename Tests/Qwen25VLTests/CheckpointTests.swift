import Foundation
import NN
import Testing
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

@Suite("Checkpoints")
struct CheckpointTests {
    private let folder = fixture("checkpoint")

    private func logits(_ model: VisionLanguageModel) throws -> Tensor {
        let entry = try #require(Cases.load().cases["two"])
        let input = try entry.input(
            "two", model.configuration.vision, salt: Cases.load().salt)
        return try withoutGradients { try model.logits(input).sliced(0, from: -14) }
    }

    private func expectAnswer(_ model: VisionLanguageModel) throws {
        let file = try SafetensorsFile(path: fixture("answer.safetensors"))
        let expected = try file.tensor(#require(file.entry("two.logits")))
        #expect(try difference(logits(model), expected) < 2e-4)
    }

    /// A copy of the checkpoint with other tensors.
    private func withCheckpoint(
        _ tensors: ([NamedTensor]) throws -> [NamedTensor], _ body: (String) throws -> Void
    ) throws {
        let file = try SafetensorsFile(path: folder + "/model.safetensors")
        let all = try file.entries.map { NamedTensor($0.name, try file.tensor($0)) }
        try withFolder { other in
            for name in ["config.json", "generation_config.json"] {
                try FileManager.default.copyItem(
                    atPath: folder + "/" + name, toPath: other + "/" + name)
            }
            try SafetensorsFile.write(tensors(all), to: other + "/model.safetensors")
            try body(other)
        }
    }

    @Test("A folder that transformers wrote is loaded")
    func load() throws {
        let model = try VisionLanguageModel.load(directory: folder)
        #expect(model.dtype == .float32)
        #expect(model.generation.eosTokenIDs == [2, 3])
        try expectAnswer(model)
    }

    @Test("Sampling settings of generation_config.json change nothing; the tokens that end do")
    func generationSettings() throws {
        try withCheckpoint({ $0 }) { other in
            try Data(
                #"{"eos_token_id": [2, 3], "do_sample": true, "temperature": 1e-6, "top_k": 1}"#
                    .utf8
            ).write(to: URL(fileURLWithPath: other + "/generation_config.json"))
            let entry = try #require(Cases.load().cases["text"])
            let parameters = GenerationParameters(maxNewTokens: 6)
            let drawn = try [folder, other].map { path in
                try VisionLanguageModel.load(directory: path).generate(
                    VisionLanguageInput(tokenIDs: entry.ids), parameters: parameters,
                    seeds: [1, 2, 3, 4])
            }
            #expect(drawn[0] == drawn[1])
            #expect(Set(drawn[1].map(\.tokenIDs)).count == 4)
        }
    }

    @Test("The names that modules have in memory are read too")
    func memoryNames() throws {
        try withCheckpoint({ all in
            all.map {
                let isVision = $0.name.hasPrefix("visual.")
                let name =
                    isVision
                    ? "model." + $0.name
                    : $0.name.replacingOccurrences(of: "model.", with: "model.language_model.")
                return NamedTensor(name, $0.tensor)
            }
        }) { other in
            let model = try VisionLanguageModel.load(directory: other)
            try expectAnswer(model)
            #expect(model.parameters.contains { $0.key == "model.layers.0.self_attn.q_proj.bias" })
        }
    }

    @Test("A head beside a shared embedding must be a copy of it")
    func tiedHead() throws {
        func headed(_ scale: Double) -> ([NamedTensor]) throws -> [NamedTensor] {
            { all in
                let words = try #require(all.first { $0.name == "model.embed_tokens.weight" })
                return all + [NamedTensor("lm_head.weight", try words.tensor * scale)]
            }
        }
        try withCheckpoint(headed(1)) { try expectAnswer(VisionLanguageModel.load(directory: $0)) }
        try withCheckpoint(headed(2)) { other in
            #expect {
                try VisionLanguageModel.load(directory: other)
            } throws: { "\($0)".contains("lm_head.weight differs") }
        }
    }

    @Test("Tensors that have no place, are missing or have another shape are refused by name")
    func wrongTensors() throws {
        let changes: [(String, ([NamedTensor]) throws -> [NamedTensor])] = [
            ("visual.extra", { $0 + [NamedTensor("visual.extra", try Tensor.zeros([2]))] }),
            ("model.norm.weight", { $0.filter { $0.name != "model.norm.weight" } }),
            (
                "model.norm.weight",
                { all in
                    try all.filter { $0.name != "model.norm.weight" }
                        + [NamedTensor("model.norm.weight", Tensor.zeros([5]))]
                }
            ),
        ]
        for (key, change) in changes {
            try withCheckpoint(change) { other in
                #expect {
                    try VisionLanguageModel.load(directory: other)
                } throws: { "\($0)".contains(key) }
            }
        }
    }

    @Test("Saving keeps the files beside the weights byte for byte, and the weights bit for bit")
    func save() throws {
        let model = try VisionLanguageModel.load(directory: folder)
        try withFolder { other in
            // Weights of an earlier save must not be read in place of the new ones.
            try model.save(directory: other, shardBytes: 20_000)
            #expect(
                FileManager.default.fileExists(atPath: other + "/model.safetensors.index.json"))
            try expectAnswer(VisionLanguageModel.load(directory: other))
            try model.save(directory: other)
            let names = try FileManager.default.contentsOfDirectory(atPath: other).sorted()
            #expect(
                names == [
                    "config.json", "generation_config.json", "model.safetensors",
                    "preprocessor_config.json",
                ])
            for name in names where name.hasSuffix(".json") {
                #expect(
                    FileManager.default.contents(atPath: other + "/" + name)
                        == FileManager.default.contents(atPath: folder + "/" + name))
            }
            let (a, b) = (
                try SafetensorsFile(path: folder + "/model.safetensors"),
                try SafetensorsFile(path: other + "/model.safetensors")
            )
            #expect(a.entries.map(\.name) == b.entries.map(\.name))
            for (x, y) in zip(a.entries, b.entries) {
                #expect(try a.tensor(x).isEqual(to: b.tensor(y)))
            }
        }
    }

    @Test(
        "A model from a seed is the same each time, and loads as it was saved",
        arguments: ["tied.json", "untied.json"])
    func random(name: String) throws {
        let configuration = try Qwen25VLConfiguration.load(path: fixture(name))
        let model = try VisionLanguageModel(random: configuration, seed: 3, dtype: .bfloat16)
        let again = try VisionLanguageModel(random: configuration, seed: 3, dtype: .bfloat16)
        let other = try VisionLanguageModel(random: configuration, seed: 4, dtype: .bfloat16)
        #expect(try logits(model).isEqual(to: logits(again)))
        #expect(try !logits(model).isEqual(to: logits(other)))
        try withFolder { folder in
            try model.save(directory: folder)
            let loaded = try VisionLanguageModel.load(directory: folder)
            #expect(loaded.dtype == .bfloat16)
            #expect(loaded.configuration == configuration)
            #expect(try logits(model).isEqual(to: logits(loaded)))
        }
    }
}

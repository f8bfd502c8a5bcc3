import Foundation
import NN
import PolicyFamilies
import TestSupport
import Testing
import Torch

@testable import Adapters
@testable import VisionLanguage

@Suite("Adapters' files")
struct StoredAdapterTests {
    /// A copy of an adapter with other tensors and another configuration.
    private func withAdapter(
        _ name: String, _ tensors: ([NamedTensor]) throws -> [NamedTensor] = { $0 },
        configuration: (String) -> String = { $0 }, _ body: (String) throws -> Void
    ) throws {
        let source = Fixtures.path("adapters/" + name)
        let file = try SafetensorsFile(path: source + "/adapter_model.safetensors")
        let all = try file.entries.map { NamedTensor($0.name, try file.tensor($0)) }
        try withTemporaryFolder { folder in
            let text = try String(contentsOfFile: source + "/adapter_config.json", encoding: .utf8)
            try Data(configuration(text).utf8).write(
                to: URL(fileURLWithPath: folder + "/adapter_config.json"))
            try SafetensorsFile.write(
                tensors(all), to: folder + "/adapter_model.safetensors")
            try body(folder)
        }
    }

    private func load(_ folder: String, _ base: String = "tied") throws -> VisionLanguageModel {
        try VisionLanguageModel.load(
            directory: Fixtures.path("adapters/" + base), adapter: .stored(folder: folder))
    }

    private func expect(_ name: String, _ folder: String) throws {
        let reference = try AdapterReference(name)
        let model = try load(folder, reference.record.base)
        #expect(
            try difference(reference.scores(model), #require(try reference.scores())) < 1e-4)
    }

    private func renamed(_ change: @escaping (String) -> String) -> ([NamedTensor]) -> [NamedTensor]
    {
        { $0.map { NamedTensor(change($0.name), $0.tensor) } }
    }

    @Test("What is written to an adapter that was read stays, and is not in the file's memory")
    func ownMemory() throws {
        let model = try load(Fixtures.path("adapters/plain"))
        let one = try #require(model.parameters.filter(\.isAdapter).first)
        try withoutGradients { try one.tensor.fillInPlace(3) }
        one.tensor.releaseMappedPages()
        #expect(try one.tensor.floats.allSatisfy { $0 == 3 })
    }

    @Test("Tensors that are missing, left over or misshaped are named, with both shapes")
    func wrongTensors() throws {
        let key = "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_B.weight"
        let changes: [([NamedTensor]) throws -> [NamedTensor]] = [
            { $0.filter { $0.name != key } },
            {
                $0 + [
                    NamedTensor(key.replacing("layers.0", with: "layers.7"), try Tensor.zeros([2]))
                ]
            },
            { $0 + [NamedTensor(key.replacing("lora_B", with: "lora_C"), try Tensor.zeros([2]))] },
            { try $0.filter { $0.name != key } + [NamedTensor(key, Tensor.zeros([5, 4]))] },
        ]
        let words = [
            ["model.layers.0.self_attn.q_proj.lora_B.weight [16, 4] is missing"],
            ["layers.7.self_attn.q_proj.lora_B.weight has no place"],
            ["lora_C.weight has no place"], [key, "[5, 4]", "[16, 4]"],
        ]
        for (change, words) in zip(changes, words) {
            try withAdapter("plain", change) { folder in
                #expect {
                    try load(folder)
                } throws: { error in
                    words.allSatisfy { "\(error)".contains($0) }
                }
            }
        }
    }

    @Test("A base of other sizes is refused by tensor and shapes before its weights are read")
    func otherBase() throws {
        try withTemporaryFolder { base in
            let source = Fixtures.path("adapters/tied")
            let config = try String(contentsOfFile: source + "/config.json", encoding: .utf8)
            try Data(
                config.replacing(#""intermediate_size": 24"#, with: #""intermediate_size": 28"#)
                    .utf8
            ).write(to: URL(fileURLWithPath: base + "/config.json"))
            // Weights that would be refused, if they were looked at.
            try FileManager.default.copyItem(
                atPath: source + "/model.safetensors", toPath: base + "/model.safetensors")
            #expect {
                try VisionLanguageModel.load(
                    directory: base, adapter: .stored(folder: Fixtures.path("adapters/seven")))
            } throws: { error in
                ["adapter_model.safetensors", "[24, 3]", "[28, 3]"].allSatisfy {
                    "\(error)".contains($0)
                }
            }
        }
    }

    @Test("A rank that patterns in another order give is told from another base")
    func sortedPatterns() throws {
        try withAdapter(
            "plain", configuration: { $0.replacing(#""r": 4"#, with: #""r": 6"#) }
        ) { folder in
            #expect {
                try load(folder)
            } throws: {
                "\($0)".contains("of rank 4, and adapter_config.json says rank 6")
            }
        }
    }

    @Test("Keys of other versions and programs are read as what they mean")
    func otherKeys() throws {
        let front = "base_model.model."
        let forms: [(String) -> String] = [
            // transformers 4.49, and tools that put the language model on top.
            {
                $0.replacing("model.model.language_model.", with: "model.model.")
                    .replacing("model.model.visual.", with: "model.visual.")
            },
            {
                $0.replacing("model.model.language_model.", with: "model.language_model.model.")
                    .replacing("model.model.visual.", with: "model.visual.")
            },
            // Without PEFT's front, with an adapter's name, and compiled.
            { String($0.dropFirst(front.count)) },
            {
                $0.replacing("lora_A.weight", with: "lora_A.default.weight")
                    .replacing("lora_B.weight", with: "lora_B.default.weight")
                    .replacing(
                        "lora_magnitude_vector", with: "lora_magnitude_vector.default.weight")
            },
            { $0.replacing("lora_magnitude_vector", with: "lora_magnitude_vector.weight") },
            { $0.replacing(front, with: front + "_orig_mod.") },
        ]
        for form in forms {
            for name in ["decomposed", "seven", "head"] {
                try withAdapter(name, renamed(form)) { try expect(name, $0) }
            }
        }
    }

    @Test("Old names in targets, layers and patterns mean what they meant")
    func oldTargets() throws {
        func old(_ key: String) -> String {
            key.replacing("model.model.language_model.", with: "model.model.")
                .replacing("model.model.visual.", with: "model.visual.")
        }
        try withAdapter(
            "plain", renamed(old),
            configuration: { text in
                let start = text.range(of: #""target_modules": ["#)
                let end = start.flatMap { text[$0.upperBound...].range(of: "]") }
                guard let start, let end else { return text }
                return text.replacingCharacters(
                    in: start.lowerBound..<end.upperBound,
                    with: #""target_modules": "^model\\.layers\\.\\d+\\.self_attn\\.[qkvo]_proj$""#)
            }
        ) { folder in
            try expect("plain", folder)
            // It is written by the names of today.
            let files = try #require(try load(folder).adapterFiles(baseName: nil))
            let text = String(decoding: files.configuration, as: UTF8.self)
            #expect(text.contains("model.language_model.layers.0.self_attn.k_proj"))
            try withTemporaryFolder { other in
                try files.write(to: other)
                try expect("plain", other)
            }
        }
    }

    @Test("Whole names of a language model that was wrapped mean its modules")
    func wrappedTargets() throws {
        try withAdapter(
            "old",
            renamed {
                $0.replacing(
                    "base_model.model.model.", with: "base_model.model.language_model.model.")
            },
            configuration: {
                $0.replacing("\"model.layers", with: "\"language_model.model.layers")
            }
        ) { try expect("old", $0) }
    }

    @Test("An old file of Python's is read as well")
    func pickled() throws {
        try withAdapter("plain") { folder in
            let path = folder + "/adapter_model.safetensors"
            let file = try SafetensorsFile(path: path)
            let all = try file.entries.map { entry in
                try file.tensor(entry).withBytes {
                    StoredTensor(entry.name, "F32", entry.shape, Array($0))
                }
            }
            try FileManager.default.removeItem(atPath: path)
            try Data(all.torchFile()).write(to: URL(fileURLWithPath: folder + "/adapter_model.bin"))
            try expect("plain", folder)
        }
    }

    @Test("A table in the file that is not the base's is refused")
    func otherTable() throws {
        let key = "base_model.model.model.language_model.embed_tokens.base_layer.weight"
        try withAdapter(
            "embedding",
            { all in
                try all.map { $0.name == key ? NamedTensor(key, try $0.tensor + 0.5) : $0 }
            }
        ) { folder in
            #expect {
                try load(folder)
            } throws: {
                "\($0)".contains(key) && "\($0)".contains("is not the base's")
            }
        }
        try withAdapter(
            "embedding",
            { all in
                try all.map {
                    $0.name == key ? NamedTensor(key, try Tensor.zeros([210, 16])) : $0
                }
            }
        ) { folder in
            #expect {
                try load(folder)
            } throws: {
                "\($0)".contains("[210, 16]") && "\($0)".contains("[200, 16]")
            }
        }
        try withAdapter("embedding", { $0.filter { $0.name != key } }) {
            try expect("embedding", $0)
        }
    }

    @Test("Only the adapter of the folder is read, and one below is named")
    func severalAdapters() throws {
        try withAdapter("plain") { folder in
            try FileManager.default.copyItem(
                atPath: Fixtures.path("adapters/seven"), toPath: folder + "/ref")
            try expect("plain", folder)
            try expect("seven", folder + "/ref")
            try FileManager.default.removeItem(atPath: folder + "/adapter_config.json")
            #expect {
                try load(folder)
            } throws: {
                "\($0)".contains("adapters are below: \(folder)/ref")
            }
        }
        try withTemporaryFolder { empty in
            for path in [empty, empty + "/absent"] {
                #expect(throws: CheckpointError.self) { try load(path) }
            }
        }
    }

    @Test("A folder without tensors, or with parts of them, is named")
    func noTensors() throws {
        try withAdapter("plain") { folder in
            let path = folder + "/adapter_model.safetensors"
            try FileManager.default.moveItem(
                atPath: path, toPath: folder + "/adapter_model-00001-of-00002.safetensors")
            #expect {
                try load(folder)
            } throws: {
                "\($0)".contains("adapter_model-00001-of-00002.safetensors")
            }
        }
    }

    @Test(
        "A fresh adapter is the base, follows from the seed, and its numbers go with modules' names"
    )
    func fresh() throws {
        let reference = try AdapterReference("tied")
        func model(
            _ targets: [String], _ seed: UInt64, _ start: AdapterConfiguration.Start = .uniform
        )
            throws -> VisionLanguageModel
        {
            var chosen = AdapterConfiguration(targets: .names(targets), source: "policy.adapter")
            chosen.start = start
            return try VisionLanguageModel.load(
                directory: Fixtures.path("adapters/tied"), adapter: .fresh(chosen, seed: seed))
        }
        let base = try VisionLanguageModel.load(directory: Fixtures.path("adapters/tied"))
        let one = try model(["q_proj"], 1)
        #expect(try reference.scores(one).isEqual(to: reference.scores(base)))
        let key = "model.layers.0.self_attn.q_proj.lora_A.weight"
        func a(_ model: VisionLanguageModel) throws -> Tensor {
            try #require(model.parameters.first { $0.key == key }).tensor
        }
        #expect(try a(one).isEqual(to: a(model(["q_proj", "v_proj"], 1))))
        #expect(try !a(one).isEqual(to: a(model(["q_proj"], 2))))
        let active = try model(["q_proj"], 1, .nonzero)
        #expect(try difference(reference.scores(active), reference.scores(base)) > 1e-4)
        #expect(throws: CheckpointError.self) { try model(["q_proj"], 1, .other("eva")) }
        #expect(one.adapterSummary?.numberCount == 2 * 2 * 8 * 16)
    }

    @Test("all-linear is written as the list of names that PEFT makes of it")
    func listed() throws {
        let all = AdapterConfiguration(targets: .expression("all-linear"), source: "policy.adapter")
        let model = try VisionLanguageModel.load(
            directory: Fixtures.path("adapters/tied"), adapter: .fresh(all, seed: 1))
        let files = try #require(try model.adapterFiles(baseName: nil))
        let peft = try AdapterConfiguration.load(folder: Fixtures.path("adapters/stabilized"))
        #expect(try AdapterConfiguration(files.configuration, path: "f").targets == peft.targets)
        try withTemporaryFolder { folder in
            try files.write(to: folder)
            #expect(try load(folder).parameters.map(\.key) == model.parameters.map(\.key))
        }
    }

    @Test("No parameter of a loaded model requires gradients")
    func noGradients() throws {
        let model = try AdapterReference("saved").model()
        #expect(!model.parameters.contains { $0.tensor.requiresGradient })
    }
}

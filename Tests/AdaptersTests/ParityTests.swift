import Foundation
import NN
import PolicyFamilies
import TestSupport
import Testing
import Torch

@testable import Adapters
@testable import VisionLanguage

@Suite("Adapters and PEFT")
struct ParityTests {
    @Test(
        "An adapter of PEFT gives PEFT's log-probabilities and greedy tokens",
        arguments: AdapterCases.names)
    func unmerged(name: String) throws {
        let reference = try AdapterReference(name)
        let model = try reference.model()
        let expected = try #require(try reference.scores())
        let base = try #require(try AdapterReference(reference.record.base).scores())
        #expect(try difference(expected, base) > 1e-3)
        #expect(try difference(reference.scores(model), expected) < 1e-4)
        if !reference.record.greedy.isEmpty {
            #expect(try reference.greedy(model) == reference.record.greedy)
        }
        #expect(model.warnings.isEmpty)
    }

    @Test(
        "Without its adapter a model is the base to the bit, biases and copies too",
        arguments: AdapterCases.names)
    func base(name: String) throws {
        let reference = try AdapterReference(name)
        let plain = try VisionLanguageModel.load(directory: reference.base)
        let off = try reference.model().withoutAdapter()
        #expect(try reference.scores(off).isEqual(to: reference.scores(plain)))
    }

    @Test(
        "A merged folder needs no adapter and says what model and adapter say",
        arguments: AdapterCases.names.filter { $0 != "branch_biases" })
    func merged(name: String) throws {
        let reference = try AdapterReference(name)
        let model = try reference.model()
        try withTemporaryFolder { folder in
            try model.saveMerged(directory: folder)
            let merged = try VisionLanguageModel.load(directory: folder)
            #expect(!merged.parameters.contains { $0.key.contains("lora") })
            let scores = try reference.scores(merged)
            #expect(try difference(scores, #require(try reference.scores())) < 1e-4)
            if let peft = try reference.scores("merged") {
                #expect(try difference(scores, peft) < 1e-4)
            }
            if !reference.record.greedy.isEmpty {
                #expect(try reference.greedy(merged) == reference.record.greedy)
            }
            let inMemory = try model.merged()
            #expect(inMemory.adapter == nil)
            #expect(try reference.scores(inMemory).isEqual(to: scores))
        }
    }

    @Test(
        "An adapter is written under the keys of PEFT, and read again the same",
        arguments: AdapterCases.names)
    func keys(name: String) throws {
        let reference = try AdapterReference(name)
        let model = try reference.model()
        let files = try #require(try model.adapterFiles(baseName: "base"))
        #expect(files.parameters.map(\.key).sorted() == reference.record.keys)
        try withTemporaryFolder { folder in
            try files.write(to: folder)
            let again = try VisionLanguageModel.load(
                directory: reference.base, adapter: .stored(folder: folder))
            #expect(again.parameters.map(\.key) == model.parameters.map(\.key))
            #expect(try reference.scores(again).isEqual(to: reference.scores(model)))
            let first = try Data(
                contentsOf: URL(fileURLWithPath: folder + "/adapter_model.safetensors"))
            try again.adapterFiles(baseName: "base")?.write(to: folder)
            let second = try Data(
                contentsOf: URL(fileURLWithPath: folder + "/adapter_model.safetensors"))
            #expect(first == second)
        }
    }

    @Test(
        "An outline with an adapter has the keys and shapes of the model",
        arguments: AdapterCases.names)
    func outline(name: String) throws {
        let reference = try AdapterReference(name)
        let outline = try VisionLanguageModel.outline(
            directory: reference.base, adapter: .stored(folder: reference.folder), dtype: .float32)
        let model = try reference.model()
        #expect(outline.parameters.map(\.key) == model.parameters.map(\.key))
        #expect(outline.parameters.map(\.tensor.shape) == model.parameters.map(\.tensor.shape))
    }

    @Test("Numbers of bfloat16 in a file become float32 parameters with the same values")
    func half() throws {
        let model = try AdapterReference("half").model(dtype: .bfloat16)
        let low = model.parameters.filter(\.isLowRank)
        #expect(low.allSatisfy { $0.tensor.dtype == .float32 })
        #expect(
            model.parameters.filter { !$0.isAdapter }.allSatisfy { $0.tensor.dtype == .bfloat16 })
        let files = try #require(try model.adapterFiles(baseName: nil))
        #expect(files.parameters.allSatisfy { $0.tensor.dtype == .float32 })
    }

    @Test("A merged weight is the float32 sum, rounded once")
    func roundedOnce() throws {
        let reference = try AdapterReference("plain")
        let model = try reference.model(dtype: .bfloat16)
        let key = "model.layers.1.self_attn.q_proj"
        func own(_ name: String) throws -> Tensor {
            try #require(model.parameters.first { $0.key == name }).tensor
        }
        let sum =
            try own(key + ".weight").to(.float32)
            + own(key + ".lora_B.weight").matmul(own(key + ".lora_A.weight")) * 2
        try withTemporaryFolder { folder in
            try model.saveMerged(directory: folder)
            let file = try SafetensorsFile(path: folder + "/model.safetensors")
            let entry = try #require(
                file.entries.first { $0.name.hasSuffix("layers.1.self_attn.q_proj.weight") })
            #expect(try file.tensor(entry).isEqual(to: sum.to(.bfloat16)))
        }
    }

    @Test("Merging an adapter of a shared embedding gives the head a matrix of its own")
    func untied() throws {
        for name in ["embedding", "saved", "saved_head"] {
            let model = try AdapterReference(name).model()
            try withTemporaryFolder { folder in
                try model.saveMerged(directory: folder)
                let text = try String(contentsOfFile: folder + "/config.json", encoding: .utf8)
                #expect(text.contains(#""tie_word_embeddings": false"#))
                let file = try SafetensorsFile(path: folder + "/model.safetensors")
                #expect(file.entry("lm_head.weight") != nil)
            }
        }
        for name in ["tied_copies", "plain"] {
            let model = try AdapterReference(name).model()
            try withTemporaryFolder { folder in
                try model.saveMerged(directory: folder)
                let file = try SafetensorsFile(path: folder + "/model.safetensors")
                #expect(file.entry("lm_head.weight") == nil)
            }
        }
    }
}

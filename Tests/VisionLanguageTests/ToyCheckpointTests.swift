import NN
import TestSupport
import Testing
import Torch

@testable import VisionLanguage

@Suite("Checkpoints through a family's key map")
struct ToyCheckpointTests {
    private func load(_ folder: String, _ family: ToyFamily = ToyFamily()) throws
        -> VisionLanguageModel
    {
        try VisionLanguageModel.load(family, directory: folder)
    }

    private func keys(_ folder: String) throws -> Set<String> {
        Set(try SafetensorsFile(path: folder + "/model.safetensors").entries.map(\.name))
    }

    /// Writes a model's weights with other keys, and more beside them.
    private func write(
        _ model: VisionLanguageModel, to folder: String, adding more: [Parameter] = [],
        key: (String) -> String
    ) throws {
        try model.save(directory: folder)
        let renamed = model.parameters.map { Parameter(key: key($0.key), tensor: $0.tensor) }
        try (renamed + more).save(to: folder)
    }

    private func expectSame(_ a: VisionLanguageModel, _ b: VisionLanguageModel) throws {
        #expect(a.parameters.map(\.key) == b.parameters.map(\.key))
        for (x, y) in zip(a.parameters, b.parameters) {
            #expect(try x.tensor.isEqual(to: y.tensor), "\(x.key)")
        }
    }

    @Test("A fresh model is written under the model's own keys, and read again")
    func fresh() throws {
        let model = try toy()
        try withTemporaryFolder { folder in
            try model.save(directory: folder)
            #expect(try keys(folder) == Set(model.parameters.map(\.key)))
            try expectSame(load(folder), model)
        }
    }

    @Test("Weights are written under the keys that they were read with, whatever they were")
    func spelling() throws {
        let model = try toy()
        try withTemporaryFolder { folder in
            try write(model, to: folder + "/a") { "net." + $0 }
            let loaded = try load(folder + "/a")
            try expectSame(loaded, model)
            try loaded.sharingParameters().save(directory: folder + "/b")
            #expect(try keys(folder + "/b") == keys(folder + "/a"))
            try expectSame(load(folder + "/b"), model)
            let outline = try VisionLanguageModel.outline(
                ToyFamily(), directory: folder + "/a", dtype: .float32)
            #expect(outline.parameters.map(\.key) == model.parameters.map(\.key))
        }
    }

    @Test("Tensors that the family passes over are not read, and others are refused")
    func passedOver() throws {
        let model = try toy()
        let more = Parameter(key: "extra.head", tensor: try Tensor.zeros([2]))
        let odd = Parameter(key: "odd", tensor: try Tensor.zeros([2]))
        try withTemporaryFolder { folder in
            try write(model, to: folder + "/a", adding: [more]) { $0 }
            let loaded = try load(folder + "/a")
            try loaded.save(directory: folder + "/b")
            #expect(try !keys(folder + "/b").contains("extra.head"))
            try write(model, to: folder + "/c", adding: [more, odd]) { $0 }
            #expect {
                try load(folder + "/c")
            } throws: { "\($0)".contains("1 tensors have no place in the model: odd") }
        }
    }

    @Test("A head on disk counts before a tie where the family says so, and only if it differs")
    func heads() throws {
        var family = ToyFamily()
        family.head = .tiedUnlessStored
        let own = try toy()
        var tied = ToyFamily()
        tied.head = .tied
        let shared = try toy(tied)
        let same = try #require(
            shared.parameters.first { $0.key == "decoder.embed_tokens.weight" })
        try withTemporaryFolder { folder in
            try own.save(directory: folder + "/own")
            let kept = try load(folder + "/own", family)
            #expect(kept.options.text.head == .own)
            try expectSame(kept, own)
            try expectSame(kept.sharingParameters(), own)
            try shared.save(directory: folder + "/shared")
            try expectSame(load(folder + "/shared", family), shared)
            try write(
                shared, to: folder + "/both",
                adding: [Parameter(key: "out.weight", tensor: same.tensor)]
            ) { $0 }
            let joined = try load(folder + "/both", family)
            #expect(joined.options.text.head != .own)
            try expectSame(joined, shared)
            #expect(throws: CheckpointError.self) { try load(folder + "/own", tied) }
        }
    }

    @Test("The tower's parameters are told by the family's keys")
    func vision() throws {
        let model = try toy()
        let found = model.parameters.filter(model.isVision).map(\.key)
        #expect(
            found == [
                "tower.token.weight", "tower.token.bias", "bridge.0.weight", "bridge.1.weight",
            ]
        )
    }
}

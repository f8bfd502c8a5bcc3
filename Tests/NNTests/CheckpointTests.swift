import Foundation
import NN
import Testing
import Torch

@Suite struct CheckpointTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "checkpoint-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    private func save(_ names: [String], shardBytes: Int = 1_000_000) throws {
        try names.map { Parameter(key: $0, tensor: try Tensor.full([2, 3], 1)) }
            .save(to: folder, shardBytes: shardBytes)
    }

    private func build(_ checkpoint: StoredWeights, _ names: [String]) throws -> [Parameter] {
        let builder = ParameterBuilder(source: checkpoint)
        for name in names { _ = try builder.root.parameter(name, shape: [2, 3]) }
        return builder.parameters
    }

    @Test("One file or several with an index: the same parameters come back")
    func shards() throws {
        try save(["a", "b", "c"], shardBytes: 30)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(files.count == 4)
        #expect(files.contains("model-00002-of-00003.safetensors"))
        let checkpoint = try StoredWeights(path: folder)
        #expect(checkpoint.keys == ["a", "b", "c"])
        #expect(try build(checkpoint, ["a", "b", "c"]).map(\.key) == ["a", "b", "c"])
        try checkpoint.finish()
    }

    @Test("A missing file of an index is named")
    func missingShard() throws {
        try save(["a", "b"], shardBytes: 30)
        try FileManager.default.removeItem(atPath: folder + "/model-00001-of-00002.safetensors")
        let error = try #require(throws: CheckpointError.self) {
            try StoredWeights(path: folder)
        }
        #expect(error.description.contains("model-00001-of-00002.safetensors"))
        #expect(error.isMissing)
    }

    @Test("Missing, misshapen and left-over tensors are errors that name the key")
    func mismatches() throws {
        try save(["a", "extra.weight"])
        let checkpoint = try StoredWeights(path: folder)
        let missing = try #require(throws: CheckpointError.self) { try build(checkpoint, ["b"]) }
        #expect(missing.description.contains("tensor b [2, 3] is missing"))
        let shape = try #require(throws: CheckpointError.self) {
            try ParameterBuilder(source: checkpoint).root.parameter("a", shape: [3, 2])
        }
        #expect(shape.description.contains("[2, 3]") && shape.description.contains("[3, 2]"))
        _ = try build(checkpoint, ["a"])
        let left = try #require(throws: CheckpointError.self) { try checkpoint.finish() }
        #expect(left.description.contains("extra.weight"))
        try checkpoint.finish(ignoring: { $0.hasPrefix("extra.") })
    }

    @Test("Keys are translated, and two keys that become one are an error")
    func renaming() throws {
        try save(["old.a", "b"])
        let renamed = try StoredWeights(path: folder) { key in
            key.hasPrefix("old.") ? String(key.dropFirst(4)) : key
        }
        #expect(renamed.keys == ["a", "b"])
        #expect(throws: CheckpointError.self) {
            try StoredWeights(path: folder) { _ in "same" }
        }
    }

    @Test("A folder without weights, or no folder at all, says what is looked for")
    func nothingThere() throws {
        let empty = try #require(throws: CheckpointError.self) {
            try StoredWeights(path: folder)
        }
        #expect(empty.description.contains("model.safetensors"))
        let none = try #require(throws: CheckpointError.self) {
            try StoredWeights(path: folder + "/none")
        }
        #expect(none.isMissing)
    }

    @Test("A model's parameters are its own: training does not change the checkpoint's memory")
    func ownCopies() throws {
        try save(["a"])
        let checkpoint = try StoredWeights(path: folder)
        let first = try build(checkpoint, ["a"])[0].tensor
        try first.fillInPlace(5)
        let second = try ParameterBuilder(source: checkpoint).root.parameter("a", shape: [2, 3])
        #expect(try second.floats == [1, 1, 1, 1, 1, 1])
    }

    @Test("Random weights depend on seed and key, not on the order of construction")
    func randomWeights() throws {
        func weights(_ seed: UInt64, _ keys: [String]) throws -> [String: [Float]] {
            let builder = ParameterBuilder(source: RandomWeights(seed: seed))
            for key in keys { _ = try builder.root.parameter(key, shape: [4]) }
            return Dictionary(
                uniqueKeysWithValues: try builder.parameters.map { ($0.key, try $0.tensor.floats) })
        }
        let forward = try weights(1, ["a", "b"])
        #expect(forward == (try weights(1, ["b", "a"])))
        #expect(forward["a"] != forward["b"])
        #expect(forward["a"] != (try weights(2, ["a"])["a"]))
    }
}

import Foundation
import NN
import TestSupport
import Testing
import Torch

@Suite("Weights that torch.save wrote")
struct PickledWeightsTests {
    private func tensors(_ value: UInt8, _ names: [String] = ["a", "b"]) -> [StoredTensor] {
        names.map { StoredTensor($0, "BF16", [2, 3], [UInt8](repeating: value, count: 12)) }
    }

    private func read(_ folder: String, _ key: String = "a") throws -> [Float] {
        try StoredWeights(path: folder).tensor(key, shape: [2, 3], initializer: .constant(0))
            .to(.float32).floats
    }

    /// bfloat16 0x3F3F.
    private let one = [Float](repeating: Float(bitPattern: 0x3F3F_0000), count: 6)
    /// bfloat16 0x4040.
    private let three = [Float](repeating: Float(bitPattern: 0x4040_0000), count: 6)

    private func index(_ files: [String: String]) -> String {
        let pairs = files.map { "\"\($0.key)\": \"\($0.value)\"" }.joined(separator: ", ")
        return "{\"metadata\": {}, \"weight_map\": {\(pairs)}}"
    }

    @Test("A single file and shards are read, in transformers' order: safetensors come first")
    func order() throws {
        try withTemporaryFolder { folder in
            let table = "pytorch_model.bin.index.json"
            try write(tensors(0x40, ["a"]).torchFile(), "p-1.bin", in: folder)
            try write(tensors(0x40, ["b"]).torchFile(), "p-2.bin", in: folder)
            try write(index(["a": "p-1.bin", "b": "p-2.bin"]), table, in: folder)
            #expect(try read(folder) == three && read(folder, "b") == three)
            let files = try WeightFiles(folder: folder)
            #expect(files.names == ["p-1.bin", "p-2.bin"] && files.index == table)
            try write(tensors(0x3F).torchFile(), "pytorch_model.bin", in: folder)
            #expect(try read(folder) == one)
            let weights = try StoredWeights(path: folder)
            #expect(weights.warnings.count == 1)
            #expect(
                weights.warnings[0].contains("\(table) beside it, whose files have other numbers"))
            #expect(weights.floatingPointTypes == [.bfloat16])
            try write(tensors(0x40).safetensors, "model.safetensors", in: folder)
            #expect(try read(folder) == three)
            #expect(try WeightFiles(folder: folder).all == ["model.safetensors"])
        }
    }

    @Test("A shard that is missing or lacks what the index says it has is named")
    func shards() throws {
        try withTemporaryFolder { folder in
            try write(
                index(["a": "p-1.bin", "b": "p-2.bin"]), "pytorch_model.bin.index.json", in: folder)
            try write(tensors(0x40, ["a"]).torchFile(), "p-1.bin", in: folder)
            #expect {
                try StoredWeights(path: folder)
            } throws: { "\($0)".contains("names p-2.bin, which is not in the folder") }
            try write(tensors(0x40, ["c"]).torchFile(), "p-2.bin", in: folder)
            #expect {
                try StoredWeights(path: folder)
            } throws: { "\($0)".contains("tensor b is not in p-2.bin") }
        }
    }

    @Test("A state_dict in one of the usual places is read from there, and said")
    func nested() throws {
        for place in ["state_dict", "model", "module", "model_state_dict"] {
            try withTemporaryFolder { folder in
                try write(
                    tensors(0x3F).torchFile(in: [place]), "pytorch_model.bin", in: folder)
                #expect(try read(folder) == one)
                let weights = try StoredWeights(path: folder)
                #expect(weights.warnings.contains { $0.contains("\"\(place)\" of the file") })
            }
        }
        try withTemporaryFolder { folder in
            try write(tensors(0x3F).torchFile(in: ["app", "x"]), "pytorch_model.bin", in: folder)
            #expect {
                try StoredWeights(path: folder)
            } throws: { "\($0)".contains("the state_dict holds a dictionary under app") }
        }
    }

    @Test("Damaged files give one message with the file, a wrong checksum when the tensor is used")
    func damage() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/pytorch_model.bin"
            let whole = tensors(0x3F).torchFile()
            try write(Array(whole.dropLast(40)), "pytorch_model.bin", in: folder)
            let cut = try #require(throws: CheckpointError.self) { try StoredWeights(path: folder) }
            #expect(cut.path == path && cut.problem.contains("cut short"))
            try write(
                try Array(Fixtures.data("torch/namespace.pt")), "pytorch_model.bin", in: folder)
            let foreign = try #require(throws: CheckpointError.self) {
                try StoredWeights(path: folder)
            }
            #expect(foreign.problem.contains("argparse.Namespace"))
            try write(tensors(0x3F).safetensors, "pytorch_model.bin", in: folder)
            #expect {
                try StoredWeights(path: folder)
            } throws: { "\($0)".contains("call it model.safetensors") }
            try FileManager.default.removeItem(atPath: path)
            try write(whole, "model.safetensors", in: folder)
            #expect {
                try StoredWeights(path: folder)
            } throws: { "\($0)".contains("call it pytorch_model.bin") }
        }
        try withTemporaryFolder { folder in
            var damaged = try Array(Fixtures.data("torch/dtypes.pt"))
            let order = try #require(
                damaged.indices.first { damaged[$0...].starts(with: Array("little".utf8)) })
            damaged[order + 128] ^= 1
            try write(damaged, "pytorch_model.bin", in: folder)
            let path = folder + "/pytorch_model.bin"
            let file = try TorchCheckpointFile(path: path, checking: .whenUsed)
            let entries = try #require(file.root.dictionary).compactMap(\.value.tensor)
            let faults = entries.compactMap { entry in
                Result { try file.tensor(entry) }.failure
            }
            #expect(entries.count == DType.allCases.count)
            #expect(faults.count == 1)
            #expect("\(faults)".contains("checksum of"))
        }
    }
}

extension Result {
    fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}

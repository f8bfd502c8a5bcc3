import Foundation
import NN
import TestSupport
import Testing
import Torch

@Suite struct WeightFilesTests {
    /// A folder with a single file of ones, and shards of another value with their index.
    private func withBoth(_ value: Double, _ body: (String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let names = ["a", "b", "c"]
            try names.map { Parameter(key: $0, tensor: try Tensor.full([200, 300], value)) }
                .save(to: folder, shardBytes: 300_000)
            try SafetensorsFile.write(
                try names.map { NamedTensor($0, try Tensor.full([200, 300], 1)) },
                to: folder + "/model.safetensors")
            try body(folder)
        }
    }

    private func first(_ folder: String) throws -> Float {
        try StoredWeights(path: folder)
            .tensor("a", shape: [200, 300], initializer: .constant(0)).floats[0]
    }

    private func warnings(_ folder: String) throws -> [String] {
        try StoredWeights(path: folder).warnings
    }

    private func remove(_ name: String, _ folder: String) throws {
        try FileManager.default.removeItem(atPath: folder + "/" + name)
    }

    @Test("A single file counts before an index, and an index of other weights is said")
    func single() throws {
        try withBoth(2) { folder in
            #expect(try first(folder) == 1)
            #expect(try warnings(folder).count == 1)
            #expect(try warnings(folder)[0].contains("other numbers, first in a;"))
            #expect(try WeightFiles(folder: folder).all == ["model.safetensors"])
            try remove("model-00002-of-00003.safetensors", folder)
            #expect(try first(folder) == 1)
            #expect(
                try warnings(folder)[0].contains("model-00002-of-00003.safetensors is not there"))
            try Data("{}".utf8).write(
                to: URL(fileURLWithPath: folder + "/model.safetensors.index.json"))
            #expect(try warnings(folder)[0].contains("is no index"))
            try remove("model.safetensors.index.json", folder)
            #expect(try warnings(folder).isEmpty)
        }
    }

    @Test("An index of the same weights is no matter, and counts where there is no single file")
    func same() throws {
        try withBoth(1) { folder in
            let found = try warnings(folder)
            #expect(found.isEmpty)
        }
        try withBoth(2) { folder in
            try remove("model.safetensors", folder)
            #expect(try first(folder) == 2 && warnings(folder).isEmpty)
            let files = try WeightFiles(folder: folder)
            #expect(files.names.count == 3 && files.index == "model.safetensors.index.json")
            // A folder of that name is no file.
            try FileManager.default.createDirectory(
                atPath: folder + "/model.safetensors", withIntermediateDirectories: false)
            #expect(try first(folder) == 2)
            try remove("model-00002-of-00003.safetensors", folder)
            #expect {
                try WeightFiles(folder: folder)
            } throws: {
                "\($0)".contains("index.json: names model-00002-of-00003.safetensors, which is not")
            }
        }
    }

    @Test("A file that config.json names counts before all others")
    func named() throws {
        try withBoth(2) { folder in
            func name(_ value: String) throws {
                try Data("{\"transformers_weights\": \(value)}".utf8).write(
                    to: URL(fileURLWithPath: folder + "/config.json"))
            }
            try name("\"model.safetensors.index.json\"")
            #expect(try first(folder) == 2)
            try name("null")
            #expect(try first(folder) == 1)
            for wrong in ["\"model.bin\"", "\"../model.safetensors\"", "\"none.safetensors\"", "5"]
            {
                try name(wrong)
                #expect {
                    try WeightFiles(folder: folder)
                } throws: { "\($0)".contains("config.json: transformers_weights") }
            }
        }
    }

    @Test(
        "Weights in a form that is not read are named, with the way out",
        arguments: [
            ("adapter_model.safetensors", "peft"),
            ("model.fp16.safetensors", "rename"),
            ("model-00001-of-00002.safetensors", "index"),
            ("pytorch_model.fp16.bin", "rename"), ("pytorch_model-00001-of-00002.bin", "index"),
            ("epoch=1.ckpt", "state_dict"), ("policy.pth", "pytorch_model.bin"),
            ("tf_model.h5", "exported from"), ("flax_model.msgpack", "exported from"),
            ("model.onnx", "exported from"), ("openvino_language_model.bin", "exported from"),
            ("consolidated.00.pth", "hub's layout"), ("weights.npz", "converted from"),
            ("pytorch_model_fsdp.bin", "pytorch_model.bin"),
            ("weights.gguf", "safetensors"),
        ])
    func foreign(name: String, advice: String) throws {
        try withTemporaryFolder { folder in
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
            let error = #expect(throws: CheckpointError.self) {
                try StoredWeights(path: folder)
            }
            #expect(error?.problem.contains(name) == true)
            #expect(error?.advice.contains(advice) == true)
        }
    }
}

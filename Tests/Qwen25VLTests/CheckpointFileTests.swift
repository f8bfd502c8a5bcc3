import Foundation
import NN
import Testing
import Torch

@testable import Qwen25VL

/// What stands in the files beside the weights, and what is made of it.
@Suite("Files of checkpoints")
struct CheckpointFileTests {
    private let folder = fixture("checkpoint")

    /// A copy of the checkpoint with other files: contents by name, nil for none.
    private func withCheckpoint(
        _ files: [String: String?], _ body: (String) throws -> Void
    ) throws {
        try withFolder { other in
            let path = other + "/policy"
            try FileManager.default.copyItem(atPath: folder, toPath: path)
            for (name, text) in files {
                try? FileManager.default.removeItem(atPath: path + "/" + name)
                if let text {
                    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
                }
            }
            try body(path)
        }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    private var configuration: String { get throws { try text(folder + "/config.json") } }

    // MARK: - Element types

    @Test("A policy states the type of its weights wherever config.json states one, and only that")
    func statedType() throws {
        func file(_ top: String, _ vision: String) throws -> String {
            try configuration.replacingOccurrences(
                of: "\"dtype\": \"float32\",", with: top + "\"rope_theta\": 1e-06,"
            ).replacingOccurrences(
                of: "\"depth\": 1,", with: vision + "\"words\": {\"dtype\": 7}, \"depth\": 1,")
        }
        let given = try file(
            #""quantization_config": {"dtype": "int8"}, "torch_dtype": "bfloat16", "dtype": null, "#,
            #""torch_dtype": "torch.bfloat16", "quantization_config": null, "#)
        try withCheckpoint(["config.json": given]) { path in
            let model = try Qwen25VLModel.load(directory: path)
            for type in [DType.float32, .bfloat16, .float16] {
                try model.save(directory: path + "/saved", dtype: type)
                let found = try text(path + "/saved/config.json")
                let expected = try file(
                    "\"torch_dtype\": \"\(type)\", \"dtype\": \"\(type)\", ",
                    "\"torch_dtype\": \"\(type)\", ")
                #expect(found == expected)
            }
        }
    }

    @Test(
        "A policy whose config.json states no type gets one, in the key that transformers 4 reads")
    func addedType() throws {
        let silent = try configuration.replacingOccurrences(of: "\"dtype\": \"float32\",", with: "")
        try withCheckpoint(["config.json": silent]) { path in
            try Qwen25VLModel.load(directory: path, dtype: .bfloat16).save(directory: path + "/b")
            let found = try JSONSerialization.jsonObject(
                with: Data(text(path + "/b/config.json").utf8))
            let object = try #require(found as? [String: Any])
            #expect(object["torch_dtype"] as? String == "bfloat16" && object["dtype"] == nil)
            try Qwen25VLModel(random: .load(path: fixture("tied.json")), seed: 1, dtype: .bfloat16)
                .save(directory: path + "/c")
            #expect(try text(path + "/c/config.json").contains("\"torch_dtype\" : \"bfloat16\""))
        }
    }

    @Test("Weights of several types are stated as the narrowest type that holds them all")
    func severalTypes() throws {
        #expect(StatedElementType.holding([.bfloat16, .float32]) == .float32)
        #expect(StatedElementType.holding([.bfloat16, .float16]) == .float32)
        #expect(StatedElementType.holding([.float16]) == .float16)
        #expect(StatedElementType.holding([.float64, .float16]) == .float64)
        let model = try Qwen25VLModel.load(directory: folder)
        try withFolder { other in
            try model.files { parameter in
                try Qwen25VLModel.isVision(parameter)
                    ? parameter.tensor.to(.bfloat16) : parameter.tensor
            }.write(to: other)
            #expect(try text(other + "/config.json").contains("\"dtype\": \"float32\""))
            try model.save(directory: other, dtype: .bfloat16)
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: other + "/config.json"))
            try Qwen25VLModel.restateElementType(directory: other)
            #expect(try text(other + "/config.json").contains("\"dtype\": \"bfloat16\""))
        }
    }

    @Test("A config.json that states a type which cannot hold the weights is warned about")
    func narrowType() throws {
        for (type, count) in [("float32", 0), ("float64", 0), ("bfloat16", 1), ("float16", 1)] {
            let stated = try configuration.replacingOccurrences(
                of: "\"dtype\": \"float32\"", with: "\"torch_dtype\": \"\(type)\"")
            try withCheckpoint(["config.json": stated]) { path in
                let found = try Qwen25VLModel.load(directory: path).warnings
                #expect(found.count == count, "\(type)")
                #expect(
                    found.allSatisfy { $0.contains("states \(type)") && $0.contains("float32") })
                #expect(
                    try Qwen25VLModel.outline(directory: path, dtype: .float32).warnings == found)
            }
        }
    }
}

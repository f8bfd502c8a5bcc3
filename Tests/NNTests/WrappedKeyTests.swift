import Foundation
import NN
import TestSupport
import Testing
import Torch

@Suite("Keys in wrappers")
struct WrappedKeyTests {
    private func withKeys(_ keys: [String], _ body: (String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try write(
                keys.map { StoredTensor(zeros: $0, "F32", [2], bits: 32) }.safetensors,
                "model.safetensors", in: folder)
            try body(folder)
        }
    }

    @Test(
        "Names of wrappers are left out wherever they stand in a key, and said once",
        arguments: [
            "_orig_mod.model.a.weight", "module.model.a.weight", "module._orig_mod.model.a.weight",
            "model._orig_mod.a.weight", "model.a._checkpoint_wrapped_module.weight",
            "_fsdp_wrapped_module.model._fsdp_wrapped_module.a.weight",
            "base_model.model.model.a.weight",
            "module.base_model.model._orig_mod.model.a.weight", "_forward_module.model.a.weight",
        ])
    func stripped(key: String) throws {
        try withKeys([key, key.replacingOccurrences(of: "weight", with: "bias")]) { folder in
            let weights = try StoredWeights(path: folder)
            #expect(weights.keys == ["model.a.bias", "model.a.weight"])
            #expect(weights.warnings.count == 1)
            #expect(weights.warnings[0].contains("which is left out"))
        }
    }

    @Test("Two keys that become one are an error that names both")
    func collision() throws {
        try withKeys(["a.weight", "module.a.weight"]) { folder in
            let error = try #require(throws: CheckpointError.self) {
                try StoredWeights(path: folder)
            }
            #expect(
                error.problem.contains("tensor module.a.weight is a.weight, and so is a.weight"))
        }
    }

    @Test(
        "An adapter among the weights is named, with what merges it",
        arguments: [
            "base_model.model.a.lora_A.default.weight", "a.base_layer.weight",
            "a.modules_to_save.default.weight", "a.lora_magnitude_vector.default.weight",
        ])
    func adapters(key: String) throws {
        try withKeys(["a.norm.weight", key]) { folder in
            let error = try #require(throws: CheckpointError.self) {
                try StoredWeights(path: folder)
            }
            #expect(error.problem.contains("tensor \(key) is of an adapter"))
            #expect(error.advice.contains("merge_and_unload()"))
        }
    }

    @Test("A key of another layer has its own place, and is not like one that is missing")
    func misspelt() throws {
        func error(_ keys: [String]) throws -> String {
            try withTemporaryFolder { folder in
                let tensors = keys.map { StoredTensor(zeros: $0, "F16", [1], bits: 16) }
                try write(tensors.safetensors, "model.safetensors", in: folder)
                let weights = try StoredWeights(path: folder)
                let missing = "l.2.mlp.up_proj.weight"
                return
                    "\(try #require(throws: CheckpointError.self) { try weights.require(missing, shape: [1]) })"
            }
        }
        let others = [
            "l.1.mlp.up_proj.weight", "l.3.mlp.up_proj.weight", "l.2.mlp.down_proj.weight",
            "v.2.mlp.up_proj.weight",
        ]
        #expect(
            try error(others + ["l.2.mlp.up_porj.weight"]).contains(
                "like it is l.2.mlp.up_porj.weight"))
        #expect(try !error(others).contains("like it"))
    }

    @Test("A key that is missing is told with the one that is most like it")
    func similar() throws {
        try withKeys(["deep.text.layers.0.mlp.up.weight", "deep.text.layers.1.mlp.up.weight"]) {
            folder in
            let error = try #require(throws: CheckpointError.self) {
                try StoredWeights(path: folder).require("text.layers.1.mlp.up.weight", shape: [2])
            }
            #expect(error.problem.contains("the most like it is deep.text.layers.1.mlp.up.weight"))
        }
    }
}

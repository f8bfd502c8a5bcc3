import Foundation
import NN
import TestSupport
import Testing
import Torch

@Suite struct OptimizerFileTests {
    private func parameters(_ keys: [String], _ dtype: DType = .bfloat16) throws -> [Parameter] {
        try keys.map { key in
            let tensor = try Tensor.of([1, -2, 3] as [Float]).to(dtype)
            try tensor.setRequiresGradient(true)
            return Parameter(key: key, tensor: tensor)
        }
    }

    private func optimizer(_ parameters: [Parameter]) throws -> AdamW {
        try AdamW(parameters: parameters, options: AdamWOptions(learningRate: 1))
    }

    private func step(_ optimizer: AdamW, _ parameters: [Parameter], _ gradient: Double) throws {
        for parameter in parameters {
            try parameter.tensor.setGradient(
                Tensor.full([3], gradient).to(parameter.tensor.dtype))
        }
        try optimizer.step(learningRate: 0.01)
    }

    @Test("An optimizer restored from its file takes the same next step, to the bit")
    func roundTrip() throws {
        try withTemporaryFolder { folder in
            let first = try parameters(["a.weight", "b.bias"])
            let saved = try optimizer(first)
            for gradient in [0.5, -0.25, 1] { try step(saved, first, gradient) }
            try saved.save(to: folder + "/optimizer.safetensors")
            let second = try parameters(["a.weight", "b.bias"])
            let restored = try optimizer(second)
            try restored.restore(from: folder + "/optimizer.safetensors")
            #expect(try second[0].tensor.isEqual(to: first[0].tensor))
            try step(saved, first, 2)
            try step(restored, second, 2)
            for (one, other) in zip(saved.slots, restored.slots) {
                #expect(try one.master.isEqual(to: other.master))
            }
        }
    }

    @Test(
        "A file of other parameters is refused, and nothing changes",
        arguments: [
            ["a.weight"], ["a.weight", "b.bias", "c.bias"], ["a.weight", "other.bias"],
        ])
    func otherParameters(keys: [String]) throws {
        try withTemporaryFolder { folder in
            let first = try parameters(["a.weight", "b.bias"])
            let saved = try optimizer(first)
            try step(saved, first, 0.5)
            try saved.save(to: folder + "/optimizer.safetensors")
            let second = try parameters(keys)
            let other = try optimizer(second)
            #expect(throws: CheckpointError.self) {
                try other.restore(from: folder + "/optimizer.safetensors")
            }
            #expect(try second[0].tensor.to(.float32).floats == [1, -2, 3])
        }
    }
}

import Testing
import Torch

@Suite struct TensorTests {
    @Test("Values come back as they went in, for every element type that Swift has")
    func roundTrips() throws {
        #expect(try Tensor.of([1.5, -2] as [Float]).floats == [1.5, -2])
        #expect(try Tensor.of([1, -2, 3]).integers == [1, -2, 3])
        #expect(try Tensor.of([true, false]).values(Bool.self) == [true, false])
        #expect(try Tensor.of([7, 255] as [UInt8]).values(UInt8.self) == [7, 255])
        #expect(try Tensor.of([0.1, 0.2] as [Double]).values(Double.self) == [0.1, 0.2])
        #expect(try Tensor.of([] as [Float]).shape == [0])
    }

    @Test("bfloat16 and float16 round to their own precision")
    func narrowTypes() throws {
        let x = try Tensor.of([1.00390625, 3.0] as [Float])
        #expect(try x.to(.bfloat16).floats == [1, 3])
        #expect(try x.to(.float16).floats == [1.00390625, 3])
        #expect(try x.to(.bfloat16).dtype == .bfloat16)
    }

    @Test("Data that does not fill the shape is refused, and the error names the function")
    func wrongShape() throws {
        let error = try #require(throws: TorchError.self) {
            try Tensor.of([1, 2, 3] as [Float], shape: [2, 2])
        }
        #expect(error.code == .invalidArgument)
        #expect(error.function.contains("wrongShape"))
        let product = try #require(throws: TorchError.self) {
            let a = try Tensor.ones([1, 2])
            return try a.matmul(a)
        }
        #expect(product.description.contains("matmul"))
        #expect(product.description.contains("1x2 and 1x2"))
    }

    @Test("An int64 tensor stays int64 with integers and becomes float32 with real numbers")
    func scalarKinds() throws {
        let x = try Tensor.of([1, 2, 3])
        #expect(try (x + 1).dtype == .int64)
        #expect(try (x + 1).integers == [2, 3, 4])
        #expect(try (x * 0.5).dtype == .float32)
        #expect(try x.floorDivided(by: 2).integers == [0, 1, 1])
        #expect(try x.remainder(by: 2).integers == [1, 0, 1])
    }

    @Test("Elementwise functions are the functions that they say")
    func elementwise() throws {
        let x = try Tensor.of([-1, 0.25, 2] as [Double])
        func close(_ a: Tensor, _ b: [Double]) throws {
            for (left, right) in zip(try a.values(Double.self), b) {
                #expect(abs(left - right) < 1e-12)
            }
        }
        try close(-x, [1, -0.25, -2])
        try close(x.abs(), [1, 0.25, 2])
        try close(x.exp(), [0.36787944117144233, 1.2840254166877414, 7.38905609893065])
        try close(x.squared(), [1, 0.0625, 4])
        try close(x.relu(), [0, 0.25, 2])
        try close(
            x.sigmoid(), [0.2689414213699951, 0.5621765008857981, 0.8807970779778823])
        try close(x.silu(), [-0.2689414213699951, 0.14054412522144952, 1.7615941559557646])
        try close(x.tanh(), [-0.7615941559557649, 0.24491866240370913, 0.9640275800758169])
        try close(x.gelu(), [-0.15865525393145707, 0.14967658142073093, 1.9544997361036416])
        try close(x.floor(), [-1, 0, 2])
        try close(x.clamped(min: 0.0).clamped(max: 1.0), [0, 0.25, 1])
        try close(x.power(3), [-1, 0.015625, 8])
        #expect(try (x .> 0).values(Bool.self) == [false, true, true])
        #expect(try (x .== 0.25).values(Bool.self) == [false, true, false])
        let chosen = try Tensor.select(x .< 0, x, else: x * 10)
        try close(chosen, [-1, 2.5, 20])
        try close(x.filled(where: x .< 0, with: 9), [9, 0.25, 2])
    }

    @Test("Reductions run over the dimensions that are named, or over all")
    func reductions() throws {
        let x = try Tensor.of([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        #expect(try x.sum().item() == 21)
        #expect(try x.sum(0).floats == [5, 7, 9])
        #expect(try x.mean(-1, keepDims: true).shape == [2, 1])
        #expect(try x.max(1).floats == [3, 6])
        #expect(try x.min().item() == 1)
        #expect(try x.variance(1, unbiased: true).floats == [1, 1])
        #expect(try x.argmax(1).integers == [2, 2])
        #expect(try x.cumulativeSum(1).floats == [1, 3, 6, 4, 9, 15])
        #expect(try x.softmax(1).sum(1).floats.allSatisfy { abs($0 - 1) < 1e-6 })
        #expect(abs(try x.norm().item() - 91.0.squareRoot()) < 1e-5)
        let top = try x.topK(2, dim: 1)
        #expect(try top.values.floats == [3, 2, 6, 5])
        #expect(try top.indices.integers == [2, 1, 2, 1])
        #expect(try x.sorted(dim: 1, descending: true).indices.integers == [2, 1, 0, 2, 1, 0])
    }

    @Test("Shape operations move elements where they say")
    func shapes() throws {
        let x = try Tensor.range(6).reshaped(2, 3)
        #expect(try x.transposed(0, 1).integers == [0, 3, 1, 4, 2, 5])
        #expect(try x.permuted(1, 0).shape == [3, 2])
        #expect(try x.sliced(1, from: 1).integers == [1, 2, 4, 5])
        #expect(try x.sliced(1, from: 0, to: -1).integers == [0, 1, 3, 4])
        #expect(try x.sliced(1, step: 2).integers == [0, 2, 3, 5])
        #expect(try x.selected(0, 1).integers == [3, 4, 5])
        #expect(try x.indexed(1, Tensor.of([2, 0])).integers == [2, 0, 5, 3])
        #expect(try x.flipped(1).integers == [2, 1, 0, 5, 4, 3])
        #expect(try x.padded([1, 0]).integers == [0, 0, 1, 2, 0, 3, 4, 5])
        #expect(try x.repeatedInterleaved(2, dim: 0).shape == [4, 3])
        #expect(try x.repeated(1, 2).integers == [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
        #expect(try Tensor.concatenate([x, x], dim: 0).shape == [4, 3])
        #expect(try Tensor.stack([x, x]).shape == [2, 2, 3])
        #expect(try x.gathered(1, Tensor.of([2, 0], shape: [2, 1])).integers == [2, 3])
        #expect(
            try x.replacing(1, at: Tensor.of([1]), with: Tensor.of([9, 8], shape: [2, 1])).integers
                == [0, 9, 2, 3, 8, 5])
        #expect(try x.to(.float32).lowerTriangle().floats == [0, 0, 0, 3, 4, 0])
        #expect(throws: TorchError.self) { try x.transposed(0, 5) }
    }

    @Test("Attention without a mask is softmax(q·kᵀ/√d)·v, and grouped heads share keys")
    func attention() throws {
        let generator = try Generator(seed: 3)
        let query = try Tensor.normal([1, 4, 3, 8], generator: generator)
        let key = try Tensor.normal([1, 2, 5, 8], generator: generator)
        let value = try Tensor.normal([1, 2, 5, 8], generator: generator)
        let grouped = try Tensor.attention(
            query: query, key: key, value: value, groupedQuery: true)
        let (k, v) = try (
            key.repeatedInterleaved(2, dim: 1), value.repeatedInterleaved(2, dim: 1)
        )
        let weights = try (query.matmul(k.transposed(-1, -2)) / 8.0.squareRoot()).softmax(-1)
        #expect(try (grouped - weights.matmul(v)).abs().max().item() < 1e-5)
        let scaled = try Tensor.attention(query: query, key: k, value: v, scale: 1e-9)
        #expect(try (scaled - v.mean(2, keepDims: true)).abs().max().item() < 1e-5)
    }

    @Test("Generators continue from a restored state, and different seeds differ")
    func generators() throws {
        let generator = try Generator(seed: 1)
        let state = try generator.state()
        let first = try Tensor.uniform([5], generator: generator)
        try generator.restore(state)
        #expect(try first.isEqual(to: Tensor.uniform([5], generator: generator)))
        let other = try Tensor.uniform([5], generator: Generator(seed: 2))
        #expect(try !first.isEqual(to: other))
    }
}

@Suite struct GradientTests {
    @Test("Gradients accumulate in leaves and can be removed")
    func accumulation() throws {
        let x = try Tensor.of([1, 2, 3] as [Float])
        try x.setRequiresGradient(true)
        #expect(x.gradient == nil)
        try (x * x).sum().backward()
        #expect(try x.gradient?.floats == [2, 4, 6])
        try (x * x).sum().backward()
        #expect(try x.gradient?.floats == [4, 8, 12])
        try x.setGradient(nil)
        #expect(x.gradient == nil)
    }

    @Test("withoutGradients records nothing and restores the mode when its body throws")
    func scopes() throws {
        struct Stop: Error {}
        let x = try Tensor.ones([2])
        try x.setRequiresGradient(true)
        #expect(try !withoutGradients { try (x * 2).requiresGradient })
        #expect(throws: Stop.self) { try withoutGradients { throw Stop() } }
        #expect(gradientsAreEnabled)
        #expect(try (x * 2).requiresGradient)
        #expect(try !(x * 2).detached().requiresGradient)
    }

    @Test("A second backward through the same record is refused, not a crash")
    func twice() throws {
        let x = try Tensor.ones([2])
        try x.setRequiresGradient(true)
        let y = try (x * x).sum()
        try y.backward()
        #expect(throws: TorchError.self) { try y.backward() }
    }

    @Test("The global norm is that of the concatenated tensors")
    func norm() throws {
        let parts = try [Tensor.of([3] as [Float]), Tensor.of([0, 4] as [Float])]
        #expect(try globalNorm(parts) == 5)
        #expect(try globalNorm([]) == 0)
    }
}

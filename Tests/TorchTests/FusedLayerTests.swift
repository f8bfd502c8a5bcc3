// Tolerances: 1e-5 of the largest element, a few roundings of float32.
import Testing
import Torch

/// Layers that are one pass here, against the operations that they are made of.
@Suite struct FusedLayerTests {
    private func leaf(_ shape: [Int], seed: UInt64, dtype: DType = .float32) throws -> Tensor {
        let leaf = try Tensor.normal(shape, generator: Generator(seed: seed)).to(dtype)
        try leaf.setRequiresGradient(true)
        return leaf
    }

    private func difference(_ a: Tensor?, _ b: Tensor?) throws -> Double {
        let (a, b) = (try #require(a).to(.float32), try #require(b).to(.float32))
        #expect(a.shape == b.shape)
        return try (a - b).abs().max().item() / max(1, b.abs().max().item())
    }

    /// The norm as the models' authors write it.
    private func plainNorm(_ x: Tensor, _ weight: Tensor) throws -> Tensor {
        let wide = try x.to(.float32)
        let scale = try (wide.squared().mean(-1, keepDims: true) + 1e-6).rsqrt()
        return try (wide * scale).to(x.dtype) * weight
    }

    @Test(
        "The norm's values and gradients are those of its parts, for widths that divide by nothing",
        arguments: [[5, 7], [2, 3, 64], [1, 130], [40]])
    func norm(shape: [Int]) throws {
        let (x, y) = (try leaf(shape, seed: 1), try leaf(shape, seed: 1))
        let width = [shape[shape.count - 1]]
        let (weight, other) = (try leaf(width, seed: 2), try leaf(width, seed: 2))
        let slope = try Tensor.normal(shape, generator: Generator(seed: 3))
        let (fast, slow) = (try x.rmsNorm(weight: weight, epsilon: 1e-6), try plainNorm(y, other))
        #expect(try difference(fast, slow) < 1e-5)
        try fast.backward(gradient: slope)
        try slow.backward(gradient: slope)
        #expect(try difference(x.gradient, y.gradient) < 1e-5)
        #expect(try difference(weight.gradient, other.gradient) < 1e-5)
    }

    @Test("A norm without gradients has the same bits, and other element types the same values")
    func normElsewhere() throws {
        let (x, weight) = (try leaf([4, 24], seed: 1), try leaf([24], seed: 2))
        let recorded = try x.rmsNorm(weight: weight, epsilon: 1e-6)
        let plain = try withoutGradients { try x.rmsNorm(weight: weight, epsilon: 1e-6) }
        #expect(try recorded.isEqual(to: plain))
        let (narrow, own) = (try x.to(.bfloat16), try weight.to(.bfloat16))
        // The last of bfloat16's eight bits hangs on the order of a sum.
        let slim = try narrow.rmsNorm(weight: own, epsilon: 1e-6)
        #expect(slim.dtype == .bfloat16)
        #expect(try difference(slim, plainNorm(narrow, own)) < 0.01)
        let double = try x.to(.float64).rmsNorm(weight: weight.to(.float64), epsilon: 1e-6)
        #expect(try difference(double, recorded) < 1e-5)
        #expect(try Tensor.zeros([0, 24]).rmsNorm(weight: weight, epsilon: 1e-6).shape == [0, 24])
        #expect(throws: TorchError.self) { try x.rmsNorm(weight: Tensor.ones([3]), epsilon: 1e-6) }
    }

    @Test("In bfloat16 norms and rotations have the gradients of their parts within its precision")
    func narrowGradients() throws {
        let (x, y) = (
            try leaf([6, 2, 8], seed: 1, dtype: .bfloat16), try leaf([6, 2, 8], seed: 1)
        )
        let (weight, other) = (
            try leaf([8], seed: 2, dtype: .bfloat16), try leaf([8], seed: 2)
        )
        let half = try Tensor.normal([6, 1, 4], generator: Generator(seed: 4))
        let angle = try Tensor.concatenate([half, half], dim: -1)
        func passed(_ x: Tensor, _ weight: Tensor) throws -> Tensor {
            try x.rmsNorm(weight: weight, epsilon: 1e-6).rotatedHalves(
                cosines: angle.cos().to(x.dtype), sines: angle.sin().to(x.dtype))
        }
        let slope = try Tensor.normal([6, 2, 8], generator: Generator(seed: 3))
        try passed(x, weight).backward(gradient: slope.to(.bfloat16))
        try passed(y, other).backward(gradient: slope)
        #expect(x.gradient?.dtype == .bfloat16 && weight.gradient?.dtype == .bfloat16)
        #expect(try difference(x.gradient, y.gradient) < 0.03)
        #expect(try difference(weight.gradient, other.gradient) < 0.03)
    }

    @Test(
        "Turned halves have the values and gradients of the formula, for one angle or one per row, and for views",
        arguments: [1, 5])
    func rotation(angles: Int) throws {
        let half = try Tensor.normal([angles, 1, 4], generator: Generator(seed: 4))
        let angle = try Tensor.concatenate([half, half], dim: -1)
        let (cosines, sines) = (try angle.cos(), try angle.sin())
        func plain(_ x: Tensor) throws -> Tensor {
            let swapped = try Tensor.concatenate(
                [-(x.sliced(-1, from: 4)), x.sliced(-1, to: 4)], dim: -1)
            return try x * cosines + swapped * sines
        }
        let slope = try Tensor.normal([5, 3, 8], generator: Generator(seed: 5))
        let (x, y) = (try leaf([5, 2, 3, 8], seed: 1), try leaf([5, 2, 3, 8], seed: 1))
        let fast = try x.selected(1, 1).rotatedHalves(cosines: cosines, sines: sines)
        let slow = try plain(y.selected(1, 1))
        #expect(try difference(fast, slow) < 1e-5)
        try fast.backward(gradient: slope)
        try slow.backward(gradient: slope)
        #expect(try difference(x.gradient, y.gradient) < 1e-5)
        let bent = try x.detached().transposed(0, 2).selected(1, 0).transposed(0, 1)
        #expect(bent.shape == [5, 3, 8])
        let narrow = try bent.to(.bfloat16).rotatedHalves(
            cosines: cosines.to(.bfloat16), sines: sines.to(.bfloat16))
        #expect(
            try difference(bent.rotatedHalves(cosines: cosines, sines: sines), plain(bent)) < 1e-5)
        #expect(try difference(narrow, plain(bent)) < 0.05)
        #expect(throws: TorchError.self) {
            try bent.rotatedHalves(cosines: cosines.sliced(-1, to: 4), sines: sines)
        }
    }
}

import NN
import Testing
import Torch

/// An adapter of one form for every module.
private struct OnePlan: AdapterPlan {
    let form: LowRankForm
    var tiesCopies: Bool { false }
    func form(of module: AdaptableModule) -> LowRankForm? { form }
    func replaces(_ key: String) -> Bool { false }
}

@Suite struct LowRankBranchTests {
    private func builder(_ form: LowRankForm, dtype: DType = .float32) -> ParameterBuilder {
        ParameterBuilder(
            source: RandomWeights(seed: 7), dtype: dtype,
            adapter: AdapterSource(plan: OnePlan(form: form), weights: FreshAdapter(), seed: 3))
    }

    private func layer(
        _ form: LowRankForm, _ builder: ParameterBuilder, bias: Bool = true
    ) throws -> Linear {
        let layer = try Linear(builder.root / "layer", 12, 9, bias: bias)
        for parameter in builder.parameters where parameter.isAdapter {
            try parameter.tensor.setRequiresGradient(true)
        }
        return layer
    }

    private func difference(_ a: Tensor?, _ b: Tensor?) throws -> Double {
        let (a, b) = (try #require(a).to(.float32), try #require(b).to(.float32))
        #expect(a.shape == b.shape)
        return try (a - b).abs().max().item() / b.abs().max().item()
    }

    private func leaf(_ shape: [Int], seed: UInt64, dtype: DType = .float32) throws -> Tensor {
        let leaf = try Tensor.normal(shape, generator: Generator(seed: seed)).to(dtype)
        try leaf.setRequiresGradient(true)
        return leaf
    }

    // bfloat16 keeps 8 bits: the composite rounds the branch's sum once more, and h's gradient.
    @Test(
        "A branch's values and gradients are those of separate operations",
        arguments: [(DType.float32, 1e-5), (.bfloat16, 0.02)])
    func gradients(dtype: DType, tolerance: Double) throws {
        let form = LowRankForm(rank: 4, scale: 0.7, start: .nonzero)
        let layer = try layer(form, builder(form, dtype: dtype))
        let branch = try #require(layer.adapter)
        // Not contiguous.
        let x = try leaf([12, 5, 2], seed: 1, dtype: dtype)
        let slope = try Tensor.normal([2, 5, 9], generator: Generator(seed: 2)).to(dtype)
        func run(_ body: (Tensor) throws -> Tensor) throws -> [Tensor?] {
            for tensor in [x, branch.a, branch.b] { try tensor.setGradient(nil) }
            let y = try body(x.transposed(0, 2))
            try y.backward(gradient: slope)
            return [try y.detached(), x.gradient, branch.a.gradient, branch.b.gradient]
        }
        let fused = try run { try layer($0) }
        let parts = try run { x in
            let low = try x.linear(branch.a.to(dtype)) * form.scale
            return try x.linear(layer.weight, layer.bias) + low.linear(branch.b.to(dtype))
        }
        for (fused, part) in zip(fused, parts) {
            #expect(try difference(fused, part) < tolerance)
        }
        #expect(branch.a.gradient?.dtype == .float32 && x.gradient?.dtype == dtype)
        #expect(layer.weight.gradient == nil && layer.bias?.gradient == nil)
    }

    @Test("What is trained besides has its gradient: the module's bias and its weight")
    func others() throws {
        let form = LowRankForm(rank: 4, scale: 0.7, start: .nonzero)
        let builder = builder(form)
        let layer = try layer(form, builder)
        let bias = try #require(layer.bias)
        for tensor in [layer.weight, bias] { try tensor.setRequiresGradient(true) }
        let x = try Tensor.normal([6, 12], generator: Generator(seed: 1))
        let slope = try Tensor.normal([6, 9], generator: Generator(seed: 2))
        func run(_ dropout: UInt64?) throws {
            builder.dropout.seed = dropout
            for tensor in [layer.weight, bias] { try tensor.setGradient(nil) }
            try layer(x).backward(gradient: slope)
        }
        try run(nil)
        #expect(try difference(bias.gradient, slope.sum(0)) < 1e-5)
        #expect(try difference(layer.weight.gradient, slope.transposed(0, 1).matmul(x)) < 1e-5)
        try run(5)
        #expect(try difference(layer.weight.gradient, slope.transposed(0, 1).matmul(x)) < 1e-5)
    }

    @Test(
        "With gradients and without a module gives the same bits, dropout and magnitudes included",
        arguments: [DType.float32, .bfloat16],
        [
            LowRankForm(rank: 4, scale: 0.7, start: .nonzero),
            LowRankForm(rank: 4, scale: 0.7, hasBias: true, dropout: 0.3, start: .nonzero),
            LowRankForm(
                rank: 4, scale: 0.7, isWeightDecomposed: true, dropout: 0.3, start: .nonzero),
        ])
    func sameBits(dtype: DType, form: LowRankForm) throws {
        let builder = builder(form, dtype: dtype)
        let layer = try layer(form, builder)
        let x = try Tensor.normal([7, 12], generator: Generator(seed: 1)).to(dtype)
        for seed in [nil, 11 as UInt64] {
            builder.dropout.seed = seed
            let recorded = try layer(x)
            #expect(recorded.requiresGradient)
            let plain = try withoutGradients { try layer(x) }
            #expect(try recorded.detached().isEqual(to: plain))
        }
    }

    @Test("float32 masters beside a bfloat16 base move by steps that bfloat16 cannot hold")
    func masters() throws {
        let form = LowRankForm(rank: 4, scale: 1, start: .nonzero)
        let builder = builder(form, dtype: .bfloat16)
        let layer = try layer(form, builder)
        let branch = try #require(layer.adapter)
        let before = try branch.a.detached().clone()
        let optimizer = try AdamW(
            parameters: builder.parameters.filter(\.isAdapter),
            options: AdamWOptions(learningRate: 1e-6))
        let x = try Tensor.normal([7, 12], generator: Generator(seed: 1)).to(.bfloat16)
        for _ in 0..<3 {
            try layer(x).sum().backward()
            try optimizer.step(learningRate: 1e-6)
        }
        let moved = try (branch.a.detached() - before).abs()
        // Adam's first steps are of about the learning rate each.
        #expect(try moved.min().item() > 1e-6)
        #expect(try moved.max().item() < 4e-6)
    }

    @Test("A magnitude's gradients are those of finite differences with rows' lengths held fixed")
    func decomposed() throws {
        let form = LowRankForm(
            rank: 3, scale: 0.7, isWeightDecomposed: true, start: .nonzero)
        let layer = try layer(form, builder(form))
        let branch = try #require(layer.adapter)
        let (magnitude, bias) = (try #require(branch.magnitude), try #require(layer.bias))
        try withoutGradients { try bias.fillInPlace(3) }
        let x = try Tensor.normal([4, 12], generator: Generator(seed: 1))
        let slope = try Tensor.normal([4, 9], generator: Generator(seed: 2)).to(.float64)
        try layer(x).backward(gradient: slope.to(.float32))
        func wide(_ tensor: Tensor) throws -> Tensor { try tensor.detached().to(.float64) }
        let sum = try wide(layer.weight) + wide(branch.b).matmul(wide(branch.a)) * 0.7
        let lengths = try (sum * sum).sum(1).sqrt()
        /// The loss by the definition, with the lengths as they are or as they become.
        func loss(_ a: Tensor, _ magnitude: Tensor, holdsLengths: Bool) throws -> Double {
            let sum = try wide(layer.weight) + wide(branch.b).matmul(a) * 0.7
            let now = try holdsLengths ? lengths : (sum * sum).sum(1).sqrt()
            let y = try wide(x).linear(sum) * (magnitude / now) + 3
            return try (y * slope).sum().item()
        }
        func slopes(_ tensor: Tensor, _ loss: (Tensor) throws -> Double) throws -> Tensor {
            let values = try wide(tensor).values(Double.self)
            return try Tensor.of(
                values.indices.map { index in
                    func at(_ step: Double) throws -> Double {
                        var moved = values
                        moved[index] += step
                        return try loss(Tensor.of(moved).reshaped(tensor.shape))
                    }
                    return Float((try at(1e-5) - at(-1e-5)) / 2e-5)
                }, shape: tensor.shape)
        }
        let m = try wide(magnitude)
        let held = try slopes(branch.a) { try loss($0, m, holdsLengths: true) }
        let free = try slopes(branch.a) { try loss($0, m, holdsLengths: false) }
        #expect(try difference(branch.a.gradient, held) < 1e-4)
        #expect(try difference(branch.a.gradient, free) > 1e-2)
        let a = try wide(branch.a)
        let byMagnitude = try slopes(magnitude) { try loss(a, $0, holdsLengths: true) }
        #expect(try difference(magnitude.gradient, byMagnitude) < 1e-4)
        // The bias is added as it is.
        let y = try withoutGradients { try layer(Tensor.zeros([1, 12])) }
        #expect(try y.isEqual(to: Tensor.full([1, 9], 3)))
    }

    @Test(
        "Dropout leaves out by seed and place: the first positions have one mask however many follow"
    )
    func dropout() throws {
        let form = LowRankForm(rank: 4, scale: 0.7, dropout: 0.5, start: .nonzero)
        let builder = builder(form)
        let layer = try layer(form, builder)
        let x = try Tensor.normal([20, 12], generator: Generator(seed: 1))
        func run(_ seed: UInt64?, _ rows: Int) throws -> Tensor {
            builder.dropout.seed = seed
            return try withoutGradients { try layer(x.sliced(0, to: rows)).sliced(0, to: 6) }
        }
        let whole = try run(nil, 20)
        #expect(try difference(run(1, 20), run(1, 8)) < 1e-5)
        #expect(try difference(run(1, 20), whole) > 1e-2)
        #expect(try difference(run(2, 20), run(1, 20)) > 1e-2)
        #expect(try run(nil, 20).isEqual(to: whole))
    }
}

import NN
import Testing
import Torch

@Suite struct OptimizerTests {
    private func parameter(_ key: String, _ values: [Float], _ dtype: DType = .float32) throws
        -> Parameter
    {
        let tensor = try Tensor.of(values).to(dtype)
        try tensor.setRequiresGradient(true)
        return Parameter(key: key, tensor: tensor)
    }

    /// Plain AdamW in double precision, from the paper's algorithm 2.
    private func reference(
        start: Double, gradients: [Double], rate: Double, decay: Double
    ) -> Double {
        var (x, m, v) = (start, 0.0, 0.0)
        for (index, gradient) in gradients.enumerated() {
            let step = Double(index + 1)
            x -= rate * decay * x
            m = 0.9 * m + 0.1 * gradient
            v = 0.999 * v + 0.001 * gradient * gradient
            let corrected = m / (1 - power(0.9, step))
            let variance = v / (1 - power(0.999, step))
            x -= rate * corrected / (variance.squareRoot() + 1e-8)
        }
        return x
    }

    private func power(_ base: Double, _ exponent: Double) -> Double {
        (0..<Int(exponent)).reduce(1.0) { product, _ in product * base }
    }

    @Test("Steps follow the AdamW algorithm, with decay on matrices and none on biases and norms")
    func algorithm() throws {
        let parameters = try [
            parameter("a.weight", [1, -2]), parameter("a.bias", [1]),
            parameter("norm.weight", [1]),
        ]
        let optimizer = try AdamW(
            parameters: parameters, options: AdamWOptions(learningRate: 1, weightDecay: 0.1))
        let gradients: [Double] = [0.5, -0.25, 1]
        for gradient in gradients {
            for parameter in parameters {
                try parameter.tensor.setGradient(
                    Tensor.full(parameter.tensor.shape, gradient))
            }
            try optimizer.step(learningRate: 0.01)
        }
        let decayed = reference(start: -2, gradients: gradients, rate: 0.01, decay: 0.1)
        let plain = reference(start: 1, gradients: gradients, rate: 0.01, decay: 0)
        #expect(abs(Double(try parameters[0].tensor.floats[1]) - decayed) < 1e-6)
        #expect(abs(Double(try parameters[1].tensor.floats[0]) - plain) < 1e-6)
        #expect(abs(Double(try parameters[2].tensor.floats[0]) - plain) < 1e-6)
    }

    @Test("Twenty steps of 1e-6 move a bfloat16 parameter's master as they move a float32 one")
    func masters() throws {
        let wide = try parameter("w", [1])
        let narrow = try parameter("w", [1], .bfloat16)
        for parameter in [wide, narrow] {
            let optimizer = try AdamW(
                parameters: [parameter], options: AdamWOptions(learningRate: 1))
            for _ in 0..<20 {
                try parameter.tensor.setGradient(Tensor.full([1], 1).to(parameter.tensor.dtype))
                try optimizer.step(learningRate: 1e-6)
            }
            #expect(abs(try optimizer.slots[0].master.item() - (1 - 20e-6)) < 2e-6)
        }
        #expect(try narrow.tensor.item() == 1, "the step is below bfloat16's resolution")
    }

    @Test("Steps too small for bfloat16 add up in the master and reach the parameter, rounded")
    func mastersReachParameters() throws {
        // Below 1 bfloat16 goes in steps of 0.0039: 1 - 0.001 is rounded to 1 each time.
        let narrow = try parameter("w", [1], .bfloat16)
        let optimizer = try AdamW(parameters: [narrow], options: AdamWOptions(learningRate: 1))
        for _ in 0..<20 {
            try narrow.tensor.setGradient(Tensor.full([1], 1).to(.bfloat16))
            try optimizer.step(learningRate: 1e-3)
        }
        let master = optimizer.slots[0].master
        #expect(abs(try master.item() - 0.98) < 1e-5)
        #expect(narrow.tensor.dtype == .bfloat16)
        #expect(try narrow.tensor.item() == master.to(.bfloat16).item())
        #expect(try narrow.tensor.item() != 1)
    }

    @Test("A parameter without a gradient stays as it is, to the bit")
    func untouched() throws {
        let parameters = try [parameter("a", [1]), parameter("b", [1])]
        let optimizer = try AdamW(
            parameters: parameters, options: AdamWOptions(learningRate: 1, weightDecay: 0.5))
        try parameters[0].tensor.setGradient(Tensor.ones([1]))
        try optimizer.step(learningRate: 0.1)
        #expect(try parameters[0].tensor.item() != 1)
        #expect(try parameters[1].tensor.item() == 1)
    }

    @Test("Clipping scales all gradients together, and only when their norm is above the bound")
    func clipping() throws {
        let parameters = try [parameter("a", [0, 0]), parameter("b", [0])]
        try parameters[0].tensor.setGradient(Tensor.of([3, 0] as [Float]))
        try parameters[1].tensor.setGradient(Tensor.of([4] as [Float]))
        let norm = try parameters.gradientNorm()
        #expect(norm == 5)
        try parameters.clipGradients(maxNorm: 10, norm: norm)
        #expect(try parameters[1].tensor.gradient?.floats == [4])
        try parameters.clipGradients(maxNorm: 1, norm: norm)
        #expect(abs(try parameters.gradientNorm() - 1) < 1e-5)
    }

    @Test("Schedules have transformers' values")
    func schedules() {
        func factors(_ kind: LearningRateSchedule.Kind, warmup: Int) -> [Double] {
            let schedule = LearningRateSchedule(kind: kind, warmupSteps: warmup, totalSteps: 10)
            return [0, 1, 2, 6, 9, 10].map(schedule.factor)
        }
        func expect(_ values: [Double], _ wanted: [Double]) {
            for (value, want) in zip(values, wanted) { #expect(abs(value - want) < 1e-9) }
        }
        expect(factors(.linear, warmup: 2), [0, 0.5, 1, 0.5, 0.125, 0])
        expect(factors(.linear, warmup: 0), [1, 0.9, 0.8, 0.4, 0.1, 0])
        expect(factors(.constant, warmup: 2), [1, 1, 1, 1, 1, 1])
        expect(factors(.constantWithWarmup, warmup: 2), [0, 0.5, 1, 1, 1, 1])
        expect(
            factors(.cosine, warmup: 2), [0, 0.5, 1, 0.5, 0.03806023374435663, 0])
        expect(
            factors(.inverseSqrt, warmup: 2),
            [0, 0.5, 1, 0.5773502691896258, 0.4714045207910317, 0.4472135954999579])
    }
}

import RLTrainer
import Testing
import Torch

/// Numbers worked out by hand from TRL's formulas.
///
/// Shapes are [B, L] with B ≠ L throughout, so that
/// a wrong broadcast cannot pass.
@Suite struct PolicyLossTests {
    private struct Result {
        var loss: Double
        var gradient: [Float]
        var output: LossOutput
    }

    private func loss(
        _ logProbabilities: [Float], old: [Float]? = nil, reference: [Float]? = nil,
        advantages: [Float], mask: [Float], parts: Int = 1, tokens: Double? = nil,
        _ change: (inout LossConfiguration) -> Void = { _ in }
    ) throws -> Result {
        var configuration = LossConfiguration()
        configuration.lossType = .grpo
        configuration.maxCompletionLength = 10
        change(&configuration)
        let shape = [advantages.count, mask.count / advantages.count]
        let current = try Tensor.of(logProbabilities, shape: shape)
        try current.setRequiresGradient(true)
        let output = try policyLoss(
            LossInputs(
                logProbabilities: current,
                oldLogProbabilities: Tensor.of(old ?? logProbabilities, shape: shape),
                referenceLogProbabilities: reference.map { try Tensor.of($0, shape: shape) },
                advantages: Tensor.of(advantages), mask: Tensor.of(mask, shape: shape),
                microBatchCount: parts,
                stepTokenCount: tokens ?? Double(mask.reduce(0, +))), configuration)
        try output.loss.backward()
        return Result(
            loss: try output.loss.item(), gradient: try current.gradient?.floats ?? [],
            output: output)
    }

    private func close(_ a: [Float], _ b: [Float]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 }
    }

    private let lengths: [Float] = [1, 0, 0, 1, 1, 1]  // one token, then three

    @Test("On-policy the loss is minus the mean advantage, and its gradient is REINFORCE's")
    func onPolicy() throws {
        let result = try loss(
            [-1, -1, -1, -2, -2, -2], advantages: [2, -1], mask: lengths)
        #expect(abs(result.loss - (-0.5)) < 1e-6)
        let sixth: Float = 1 / 6
        #expect(close(result.gradient, [-1, 0, 0, sixth, sixth, sixth]))
    }

    @Test("Each loss type weighs tokens by its own normaliser")
    func normalisers() throws {
        let wanted: [(LossType, [Float])] = [
            (.grpo, [-1, 0, 0, 1.0 / 6, 1.0 / 6, 1.0 / 6]),
            (.bnpo, [-0.5, 0, 0, 0.25, 0.25, 0.25]),
            (.drGRPO, [-0.1, 0, 0, 0.05, 0.05, 0.05]),
            (.dapo, [-0.25, 0, 0, 0.125, 0.125, 0.125]),
            (.cispo, [-0.25, 0, 0, 0.125, 0.125, 0.125]),
        ]
        for (type, gradient) in wanted {
            // eight tokens in the whole step; cispo's bound is above the ratio 1
            let result = try loss(
                [-1, -1, -1, -2, -2, -2], advantages: [2, -1], mask: lengths, tokens: 8
            ) {
                $0.lossType = type
                $0.epsilonHigh = 5
            }
            #expect(close(result.gradient, gradient), "\(type): \(result.gradient)")
        }
    }

    @Test("The parts of micro-batches add up to the loss of the whole step")
    func microBatches() throws {
        for type in [LossType.grpo, .drGRPO, .dapo] {
            func gradient(_ rows: Range<Int>, parts: Int) throws -> [Float] {
                let logs: [Float] = [-1, -1.2, -0.4, -2, -2.2, -0.1]
                let picked = Array(logs[rows.lowerBound * 3..<rows.upperBound * 3])
                let mask = Array(lengths[rows.lowerBound * 3..<rows.upperBound * 3])
                return try loss(
                    picked, old: picked.map { $0 - 0.1 },
                    advantages: Array(([2, -1] as [Float])[rows]), mask: mask, parts: parts,
                    tokens: 4
                ) { $0.lossType = type }.gradient
            }
            let whole = try gradient(0..<2, parts: 1)
            let parts = try gradient(0..<1, parts: 2) + gradient(1..<2, parts: 2)
            #expect(close(whole, parts), "\(type)")
        }
    }

    @Test("The ratio is clipped where the advantage pushes on, never where it pushes back")
    func clipping() throws {
        // ratios 0.5, 1, 1.5 with advantage +1, then -1
        let ratios: [Float] = [0.5, 1, 1.5, 0.5, 1, 1.5]
        let logs: [Float] = ratios.map { $0 == 1 ? 0 : $0 == 0.5 ? -0.6931472 : 0.4054651 }
        let result = try loss(
            logs, old: [0, 0, 0, 0, 0, 0], advantages: [1, -1], mask: [1, 1, 1, 1, 1, 1])
        // -(0.5 + 1 + 1.2)/3/2 + (0.8 + 1 + 1.5)/3/2
        #expect(abs(result.loss - (-2.7 + 3.3) / 6) < 1e-6)
        let sixth: Float = 1.0 / 6
        #expect(
            close(
                result.gradient, [-0.5 * sixth, -sixth, 0, 0, sixth, 1.5 * sixth]))
        #expect(result.output.clipping.low == 1)
        #expect(result.output.clipping.high == 1)
    }

    @Test("epsilon_high moves the upper bound alone, delta bounds the unclipped ratio")
    func bounds() throws {
        let logs: [Float] = [0.4054651, 0, 0, 1.0986123, 0, 0]  // ratios 1.5 and 3
        let high = try loss(
            logs, old: [0, 0, 0, 0, 0, 0], advantages: [1, -1], mask: [1, 0, 0, 1, 0, 0]
        ) { $0.epsilonHigh = 0.6 }
        #expect(abs(high.loss - (-1.5 + 3) / 2) < 1e-5)
        let two = try loss(
            logs, old: [0, 0, 0, 0, 0, 0], advantages: [1, -1], mask: [1, 0, 0, 1, 0, 0]
        ) { $0.delta = 2 }
        #expect(abs(two.loss - (-1.2 + 2) / 2) < 1e-5)
        #expect(two.gradient[3] == 0)
    }

    @Test("A sequence ratio is the geometric mean of its tokens' ratios")
    func sequenceLevel() throws {
        let result = try loss(
            [0.1, 0, 0, -0.3, 0.05, 0.1], old: [0, 0, 0, 0, 0, 0], advantages: [1, 1],
            mask: lengths
        ) { $0.importanceSamplingLevel = .sequence }
        // exp(0.1) and exp(-0.05)
        #expect(abs(result.loss - -(1.1051709 + 0.9512294) / 2) < 1e-6)
        #expect(abs(result.gradient[4] - -0.9512294 / 6) < 1e-6)
    }

    @Test(
        "The divergence is k3, weighted by beta; with the correction its gradient has the score term"
    )
    func divergence() throws {
        let logs: [Float] = [-1, 0, 0, -2, -2, -2]
        let reference: [Float] = [-1.5, 0, 0, -2, -2, -2]
        func run(_ corrected: Bool) throws -> Result {
            try loss(logs, reference: reference, advantages: [0, 0], mask: lengths) {
                $0.beta = 0.1
                $0.usesBiasCorrectionKL = corrected
            }
        }
        let k3 = 0.60653066 - (-0.5) - 1
        for corrected in [false, true] {
            let result = try run(corrected)
            #expect(abs(result.loss - 0.1 * k3 / 2) < 1e-6)
            #expect(abs(result.output.klSum - k3) < 1e-6)
            let gradient = 0.05 * (1 - 0.60653066 + (corrected ? k3 : 0))
            #expect(abs(Double(result.gradient[0]) - gradient) < 1e-6)
            #expect(result.gradient[3] == 0)
        }
    }

    @Test("NaN and infinity outside the mask reach neither loss nor gradient")
    func garbage() throws {
        let result = try loss(
            [-1, .nan, .infinity, -2, -2, -2], old: [-1, 0, -.infinity, -2, -2, -2],
            reference: [-1, .nan, 7, -2, -2, -2], advantages: [2, -1], mask: lengths
        ) { $0.beta = 0.1 }
        #expect(abs(result.loss - -0.5) < 1e-6)
        let sixth: Float = 1 / 6
        #expect(close(result.gradient, [-1, 0, 0, sixth, sixth, sixth]))
    }

    @Test("When every completion is masked the loss is 0 and nothing is NaN")
    func allMasked() throws {
        for type in LossType.allCases {
            // rloo's value is minus the mean advantage, and its advantages add up to 0 in a group.
            let result = try loss(
                [-1, -1, -1, -2, -2, -2], advantages: [1, -1], mask: [0, 0, 0, 0, 0, 0]
            ) { $0.lossType = type }
            #expect(result.loss == 0)
            #expect(result.gradient.allSatisfy { $0 == 0 })
        }
    }
}

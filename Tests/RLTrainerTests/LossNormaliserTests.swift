import RLTrainer
import Testing
import Torch

/// What token losses are divided by.
@Suite struct LossNormaliserTests {
    private let lengths = [3, 1, 5, 4, 2, 5, 1, 2]
    private let advantages = [1.0, -0.5, 0.25, -2, 0.75, 1.5, -1, 0.5]

    /// Gradient and value when the step is done in micro-batches of so many completions.
    private func step(_ whole: LossBench, size: Int) throws -> (loss: Double, gradient: [Double]) {
        var loss = 0.0
        var gradient: [Double] = []
        for start in stride(from: 0, to: whole.rows, by: size) {
            var part = whole.rows(start..<start + size)
            part.parts = whole.rows / size
            part.stepTokens = whole.mask.reduce(0, +)
            let result = try part.run()
            loss += result.loss
            gradient += result.gradient
        }
        return (loss, gradient)
    }

    @Test(
        "8 x 1, 4 x 2 and 1 x 8 completions per micro-batch give one gradient; bnpo is the exception"
    )
    func split() throws {
        for type in LossType.allCases {
            let whole = LossBench(lengths: lengths, advantages: advantages, type)
            let reference = try whole.run()
            for size in [1, 2, 4, 8] {
                let (loss, gradient) = try step(whole, size: size)
                let isSame =
                    agree(gradient, reference.gradient) && agree([loss], [reference.loss])
                #expect(isSame == (type != .bnpo || size == 8), "\(type), \(size)")
            }
        }
    }

    @Test("A completion of which nothing counts leaves token-normalised losses as they are")
    func maskedCompletion() throws {
        for type in [LossType.bnpo, .dapo, .cispo] {
            let without = LossBench(lengths: [5, 2], advantages: [1, -1], type)
            var with = LossBench(lengths: [5, 2, 5], advantages: [1, -1, 3], type)
            with.mask = without.mask + [0, 0, 0, 0, 0]
            let (a, b) = (try without.run(), try with.run())
            #expect(agree([a.loss], [b.loss]), "\(type)")
            #expect(agree(a.gradient + [0, 0, 0, 0, 0], b.gradient), "\(type)")
        }
    }

    @Test("Without any token a completion has no gradient, and grpo still counts it in its mean")
    func emptyRow() throws {
        for type in LossType.allCases {
            var bench = LossBench(lengths: [7, 7, 7], advantages: [1, -1, 2], type)
            bench.mask = Array(bench.mask.prefix(14)) + [Double](repeating: 0, count: 7)
            let result = try bench.run()
            #expect(result.loss.isFinite, "\(type)")
            #expect(result.gradient.suffix(7).allSatisfy { $0 == 0 }, "\(type)")
            #expect(result.gradient.prefix(7).allSatisfy { $0 != 0 }, "\(type)")
        }
        var bench = LossBench(lengths: [2, 2, 2], advantages: [1, 1, 1])
        bench.old = nil
        bench.mask = [1, 1, 1, 1, 0, 0]
        #expect(agree([try bench.run().loss], [-2.0 / 3]))
    }

    @Test("A token of a long answer weighs less with grpo only, as much as any other elsewhere")
    func lengthBias() throws {
        // On-policy and with advantages 1 the gradient is minus the weight of each token.
        let weights: [(LossType, short: Double, long: Double)] = [
            (.grpo, 1.0 / 2, 1.0 / 20), (.bnpo, 1.0 / 11, 1.0 / 11),
            (.drGRPO, 1.0 / 24, 1.0 / 24), (.dapo, 1.0 / 11, 1.0 / 11),
            (.cispo, 1.0 / 11, 1.0 / 11), (.rloo, 1.0 / 2, 1.0 / 2),
        ]
        for (type, short, long) in weights {
            var bench = LossBench(lengths: [1, 10], advantages: [1, 1], type)
            bench.old = nil
            let gradient = try bench.run().gradient
            #expect(agree([gradient[0]], [-short]), "\(type)")
            #expect(agree(Array(gradient[10...]), [Double](repeating: -long, count: 10)), "\(type)")
        }
    }

    @Test("dr_grpo divides by completions times the longest length allowed, however long they are")
    func constantNormaliser() throws {
        // ratios 1, advantages 2 and -1: -(2·3 - 1·1) / (2 · 12)
        var bench = LossBench(lengths: [3, 1], advantages: [2, -1], .drGRPO)
        bench.old = nil
        #expect(agree([try bench.run().loss], [-5.0 / 24]))
        bench.configuration.maxCompletionLength = 6
        #expect(agree([try bench.run().loss], [-5.0 / 12]))
    }

    @Test("NaN and infinity outside the mask reach nothing, for any loss type and ratio level")
    func garbage() throws {
        for type in LossType.allCases {
            for level in ImportanceSamplingLevel.allCases {
                var clean = LossBench(lengths: [3, 1, 5], advantages: [1, -1, 2], type)
                clean.configuration.importanceSamplingLevel = level
                clean.configuration.beta = 0.1
                clean.reference = clean.logProbabilities.map { $0 - 0.2 }
                var dirty = clean
                for index in clean.mask.indices where clean.mask[index] == 0 {
                    dirty.logProbabilities[index] = [.nan, .infinity, -.infinity][index % 3]
                    dirty.old?[index] = [.infinity, .nan, 1e300][index % 3]
                    dirty.reference?[index] = .nan
                }
                let (a, b) = (try clean.run(), try dirty.run())
                #expect(a.loss == b.loss && a.gradient == b.gradient, "\(type) \(level)")
                #expect(a.output.klSum == b.output.klSum)
            }
        }
    }

    @Test("The gradient is the derivative of the value, for every loss type that has one")
    func finiteDifferences() throws {
        for type in LossType.allCases where type != .cispo {
            for level in ImportanceSamplingLevel.allCases {
                var bench = LossBench(lengths: [3, 1, 4], advantages: [1, -1, 2], type)
                bench.configuration.importanceSamplingLevel = level
                bench.configuration.beta = type == .rloo ? 0 : 0.3
                bench.reference = bench.logProbabilities.map { $0 * 0.7 - 0.1 }
                let gradient = try bench.run().gradient
                for index in gradient.indices {
                    func value(_ shift: Double) throws -> Double {
                        var moved = bench
                        moved.logProbabilities[index] += shift
                        return try moved.run().loss
                    }
                    // Central differences are off by the third derivative times 1e-10.
                    let slope = (try value(1e-5) - value(-1e-5)) / 2e-5
                    #expect(abs(slope - gradient[index]) < 1e-8, "\(type) \(level) \(index)")
                }
            }
        }
    }

    @Test("The loss is computed in the type of its log-probabilities, masks and advantages of any")
    func precision() throws {
        var bench = LossBench(lengths: [3, 5], advantages: [1.0 / 3, -2.0 / 3], .dapo)
        let wide = try bench.run()
        bench.dtype = .float32
        let narrow = try bench.run()
        #expect(wide.output.loss.dtype == .float64 && narrow.output.loss.dtype == .float32)
        #expect(wide.loss != narrow.loss && abs(wide.loss - narrow.loss) < 1e-7)
    }
}

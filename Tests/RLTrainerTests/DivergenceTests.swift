import Foundation
import RLTrainer
import Testing
import Torch

/// The divergence from the reference, and what large differences do.
@Suite struct DivergenceTests {
    // A vocabulary of five: the policy and its reference.
    private let logits = [0.3, -1.2, 0.8, 0.1, -0.4]
    private let q = [0.1, 0.3, 0.2, 0.15, 0.25]

    private func softmax(_ logits: [Double]) -> [Double] {
        let sum = logits.reduce(0) { $0 + exp($1) }
        return logits.map { exp($0) / sum }
    }

    private func exactKL(_ logits: [Double]) -> Double {
        zip(softmax(logits), q).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
    }

    /// The divergence alone, of one token per completion: the five tokens of the vocabulary.
    private func bench(corrected: Bool) -> LossBench {
        let p = softmax(logits)
        var bench = LossBench(lengths: [1, 1, 1, 1, 1], advantages: [0, 0, 0, 0, 0])
        bench.logProbabilities = p.map { log($0) }
        bench.old = nil
        bench.reference = q.map { log($0) }
        bench.configuration.beta = 1
        bench.configuration.usesBiasCorrectionKL = corrected
        return bench
    }

    @Test("The estimate k3 is never negative, and its mean over the vocabulary is the divergence")
    func estimator() throws {
        let p = softmax(logits)
        var mean = 0.0
        for token in p.indices {
            let sum = try bench(corrected: false).rows(token..<token + 1).run().output.klSum
            let difference = log(q[token]) - log(p[token])
            #expect(abs(sum - (exp(difference) - difference - 1)) < 1e-12 && sum >= 0)
            mean += p[token] * sum
        }
        #expect(abs(mean - exactKL(logits)) < 1e-12)
        let k1 = zip(p, q).reduce(0) { $0 + $1.0 * (log($1.0) - log($1.1)) }
        #expect(abs(k1 - exactKL(logits)) < 1e-12)
    }

    @Test(
        "With the ratio the mean gradient is that of the divergence; without, that of the reverse")
    func gradient() throws {
        let p = softmax(logits)
        func expected(_ corrected: Bool) throws -> [Double] {
            // d loss / d log p per token, weighted by its probability; then the chain to the logits.
            let slopes = try bench(corrected: corrected).run().gradient.map { $0 * 5 }
            return logits.indices.map { logit in
                p.indices.reduce(0) { sum, token in
                    sum + p[token] * slopes[token] * ((token == logit ? 1 : 0) - p[logit])
                }
            }
        }
        let exact = logits.indices.map { index in
            func shifted(_ by: Double) -> [Double] {
                var changed = logits
                changed[index] += by
                return changed
            }
            return (exactKL(shifted(1e-5)) - exactKL(shifted(-1e-5))) / 2e-5
        }
        #expect(agree(try expected(true), exact, 1e-8))
        // Without: the gradient of KL(q || p), which is p - q.
        #expect(agree(try expected(false), zip(p, q).map { $0 - $1 }, 1e-12))
        #expect(!agree(try expected(false), exact, 1e-3))
    }

    @Test("A log-difference of 200 leaves loss and gradient finite in float32, for every loss type")
    func overflow() throws {
        for type in LossType.allCases {
            for level in ImportanceSamplingLevel.allCases {
                for (difference, advantage) in [(200.0, 1.0), (200, -1), (-200, 1), (-200, -1)] {
                    var bench = LossBench(lengths: [2, 3], advantages: [advantage, 0.5], type)
                    bench.dtype = .float32
                    bench.configuration.importanceSamplingLevel = level
                    bench.configuration.beta = 0.1
                    bench.old = bench.logProbabilities.map { $0 - difference }
                    bench.reference = bench.logProbabilities.map { $0 + difference }
                    let result = try bench.run()
                    let norm = result.gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
                    #expect(result.loss.isFinite, "\(type) \(level) \(difference)")
                    #expect(norm < Double(Float.greatestFiniteMagnitude).squareRoot())
                }
            }
        }
    }

    @Test("Up to a log-ratio of 20 nothing is bounded; a reference that lags behind still pulls")
    func bound() throws {
        var bench = LossBench(lengths: [1, 1], advantages: [-1, -1], .dapo)
        bench.old = bench.logProbabilities.map { $0 - 19.9 }
        #expect(abs(try bench.run().loss / exp(19.9) - 1) < 1e-12)
        bench.old = bench.logProbabilities.map { $0 - 20.1 }
        #expect(abs(try bench.run().loss / exp(largestLogRatio) - 1) < 1e-12)
        #expect(try bench.run().gradient == [0, 0])
        // log π_ref far below log π: k3 is its linear part, with slope 1.
        bench.old = nil
        bench.advantages = [0, 0]
        bench.reference = bench.logProbabilities.map { $0 - 200 }
        bench.configuration.beta = 1
        bench.configuration.usesBiasCorrectionKL = false
        #expect(agree(try bench.run().gradient, [0.5, 0.5]))
    }
}

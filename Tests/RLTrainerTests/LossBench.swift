import RLTrainer
import Torch

/// A micro-batch in double precision, to try losses on.
///
/// Legend: B completions, L places of the longest; arrays [B, L] are flat.
struct LossBench {
    var logProbabilities: [Double]
    var old: [Double]?
    var reference: [Double]?
    var advantages: [Double]
    var mask: [Double]
    var parts = 1
    var stepTokens: Double?
    var dtype = DType.float64
    var configuration = LossConfiguration()

    struct Result {
        var loss: Double
        var gradient: [Double]
        var output: LossOutput
    }

    /// Completions of `lengths` tokens whose log-probabilities, old ones and references differ a little
    /// from place to place.
    init(lengths: [Int], advantages: [Double], _ type: LossType = .grpo) {
        let places = lengths.max() ?? 0
        let count = lengths.count * places
        mask = lengths.flatMap { length in (0..<places).map { $0 < length ? 1 : 0 } }
        logProbabilities = (0..<count).map { -0.1 - 0.13 * Double($0 * 7 % 11) }
        old = logProbabilities.enumerated().map { $1 + 0.03 * Double($0 * 5 % 7 - 3) }
        self.advantages = advantages
        configuration.lossType = type
        configuration.maxCompletionLength = 12
        if type == .cispo { configuration.epsilonHigh = 5 }
    }

    var rows: Int { advantages.count }
    var places: Int { mask.count / rows }

    /// The micro-batch of some of the completions.
    func rows(_ range: Range<Int>) -> LossBench {
        let flat = range.lowerBound * places..<range.upperBound * places
        var result = self
        result.logProbabilities = Array(logProbabilities[flat])
        result.old = old.map { Array($0[flat]) }
        result.reference = reference.map { Array($0[flat]) }
        result.mask = Array(mask[flat])
        result.advantages = Array(advantages[range])
        return result
    }

    func run() throws -> Result {
        let shape = [rows, places]
        func grid(_ values: [Double]) throws -> Tensor {
            try Tensor.of(values, shape: shape).to(dtype)
        }
        let current = try grid(logProbabilities)
        try current.setRequiresGradient(true)
        let output = try policyLoss(
            LossInputs(
                logProbabilities: current, oldLogProbabilities: grid(old ?? logProbabilities),
                referenceLogProbabilities: reference.map(grid),
                advantages: Tensor.of(advantages), mask: Tensor.of(mask, shape: shape),
                microBatchCount: parts, stepTokenCount: stepTokens ?? mask.reduce(0, +)),
            configuration)
        try output.loss.backward()
        return Result(
            loss: try output.loss.item(),
            gradient: try current.gradient?.values(Double.self) ?? [], output: output)
    }
}

/// Whether numbers agree up to the rounding of double precision.
func agree(_ a: [Double], _ b: [Double], _ tolerance: Double = 1e-12) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
}

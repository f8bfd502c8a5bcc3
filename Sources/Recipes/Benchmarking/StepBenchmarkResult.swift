import Costs
import Files
import Foundation
public import RLTrainer
import Settings
import SharedSettings
import Torch

/// What a ``StepBenchmark`` measured.
public struct StepBenchmarkResult: Encodable, Sendable {
    /// One part of a step.
    public struct Phase: Encodable, Sendable {
        /// The median of the steps, in seconds.
        public let medianS: Double
        /// Each step, in seconds.
        public let runsS: [Double]
        /// The median processor time, of all threads, in seconds.
        public let cpuS: Double
        /// Each step's processor time, in seconds.
        public let cpuRunsS: [Double]
        /// Tokens of completions by the median second.
        public let tokensPerS: Double
        /// Billions of additions and multiplications in matrix products, computed from the sizes.
        public let gflop: Double
        /// The same by the median second.
        public let gflopPerS: Double
        /// Seconds that the cost model predicts from the sizes and the speed of this machine.
        public let predictedS: Double
    }

    /// The parts of a step by their names; `reference` only where there is one.
    public let phases: [String: Phase]
    /// The sum of the parts' medians, in seconds.
    public let stepS: Double
    /// The sum of the parts' processor times, in seconds.
    public let stepCpuS: Double
    /// Completions by second of a step.
    public let completionsPerS: Double
    /// The most memory that the process had, in MiB; left out where it is not known.
    public let peakRssMb: Double?
    /// The best rate of matrix products in this run, in GFLOP/s: of the products that were measured alone
    /// after the steps, or of a phase that was faster, as on a machine that others use as well.
    public let gemmPeakGflops: Double
    /// Positions that prompts and completions have together if every completion brings its own
    /// prompt, by those that go through the model.
    public let tokenRatio: Double
    /// The policy's element type: fp32 or bf16.
    public let dtype: String
    /// Threads of an operation.
    public let threads: Int
    /// The sizes of a step.
    public let shapes: StepBenchmark.Shapes

    /// The same, or why it is not known.
    public let peak: PeakMemory

    private enum CodingKeys: CodingKey {
        case phases, stepS, stepCpuS, completionsPerS, peakRssMb, gemmPeakGflops, tokenRatio, dtype
        case threads, shapes
    }

    /// The order of the phases in a step.
    public static let order = ["rollout", "reference", "reward", "update", "optimizer"]

    init(
        _ benchmark: StepBenchmark, timings: [StepTimings], peak: PeakMemory,
        cost: StepCost, speed: MachineSpeed
    ) {
        let shapes = benchmark.shapes
        let tokens = shapes.prompts * shapes.numGenerations * shapes.completionLength
        let predictions = cost.seconds(speed)
        func phase(_ path: KeyPath<StepTimings, PhaseTime>, _ parts: StepPhase...) -> Phase {
            let gflop = parts.reduce(0) { $0 + (cost[$1]?.flops ?? 0) } / 1e9
            let runs = timings.map { $0[keyPath: path].wall }
            let cpuRuns = timings.map { $0[keyPath: path].processor }
            let middle = median(runs) ?? 0
            return Phase(
                medianS: middle, runsS: runs,
                cpuS: median(cpuRuns) ?? 0, cpuRunsS: cpuRuns,
                tokensPerS: Double(tokens) / max(1e-9, middle), gflop: gflop,
                gflopPerS: gflop / max(1e-9, middle),
                predictedS: predictions.filter { parts.contains($0.phase) }
                    .reduce(0) { $0 + $1.seconds })
        }
        var phases = [
            "rollout": phase(\.rollout, .prefill, .decode),
            "reward": phase(\.reward, .encode, .masks), "update": phase(\.update, .update),
            "optimizer": phase(\.optimizer, .optimizer),
        ]
        if benchmark.beta != 0 { phases["reference"] = phase(\.reference, .reference) }
        self.phases = phases
        stepS = phases.values.reduce(0) { $0 + $1.medianS }
        stepCpuS = phases.values.reduce(0) { $0 + $1.cpuS }
        completionsPerS = Double(shapes.prompts * shapes.numGenerations) / max(1e-9, stepS)
        self.peak = peak
        peakRssMb = peak.megabytes
        gemmPeakGflops = phases.values.reduce(speed.policyFLOPS / 1e9) {
            max($0, $1.gflop / max(1e-9, $1.runsS.min() ?? .infinity))
        }
        tokenRatio = cost.tokenRatio
        dtype = benchmark.dtype == .bfloat16 ? "bf16" : "fp32"
        threads = TorchRuntime.threadCount
        self.shapes = shapes
    }
}

extension StepBenchmarkResult {
    /// The share of the best rate that a phase has, 0...1.
    package func share(of phase: Phase) -> Double { phase.gflopPerS / gemmPeakGflops }

    /// The result as a table for people.
    public var lines: [String] {
        func row(_ cells: [String]) -> String {
            zip(cells, [-12, 10, 10, 12, 10, 10, 12]).map { text, width in
                let space = String(repeating: " ", count: max(0, abs(width) - text.count))
                return width < 0 ? text + space : space + text
            }.joined()
        }
        func number(_ value: Double, _ digits: Int) -> String {
            String(format: "%.\(digits)f", value)
        }
        return [
            row(["phase", "s", "CPU s", "predicted", "GFLOP/s", "of best", "tokens/s"])
        ]
            + Self.order.compactMap { name in
                phases[name].map {
                    row([
                        name, number($0.medianS, 3), number($0.cpuS, 3), number($0.predictedS, 3),
                        number($0.gflopPerS, 1),
                        number(100 * share(of: $0), 0) + " %",
                        number($0.tokensPerS, 0),
                    ])
                }
            } + [
                row([
                    "step", number(stepS, 3), number(stepCpuS, 3),
                    number(phases.values.reduce(0) { $0 + $1.predictedS }, 3),
                ]),
                "\(number(completionsPerS, 2)) completions/s, peak memory "
                    + "\(peak), matrix products up to "
                    + "\(number(gemmPeakGflops, 0)) GFLOP/s, \(number(tokenRatio, 2)) times fewer "
                    + "positions by sharing prompts, \(dtype), \(threads) threads",
            ]
    }
}

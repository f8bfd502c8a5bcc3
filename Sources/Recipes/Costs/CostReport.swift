import Foundation
import TextFiles

/// What the cost of a run's steps is, in lines for people.
package struct CostReport {
    package let cost: StepCost
    /// Steps that are left.
    package let steps: Int
    /// How fast the machine is; nil if nobody has measured.
    package let speed: MachineSpeed?

    /// A value from its parts.
    package init(cost: StepCost, steps: Int, speed: MachineSpeed?) {
        self.cost = cost
        self.steps = steps
        self.speed = speed
    }

    package var lines: [String] { [computeLine] + (speed.map { [timeLine($0)] } ?? []) }

    private var computeLine: String {
        "compute    \(teraflops(cost.flops)) a step with the longest completions "
            + "(\(teraflops(cost.unsharedFlops)) without sharing prompts and pictures)"
    }

    private func timeLine(_ speed: MachineSpeed) -> String {
        let parts = cost.seconds(speed)
        let total = parts.reduce(0) { $0 + $1.seconds }
        var named: [(name: String, seconds: Double)] = []
        for part in parts {
            if named.last?.name == part.phase.word {
                named[named.count - 1].seconds += part.seconds
            } else {
                named.append((part.phase.word, part.seconds))
            }
        }
        let words = named.map { "\($0.name) \(time($0.seconds))" }.joined(separator: ", ")
        return "time       at \(rate(speed.policyFLOPS / 1e9)) GFLOP/s and "
            + "\(rate(speed.memoryBytes / 1e9)) GB/s measured here about \(time(total)) a step: "
            + "\(words); \(time(total * Double(steps))) for \(counted(steps, "step"))"
    }
}

extension StepPhase {
    /// What a person calls it; phases of one name follow each other.
    fileprivate var word: String {
        switch self {
        case .prefill, .decode: "rollout"
        case .encode, .masks: "reward"
        case .old: "old log-probabilities"
        case .reference, .update, .optimizer: rawValue
        }
    }
}

/// FLOPs as people read them.
func teraflops(_ flops: Double) -> String {
    if flops < 1e12 {
        return String(format: flops < 1e11 ? "%.1f GFLOP" : "%.0f GFLOP", flops / 1e9)
    }
    return String(format: flops < 1e14 ? "%.1f TFLOP" : "%.0f TFLOP", flops / 1e12)
}

/// A rate, to three digits at most.
private func rate(_ value: Double) -> String {
    String(format: value < 10 ? "%.1f" : "%.0f", value)
}

/// A time, in the unit that people would take.
private func time(_ seconds: Double) -> String {
    switch seconds {
    case ..<0.095: String(format: "%.0f ms", seconds * 1000)
    case ..<9.5: String(format: "%.1f s", seconds)
    case ..<600: String(format: "%.0f s", seconds)
    case ..<36_000: String(format: "%.1f hours", seconds / 3600)
    default: String(format: "%.0f hours", seconds / 3600)
    }
}

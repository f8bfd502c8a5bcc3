/// How fast a machine is, as measured on it.
package struct MachineSpeed: Equatable {
    /// Matrix products in the policy's element type, FLOPs in a second.
    package var policyFLOPS: Double
    /// Matrix products in the segmenter's element type, FLOPs in a second.
    var segmenterFLOPS: Double
    /// Products of a few rows, those decoded together, with matrices as large as the policy's, FLOPs in a second: far
    /// fewer, since a row's matrices are read for those rows alone.
    var decodingFLOPS: Double
    /// Bytes that pass through memory in a second, read and written.
    package var memoryBytes: Double
    /// Seconds of a small operation of libtorch that waits for the one before.
    var operation: Double
}

/// The share of the measured speed that each phase gets; the rest goes to the shapes of its products and
/// to what stands between them.
///
/// The standard values are round numbers beside what was measured on one thread of a CPU, at the shapes
/// in `Documentation/cost-model.md`. Smaller models get less.
package struct PhaseEfficiency {
    var prefill: Double
    var decode: Double
    var encode: Double
    var masks: Double
    var scoring: Double
    var update: Double
    var optimizer: Double

    /// Of a policy in float32.
    static let float32 = PhaseEfficiency(
        prefill: 0.75, decode: 0.95, encode: 0.7, masks: 0.25, scoring: 0.6, update: 0.65,
        optimizer: 0.8)
    /// Of a policy in sixteen bits, with a segmenter in float32.
    static let sixteenBits = PhaseEfficiency(
        prefill: 0.5, decode: 0.65, encode: 0.7, masks: 0.25, scoring: 0.4, update: 0.45,
        optimizer: 0.4)

    subscript(_ phase: StepPhase) -> Double {
        switch phase {
        case .prefill: prefill
        case .decode: decode
        case .encode: encode
        case .masks: masks
        case .reference, .old: scoring
        case .update: update
        case .optimizer: optimizer
        }
    }
}

/// Seconds of a phase.
package struct PhaseSeconds {
    package let phase: StepPhase
    package let seconds: Double
}

extension MachineSpeed {
    /// FLOPs in a second of the kind of matrix product that a phase has.
    fileprivate func peak(_ phase: StepPhase) -> Double {
        switch phase {
        case .encode, .masks: segmenterFLOPS
        case .decode: decodingFLOPS
        case .prefill, .reference, .old, .update, .optimizer: policyFLOPS
        }
    }
}

extension StepCost {
    /// The time of each phase: what takes longer of its matrix products and its way through memory, and
    /// the calls of many small operations.
    ///
    /// - Parameters:
    ///   - speed: how fast the machine is, all threads of the run together
    ///   - efficiency: the share of it that each phase gets; nil: the standard one
    ///   - shared: whether prompts and pictures are shared within a group
    /// - Returns: seconds, on average over the steps that a batch of rollouts serves
    package func seconds(
        _ speed: MachineSpeed, efficiency: PhaseEfficiency? = nil, shared: Bool = true
    ) -> [PhaseSeconds] {
        let efficiency = efficiency ?? (elementBytes < 4 ? .sixteenBits : .float32)
        return phases.map { cost in
            let (flops, bytes) =
                shared ? (cost.flops, cost.bytes) : (cost.unsharedFlops, cost.unsharedBytes)
            let peak = speed.peak(cost.phase)
            let bound = max(flops / peak, bytes / speed.memoryBytes) / efficiency[cost.phase]
            // Workers have one operation each at a time.
            let calls = cost.operations * speed.operation / Double(workers)
            return PhaseSeconds(phase: cost.phase, seconds: (bound + calls) * idling(cost))
        }
    }

    /// By how much longer a phase takes because some workers have a group less than others.
    private func idling(_ cost: PhaseCost) -> Double {
        if cost.phase == .optimizer { return 1 }
        let workers = Double(workers)
        return (cost.groups / workers).rounded(.up) * workers / cost.groups
    }
}

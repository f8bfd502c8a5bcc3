/// How fast a machine is, as measured on it.
struct MachineSpeed: Equatable {
    /// Matrix products in the policy's element type, FLOPs in a second.
    var policyFLOPS: Double
    /// Matrix products in the segmenter's element type, FLOPs in a second.
    var segmenterFLOPS: Double
    /// Products of a few rows, a group's, with matrices as large as the policy's, FLOPs in a second: far
    /// fewer, since a row's matrices are read for those rows alone.
    var decodingFLOPS: Double
    /// Bytes that pass through memory in a second, read and written.
    var memoryBytes: Double
    /// Seconds of a small operation of libtorch that waits for the one before.
    var operation: Double
}

/// The share of the measured speed that each phase gets: all but its matrix products, their shapes and
/// what stands between them.
///
/// The standard values are round numbers between what was measured on a CPU in float32 at the shapes
/// that `Documentation/cost-model.md` tells. They are no promise for others.
struct PhaseEfficiency {
    var prefill = 0.8
    var decode = 1.0
    var encode = 0.75
    var masks = 0.3
    var scoring = 0.6
    var update = 0.7
    var optimizer = 0.7

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
struct PhaseSeconds {
    let phase: StepPhase
    let seconds: Double
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
    ///   - efficiency: the share of it that each phase gets
    ///   - shared: whether prompts and pictures are shared within a group
    /// - Returns: seconds, on average over the steps that a batch of rollouts serves
    func seconds(
        _ speed: MachineSpeed, efficiency: PhaseEfficiency = PhaseEfficiency(), shared: Bool = true
    ) -> [PhaseSeconds] {
        phases.map { cost in
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

import VisionLanguage

// Legend: P tokens of a prompt, G completions of a group, R tokens of each.

/// A phase of an optimizer step, in the order in which they are gone through.
package enum StepPhase: String, CaseIterable {
    /// The picture's tokens, and the prompt's keys and values.
    case prefill
    /// Drawing completions, a token of each at a time.
    case decode
    /// Encoding the picture for the segmenter.
    case encode
    /// The segmenter's masks, of which rewards are made.
    case masks
    /// Log-probabilities by the reference policy.
    case reference
    /// Log-probabilities by the policy that drew the completions, where an update does not give them.
    case old
    /// Log-probabilities and their gradient.
    case update
    /// The gradient's norm, clipping, AdamW.
    case optimizer

    /// What the seconds of this phase are added to in the metrics of a run.
    package var metric: String {
        switch self {
        case .prefill, .decode: "timing_s/gen"
        case .encode, .masks: "timing_s/reward"
        case .reference: "timing_s/ref"
        case .old: "timing_s/old_log_prob"
        case .update: "timing_s/update_actor"
        case .optimizer: "timing_s/optimizer"
        }
    }
}

/// What a phase computes and moves, on average over the steps that a batch of rollouts serves.
package struct PhaseCost {
    /// Which phase.
    let phase: StepPhase
    /// FLOPs of matrix products, as the trainer does it.
    package var flops = 0.0
    /// FLOPs of a trainer that repeats prompt and picture for each completion, and encodes the picture
    /// for the segmenter anew for each.
    var unsharedFlops = 0.0
    /// Bytes of weights, caches and optimizer state that must pass through memory; 0 where it is matrix
    /// products that bound the phase.
    var bytes = 0.0
    /// The same for a trainer whose completions have a copy of the prompt's keys and values each.
    var unsharedBytes = 0.0
    /// Positions that go through the language model.
    var positions = 0.0
    /// The same where each completion has a prompt of its own.
    var unsharedPositions = 0.0
    /// Operations of libtorch that wait for each other and are small.
    var operations = 0.0
    /// How many groups the phase goes through before it is over.
    var groups = 1.0
}

/// What an optimizer step costs, phase by phase.
package struct StepCost {
    /// The phases that there are.
    package let phases: [PhaseCost]
    /// G·(P + R - 1) / (P + G·(R - 1)): how many more positions go through the language model where each
    /// completion has a prompt of its own.
    package let tokenRatio: Double
    /// Threads that have a group each.
    package let workers: Int
    /// Bytes of one of the policy's numbers.
    package let elementBytes: Int

    /// The cost of a step of such shapes.
    package init(_ shapes: StepShapes) {
        let counted = Counted(shapes: shapes)
        phases = counted.phases.filter { $0.flops > 0 || $0.bytes > 0 }
        let group = shapes.group
        tokenRatio = group.repeatedScoring.positions / group.scoring.positions
        workers = max(1, shapes.workers)
        elementBytes = shapes.elementBytes
    }

    /// FLOPs of matrix products.
    package var flops: Double { phases.reduce(0) { $0 + $1.flops } }
    /// FLOPs of a trainer that shares nothing within a group.
    var unsharedFlops: Double { phases.reduce(0) { $0 + $1.unsharedFlops } }

    /// The cost of a phase, if there is such a one.
    package subscript(_ phase: StepPhase) -> PhaseCost? { phases.first { $0.phase == phase } }
}

/// The formulas.
private struct Counted {
    let shapes: StepShapes

    private var text: TextCost { TextCost(shapes.policy.text) }
    private var vision: VisionCost { VisionCost(shapes.policy.vision, grids: shapes.grids) }
    private var group: GroupShape { shapes.group }
    /// Groups that learn in a step.
    private var updated: Double { Double(shapes.promptsPerStep) }
    /// Groups that are drawn for a step, on average.
    private var drawn: Double { updated / Double(max(1, shapes.numIterations)) }
    /// Groups that are drawn at once.
    private var batch: Double { updated * Double(shapes.stepsPerGeneration) }

    var phases: [PhaseCost] { [prefill, decode, encode, masks, reference, old, update, optimizer] }

    private var prefill: PhaseCost {
        var cost = PhaseCost(phase: .prefill, groups: batch)
        let forward = text.forward(group.prefill)
        cost.flops = drawn * (vision.forward + forward)
        cost.unsharedFlops = group.count * cost.flops
        cost.positions = drawn * group.prompt
        cost.unsharedPositions = group.count * cost.positions
        return cost
    }

    private var decode: PhaseCost {
        let together = max(1, min(batch, Double(shapes.groupsDecodedTogether)))
        var cost = PhaseCost(phase: .decode, groups: (batch / together).rounded(.up))
        cost.flops = drawn * text.forward(group.decoding)
        cost.unsharedFlops = cost.flops
        cost.positions = drawn * group.decoding.positions
        cost.unsharedPositions = cost.positions
        func bytes(sharesPrompt: Bool) -> Double {
            drawn
                * text.decodingBytes(
                    group, elementBytes: shapes.elementBytes,
                    headBytes: shapes.castsHead ? 4 : shapes.elementBytes,
                    together: together, sharesPrompt: sharesPrompt)
        }
        cost.bytes = bytes(sharesPrompt: true)
        cost.unsharedBytes = bytes(sharesPrompt: false)
        cost.operations = drawn * group.length * text.operationsPerStep / together
        return cost
    }

    private var encode: PhaseCost {
        let encoding = SegmenterCost(shapes.segmenter).encoding
        return PhaseCost(
            phase: .encode, flops: drawn * (1 - shapes.keptEncodings) * encoding,
            unsharedFlops: drawn * group.count * encoding, groups: batch)
    }

    private var masks: PhaseCost {
        let segmenter = SegmenterCost(shapes.segmenter)
        let distinct = min(shapes.objects, shapes.distinctPrompts ?? shapes.objects)
        func decoding(_ prompts: Int) -> Double {
            segmenter.decoding(prompts: prompts, points: shapes.pointsPerInstance)
        }
        return PhaseCost(
            phase: .masks, flops: drawn * decoding(distinct),
            unsharedFlops: drawn * Double(shapes.objects) * decoding(1), groups: batch)
    }

    /// Whether any of the vision tower is trained; else a picture's tokens are made once, for the reference
    /// too.
    private var trainsVision: Bool { vision.backward(shapes.trained).hasGradient }

    private var reference: PhaseCost {
        scoring(.reference, groups: shapes.hasReference ? drawn : 0, keepsVision: !trainsVision)
    }

    /// The groups of the first step are scored by its update, before the policy changes.
    private var old: PhaseCost {
        let steps = Double(max(1, shapes.stepsPerGeneration))
        let share = shapes.penalizesDivergence ? 1 : (steps - 1) / steps
        return scoring(.old, groups: drawn * share, keepsVision: !trainsVision)
    }

    private func scoring(_ phase: StepPhase, groups: Double, keepsVision: Bool) -> PhaseCost {
        PhaseCost(
            phase: phase,
            flops: groups
                * (text.forward(group.scoring) + (keepsVision ? 0 : vision.forward)),
            unsharedFlops: groups
                * (text.forward(group.repeatedScoring) + group.count * vision.forward),
            positions: groups * group.scoring.positions,
            unsharedPositions: groups * group.repeatedScoring.positions, groups: batch)
    }

    /// The gradient of a product is two products: that of the weights, which only trained ones have, and
    /// that of what came in, if it depends on anything trained.
    private var update: PhaseCost {
        let tower = vision.backward(shapes.trained)
        var cost = scoring(.update, groups: updated, keepsVision: !tower.hasGradient)
        func backward(_ work: TextWork) -> Double {
            text.backward(
                work, shapes.trained, isTied: shapes.policy.text.head != .own,
                keys: shapes.policy.keys, pictureHasGradient: tower.hasGradient)
        }
        cost.groups = updated
        cost.flops += updated * (backward(group.scoring) + tower.flops)
        cost.unsharedFlops +=
            updated * (backward(group.repeatedScoring) + group.count * tower.flops)
        return cost
    }

    /// What passes through memory for each trained number.
    ///
    /// In float32 the norm reads a gradient, clipping reads and writes it, and AdamW reads it and reads
    /// and writes weight and moments: 10 numbers. Others are copied to float32 twice, and the weight is
    /// rounded.
    private var optimizer: PhaseCost {
        let b = Double(shapes.elementBytes)
        let copies = b < 4 ? 2 * (b + 4) + (4 + b) + 2 * b + 8 : 2 * b + 8
        let sums = Double(max(1, shapes.workers) - 1) * 3 * b
        let bytes = Double(shapes.trainedCount) * (copies + 24 + sums)
        return PhaseCost(phase: .optimizer, bytes: bytes, unsharedBytes: bytes)
    }
}

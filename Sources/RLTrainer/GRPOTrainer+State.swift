import NN
import Rewards
import Segmentation
import Torch

extension GRPOTrainer {
    /// The name of the optimizer's file in a checkpoint.
    public static var optimizerFile: String { "optimizer.safetensors" }
    /// The name of the file with the log-probabilities of rollouts in use.
    public static var rolloutsFile: String { "rollouts.safetensors" }

    /// Writes what a run continues from besides the policy: ``optimizerFile``, and in the middle of a
    /// batch of rollouts ``rolloutsFile``.
    ///
    /// - Parameter folder: an existing folder
    /// - Returns: what belongs beside the files
    /// - Throws: `CheckpointError` if a file cannot be written
    public func save(to folder: String) throws -> TrainerState {
        let snapshot = try snapshot()
        try snapshot.write(to: folder)
        return snapshot.state
    }

    /// What ``save(to:)`` writes, copied: it stays as it is while training goes on, and may be written by
    /// another thread.
    public func snapshot() throws -> TrainerSnapshot {
        TrainerSnapshot(
            state: TrainerState(
                step: stepCount, generations: generator.generationCount, tokens: tokenCount,
                cursor: batch?.start ?? source.cursor, batch: batch?.state, faults: faultCounts),
            optimizer: try optimizer.snapshot(),
            // No step changes these in place.
            rollouts: try batch?.tensors(),
            optimizerFile: Self.optimizerFile, rolloutsFile: Self.rolloutsFile)
    }

    /// Continues where another trainer of the same configuration stood, whose policy this one's was
    /// loaded from: the steps to come are the other's, on the CPU to the bit.
    ///
    /// - Parameters:
    ///   - state: what ``save(to:)`` returned
    ///   - folder: where it wrote to
    /// - Throws: `CheckpointError` if a file is missing, damaged or of another run;
    ///   ``TrainingError`` if the data are not those that the rollouts were drawn for. The trainer is of
    ///   no use then
    public func restore(_ state: TrainerState, from folder: String) throws {
        try optimizer.restore(from: "\(folder)/\(Self.optimizerFile)")
        try source.resume(from: state.cursor)
        stepCount = state.step
        faultCounts = state.faults ?? FaultCounts()
        generator.restore(generations: state.generations, tokens: state.tokens)
        batch = try state.batch.map { saved in
            try restored(saved, path: "\(folder)/\(Self.rolloutsFile)")
        }
    }

    private func restored(_ saved: TrainerState.Batch, path: String) throws -> RolloutBatch<P> {
        guard saved.groups.count == configuration.promptsPerGeneration,
            (1..<configuration.stepsPerBatch).contains(saved.position)
        else {
            throw TrainingError(
                description: "\(path): belongs to a batch of \(saved.groups.count) prompts after "
                    + "\(saved.position) steps, which this configuration does not have")
        }
        let file = try SafetensorsFile(path: path)
        let start = source.cursor
        let groups = try saved.groups.indices.map { index in
            try restored(
                saved.groups[index], sampled: file.required("sampled.\(index)"), path: path)
        }
        let device = policies[0].parameters[0].tensor.device
        func tensors(_ name: String) throws -> [Tensor?] {
            try groups.indices.map { index in
                // The copy does not share memory with the file.
                try file.entry("\(name).\(index)").map { try file.tensor($0).clone().to(device) }
            }
        }
        return RolloutBatch(
            groups: groups,
            masks: try groups.map {
                try $0.mask(masksTruncated: configuration.masksTruncatedCompletions)
            }, old: try tensors("old"), reference: try tensors("reference"),
            klSums: saved.klSums, start: start, position: saved.position)
    }

    /// Draws a group's example again and puts its answers beside it.
    private func restored(
        _ saved: TrainerState.Group, sampled: Tensor, path: String
    ) throws -> RolloutGroup<P.Prompt> {
        // What is left out was reported when the batch was drawn.
        let example = try source.nextUsable { _ in }
        guard example.id == saved.id, example.epoch == saved.epoch,
            example.question == saved.question
        else {
            throw TrainingError(
                description:
                    "\(path): the rollouts are of sample \(saved.id) in pass \(saved.epoch) "
                    + "(\"\(saved.question)\"), the data have \(example.id) in pass "
                    + "\(example.epoch) (\"\(example.question)\") there; resume with the same data")
        }
        guard sampled.shape == [saved.answers.count, saved.longest],
            saved.answers.count == configuration.numGenerations,
            saved.advantages.count == saved.answers.count,
            saved.answers.allSatisfy({ $0.terms.count == scorer.weights.entries.count })
        else {
            throw TrainingError(
                description: "\(path): the rollouts of sample \(saved.id) do not fit each other; "
                    + "resume from another checkpoint")
        }
        let prompt = try policies[0].prompt(of: example)
        let logProbabilities = try sampled.floats
        let answers = saved.answers.enumerated()
        return RolloutGroup(
            example: example, prompt: prompt, promptTokenCount: prompt.tokenCount,
            completions: answers.map { row, answer in
                let first = row * saved.longest
                return Completion(
                    tokenIDs: answer.tokens,
                    logProbabilities: Array(logProbabilities[first..<first + answer.tokens.count]),
                    text: answer.text, stopReason: answer.stopReason)
            },
            rewards: answers.map { _, answer in
                RewardBreakdown(
                    terms: zip(scorer.weights.entries, answer.terms).map {
                        RewardValue(term: $0.term, value: $1)
                    }, total: answer.reward ?? .nan, parse: scorer.parser.parse(answer.text),
                    mask: nil,
                    iou: answer.iou, fault: answer.fault)
            }, advantages: saved.advantages, hasNoDeviation: saved.hasNoDeviation)
    }
}

extension TrainerState.Group {
    /// Tokens of the longest answer.
    fileprivate var longest: Int { answers.map(\.tokens.count).max() ?? 0 }
}

extension SafetensorsFile {
    /// The tensor of a key that must be there.
    fileprivate func required(_ name: String) throws -> Tensor {
        guard let entry = entry(name) else {
            throw CheckpointError(
                path: path, problem: "tensor \(name) is missing",
                advice: "resume from another checkpoint")
        }
        return try tensor(entry)
    }
}

extension RolloutBatch {
    /// The log-probabilities: of the sampler, of the policy that drew, of the reference; by group.
    fileprivate func tensors() throws -> [NamedTensor] {
        try groups.indices.flatMap { index in
            [
                NamedTensor(
                    "sampled.\(index)", try sampledLogProbabilities(groups[index].completions))
            ] + (old[index].map { [NamedTensor("old.\(index)", $0)] } ?? [])
                + (reference[index].map { [NamedTensor("reference.\(index)", $0)] } ?? [])
        }
    }

    fileprivate var state: TrainerState.Batch {
        TrainerState.Batch(
            position: position,
            groups: groups.map { group in
                TrainerState.Group(
                    id: group.example.id, epoch: group.example.epoch,
                    question: group.example.question,
                    answers: zip(group.completions, group.rewards).map { completion, reward in
                        TrainerState.Answer(
                            tokens: completion.tokenIDs, text: completion.text,
                            stopReason: completion.stopReason,
                            reward: reward.abstains ? nil : reward.total,
                            terms: reward.terms.map(\.value), iou: reward.iou,
                            fault: reward.fault)
                    }, advantages: group.advantages, hasNoDeviation: group.hasNoDeviation)
            }, klSums: klSums)
    }
}

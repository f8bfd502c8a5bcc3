import Torch

/// A group's loss with what is known of it besides.
struct GroupLoss {
    var output: LossOutput
    var old: Tensor
    var entropySum: Double
    var sampler: SamplerDifference

    var loss: Tensor { output.loss }

    /// What is left when the gradient has been taken.
    func update() throws -> GroupUpdate {
        var output = output
        output.loss = try output.loss.detached()
        return GroupUpdate(
            output: output, loss: try output.loss.item(), old: old, entropySum: entropySum,
            sampler: sampler)
    }
}

/// What one group adds to a step besides its gradient; nothing where none of its completions takes part.
struct GroupUpdate {
    /// Nil where no completion takes part.
    var output: LossOutput?
    var loss = 0.0
    /// log π when the group was drawn, as far as it is known.
    var old: Tensor?
    var entropySum = 0.0
    var sampler = SamplerDifference()
    var timings = StepTimings()
}

extension LossInputs {
    /// The same without some completions, as if these had not been drawn.
    ///
    /// They are then in no mean over completions either; their tokens count nowhere anyhow, if the mask
    /// says so.
    ///
    /// - Parameter isKept: which completions stay, one at least, [B]
    /// - Returns: inputs of the completions that stay; the micro-batches and tokens of the step as they are
    /// - Throws: `TorchError`
    func rows(_ isKept: [Bool]) throws -> LossInputs {
        if isKept.allSatisfy(\.self) { return self }
        let places = isKept.indices.filter { isKept[$0] }
        let index = try Tensor.of(places).to(logProbabilities.device)
        var inputs = self
        inputs.logProbabilities = try logProbabilities.indexed(0, index)
        inputs.oldLogProbabilities = try oldLogProbabilities.indexed(0, index)
        inputs.referenceLogProbabilities = try referenceLogProbabilities?.indexed(0, index)
        inputs.advantages = try advantages.indexed(0, index)
        inputs.mask = try mask.indexed(0, index)
        return inputs
    }
}

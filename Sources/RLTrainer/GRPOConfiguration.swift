public import NN
public import Torch

/// Everything that decides about a run of ``GRPOTrainer`` besides policy, segmenter and data.
public struct GRPOConfiguration: Hashable, Sendable {
    /// G: completions per prompt.
    public var numGenerations = 8
    /// Prompts per optimizer step.
    public var promptsPerStep = 4
    /// Optimizer steps that one pass over a batch of rollouts takes: prompts for all of them are drawn
    /// at once.
    public var stepsPerGeneration = 1
    /// Passes over a batch of rollouts (μ).
    public var numIterations = 1
    /// The most positions, of prompts and the longest completions, that are decoded together.
    ///
    /// A group that has more is decoded alone.
    public var rolloutBatchTokens = 16_384
    /// The most positions of one micro-batch of an update, each prompt counted once.
    ///
    /// A group is never divided; one that has more is a micro-batch alone.
    public var microBatchTokens = 4096
    /// Threads that score completions while the next ones are drawn; 0: rollouts wait for scores.
    public var rewardWorkers = 0
    /// How completions are drawn.
    public var sampling = SamplingParameters(maxCompletionLength: 256)
    /// What a completion's reward is compared with.
    public var advantageEstimator = AdvantageEstimator.groupMean
    /// By what centred rewards are divided.
    public var rewardScale = RewardScale.group
    /// Whether the divergence from the reference, `log π - log π_ref` summed over a completion's
    /// tokens, is taken from its reward with the weight `beta`, and not added to the loss.
    public var klInReward = false
    /// Whether rewards change places within their group before advantages are taken: a control.
    ///
    /// Everything else stays as it is, the logged rewards too, so that what a policy learns then is not
    /// owed to the rewards.
    public var shufflesRewards = false
    /// Whether completions that reached the longest length are left out of the loss.
    public var masksTruncatedCompletions = false
    /// Seconds that the reward terms of one completion may take, above 0; as long as they like if nil.
    public var rewardTimeout: Double? = 60
    /// Whether a ``Fault`` stops the run.
    public var strict = false
    /// Steps in a row that may be skipped because their loss or gradient is not finite; one more stops
    /// the run.
    public var maxSkippedSteps = 5
    /// The loss.
    public var loss = LossConfiguration()
    /// The optimizer; its learning rate is the schedule's peak.
    public var optimizer = AdamWOptions(learningRate: 1e-6)
    /// The norm that gradients are clipped to.
    public var maxGradientNorm = 1.0
    /// How the learning rate changes.
    public var schedule = LearningRateSchedule(kind: .linear, warmupSteps: 0, totalSteps: 1)
    /// Where all randomness starts.
    public var seed: UInt64 = 42
    /// Threads that groups are given to in turn; 1: none but the caller's.
    ///
    /// Each has one thread per operation. The same number gives the same bytes, another one others in
    /// the last bits.
    public var workers = 1

    /// The defaults.
    public init() {}

    /// Prompts that are drawn at once.
    public var promptsPerGeneration: Int { promptsPerStep * stepsPerGeneration }

    /// Optimizer steps that one batch of rollouts serves.
    public var stepsPerBatch: Int { stepsPerGeneration * numIterations }

    /// How many optimizer steps `epochs` passes over `sampleCount` samples are, every batch of rollouts
    /// used to its end.
    public func stepCount(epochs: Double, sampleCount: Int) -> Int {
        let prompts = epochs * Double(sampleCount)
        return Int((prompts / Double(promptsPerGeneration)).rounded(.up)) * stepsPerBatch
    }

    /// How many passes over `epochLength` samples `steps` optimizer steps are.
    public func epochs(steps: Int, epochLength: Int) -> Double {
        Double(steps * promptsPerStep) / Double(numIterations * max(1, epochLength))
    }

    /// Whether rewards depend on the divergence.
    var penalizesDivergence: Bool { klInReward && loss.beta != 0 }

    /// The loss's configuration: without a divergence where that is in the reward.
    var updateLoss: LossConfiguration {
        var result = loss
        if klInReward { result.beta = 0 }
        return result
    }
}

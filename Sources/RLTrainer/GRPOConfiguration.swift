public import NN
public import Torch

/// Everything that decides about a run of ``GRPOTrainer`` besides policy, segmenter and data.
public struct GRPOConfiguration: Hashable, Sendable {
    /// G: completions per prompt.
    public var numGenerations = 8
    /// Prompts per optimizer step; each with its group is one micro-batch.
    public var promptsPerStep = 4
    /// Optimizer steps per batch of rollouts (μ).
    public var numIterations = 1
    /// How completions are drawn.
    public var sampling = SamplingParameters(maxCompletionLength: 256)
    /// By what centred rewards are divided.
    public var rewardScale = RewardScale.group
    /// Whether completions that reached the longest length count in the loss.
    public var masksTruncatedCompletions = false
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

    /// The defaults.
    public init() {}

    /// How many optimizer steps `epochs` passes over `sampleCount` samples are.
    public func stepCount(epochs: Double, sampleCount: Int) -> Int {
        let prompts = epochs * Double(sampleCount)
        return Int((prompts / Double(promptsPerStep)).rounded(.up)) * numIterations
    }
}

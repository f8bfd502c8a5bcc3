public import Datasets
public import Imaging
public import Rewards
import Segmentation

/// One question about one image, decoded and brought into the method's square frame.
public struct TrainingExample: Sendable {
    /// The sample's id in its data set.
    public var id: String
    /// Which pass over the data it belongs to, from 0.
    public var epoch: Int
    /// The question asked in this pass.
    public var question: String
    /// The picture that policy and segmenter see.
    public var image: RGBImage
    /// The target's pixels, in the frame of `image`.
    public var truth: BinaryMask
    /// What the policy's ``Policy/prompt(image:question:)`` makes of `image` and `question`, where the
    /// source made it ready; nil to leave it to the policy.
    public var prompt: (any PolicyPrompt & Sendable)?

    /// An example from its parts.
    public init(
        id: String, epoch: Int, question: String, image: RGBImage, truth: BinaryMask,
        prompt: (any PolicyPrompt & Sendable)? = nil
    ) {
        self.id = id
        self.epoch = epoch
        self.question = question
        self.image = image
        self.truth = truth
        self.prompt = prompt
    }
}

extension Policy {
    /// The prompt of an example: the one that came with it, or a new one.
    func prompt(of example: TrainingExample) throws -> Prompt {
        guard let ready = example.prompt else {
            return try prompt(image: example.image, question: example.question)
        }
        guard let prompt = ready as? Prompt else {
            preconditionFailure("the example's prompt is one of another policy")
        }
        return prompt
    }
}

/// An endless supply of training examples, in an order that a seed decides.
public protocol ExampleSource: AnyObject {
    /// Samples in one pass over the data.
    var epochLength: Int { get }
    /// The place of the next example in the order.
    var cursor: EpochSampler.Cursor { get }
    /// The next example.
    ///
    /// - Throws: ``BadSampleError`` if it cannot be used, for a reason that a later call finds again;
    ///   the place in the order is behind it then. Any other error is not about this sample
    func next() throws -> TrainingExample
    /// Continues where another source of the same data and seed stood.
    ///
    /// - Throws: `EpochSampler.ResumeError` if data or seed are others
    func resume(from cursor: EpochSampler.Cursor) throws
}

/// The completions of one prompt with what they earned.
public struct RolloutGroup<Prompt> {
    /// What was asked.
    public var example: TrainingExample
    /// The prompt in the policy's form.
    public var prompt: Prompt
    /// How many tokens the prompt has.
    public var promptTokenCount: Int
    /// G answers.
    public var completions: [Completion]
    /// What each answer earned.
    public var rewards: [RewardBreakdown]
    /// How much better than the group each answer is.
    public var advantages: [Double]
    /// Whether the deviation by which rewards are scaled is 0.
    public var hasNoDeviation = false

    /// Tokens of all completions, each with its prompt.
    public var tokenCount: Int {
        completions.reduce(0) { $0 + promptTokenCount + $1.tokenIDs.count }
    }
}

/// Seconds that the parts of a step took: with several workers, the mean over them of what they spent
/// on a part; data, optimizer and step are the clock's.
public struct StepTimings: Sendable, Hashable {
    /// Waiting for data.
    public var data = 0.0
    /// Drawing completions.
    public var rollout = 0.0
    /// Segmenting and scoring.
    public var reward = 0.0
    /// Scoring completions under the reference policy.
    public var reference = 0.0
    /// Scoring completions that later steps use under the policy that drew them.
    public var old = 0.0
    /// Scoring under the policy, loss and gradients.
    public var update = 0.0
    /// Clipping and the optimizer's step.
    public var optimizer = 0.0
    /// Everything together.
    public var step = 0.0

    /// All zero.
    public init() {}

    /// Adds what one of `workers` workers spent on its parts.
    mutating func add(_ other: StepTimings, workers: Int) {
        for part in [\Self.rollout, \.reward, \.reference, \.old, \.update] {
            self[keyPath: part] += other[keyPath: part] / Double(workers)
        }
    }
}

/// Runs `body` and adds its duration to `seconds`.
func timed<Result>(_ seconds: inout Double, _ body: () throws -> Result) rethrows -> Result {
    let clock = ContinuousClock()
    let start = clock.now
    defer {
        let (whole, part) = (clock.now - start).components
        seconds += Double(whole) + Double(part) * 1e-18
    }
    return try body()
}

/// Draws one group of completions and scores them, the stage before the advantages.
struct RolloutStage {
    let segmenter: any Segmenter
    let scorer: Scorer
    let sampling: SamplingParameters
    let groupSize: Int
    let seed: UInt64
    /// Seconds that the reward terms of a completion may take.
    let rewardTimeout: Double?

    /// One group; `generation` tells how many batches of rollouts came before, and is part of the
    /// completions' seeds.
    ///
    /// - Throws: the error of policy or segmenter; ``TrainingError`` if the policy's probabilities are
    ///   no numbers
    func group<P: Policy>(
        _ example: TrainingExample, policy: P, generation: Int, timings: inout StepTimings
    ) throws -> RolloutGroup<P.Prompt> {
        let seeds = (0..<groupSize).map { index in
            completionSeed(run: seed, generation: generation, sample: example.id, index: index)
        }
        var prompt: P.Prompt?
        let completions = try timed(&timings.rollout) {
            let ready = try policy.prompt(of: example)
            prompt = ready
            return try policy.rollout(ready, sampling: sampling, seeds: seeds)
        }
        guard let prompt else { preconditionFailure("a rollout without a prompt") }
        precondition(completions.count == groupSize, "a policy must answer every seed")
        if let broken = completions.firstIndex(where: {
            !$0.logProbabilities.allSatisfy(\.isFinite)
        }) {
            throw TrainingError(
                description:
                    "sample \(example.id), completion \(broken): the policy's probabilities "
                    + "are not numbers: its weights are damaged, or the dtype is too narrow for them"
            )
        }
        let rewards = try timed(&timings.reward) {
            try scorer.score(
                completions: completions.map {
                    ScoredCompletion(
                        $0.text, tokenCount: $0.tokenIDs.count,
                        isTruncated: $0.stopReason == .length)
                },
                about: RewardSubject(id: example.id, question: example.question),
                policyFrame: prompt.frame,
                truth: example.truth.resized(to: prompt.frame), timeLimit: rewardTimeout
            ) { try segmenter.encode(example.image) }
        }
        return RolloutGroup(
            example: example, prompt: prompt, promptTokenCount: prompt.tokenCount,
            completions: completions, rewards: rewards,
            advantages: [Double](repeating: 0, count: groupSize))
    }
}

/// The seed of one completion: a function of where it stands, not of what ran before it.
public func completionSeed(run: UInt64, generation: Int, sample: String, index: Int) -> UInt64 {
    StableHash.seed(runSeed: run, step: generation, sampleID: sample, index: index)
}

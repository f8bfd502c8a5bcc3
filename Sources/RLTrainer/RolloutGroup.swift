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
    /// The pixels that do not count, none of `truth`, in the frame of `image`; nil where all do.
    public var ignored: BinaryMask?
    /// What the policy's ``Policy/prompt(image:question:)`` makes of `image` and `question`, where the
    /// source made it ready; nil to leave it to the policy.
    public var prompt: (any PolicyPrompt & Sendable)?

    /// An example from its parts.
    public init(
        id: String, epoch: Int, question: String, image: RGBImage, truth: BinaryMask,
        ignored: BinaryMask? = nil, prompt: (any PolicyPrompt & Sendable)? = nil
    ) {
        self.id = id
        self.epoch = epoch
        self.question = question
        self.image = image
        self.truth = truth
        self.ignored = ignored
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
    /// How much better than the group each answer is; nil where the answer takes no part, because
    /// every reward term abstained.
    public var advantages: [Double?]
    /// Whether the deviation by which rewards are scaled is 0.
    public var hasNoDeviation = false

    /// Tokens of all completions, each with its prompt.
    public var tokenCount: Int {
        completions.reduce(0) { $0 + promptTokenCount + $1.tokenIDs.count }
    }
}

/// A prompt with its completions, before they are scored.
struct DrawnCompletions<Prompt> {
    let example: TrainingExample
    let prompt: Prompt
    let completions: [Completion]
}

/// Draws groups of completions and scores them, the stage before the advantages.
struct RolloutStage {
    let segmenter: any Segmenter
    let scorer: Scorer
    let sampling: SamplingParameters
    let groupSize: Int
    let seed: UInt64
    /// Seconds that the reward terms of a completion may take.
    let rewardTimeout: Double?
    /// The most positions that are decoded together.
    let batchTokens: Int

    /// Completions of all examples; `generation` tells how many batches of rollouts came before, and is
    /// part of the completions' seeds.
    ///
    /// - Throws: the error of the policy; ``TrainingError`` if its probabilities are no numbers
    func completions<P: Policy>(
        of examples: [TrainingExample], policy: P, generation: Int
    ) throws -> [DrawnCompletions<P.Prompt>] {
        let requests = try examples.map { example in
            RolloutRequest(
                prompt: try policy.prompt(of: example),
                seeds: (0..<groupSize).map { index in
                    completionSeed(
                        run: seed, generation: generation, sample: example.id, index: index)
                })
        }
        let sizes = requests.map {
            $0.prompt.tokenCount + groupSize * sampling.maxCompletionLength
        }
        let answers = try stretches(of: sizes, within: batchTokens).flatMap {
            try policy.rollout(Array(requests[$0]), sampling: sampling)
        }
        precondition(
            answers.map(\.count) == requests.map(\.seeds.count), "a policy must answer every seed")
        return try examples.indices.map { index in
            try Self.requireNumbers(answers[index], of: examples[index])
            return DrawnCompletions(
                example: examples[index], prompt: requests[index].prompt,
                completions: answers[index])
        }
    }

    private static func requireNumbers(
        _ completions: [Completion], of example: TrainingExample
    ) throws {
        guard
            let broken = completions.firstIndex(where: {
                !$0.logProbabilities.allSatisfy(\.isFinite)
            })
        else { return }
        throw TrainingError(
            description: "sample \(example.id), completion \(broken): the policy's probabilities "
                + "are not numbers: its weights are damaged, or the dtype is too narrow for them")
    }

    /// What completions earned.
    ///
    /// - Throws: the error of segmenter or scorer
    func rewards<Prompt: PolicyPrompt>(
        of drawn: DrawnCompletions<Prompt>
    ) throws -> [RewardBreakdown] {
        let (example, frame) = (drawn.example, drawn.prompt.frame)
        return try scorer.score(
            completions: drawn.completions.map {
                ScoredCompletion(
                    $0.text, tokenCount: $0.tokenIDs.count, isTruncated: $0.stopReason == .length)
            },
            about: RewardSubject(id: example.id, question: example.question),
            policyFrame: frame, truth: example.truth.resized(to: frame),
            ignored: example.ignored?.resized(to: frame), timeLimit: rewardTimeout
        ) { try segmenter.encode(example.image) }
    }
}

extension RolloutGroup where Prompt: PolicyPrompt {
    /// Completions with their rewards, before advantages.
    init(_ drawn: DrawnCompletions<Prompt>, rewards: [RewardBreakdown]) {
        self.init(
            example: drawn.example, prompt: drawn.prompt, promptTokenCount: drawn.prompt.tokenCount,
            completions: drawn.completions, rewards: rewards,
            advantages: [Double?](repeating: 0, count: drawn.completions.count))
    }
}

/// The seed of one completion: a function of where it stands, not of what ran before it.
public func completionSeed(run: UInt64, generation: Int, sample: String, index: Int) -> UInt64 {
    StableHash.seed(runSeed: run, step: generation, sampleID: sample, index: index)
}

import RLTrainer
import SAM2
import Segmentation
import VisionLanguage

/// The sizes that the cost of an optimizer step follows from.
///
/// Legend: P tokens of a prompt, G completions of a group, R tokens of each.
struct StepShapes {
    /// The policy's sizes.
    var policy: PolicyOptions
    /// The segmenter's sizes.
    var segmenter: SAM2Configuration
    /// P.
    var promptTokens: Int
    /// The pictures of a prompt, in patches.
    var grids: [VisionGrid]
    /// G.
    var groupSize: Int
    /// R; all completions have it.
    var completionLength: Int
    /// Prompts of an optimizer step.
    var promptsPerStep = 1
    /// Steps that one pass over a batch of rollouts takes.
    var stepsPerGeneration = 1
    /// Passes over a batch of rollouts.
    var numIterations = 1
    /// Groups whose tokens are decoded together, so that a step reads the weights once for all of them.
    var groupsDecodedTogether = 1
    /// Objects that a completion names.
    var instances = 2
    /// Points that the segmenter is given for an object, the two corners of a box included.
    var pointsPerInstance = 4
    /// Objects of a group that are told apart, and so put to the segmenter; nil: all of them.
    var distinctPrompts: Int?
    /// Whether there is a reference policy.
    var hasReference = false
    /// Whether rewards depend on the divergence from it, so that all groups are scored when drawn.
    var penalizesDivergence = false
    /// What is trained; if nothing of the vision tower is, the policy keeps a picture's tokens.
    var trained = TrainedWeights()
    /// The share of prompts whose picture the segmenter has encoded before and kept, 0 to 1.
    var keptEncodings = 0.0
    /// Numbers that are trained.
    var trainedCount = 0
    /// Bytes of one of the policy's numbers.
    var elementBytes = 4
    /// Whether logits are computed with a float32 copy of the head.
    var castsHead = false
    /// Threads that have a group each.
    var workers = 1

    /// Objects of a group, equal ones counted each time.
    var objects: Int { groupSize * instances }

    /// A prompt and its completions.
    var group: GroupShape {
        GroupShape(
            promptTokens: promptTokens, groupSize: groupSize, completionLength: completionLength)
    }
}

extension StepShapes {
    /// How many groups a worker decodes at once.
    ///
    /// - Parameters:
    ///   - budget: the most positions that are decoded together
    ///   - prompts: of a batch of rollouts
    /// - Returns: at least 1
    func groupsTogether(budget: Int, prompts: Int) -> Int {
        let positions = promptTokens + groupSize * completionLength
        return max(1, min(budget / max(1, positions), prompts / max(1, workers)))
    }

    /// The shapes of a run.
    ///
    /// - Parameters:
    ///   - sizes: the run's sizes; all completions are taken to be as long as the longest
    ///   - grids: the pictures of a prompt
    ///   - trained: what is trained
    ///   - grpo: the algorithm
    ///   - grammar: what an answer has for each object; two objects per answer are assumed
    init(
        _ sizes: RunSizes, grids: [VisionGrid], trained: TrainedWeights, grpo: GRPOConfiguration,
        grammar: AnswerGrammar
    ) {
        self.init(
            policy: sizes.policy, segmenter: sizes.segmenter, promptTokens: sizes.promptTokens,
            grids: grids, groupSize: sizes.groupSize, completionLength: sizes.completionLength,
            promptsPerStep: grpo.promptsPerStep, stepsPerGeneration: grpo.stepsPerGeneration,
            numIterations: grpo.numIterations,
            pointsPerInstance: (grammar.box == .forbidden ? 0 : 2) + grammar.positivePoints
                + grammar.negativePoints,
            hasReference: sizes.hasReference,
            penalizesDivergence: grpo.klInReward && sizes.hasReference,
            trained: trained, trainedCount: sizes.trainedCount, elementBytes: sizes.elementBytes,
            castsHead: sizes.castsHead, workers: sizes.workers)
        groupsDecodedTogether = groupsTogether(
            budget: grpo.rolloutBatchTokens, prompts: grpo.promptsPerGeneration)
    }
}

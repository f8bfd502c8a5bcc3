package import PromptedMasks
package import RLTrainer
package import Segmentation
package import VisionLanguage

/// The sizes that the cost of an optimizer step follows from.
///
/// Legend: P tokens of a prompt, G completions of a group, R tokens of each.
package struct StepShapes {
    /// The policy's sizes.
    package var policy: PolicyOptions
    /// The segmenter's sizes.
    package var segmenter: any SegmenterSizes
    /// P.
    package var promptTokens: Int
    /// The pictures of a prompt, in patches.
    package var grids: [VisionGrid]
    /// G.
    package var groupSize: Int
    /// R; all completions have it.
    package var completionLength: Int
    /// Prompts of an optimizer step.
    package var promptsPerStep = 1
    /// Steps that one pass over a batch of rollouts takes.
    package var stepsPerGeneration = 1
    /// Passes over a batch of rollouts.
    package var numIterations = 1
    /// Groups whose tokens are decoded together, so that a step reads the weights once for all of them.
    package var groupsDecodedTogether = 1
    /// Objects that a completion names.
    package var instances = 2
    /// Points that the segmenter is given for an object, the two corners of a box included.
    var pointsPerInstance = 4
    /// Objects of a group that are told apart, and so put to the segmenter; nil: all of them.
    var distinctPrompts: Int?
    /// Whether there is a reference policy.
    package var hasReference = false
    /// Whether rewards depend on the divergence from it, so that all groups are scored when drawn.
    var penalizesDivergence = false
    /// What is trained; if nothing of the vision tower is, the policy keeps a picture's tokens.
    package var trained = TrainedWeights()
    /// The share of prompts whose picture the segmenter has encoded before and kept, 0 to 1.
    var keptEncodings = 0.0
    /// Numbers that are trained.
    package var trainedCount = 0
    /// Bytes of one of the policy's numbers.
    package var elementBytes = 4
    /// Whether logits are computed with a float32 copy of the head.
    package var castsHead = false
    /// Threads that have a group each.
    package var workers = 1

    /// A value from what every step has; what has a usual value is set after it.
    package init(
        policy: PolicyOptions, segmenter: any SegmenterSizes, promptTokens: Int,
        grids: [VisionGrid], groupSize: Int, completionLength: Int
    ) {
        self.policy = policy
        self.segmenter = segmenter
        self.promptTokens = promptTokens
        self.grids = grids
        self.groupSize = groupSize
        self.completionLength = completionLength
    }

    /// Objects of a group, equal ones counted each time.
    package var objects: Int { groupSize * instances }

    /// A prompt and its completions.
    package var group: GroupShape {
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
    package func groupsTogether(budget: Int, prompts: Int) -> Int {
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
    package init(
        _ sizes: RunSizes, grids: [VisionGrid], trained: TrainedWeights, grpo: GRPOConfiguration,
        grammar: AnswerGrammar
    ) {
        self.init(
            policy: sizes.policy, segmenter: sizes.segmenter, promptTokens: sizes.promptTokens,
            grids: grids, groupSize: sizes.groupSize, completionLength: sizes.completionLength)
        promptsPerStep = grpo.promptsPerStep
        stepsPerGeneration = grpo.stepsPerGeneration
        numIterations = grpo.numIterations
        pointsPerInstance =
            (grammar.box == .forbidden ? 0 : 2) + grammar.positivePoints + grammar.negativePoints
        hasReference = sizes.hasReference
        penalizesDivergence = grpo.klInReward && sizes.hasReference
        self.trained = trained
        trainedCount = sizes.trainedCount
        elementBytes = sizes.elementBytes
        castsHead = sizes.castsHead
        workers = sizes.workers
        groupsDecodedTogether = groupsTogether(
            budget: grpo.rolloutBatchTokens, prompts: grpo.promptsPerGeneration)
    }
}

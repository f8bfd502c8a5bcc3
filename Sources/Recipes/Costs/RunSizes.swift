package import PromptedMasks
import Torch
package import VisionLanguage

/// The sizes that memory and disk space of a run follow from.
///
/// Legend: P tokens of a prompt, N patches of its picture, G completions, R tokens of the longest.
package struct RunSizes {
    /// The policy's sizes.
    package var policy: PolicyOptions
    /// Numbers of the policy.
    package var parameterCount: Int
    /// Those that are trained.
    package var trainedCount: Int
    /// Whether any of them is the vision tower's.
    package var trainsVision: Bool
    /// Which those are.
    package var trained = TrainedWeights()
    /// Bytes of one of the policy's numbers.
    package var elementBytes: Int
    /// Bytes of the policy's files of weights.
    package var fileBytes: Int
    /// Whether logits are computed with a float32 copy of the head.
    package var castsHead: Bool
    /// Whether there is a reference policy.
    package var hasReference: Bool
    /// The segmenter's sizes.
    package var segmenter: any SegmenterSizes
    /// Numbers of the segmenter.
    package var segmenterCount: Int
    /// Bytes of one of the segmenter's numbers.
    package var segmenterElementBytes: Int
    /// Bytes of embeddings that are kept in main memory, at most.
    package var embeddingBytes = 0
    /// P.
    package var promptTokens: Int
    /// N.
    package var patches: Int
    /// The side of the square that pictures are stretched to.
    package var imageSize: Int
    /// G.
    package var groupSize: Int
    /// R.
    package var completionLength: Int
    /// Prompts whose rollouts are kept at a time.
    package var promptsPerGeneration: Int
    /// Prompts that are made ready beside them.
    package var promptsAhead = 0
    /// Threads that have a group each.
    package var workers: Int
    /// Whether the models are in the memory of the machine, not of a device.
    package var isOnCPU: Bool
    /// Prompts of an optimizer step.
    package var promptsPerStep = 1
    /// The most positions that are decoded together.
    package var rolloutBatchTokens = 0
    /// The most positions of a micro-batch.
    package var microBatchTokens = 0

    /// A value from what every run has; what has a usual value is set after it.
    package init(
        policy: PolicyOptions, parameterCount: Int, trainedCount: Int, trainsVision: Bool,
        elementBytes: Int, fileBytes: Int, castsHead: Bool, hasReference: Bool,
        segmenter: any SegmenterSizes, segmenterCount: Int, segmenterElementBytes: Int,
        promptTokens: Int, patches: Int, imageSize: Int, groupSize: Int, completionLength: Int,
        promptsPerGeneration: Int, workers: Int, isOnCPU: Bool
    ) {
        self.policy = policy
        self.parameterCount = parameterCount
        self.trainedCount = trainedCount
        self.trainsVision = trainsVision
        self.elementBytes = elementBytes
        self.fileBytes = fileBytes
        self.castsHead = castsHead
        self.hasReference = hasReference
        self.segmenter = segmenter
        self.segmenterCount = segmenterCount
        self.segmenterElementBytes = segmenterElementBytes
        self.promptTokens = promptTokens
        self.patches = patches
        self.imageSize = imageSize
        self.groupSize = groupSize
        self.completionLength = completionLength
        self.promptsPerGeneration = promptsPerGeneration
        self.workers = workers
        self.isOnCPU = isOnCPU
    }

    /// How many groups of completions of a length a worker has at a time.
    ///
    /// - Parameters:
    ///   - length: tokens of a completion
    ///   - prompts: that are shared by all workers
    ///   - budget: the most positions
    /// - Returns: at least 1
    package func groupsTogether(length: Int, prompts: Int, within budget: Int) -> Int {
        let share = (prompts + workers - 1) / max(1, workers)
        return max(1, min(budget / max(1, promptTokens + groupSize * length), share))
    }
}

// MARK: - Files

extension RunSizes {
    /// Bytes of a checkpoint: the policy, AdamW's masters and moments, and nothing of rollouts in use.
    package var checkpointBytes: Int { parameterCount * elementBytes + trainedCount * 3 * 4 }
}

/// How many checkpoints a run has on disk at a time at most, the one that is being written included.
///
/// - Parameters:
///   - total: the run's last step
///   - done: the step that it continues after
///   - every: steps between checkpoints; 0: only the last
///   - keep: how many stay; nil: all
///   - best: whether the best one stays beside them
/// - Returns: the most that are there together
package func checkpointsAtOnce(total: Int, done: Int, every: Int, keep: Int?, best: Bool = false)
    -> Int
{
    if total <= done { return 0 }
    let regular = every > 0 ? total / every - done / every : 0
    let isLastRegular = every > 0 && total % every == 0
    let written = regular + (isLastRegular ? 0 : 1)
    // The oldest goes when the new one is whole.
    return keep.map { min(written, $0 + (best ? 2 : 1)) } ?? written
}

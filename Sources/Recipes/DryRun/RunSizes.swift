import SAM2
import Torch
import VisionLanguage

/// The sizes that memory and disk space of a run follow from.
///
/// Legend: P tokens of a prompt, N patches of its picture, G completions, R tokens of the longest.
struct RunSizes {
    /// The policy's sizes.
    var policy: PolicyOptions
    /// Numbers of the policy.
    var parameterCount: Int
    /// Those that are trained.
    var trainedCount: Int
    /// Whether any of them is the vision tower's.
    var trainsVision: Bool
    /// Which those are.
    var trained = TrainedWeights()
    /// Bytes of one of the policy's numbers.
    var elementBytes: Int
    /// Bytes of the policy's files of weights.
    var fileBytes: Int
    /// Whether logits are computed with a float32 copy of the head.
    var castsHead: Bool
    /// Whether there is a reference policy.
    var hasReference: Bool
    /// The segmenter's sizes.
    var segmenter: SAM2Configuration
    /// Numbers of the segmenter.
    var segmenterCount: Int
    /// Bytes of one of the segmenter's numbers.
    var segmenterElementBytes: Int
    /// Bytes of embeddings that are kept in main memory, at most.
    var embeddingBytes = 0
    /// P.
    var promptTokens: Int
    /// N.
    var patches: Int
    /// The side of the square that pictures are stretched to.
    var imageSize: Int
    /// G.
    var groupSize: Int
    /// R.
    var completionLength: Int
    /// Prompts whose rollouts are kept at a time.
    var promptsPerGeneration: Int
    /// Prompts that are made ready beside them.
    var promptsAhead = 0
    /// Threads that have a group each.
    var workers: Int
    /// Whether the models are in the memory of the machine, not of a device.
    var isOnCPU: Bool
    /// Prompts of an optimizer step.
    var promptsPerStep = 1
    /// The most positions that are decoded together.
    var rolloutBatchTokens = 0
    /// The most positions of a micro-batch.
    var microBatchTokens = 0

    /// How many groups of completions of a length a worker has at a time.
    ///
    /// - Parameters:
    ///   - length: tokens of a completion
    ///   - prompts: that are shared by all workers
    ///   - budget: the most positions
    /// - Returns: at least 1
    func groupsTogether(length: Int, prompts: Int, within budget: Int) -> Int {
        let share = (prompts + workers - 1) / max(1, workers)
        return max(1, min(budget / max(1, promptTokens + groupSize * length), share))
    }
}

// MARK: - Files

extension RunSizes {
    /// Bytes of a checkpoint: the policy, AdamW's masters and moments, and nothing of rollouts in use.
    var checkpointBytes: Int { parameterCount * elementBytes + trainedCount * 3 * 4 }
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
func checkpointsAtOnce(total: Int, done: Int, every: Int, keep: Int?, best: Bool = false) -> Int {
    if total <= done { return 0 }
    let regular = every > 0 ? total / every - done / every : 0
    let isLastRegular = every > 0 && total % every == 0
    let written = regular + (isLastRegular ? 0 : 1)
    // The oldest goes when the new one is whole.
    return keep.map { min(written, $0 + (best ? 2 : 1)) } ?? written
}

public import Datasets
public import Rewards

/// What a run continues from besides parameters and tensors: counters, the place in the data, and the
/// rollouts that are still to be learnt from.
public struct TrainerState: Codable, Hashable, Sendable {
    /// One completion of a group.
    public struct Answer: Codable, Hashable, Sendable {
        /// The sampled tokens.
        public var tokens: [Int]
        /// The tokens as text, which is parsed again.
        public var text: String
        /// Why it ended.
        public var stopReason: StopReason
        /// What it earned in all; NaN with a fault, nil where every term that counts abstained.
        public var reward: Double?
        /// The unweighted reward terms, in the order of the weights; nil of those that abstained.
        public var terms: [Double?]
        /// The IoU of its mask.
        public var iou: Double
        /// Why it has no reward, if so.
        public var fault: RewardFault?

        enum CodingKeys: String, CodingKey {
            case tokens, text, reward, terms, iou, fault
            case stopReason = "stop_reason"
        }
    }

    /// One group of a batch of rollouts; its example is drawn again, and must be the same.
    public struct Group: Codable, Hashable, Sendable {
        /// The sample's id.
        public var id: String
        /// Which pass over the data it belongs to.
        public var epoch: Int
        /// The question asked.
        public var question: String
        /// The completions.
        public var answers: [Answer]
        /// The advantage of each completion; nil where every term abstained.
        public var advantages: [Double?]
        /// Whether the deviation by which rewards are scaled is 0.
        public var hasNoDeviation: Bool

        enum CodingKeys: String, CodingKey {
            case id, epoch, question, answers, advantages
            case hasNoDeviation = "has_no_deviation"
        }
    }

    /// A batch of rollouts in use.
    public struct Batch: Codable, Hashable, Sendable {
        /// How many steps have used it.
        public var position: Int
        /// Its groups.
        public var groups: [Group]
        /// Σ (log π - log π_ref) of each group; empty unless rewards depend on it.
        public var klSums: [Double]

        enum CodingKeys: String, CodingKey {
            case position, groups
            case klSums = "kl_sums"
        }
    }

    /// Optimizer steps done.
    public var step: Int
    /// Batches of rollouts drawn.
    public var generations: Int
    /// Tokens of prompts and completions seen.
    public var tokens: Int
    /// The place of the next example in the data, or of the first one of ``batch``.
    public var cursor: EpochSampler.Cursor
    /// The batch of rollouts that further steps learn from; nil if the next step draws one.
    public var batch: Batch?
    /// How often something was wrong; nil stands for never, as in files that do not count it.
    public var faults: FaultCounts?
}

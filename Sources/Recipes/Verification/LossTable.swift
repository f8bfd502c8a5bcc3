import Files
import Foundation
public import RLTrainer
import SystemErrors
import TextFiles

/// Losses, gradients, advantages and metrics that TRL computed, with what it computed them from.
///
/// The format is that of the fixture `losses/table.json`, whose generator documents it.
///
/// Legend: B completions of a micro-batch, L places of the longest; arrays [B, L] are flat.
public struct LossTable: Decodable, Sendable {
    /// The version of TRL.
    public let trl: String
    /// Optimizer steps.
    public let losses: [LossCase]
    /// Batches of rollouts.
    public let rollouts: [RolloutCase]

    /// Reads a table.
    ///
    /// - Parameter path: the JSON file
    /// - Returns: the table
    /// - Throws: `MissingInputError`, or ``LossTableError`` that says where the file is not a table
    public static func load(path: String) throws -> LossTable {
        let data = try inputFile(path, "table of losses")
        do {
            let table = try JSONDecoder().decode(LossTable.self, file: data)
            try table.checkCounts(path: path)
            return table
        } catch let error as DecodingError {
            throw LossTableError(path: path, problem: DecodingProblem(error).description)
        }
    }

    private func checkCounts(path: String) throws {
        for item in losses {
            for batch in item.microBatches {
                let count = batch.shape.count == 2 ? batch.shape[0] * batch.shape[1] : -1
                let grids = [batch.logps, batch.mask, batch.gradient]
                let others = [batch.oldLogps, batch.refLogps].compactMap { $0 }
                guard (grids + others).allSatisfy({ $0.count == count }),
                    batch.advantages.count == batch.shape[0]
                else {
                    throw LossTableError(
                        path: path,
                        problem: "case \(item.name): an array has not the numbers that its shape "
                            + "\(batch.shape) says")
                }
            }
        }
        for item in rollouts {
            let count = item.completionLengths.count
            guard
                [item.truncated.count, item.rewards.count, item.advantages.count]
                    .allSatisfy({ $0 == count }),
                count > 0, item.configuration.numGenerations > 0,
                count.isMultiple(of: item.configuration.numGenerations)
            else {
                throw LossTableError(
                    path: path, problem: "case \(item.name): the counts do not fit together")
            }
        }
    }
}

/// A file is not a table of losses.
public struct LossTableError: Error, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong.
    public let problem: String

    /// Path and problem.
    public var description: String { "\(path): not a table of losses: \(problem)" }
}

extension LossTable {
    /// One optimizer step of TRL.
    public struct LossCase: Decodable, Sendable {
        /// What the case is about.
        public let name: String
        /// TRL's configuration.
        public let configuration: LossOptions
        /// Tokens of the generation batch that count.
        public let itemCount: Double
        /// The micro-batches.
        public let microBatches: [MicroBatch]
        /// The step's loss.
        public let loss: Double

        package enum CodingKeys: String, CodingKey {
            case name, loss
            case configuration = "config"
            case itemCount = "num_items_in_batch"
            case microBatches = "micro_batches"
        }
    }

    /// A loss's configuration by TRL's names.
    public struct LossOptions: Decodable, Sendable {
        package let lossType: LossType
        package let level: ImportanceSamplingLevel
        package let beta: Double
        package let usesBiasCorrectionKL: Bool
        package let epsilon: Double
        package let epsilonHigh: Double?
        package let delta: Double?
        package let maxCompletionLength: Int
        let accumulationSteps: Int
        package let stepsPerGeneration: Int

        package enum CodingKeys: String, CodingKey {
            case beta, epsilon, delta
            case lossType = "loss_type"
            case level = "importance_sampling_level"
            case usesBiasCorrectionKL = "use_bias_correction_kl"
            case epsilonHigh = "epsilon_high"
            case maxCompletionLength = "max_completion_length"
            case accumulationSteps = "gradient_accumulation_steps"
            case stepsPerGeneration = "steps_per_generation"
        }

        /// The same for `policyLoss`.
        public var configuration: LossConfiguration {
            var result = LossConfiguration()
            result.lossType = lossType
            result.importanceSamplingLevel = level
            result.beta = beta
            result.usesBiasCorrectionKL = usesBiasCorrectionKL
            result.epsilon = epsilon
            result.epsilonHigh = epsilonHigh
            result.delta = delta
            result.maxCompletionLength = maxCompletionLength
            return result
        }
    }

    /// One micro-batch, and what TRL made of it.
    public struct MicroBatch: Decodable, Sendable {
        package let shape: [Int]
        let logps: [Double]
        let oldLogps: [Double]?
        let refLogps: [Double]?
        package let advantages: [Double]
        package let mask: [Double]
        package let loss: Double
        package let gradient: [Double]
        package let metrics: [String: Double?]

        package enum CodingKeys: String, CodingKey {
            case shape, logps, advantages, mask, loss, gradient, metrics
            case oldLogps = "old_logps"
            case refLogps = "ref_logps"
        }
    }

    /// One batch of rollouts, and what TRL made of it.
    public struct RolloutCase: Decodable, Sendable {
        /// What the case is about.
        public let name: String
        /// TRL's configuration.
        public let configuration: RolloutOptions
        let completionLengths: [Int]
        let truncated: [Bool]
        package let rewards: [[Double?]]
        let oldLogps: [Double]?
        let refLogps: [Double]?
        package let advantages: [Double]
        package let mask: [Double]
        let itemCount: Double

        package enum CodingKeys: String, CodingKey {
            case name, truncated, rewards, advantages, mask
            case configuration = "config"
            case completionLengths = "completion_lengths"
            case oldLogps = "old_logps"
            case refLogps = "ref_logps"
            case itemCount = "num_items_in_batch"
        }
    }

    /// A rollout's configuration by TRL's names.
    public struct RolloutOptions: Decodable, Sendable {
        /// Which of TRL's trainers.
        public enum Trainer: String, Decodable, Sendable {
            /// GRPOTrainer.
            case grpo
            /// RLOOTrainer.
            case rloo
        }

        package let trainer: Trainer
        package let numGenerations: Int
        package let rewardScale: RewardScale
        package let beta: Double
        let rewardWeights: [Double]
        let masksTruncated: Bool

        package enum CodingKeys: String, CodingKey {
            case trainer, beta
            case numGenerations = "num_generations"
            case rewardScale = "scale_rewards"
            case rewardWeights = "reward_weights"
            case masksTruncated = "mask_truncated_completions"
        }
    }
}

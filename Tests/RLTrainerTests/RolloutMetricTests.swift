import Imaging
import Rewards
import Segmentation
import TestSupport
import Testing

@testable import Files
@testable import RLTrainer

/// What TRL recorded about batches of rollouts.
@Suite struct RolloutMetricTests {
    private struct Table: Decodable {
        struct Options: Decodable {
            let trainer: String
            let numGenerations: Int
            let rewardScale: RewardScale
            let beta: Double
            let rewardWeights: [Double]

            enum CodingKeys: String, CodingKey {
                case trainer, beta
                case numGenerations = "num_generations"
                case rewardScale = "scale_rewards"
                case rewardWeights = "reward_weights"
            }
        }
        struct Rollout: Decodable {
            let name: String
            let config: Options
            let promptLengths: [Int]
            let completionLengths: [Int]
            let truncated: [Bool]
            let rewards: [[Double?]]
            let metrics: [String: Double?]

            enum CodingKeys: String, CodingKey {
                case name, config, truncated, rewards, metrics
                case promptLengths = "prompt_lengths"
                case completionLengths = "completion_lengths"
            }
        }
        let rollouts: [Rollout]
    }

    private func groups(_ item: Table.Rollout) throws -> [RolloutGroup<TablePolicy.Prompt>] {
        let terms: [RewardTerm] = [.maskIoU, .samJSONFormat, .thinkAnswerFormat]
        let weights = try RewardWeights(
            zip(terms, item.config.rewardWeights).map { RewardWeight(term: $0, weight: $1) })
        let size = item.config.numGenerations
        let flat = stride(from: 0, to: item.rewards.count, by: size).map { start in
            RolloutGroup(
                example: CountingSource().next(), prompt: TablePolicy.Prompt(),
                promptTokenCount: 3,
                completions: (start..<start + size).map { index in
                    Completion(
                        tokenIDs: [Int](repeating: 0, count: item.completionLengths[index]),
                        logProbabilities: [], text: "",
                        stopReason: item.truncated[index] ? .length : .endOfSequence)
                },
                rewards: (start..<start + size).map { index in
                    let values = item.rewards[index]
                    return RewardBreakdown(
                        terms: zip(terms, values).map { RewardValue(term: $0, value: $1) },
                        total: weights.total(values) ?? .nan,
                        parse: .success(ParsedAnswer(prompts: [])), mask: nil, iou: 0)
                }, advantages: [])
        }
        let flags = groupsWithoutDeviation(
            rewards: flat.map { $0.rewards.map(\.total) }, scale: item.config.rewardScale)
        return zip(flat, flags).map { group, flag in
            var group = group
            group.hasNoDeviation = flag
            return group
        }
    }

    /// A group of answers with these IoUs and numbers of prompts, nil for one that cannot be read.
    private func group(
        hasTarget: Bool, _ answers: [(iou: Double, prompts: Int?)]
    ) -> RolloutGroup<TablePolicy.Prompt> {
        var example = CountingSource().next()
        if !hasTarget { example.truth = BinaryMask(width: 32, height: 32) }
        let point = SegmentationPrompt(positivePoints: [.init(x: 1, y: 1)])
        return RolloutGroup(
            example: example, prompt: TablePolicy.Prompt(), promptTokenCount: 3,
            completions: answers.map { _ in
                Completion(
                    tokenIDs: [0], logProbabilities: [], text: "", stopReason: .endOfSequence)
            },
            rewards: answers.map { answer in
                RewardBreakdown(
                    terms: [], total: 0,
                    parse: answer.prompts.map {
                        .success(ParsedAnswer(prompts: Array(repeating: point, count: $0)))
                    } ?? .failure(.noFence),
                    mask: nil, iou: answer.iou)
            }, advantages: answers.map { _ in 0 })
    }

    @Test("Answers meet a target from an IoU of 0.05 on; shares are of answers about targets alone")
    func answers() {
        var metrics = StepMetrics(step: 1)
        metrics.appendRollouts([
            group(hasTarget: true, [(0.05, 1), (0.04, 1), (0, 0), (0, nil)]),
            group(hasTarget: false, [(1, 0), (0, 2), (1, 0), (0, nil)]),
        ])
        #expect(metrics["answers/iou"] == 2.09 / 8)
        #expect(metrics["answers/met_target"] == 0.25)
        #expect(metrics["answers/empty"] == 1.0 / 3)
        var without = StepMetrics(step: 1)
        without.appendRollouts([group(hasTarget: false, [(1, 0)])])
        #expect(without["answers/iou"] == 1)
        #expect(without["answers/met_target"] == nil && without["answers/empty"] == nil)
    }

    @Test("Rewards, lengths and shares of a batch of rollouts are TRL's, by TRL's names")
    func table() throws {
        let names = ["mask_iou", "sam_json_format", "think_answer_format"]
        var (count, silent) = (0, 0)
        for item in try Fixtures.decode(Table.self, "losses/table.json").rollouts
        // With beta TRL counts other deviations.
        where item.config.beta == 0 {
            var metrics = StepMetrics(step: 1)
            metrics.appendRollouts(
                try groups(item), abstaining: [.maskIoU, .samJSONFormat, .thinkAnswerFormat])
            let isRewarded = item.rewards.map { $0.contains { $0 != nil } }
            if isRewarded.contains(false) { silent += 1 }
            #expect(
                metrics["completions/without_reward"] == Double(isRewarded.count { !$0 }))
            for (name, value) in item.metrics where name != "num_tokens" {
                guard let value else { continue }
                // TRL's share is of all completions, those without a reward included.
                if name == "frac_reward_zero_std", isRewarded.contains(false) { continue }
                var ours = name
                for (index, term) in names.enumerated() {
                    ours = ours.replacing("rewards/f\(index)/", with: "rewards/\(term)/")
                }
                let found = try #require(metrics[ours], "\(ours)")
                // TRL's lengths and shares are float32 numbers.
                #expect(
                    abs(found - value) <= 1e-6 * max(1e-3, abs(value)), "\(item.name): \(name)")
                count += 1
            }
        }
        #expect(count > 100 && silent > 3)
    }
}

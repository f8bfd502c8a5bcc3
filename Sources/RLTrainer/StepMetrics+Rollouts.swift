import Files
import Foundation
import Imaging
import Rewards
import Torch

extension StepMetrics {
    /// What the rollouts were like; completions without a reward are in no number of rewards, and those
    /// that a term abstained from in none of that term.
    ///
    /// - Parameters:
    ///   - groups: the step's
    ///   - abstaining: the terms that may abstain; only with such there are counts of who did
    mutating func appendRollouts<Prompt>(
        _ groups: [RolloutGroup<Prompt>], abstaining: Set<RewardTerm> = []
    ) {
        let completions = groups.flatMap(\.completions)
        let rewards = groups.flatMap(\.rewards)
        let totals = rewards.compactMap(\.reward)
        func spread(_ values: [Double]) -> Double {
            values.isEmpty && !abstaining.isEmpty ? .nan : deviation(values)
        }
        append("reward", mean(totals))
        append("reward_std", spread(totals))
        let judged = rewards.filter { $0.fault == nil }
        for (index, name) in (rewards.first?.terms.map(\.term) ?? []).enumerated() {
            let values = judged.compactMap { $0.terms[index].value }
            append("rewards/\(name)/mean", mean(values))
            append("rewards/\(name)/std", spread(values))
            if abstaining.contains(name) {
                append("rewards/\(name)/abstained", Double(judged.count - values.count))
            }
        }
        let flat = groups.filter(\.hasNoDeviation).flatMap(\.rewards).compactMap(\.reward)
        append("frac_reward_zero_std", Double(flat.count) / Double(totals.count))
        if !abstaining.isEmpty {
            append("completions/without_reward", Double(rewards.count - totals.count))
        }
        let lengths = completions.map { Double($0.tokenIDs.count) }
        appendLengths("completions/", lengths)
        appendLengths(
            "completions/", suffix: "terminated_",
            completions.filter { $0.stopReason == .endOfSequence }
                .map { Double($0.tokenIDs.count) })
        let clipped = completions.filter { $0.stopReason == .length }.count
        append("completions/clipped_ratio", Double(clipped) / Double(completions.count))
        append(
            "parse_failure_rate",
            mean(rewards.map { $0.failure == nil ? 0 : 1 }))
        appendAnswers(groups)
    }

    /// How answers fit, whatever their rewards are made of: their IoU; and of those about a target, the
    /// share that met it, and of those that can be read the share that is empty, 0 if none can.
    private mutating func appendAnswers<Prompt>(_ groups: [RolloutGroup<Prompt>]) {
        append("answers/iou", mean(groups.flatMap(\.rewards).map(\.iou)))
        let targeted = groups.filter { !$0.example.truth.isEmpty }.flatMap(\.rewards)
        // Without a target there are no such shares, and so no numbers.
        if targeted.isEmpty { return }
        let readable = targeted.filter { $0.failure == nil }
        let met = targeted.count { $0.iou >= RunHealth.metIoU }
        let empty = readable.count { $0.prompts.isEmpty }
        append("answers/met_target", Double(met) / Double(targeted.count))
        append("answers/empty", Double(empty) / Double(max(1, readable.count)))
    }

    private mutating func appendLengths(
        _ prefix: String, suffix: String = "", _ lengths: [Double]
    ) {
        append("\(prefix)mean_\(suffix)length", lengths.isEmpty ? 0 : mean(lengths))
        append("\(prefix)min_\(suffix)length", lengths.min() ?? 0)
        append("\(prefix)max_\(suffix)length", lengths.max() ?? 0)
    }

    /// What was wrong in the step, and how often something was so far, the step included.
    mutating func append(_ faults: [Fault], _ counts: FaultCounts) {
        func count(_ kinds: Fault.Kind...) -> Double {
            Double(faults.count { kinds.contains($0.kind) })
        }
        append("faults/samples", count(.sample))
        append("faults/rewards", count(.reward, .rewardTimeout))
        append("faults/reward_timeouts", count(.rewardTimeout))
        append("faults/total", Double(counts.total))
        append("skipped_steps", Double(counts.skippedSteps))
    }

    /// How far the sampler's log-probabilities were from the update's; nil: there was none.
    mutating func append(_ difference: SamplerDifference?) {
        let (mean, most) =
            difference.map { ($0.sum / max(1, $0.count), $0.max) } ?? (Double.nan, Double.nan)
        append("sampling/sampling_logp_difference/mean", mean)
        append("sampling/sampling_logp_difference/max", most)
    }

    /// What the step cost.
    mutating func appendTimings(_ timings: StepTimings, tokenCount: Int) {
        append("step_time", timings.step.wall)
        append("timing_s/data_wait", timings.data.wall)
        append("timing_s/gen", timings.rollout.wall)
        append("timing_s/reward", timings.reward.wall)
        append("timing_s/ref", timings.reference.wall)
        append("timing_s/old_log_prob", timings.old.wall)
        append("timing_s/update_actor", timings.update.wall)
        append("timing_s/optimizer", timings.optimizer.wall)
        append("timing_s/step", timings.step.wall)
        append("perf/throughput", Double(tokenCount) / max(1e-9, timings.step.wall))
        append("perf/peak_rss_mb", PeakMemory.ofProcess.megabytes ?? .nan)
    }
}

/// Sums over the tokens of one optimizer step.
struct SamplerDifference {
    var sum = 0.0
    var max = 0.0
    var count = 0.0

    /// Nothing yet.
    init() {}

    /// How far a group's log-probabilities are from `scored`, [G, L], where `mask`, [G, L], is 1.
    init(_ completions: [Completion], scored: Tensor, mask: Tensor) throws {
        let sampled = try sampledLogProbabilities(completions)
        let distances = try ((scored.to(.cpu) - sampled).abs() * mask)
        sum = try distances.sum().item()
        max = try distances.max().item()
        count = try mask.sum().item()
    }

    mutating func add(_ other: SamplerDifference) {
        sum += other.sum
        max = Swift.max(max, other.max)
        count += other.count
    }
}

func mean(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
}

import Evaluating
import Evaluation
import Foundation
import RLTrainer
import Runs

/// Says what was found of a run's health, and what to look at.
struct HealthWords {
    /// The most tokens of an answer.
    let longestAnswer: Int
    /// How many answers a step learns from.
    let answersPerStep: Int
    /// The tokens that end an answer, for people.
    let endTokens: String

    /// The warning of a finding.
    ///
    /// - Parameters:
    ///   - finding: what was found
    ///   - collapse: the step at which the format was said to be lost, if it still is: what explains most
    ///     others
    ///   - checkpoints: the steps of the checkpoints that there are
    /// - Returns: the warning
    func warning(
        _ finding: HealthFinding, collapse: Int? = nil, checkpoints: [Int] = []
    ) -> RunWarning {
        var (message, hint) = words(finding, checkpoints)
        if let collapse, Self.followsCollapse(finding.condition) {
            hint =
                "It follows from the format, which was lost by step \(collapse): do first what the "
                + "warning format_collapsed says"
        }
        return RunWarning(
            step: finding.step, name: finding.condition.rawValue, message: message, hint: hint)
    }

    /// Whether a lost format is enough to explain a condition.
    private static func followsCollapse(_ condition: HealthCondition) -> Bool {
        switch condition {
        case .noTargetMet, .equalRewards, .emptyAnswers, .allCut: true
        case .allRight, .formatCollapsed, .klExploded, .gradientExploded: false
        }
    }

    private func words(
        _ finding: HealthFinding, _ checkpoints: [Int]
    ) -> (message: String, hint: String) {
        switch finding.condition {
        case .noTargetMet: noTargetMet(finding)
        case .equalRewards: equalRewards(finding)
        case .allRight:
            (
                "the answers of every group earned the same in \(period(finding)), and they are right "
                    + "(mean IoU \(fixed(finding.value, 2))): there is nothing left to learn from",
                "Harder questions (data.train) or a reward that tells right answers apart would go on; "
                    + "otherwise the run can end"
            )
        case .emptyAnswers:
            (
                "\(percent(finding.value)) of the answers that can be read are empty, although there are "
                    + "targets, in \(period(finding))",
                "Look at rewards: an empty answer earns the points for the format without a risk. Give "
                    + "mask_iou more weight, or begin with a policy that answers (think2seg sft)"
            )
        case .formatCollapsed:
            (
                "next to no answer can be read in \(period(finding)), after steps in which "
                    + "\(percent(finding.before ?? 1)) could: the policy has lost its format",
                "Try a smaller training.learning_rate or a larger grpo.beta, and begin again"
                    + restart(finding, checkpoints)
            )
        case .allCut: allCut(finding)
        case .klExploded:
            (
                "kl is \(figures(finding.value)) after \(figures(finding.before ?? 0)) before, in "
                    + "\(period(finding)): the policy has left its reference",
                "Try a smaller training.learning_rate or a larger grpo.beta"
            )
        case .gradientExploded:
            (
                "grad_norm is \(figures(finding.value)) after \(figures(finding.before ?? 0)) before, "
                    + "in \(period(finding))",
                "Try a smaller training.learning_rate or training.max_grad_norm, and look at the "
                    + "rewards of these steps in rollouts/"
            )
        }
    }

    private func noTargetMet(_ finding: HealthFinding) -> (message: String, hint: String) {
        let begin =
            "no answer has met its target in \(period(finding)) (IoU below \(RunHealth.metIoU) in all)"
        if finding.validFormat < 0.1 {
            return (
                begin + ", and next to none can be read (valid format "
                    + "\(fixed(finding.validFormat, 2)))",
                "Look at answers in rollouts/: prompt.variant and data.image_size must be what the "
                    + "policy was trained with; a policy that does not know the format needs think2seg "
                    + "sft first"
            )
        }
        return (
            begin
                + ", with valid format \(fixed(finding.validFormat, 2)): only the format can be learnt "
                + "so",
            "Look at pictures of answers (think2seg report): data.image_size must be what the policy was "
                + "trained with, for answers are in pixels; think2seg evaluate tells whether the policy "
                + "meets any target before training"
        )
    }

    private func equalRewards(_ finding: HealthFinding) -> (message: String, hint: String) {
        (
            "the answers of every group earned the same in \(period(finding)): no answer is better than "
                + "another, and nothing is learnt",
            finding.validFormat < 0.1
                ? "Next to no answer can be read (valid format \(fixed(finding.validFormat, 2))): look at "
                    + "rollouts/, prompt.variant and data.image_size"
                : "Look at answers in rollouts/: where they are the same too, raise grpo.temperature or "
                    + "grpo.num_generations; where they differ, rewards lacks a term that tells them apart"
        )
    }

    private func allCut(_ finding: HealthFinding) -> (message: String, hint: String) {
        let begin =
            finding.steps == 1 && finding.step == 1
            ? "all completions of the first step, \(answersPerStep), were"
            : "every completion was"
        let place = finding.step == 1 ? "" : " in \(period(finding))"
        return (
            "\(begin) cut at the longest length of \(longestAnswer) tokens\(place): none wrote what ends "
                + "an answer, \(endTokens)",
            "Raise grpo.max_completion_length if answers in rollouts/ are whole until then; otherwise "
                + "the policy does not know the format"
        )
    }

    /// That an evaluation tells too little to call a checkpoint the best; nil if it tells enough.
    func warning(_ outcome: TrainingEvaluation.Outcome) -> RunWarning? {
        guard let shortage = outcome.shortage else { return nil }
        return RunWarning(
            step: outcome.step, name: "few_samples",
            message:
                "the best checkpoint is chosen by \(shortage): too few to tell one from another",
            hint: "Give more held-out samples: evaluation.eval_samples, data.validation")
    }

    // MARK: - Parts

    /// From which checkpoint to begin again: the last one before the steps of a finding; nothing without.
    private func restart(_ finding: HealthFinding, _ checkpoints: [Int]) -> String {
        let first = finding.step - finding.steps + 1
        guard let step = checkpoints.filter({ $0 < first }).max() else { return "" }
        return ", from the checkpoint of step \(step) or from the beginning"
    }

    /// The steps in which a condition held.
    private func period(_ finding: HealthFinding) -> String {
        finding.steps == 1 ? "step \(finding.step)" : "the last \(finding.steps) steps"
    }

    private func percent(_ share: Double) -> String { fixed(100 * share, 0) + " %" }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }

    private func figures(_ value: Double) -> String { String(format: "%.3g", value) }
}

public import Evaluating
import Evaluation
import Foundation
import Reporting
import Shards

/// What a policy was worth on the held-out scenes.
public struct QuickstartScores: Sendable {
    /// Asked by implicit questions, which reinforcement learning saw.
    public let implicit: EvaluationResult
    /// Asked explicit questions, which it did not see.
    public let named: EvaluationResult
}

/// One training run of a quickstart, and how its policy did.
public struct QuickstartOutcome: Sendable {
    /// What was trained.
    public let variant: QuickstartVariant
    /// The run's folder.
    public let run: String
    /// The last policy.
    public let policy: String
    /// What it was worth.
    public let after: QuickstartScores
}

/// Everything that a quickstart left.
public struct QuickstartResult: Sendable {
    /// What decided about the run.
    public let settings: QuickstartRecipe.Settings
    /// Where everything is.
    public let files: QuickstartFiles
    /// The models that it began with.
    public let models: CarriedModels
    /// The carried policy on the held-out scenes.
    public let before: QuickstartScores
    /// The training run, then the controls if they were asked for.
    public let outcomes: [QuickstartOutcome]

    /// The training run that the quickstart is about.
    public var main: QuickstartOutcome { outcomes[0] }

    /// How gIoU on implicit questions changed, and what that shows.
    ///
    /// - Throws: `EvaluationComparison.Mismatch`, where the two evaluations are not of the same questions
    public func conclusion() throws -> String {
        let (old, new) = (before.implicit, main.after.implicit)
        let change = try EvaluationComparison(
            from: old.outcomes, to: new.outcomes, bootstrap: new.summary.bootstrap)[.gIoU]
        switch LearningVerdict(change, of: new.summary) {
        case .learnt: return "The masks' IoU alone taught it."
        case .worse:
            return "This run made it worse, by more than the choice of scenes explains."
        case .unclear:
            return "This run does not show that it learnt: the change is within what the choice of "
                + "scenes explains. More steps (--minutes, --steps) may show it."
        case .tooFew(let shortage):
            return "Whether it learnt cannot be told: "
                + (shortage.map { "\($0) are too few" } ?? "too few scenes count")
                + " (--held-out)."
        }
    }

    /// What was built in on purpose, and what the run therefore shows and does not; a paragraph each.
    public static let scenario = [
        "The scenario, said plainly: before this run the carried policy was taught, by supervised "
            + "training, to answer in the right form, to find what explicit questions name, and "
            + "what five implicit questions about each class mean. The implicit questions of this run "
            + "are others. For them it was taught something useless on purpose: to answer each with "
            + "some visible object, drawn without regard to the question. So it can point at things, "
            + "but hardly knows what these questions mean. Reinforcement learning then saw only them, "
            + "and of each answer only whether it could be read, which it always could, and how well "
            + "the mask that the frozen segmenter made of it covers the right pixels.",
        "What a rise therefore proves: mask reward alone teaches which object a question means. "
            + "What it does not prove: that a large model gains as much from photographs. The scenes "
            + "are drawn, the models are small, and the forty questions are the same in training and "
            + "in the test; the scenes are not.",
    ]

    /// Writes `report.html` and the strip of held-out scenes.
    func writeReport() throws {
        let samples = try ShardReader(path: files.heldOutImplicit)
        var report = RunReport(run: main.run)
        report.title = "Does mask reward teach what a question means?"
        report.paragraphs = Self.scenario
        report.samples = samples
        report.seed = settings.seed
        report.comparisons = [
            .init(
                "implicit questions",
                note: "What the policy was trained on, about scenes that it has not seen.",
                before: before.implicit, after: main.after.implicit),
            .init(
                "explicit questions",
                note:
                    "They name the class. What it knew before; not part of this training, so a fall is forgetting.",
                before: before.named, after: main.after.named),
        ]
        report.controls = outcomes.dropFirst().map { outcome in
            .init(
                outcome.variant.title, note: outcome.variant.meaning, points: [],
                final: outcome.after.implicit.summary[.gIoU])
        }
        try report.write(to: files.report)
        let strip = SceneStrip(
            before: before.implicit.answers, after: main.after.implicit.answers, samples: samples)
        try strip.write(strip.randomPlaces(4, seed: settings.seed), to: files.strip)
    }

    /// The table before and after, in lines for people.
    public var table: [String] {
        var lines = [row("", ["before", "after", "change"])]
        for (title, old, new) in [
            ("implicit questions", before.implicit, main.after.implicit),
            ("explicit questions", before.named, main.after.named),
        ] {
            lines.append(title)
            // Questions are the same before and after, or there are no intervals.
            let comparison = try? EvaluationComparison(
                from: old.outcomes, to: new.outcomes, bootstrap: new.summary.bootstrap)
            for metric in [Metric.gIoU, .cIoU, .emptyTargetAccuracy, .formatValidity] {
                let (a, b) = (old.summary[metric], new.summary[metric])
                let change = a.value.flatMap { x in b.value.map { $0 - x } }
                lines.append(
                    row(
                        "  " + metric.title,
                        [
                            text(a), text(b),
                            changeText(change, comparison?[metric], metric),
                        ]))
            }
        }
        for outcome in outcomes.dropFirst() {
            lines.append("control: \(outcome.variant.title)")
            lines.append(
                row(
                    "  " + Metric.gIoU.title,
                    [
                        text(before.implicit.summary[.gIoU]),
                        text(outcome.after.implicit.summary[.gIoU]), "",
                    ]))
        }
        return lines
    }

    /// A change with its paired interval.
    private func changeText(
        _ change: Double?, _ estimate: Estimate?, _ metric: Metric
    ) -> String {
        guard let change else { return "–" }
        let value = signedText(change, metric)
        guard let estimate else { return value }
        // A terminal shows plain spaces alone.
        let interval = signedIntervalText(estimate, metric).replacing("\u{A0}", with: " ")
        return "\(value) (\(interval))"
    }

    private func text(_ estimate: Estimate) -> String {
        guard estimate.value != nil else { return "–" }
        return "\(metricText(estimate.value, .gIoU)) (\(intervalText(estimate, .gIoU)))"
    }

    private func row(_ name: String, _ cells: [String]) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        return padded(name, 24) + padded(cells[0], 22) + padded(cells[1], 22) + cells[2]
    }
}

extension QuickstartVariant {
    /// What it would mean if the policy learnt here too.
    fileprivate var meaning: String {
        switch self {
        case .rewarded: ""
        case .shuffled:
            "Every answer got the reward of another one of its group. A rise here would mean that the "
                + "gain has other causes than the reward."
        case .still:
            "Nothing was changed. A rise here would mean that the evaluation is not the same twice."
        }
    }
}

import Evaluating
import Evaluation
import Foundation
import Reports
import TextFiles

/// Two evaluations of the same questions, and how they differ.
struct ComparedResult {
    let comparison: RunReport.Comparison
    let change: EvaluationComparison

    private var before: EvaluationSummary { comparison.before.summary }
    private var after: EvaluationSummary { comparison.after.summary }

    /// The result in words.
    func sentence(steps: Int) -> String {
        guard let old = before[.gIoU].value, let new = after[.gIoU].value else { return "" }
        let interval = change[.gIoU].interval.flatMap { $0.hasNoWidth ? nil : $0 }
        let reach = interval.map {
            " (\(Self.percent(after)) interval \(signedText($0, .gIoU)))"
        }
        return
            "After \(counted(steps, "step")) of reinforcement learning the policy's mean IoU with the "
            + "truth (gIoU) on \(counted(after.samples, "held-out sample")) went from "
            + "\(metricText(old, .gIoU)) to \(metricText(new, .gIoU)), a change of "
            + "\(signedText(new - old, .gIoU))\(reach ?? ""). " + verdict.sentence
    }

    /// What the change of gIoU shows.
    var verdict: LearningVerdict { LearningVerdict(change[.gIoU], of: after) }

    private static func percent(_ summary: EvaluationSummary) -> String {
        String(format: "%g %%", summary.bootstrap.confidence * 100)
    }

    /// The most important numbers, large.
    func tiles(isFirst: Bool) -> [HTML] {
        let metrics: [Metric] =
            isFirst ? [.gIoU, .thoughtNamesTarget, .emptyTargetAccuracy, .formatValidity] : [.gIoU]
        return metrics.compactMap { metric in
            guard let old = before[metric].value, let new = after[metric].value else { return nil }
            let value: [HTML] = [
                .text(metricText(old, metric)), .element("span", ["class": "arrow"], " → "),
                .element("span", ["class": direction(metric)], metricText(new, metric)),
            ]
            let interval = signedIntervalText(change[metric], metric)
            return .element(
                "div", ["class": "tile"],
                [
                    .element("div", ["class": "name"], "\(metric.title), \(comparison.name)"),
                    .element("div", ["class": "value"], value),
                    .element(
                        "div", ["class": "more"],
                        "change \(signedText(new - old, metric))"
                            + ", \(Self.percent(after)): \(interval)"),
                ])
        }
    }

    /// Green or red where the interval of the change leaves no doubt about its sign, and more is
    /// better.
    private func direction(_ metric: Metric) -> String {
        guard metric.isShare, let interval = change[metric].interval,
            SampleShortage(after) == nil
        else { return "same" }
        return interval.low > 0 ? "up" : interval.high < 0 ? "down" : "same"
    }

    /// The tables.
    var numbers: [HTML] {
        let rows = Metric.allCases.compactMap { metric -> [HTML]? in
            guard before[metric].value != nil || after[metric].value != nil else { return nil }
            return [
                .text(metric.title), cell(before[metric], metric), cell(after[metric], metric),
                changeCell(metric), .text("\(after[metric].count)"),
            ]
        }
        let table = htmlTable(
            ["", "before", "after", "change", "answers"], rows: rows, highlighted: 2)
        let note = HTML.element("p", ["class": "note"], explanation)
        if after.classes.isEmpty { return [table, note] + protocols }
        let classes = Set(before.classes.keys).union(after.classes.keys).sorted()
        let none = Estimate(value: nil, interval: nil, count: 0)
        let byClass = classes.map { name -> [HTML] in
            [
                .text(name), cell(before.classes[name] ?? none, .gIoU),
                cell(after.classes[name] ?? none, .gIoU),
                .text("\((after.classes[name] ?? none).count)"),
            ]
        }
        let classTable = htmlTable(
            ["gIoU by target", "before", "after", "answers"], rows: byClass)
        return [.element("div", ["class": "sides"], [table, classTable]), note] + protocols
    }

    /// Both protocols side by side; nothing where an evaluation has one only.
    private var protocols: [HTML] {
        guard let old = comparison.before.paper, let new = comparison.after.paper else { return [] }
        let rows = [Metric.gIoU, .cIoU, .precision50].map { metric -> [HTML] in
            [
                .text(metric.title), cell(before[metric], metric), cell(after[metric], metric),
                cell(old[metric], metric), cell(new[metric], metric),
            ]
        }
        let table = htmlTable(
            ["", "before, strict", "after, strict", "before, paper", "after, paper"], rows: rows)
        let text =
            "Strict: \(counted(after.answers, "question")), masks at the pictures' size, the parser of training; "
            + "masks where there is no target count in cIoU, every answer in Pr@0.5. Paper: as the "
            + "published evaluation counts, one question about each of \(counted(new.samples, "sample")), masks "
            + "in the square that the policy sees, the lenient parser; masks where there is no target "
            + "cost nothing in cIoU, and Pr@0.5 is of answers with a mask."
        return [table, .element("p", ["class": "note"], text)]
    }

    private var explanation: String {
        let bootstrap = after.bootstrap
        return
            "\(counted(after.samples, "held-out sample")), \(counted(after.answers, "question")), \(after.emptyTargets) "
            + "of them about something that is not there; greedy answers. gIoU is the mean of the "
            + "answers' mask IoUs, cIoU the sum of all intersections over the sum of all unions, Pr@X "
            + "the share of answers with a mask IoU of at least X. Small numbers: "
            + "\(Self.percent(after)) intervals from drawing the samples again "
            + "\(bootstrap.resamples) times; those of the change draw the same samples before and "
            + "after; – where all answers are the same, so that drawing them again tells nothing. They "
            + "speak of other samples, not of other seeds."
    }

    private func cell(_ estimate: Estimate, _ metric: Metric) -> HTML {
        .group([
            .text(metricText(estimate.value, metric)),
            .element("small", intervalText(estimate, metric)),
        ])
    }

    private func changeCell(_ metric: Metric) -> HTML {
        let estimate = change[metric]
        guard let value = estimate.value else { return .text("–") }
        return .group([
            .element("span", ["class": direction(metric)], signedText(value, metric)),
            .element("small", signedIntervalText(estimate, metric)),
        ])
    }
}

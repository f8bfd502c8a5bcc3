import Evaluating
import Evaluation
import Foundation
package import Reports

extension RunReport {
    /// The curves: held out first, then those of training.
    package func addCurves(to page: inout HTMLPage, _ record: RunRecord) {
        let curves = heldOut.isEmpty ? record.heldOut.map { [$0] } ?? [] : heldOut
        if !curves.isEmpty || !controls.isEmpty {
            let chart = heldOutChart(curves)
            let figure = HTML.element("div", ["class": "charts"], [chart.figure])
            let isCurve = !chart.series.isEmpty
            page.addSection(
                isCurve ? "Held-out samples, along the way" : "Controls", id: "held-out",
                lead: heldOutLead(isCurve: isCurve), (isCurve ? [figure] : []) + controlTable)
        }
        let all = trainingCharts(record).filter { chart in
            chart.series.contains { $0.points.contains { $0.y.isFinite } }
        }
        guard !all.isEmpty, record.steps.count > 1 else { return }
        let charts = all.filter { constant($0) == nil }
        let constants = all.compactMap { chart in
            constant(chart).map {
                "\(Glossary.withinSentence(chart.title)) \(String(format: "%g", $0))"
            }
        }
        page.addSection(
            "Training, step by step", id: "training",
            lead: "Thin lines are single steps, thick ones the mean over neighbouring steps. Each "
                + "step asks other questions, so these curves show how training went, not what "
                + "was learnt.",
            [
                .element("div", ["class": "charts"], charts.map(\.figure)),
                constants.isEmpty
                    ? .none
                    : .element(
                        "p", ["class": "note"],
                        "The same at every step: " + constants.joined(separator: ", ") + "."),
            ])
    }

    /// The number that a chart shows throughout; nil if it shows several.
    private func constant(_ chart: LineChart) -> Double? {
        let values = Set(chart.series.flatMap(\.points).map(\.y))
        return values.count == 1 ? values.first : nil
    }

    private func heldOutLead(isCurve: Bool) -> String {
        let curve =
            isCurve
            ? "Mean IoU on samples that are never trained on, measured along the way with greedy "
                + "answers." : ""
        if controls.isEmpty { return curve }
        let isDashed = isCurve && controls.contains { !$0.points.isEmpty }
        return curve + (isDashed ? " The dashed lines are controls: " : isCurve ? " " : "")
            + (isDashed ? "the" : "Controls are the") + " same training with what should make it "
            + "fail. Only if they stay down does a rise come from the reward."
    }

    private func heldOutChart(_ curves: [Curve]) -> LineChart {
        func points(_ points: [Curve.Point]) -> [ChartPoint] {
            points.map { ChartPoint(x: Double($0.step), y: $0.gIoU) }
        }
        func band(_ points: [Curve.Point]) -> [(x: Double, low: Double, high: Double)] {
            points.compactMap { point in
                point.range.map { (Double(point.step), $0.low, $0.high) }
            }
        }
        let runs = curves.filter { !$0.points.isEmpty }.map { curve in
            ChartSeries(
                curve.name, points(curve.points), style: .marked, band: band(curve.points))
        }
        let others = controls.filter { !$0.points.isEmpty }.map {
            ChartSeries($0.name, points($0.points), style: .dashed, band: band($0.points))
        }
        var chart = LineChart(
            title: "\(Metric.gIoU.title) on held-out samples", xLabel: "optimizer step",
            series: runs + others,
            including: [0])
        if curves.contains(where: { $0.points.contains { $0.range != nil } }) {
            chart.note = "Bands reach from the lowest to the highest of several seeds."
        }
        chart.isWide = true
        chart.bounds = Glossary.bounds("giou")
        return chart
    }

    private var controlTable: [HTML] {
        if controls.isEmpty { return [] }
        func cell(_ estimate: Estimate) -> HTML {
            .group([
                .text(metricText(estimate.value, .gIoU)),
                // A point of a curve has none.
                estimate.count == 0
                    ? .none : .element("small", intervalText(estimate, .gIoU)),
            ])
        }
        var rows: [[HTML]] = []
        if let first = comparisons.first {
            rows.append([
                .text("start"), cell(first.before.summary[.gIoU]), .text("the policy before"),
            ])
            rows.append([
                .text("this run"), cell(first.after.summary[.gIoU]), .text("the policy after"),
            ])
        }
        for control in controls {
            let last = control.points.last.map {
                Estimate(value: $0.gIoU, interval: nil, count: 0)
            }
            let final = control.final ?? last
            rows.append([
                .text("control: \(control.name)"),
                final.map(cell) ?? .text("–"), .text(control.note),
            ])
        }
        return [htmlTable(["", Metric.gIoU.title, ""], rows: rows, words: [2])]
    }

    /// How many answers terms abstained from.
    static func silentMetrics(
        of terms: [String]
    ) -> [(title: String, name: String, note: String)] {
        terms.map {
            (
                "Abstentions: \(Glossary.name($0))", "rewards/\($0)/abstained",
                "answers of which the term says nothing"
            )
        } + [
            (
                Glossary.heading("completions/without_reward"), "completions/without_reward",
                "answers that no term judges, or that one failed on"
            )
        ]
    }

    /// What the chart of a term that has no chart of its own is called.
    static func termTitle(_ term: String) -> String { "Reward term: \(Glossary.name(term))" }

    /// The terms whose mean is a metric that people know by itself.
    static let knownTerms: Set = ["mask_iou", "sam_json_format"]

    /// The numbers that a metric of training can have; nil where nobody knows.
    static func bounds(_ metric: String) -> ClosedRange<Double>? {
        let parts = metric.split(separator: "/")
        guard parts.count == 3, parts[0] == "rewards" else { return Glossary.bounds(metric) }
        return parts[2] == "mean" ? Glossary.bounds(String(parts[1])) : 0...Double.infinity
    }

    private func trainingCharts(_ record: RunRecord) -> [LineChart] {
        func chart(
            _ name: String, title: String? = nil, including: [Double] = [], note: String = "",
            _ transform: (Double) -> Double = { $0 }
        ) -> LineChart {
            var chart = LineChart(
                title: title ?? Glossary.heading(name), note: note,
                series: [
                    ChartSeries("", record.curve(name, transform), style: .smoothed)
                ], including: including)
            chart.bounds = Self.bounds(name)
            return chart
        }
        let terms = record.rewardTerms.filter { !Self.knownTerms.contains($0) }
        let first = [
            chart("reward", note: "weighted sum of all terms, mean over answers"),
            chart(
                "rewards/mask_iou/mean", including: [0],
                note: "of the masks of sampled answers, mean over a step"),
            chart(
                "parse_failure_rate", title: Metric.formatValidity.heading, including: [1],
                note: "share of answers that the strict parser reads"
            ) { 1 - $0 },
            chart("completions/mean_length", note: "mean over sampled answers"),
            chart("kl", including: [0], note: "distance to the policy before training"),
            chart("entropy", note: "nats per token: how much is left to chance"),
        ]
        let silent = Self.silentMetrics(of: record.abstainingTerms).map {
            chart($0.name, title: $0.title, including: [0], note: $0.note)
        }
        let rest = [
            chart(
                "clip_ratio/region_mean", including: [0],
                note: "share of tokens whose probability ratio was clipped"),
            chart(
                "frac_reward_zero_std", including: [0],
                note: "share of answers whose whole group earned the same"),
            chart("grad_norm", including: [0]),
            chart("learning_rate", including: [0]),
        ]
        return first
            + terms.map { chart("rewards/\($0)/mean", title: Self.termTitle($0)) } + silent + rest
    }
}

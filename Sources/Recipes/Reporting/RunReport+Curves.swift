import Evaluating
import Evaluation
import Foundation
package import Reports

extension RunReport {
    /// The curves: held out first, then those of training.
    package func addCurves(to page: inout HTMLPage, _ record: RunRecord) {
        let curves = heldOut.isEmpty ? record.heldOut.map { [$0] } ?? [] : heldOut
        if !curves.isEmpty || !controls.isEmpty {
            page.addSection(
                "How it was learnt", id: "held-out", lead: heldOutLead,
                [.element("div", ["class": "charts"], [heldOutChart(curves).figure])]
                    + controlTable)
        }
        let all = trainingCharts(record).filter { chart in
            chart.series.contains { $0.points.contains { $0.y.isFinite } }
        }
        guard !all.isEmpty, record.steps.count > 1 else { return }
        let charts = all.filter { constant($0) == nil }
        let constants = all.compactMap { chart in
            constant(chart).map { "\(chart.title.lowercased()) \(String(format: "%g", $0))" }
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

    private var heldOutLead: String {
        let curve =
            "Mean IoU on samples that are never trained on, measured along the way with greedy "
            + "answers."
        if controls.isEmpty { return curve }
        return curve + " The dashed lines are controls: the same training with what should make it "
            + "fail. Only if they stay down does the rise come from the reward."
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
        let runs = curves.map { curve in
            ChartSeries(
                curve.name, points(curve.points), style: .marked, band: band(curve.points))
        }
        let others = controls.map {
            ChartSeries($0.name, points($0.points), style: .dashed, band: band($0.points))
        }
        var chart = LineChart(
            title: "gIoU on held-out samples", xLabel: "optimizer step", series: runs + others,
            including: [0])
        if curves.contains(where: { $0.points.contains { $0.range != nil } }) {
            chart.note = "Bands reach from the lowest to the highest of several seeds."
        }
        chart.isWide = true
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
        return [htmlTable(["", "gIoU", ""], rows: rows, words: [2])]
    }

    /// How many answers terms abstained from.
    static func silentMetrics(
        of terms: [String]
    ) -> [(title: String, name: String, note: String)] {
        terms.map {
            (
                "Abstentions: \($0)", "rewards/\($0)/abstained",
                "answers of which the term says nothing"
            )
        } + [
            (
                "Without a reward", "completions/without_reward",
                "answers that no term judges, or that one failed on"
            )
        ]
    }

    private func trainingCharts(_ record: RunRecord) -> [LineChart] {
        func chart(
            _ title: String, _ name: String, including: [Double] = [], note: String = "",
            _ transform: (Double) -> Double = { $0 }
        ) -> LineChart {
            LineChart(
                title: title, note: note,
                series: [
                    ChartSeries("", record.curve(name, transform), style: .smoothed)
                ], including: including)
        }
        let terms = record.rewardTerms.filter { $0 != "mask_iou" && $0 != "sam_json_format" }
        let first = [
            chart("Reward", "reward", note: "weighted sum of all terms, mean over answers"),
            chart(
                "Reward term: mask IoU", "rewards/mask_iou/mean", including: [0],
                note: "mean over sampled answers"),
            chart(
                "Format validity", "parse_failure_rate", including: [1],
                note: "share of answers that can be read"
            ) { 1 - $0 },
            chart("Length", "completions/mean_length", note: "tokens per answer"),
            chart("KL", "kl", including: [0], note: "distance to the policy before training"),
            chart("Entropy", "entropy", note: "nats per token: how much is left to chance"),
        ]
        let silent = Self.silentMetrics(of: record.abstainingTerms).map {
            chart($0.title, $0.name, including: [0], note: $0.note)
        }
        let rest = [
            chart(
                "Clip ratio", "clip_ratio/region_mean", including: [0],
                note: "share of tokens whose probability ratio was clipped"),
            chart(
                "Groups that teach nothing", "frac_reward_zero_std", including: [0],
                note: "share of answers whose whole group earned the same"),
            chart("Gradient norm", "grad_norm", including: [0]),
            chart("Learning rate", "learning_rate", including: [0]),
        ]
        return first
            + terms.map { chart("Reward term: \($0)", "rewards/\($0)/mean") } + silent + rest
    }
}

import Evaluation
package import Reports

/// Curves of several runs, or groups of runs, in the same charts.
package struct RunCurves {
    /// The runs, those that differ in the seed only together: their mean is drawn.
    package let groups: [(name: String, runs: [RunRecord])]

    /// A value from its parts.
    package init(groups: [(name: String, runs: [RunRecord])]) {
        self.groups = groups
    }

    /// The charts for which some run has numbers that change.
    package var charts: [LineChart] {
        let terms = Set(groups.flatMap { $0.runs.flatMap(\.rewardTerms) }).sorted()
            .filter { !RunReport.knownTerms.contains($0) }
        let first = [
            chart("reward", "weighted sum of each run's own terms"),
            chart(
                "rewards/mask_iou/mean", "of the masks of sampled answers, mean over a step"),
            heldOut,
        ]
        let rest = [
            chart(
                "parse_failure_rate", "share of answers that the strict parser reads",
                title: Metric.formatValidity.heading
            ) { 1 - $0 },
            chart("completions/mean_length", "mean over sampled answers"),
            chart("kl", "distance to the policy before training"),
            chart("entropy", "nats per token: how much is left to chance"),
            chart("grad_norm", ""),
            chart("learning_rate", ""),
        ]
        let silent = Set(groups.flatMap { $0.runs.flatMap(\.abstainingTerms) }).sorted()
        let middle =
            terms.map { chart("rewards/\($0)/mean", "", title: RunReport.termTitle($0)) }
            + RunReport.silentMetrics(of: silent).map { chart($0.name, $0.note, title: $0.title) }
        return (first + middle + rest).compactMap(\.self)
    }

    private func chart(
        _ name: String, _ note: String, title: String? = nil,
        _ transform: (Double) -> Double = { $0 }
    ) -> LineChart? {
        curves(title ?? Glossary.heading(name), note, .line, RunReport.bounds(name)) { record in
            ChartSeries("", record.curve(name, transform)).smoothed
        }
    }

    private var heldOut: LineChart? {
        curves(
            "\(Metric.gIoU.title) on held-out samples, along the way", "", .marked,
            Glossary.bounds("giou")
        ) { record in
            record.evaluations.compactMap { step in
                step.values["eval_giou"].map { ChartPoint(x: Double(step.number), y: $0) }
            }
        }
    }

    private func curves(
        _ title: String, _ note: String, _ style: ChartSeries.Style,
        _ bounds: ClosedRange<Double>?,
        _ points: (RunRecord) -> [ChartPoint]
    ) -> LineChart? {
        let series = groups.map { group in
            ChartSeries(group.name, Self.mean(group.runs.map(points)), style: style)
        }
        let values = Set(series.flatMap(\.points).map(\.y).filter(\.isFinite))
        // What never changes is no curve, and neither is a single point.
        let isCurve = values.count > 1 && series.contains { $0.points.count > 1 }
        var chart = LineChart(title: title, note: note, series: series)
        chart.bounds = bounds
        return isCurve ? chart : nil
    }

    /// The mean of curves, where all have a point.
    package static func mean(_ runs: [[ChartPoint]]) -> [ChartPoint] {
        guard let first = runs.first else { return [] }
        let tables = runs.map { run in
            Dictionary(run.map { ($0.x, $0.y) }, uniquingKeysWith: { $1 })
        }
        return first.compactMap { point in
            let values = tables.compactMap { $0[point.x] }
            guard values.count == runs.count else { return nil }
            return ChartPoint(x: point.x, y: values.reduce(0, +) / Double(values.count))
        }
    }
}

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
            .filter { $0 != "mask_iou" }
        let first = [
            chart("Reward", "reward", "weighted sum of each run's own terms"),
            chart("Reward term: mask_iou", "rewards/mask_iou/mean", "mean over sampled answers"),
            heldOut,
        ]
        let rest = [
            chart("Format validity", "parse_failure_rate", "share of answers that can be read") {
                1 - $0
            },
            chart("Length", "completions/mean_length", "tokens per answer"),
            chart("KL", "kl", "distance to the policy before training"),
            chart("Entropy", "entropy", "nats per token: how much is left to chance"),
            chart("Gradient norm", "grad_norm", ""),
            chart("Learning rate", "learning_rate", ""),
        ]
        let silent = Set(groups.flatMap { $0.runs.flatMap(\.abstainingTerms) }).sorted()
        let middle =
            terms.map { chart("Reward term: \($0)", "rewards/\($0)/mean", "") }
            + RunReport.silentMetrics(of: silent).map { chart($0.title, $0.name, $0.note) }
        return (first + middle + rest).compactMap(\.self)
    }

    private func chart(
        _ title: String, _ name: String, _ note: String,
        _ transform: (Double) -> Double = { $0 }
    ) -> LineChart? {
        curves(title, note, .line) { record in
            ChartSeries("", record.curve(name, transform)).smoothed
        }
    }

    private var heldOut: LineChart? {
        curves("gIoU on held-out samples, along the way", "", .marked) { record in
            record.evaluations.compactMap { step in
                step.values["eval_giou"].map { ChartPoint(x: Double(step.number), y: $0) }
            }
        }
    }

    private func curves(
        _ title: String, _ note: String, _ style: ChartSeries.Style,
        _ points: (RunRecord) -> [ChartPoint]
    ) -> LineChart? {
        let series = groups.map { group in
            ChartSeries(group.name, Self.mean(group.runs.map(points)), style: style)
        }
        let values = Set(series.flatMap(\.points).map(\.y).filter(\.isFinite))
        // What never changes is no curve, and neither is a single point.
        let isCurve = values.count > 1 && series.contains { $0.points.count > 1 }
        return isCurve ? LineChart(title: title, note: note, series: series) : nil
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

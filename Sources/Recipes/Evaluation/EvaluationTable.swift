public import Evaluation
import Foundation

/// Metrics as a table for terminals: name, value, interval, and how many answers count.
///
/// - Parameter summary: the metrics; those without a value are left out
/// - Returns: lines, the last with its line break
public func evaluationTable(_ summary: EvaluationSummary) -> String {
    let percent = summary.bootstrap.confidence * 100
    var rows = [["", "value", String(format: "%g %% interval", percent), "answers"]]
    for metric in Metric.allCases {
        let estimate = summary[metric]
        guard estimate.value != nil else { continue }
        rows.append([
            metric.title, metricText(estimate.value, metric),
            intervalText(estimate.interval, metric), "\(estimate.count)",
        ])
    }
    for (name, estimate) in summary.classes.sorted(by: { $0.key < $1.key }) {
        rows.append([
            "gIoU, \(name)", metricText(estimate.value, .gIoU),
            intervalText(estimate.interval, .gIoU), "\(estimate.count)",
        ])
    }
    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
        let cells = row.enumerated().map { column, text in
            let padding = String(repeating: " ", count: widths[column] - text.count)
            return column == 0 ? text + padding : padding + text
        }
        return cells.joined(separator: "  ") + "\n"
    }.joined()
}

/// A metric's value as people read it: three digits for shares and counts of objects, one for
/// tokens.
func metricText(_ value: Double?, _ metric: Metric) -> String {
    guard let value else { return "–" }
    return String(format: metric == .meanLength ? "%.1f" : "%.3f", value)
}

/// An interval as people read it.
func intervalText(_ interval: Interval?, _ metric: Metric) -> String {
    guard let interval else { return "–" }
    return "\(metricText(interval.low, metric))–\(metricText(interval.high, metric))"
}

public import Evaluation
import Foundation
import TextFiles

/// Metrics as a table for terminals: name, value, interval, and how many answers count.
///
/// - Parameter summary: the metrics; those without a value are left out
/// - Returns: lines, the last with its line break
public func evaluationTable(_ summary: EvaluationSummary) -> String {
    textTable(rows([Column(summary)]))
}

/// Both protocols' metrics side by side, what differs between them, and what a sample takes.
///
/// - Parameters:
///   - result: the evaluation
///   - protocols: what is shown; one that the evaluation does not have is left out
/// - Returns: lines, the last with its line break
public func evaluationTable(
    _ result: EvaluationResult, protocols: [EvaluationProtocol] = EvaluationProtocol.allCases
) -> String {
    var columns: [Column] = []
    if protocols.contains(.strict) { columns.append(Column(result.summary, name: "strict")) }
    if protocols.contains(.paper), let paper = result.paper { columns.append(Column(paper)) }
    var notes: [String] = []
    if protocols.contains(.strict) {
        notes.append(
            "strict: \(counted(result.summary.answers, "question")) about \(counted(result.summary.samples, "sample")); "
                + "masks at the picture's size; \(result.setup.parser) parser; what is predicted "
                + "where there is no target counts in cIoU; every answer counts in Pr@X"
                + (result.summary.ignored.map {
                    "; the ignored pixels of \(counted($0.samples, "sample")) are left out"
                } ?? ""))
    }
    if protocols.contains(.paper), let paper = result.paper {
        let side = result.setup.imageSize
        notes.append(
            "paper:  one question about each of \(counted(paper.samples, "sample")), drawn by seed "
                + "\(paper.questionSeed); masks at \(side) x \(side); lenient parser; what is "
                + "predicted where there is no target does not count in cIoU; Pr@X of the "
                + "\(counted(paper.withMask, "answer")) with a mask"
                + (paper.ignored.map {
                    "; the ignored pixels of \(counted($0.samples, "sample")) count as background"
                } ?? ""))
    }
    if let timing = result.secondsPerSample {
        notes.append(
            String(
                format: "seconds per sample: generation %.3f, segmentation %.3f",
                timing.generation, timing.segmentation))
    }
    return textTable(rows(columns)) + notes.map { $0 + "\n" }.joined()
}

/// What one protocol has to say.
private struct Column {
    let name: String?
    let interval: String
    let metrics: [String: Estimate]
    let classes: [String: Estimate]
    let classesCIoU: [String: Estimate]

    init(_ summary: EvaluationSummary, name: String? = nil) {
        self.name = name
        interval = intervalTitle(summary.bootstrap)
        (metrics, classes) = (summary.metrics, summary.classes)
        classesCIoU = summary.classesCIoU
    }

    init(_ paper: PaperSummary) {
        name = "paper"
        interval = intervalTitle(paper.bootstrap)
        (metrics, classes) = (paper.metrics, paper.classes)
        classesCIoU = paper.classesCIoU
    }

    func cells(_ estimate: Estimate?, _ metric: Metric) -> [String] {
        guard let estimate, estimate.value != nil else { return ["–", "–", "–"] }
        return [
            metricText(estimate.value, metric), intervalText(estimate, metric),
            "\(estimate.count)",
        ]
    }
}

private func rows(_ columns: [Column]) -> [[String]] {
    var rows = [[""] + columns.flatMap { [$0.name ?? "value", $0.interval, "answers"] }]
    func add(_ title: String, _ metric: Metric, _ estimates: [Estimate?]) {
        if estimates.allSatisfy({ $0?.value == nil }) { return }
        rows.append([title] + zip(columns, estimates).flatMap { $0.cells($1, metric) })
    }
    for metric in Metric.allCases {
        add(metric.title, metric, columns.map { $0.metrics[metric.rawValue] })
    }
    let names = Set(columns.flatMap(\.classes.keys)).sorted()
    for name in names { add("gIoU, \(name)", .gIoU, columns.map { $0.classes[name] }) }
    for name in names { add("cIoU, \(name)", .cIoU, columns.map { $0.classesCIoU[name] }) }
    return rows
}

/// Rows as lines, the first column to the left, all others to the right.
package func textTable(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
        rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
        let cells = row.enumerated().map { column, text in
            let padding = String(repeating: " ", count: widths[column] - text.count)
            return column == 0 ? text + padding : padding + text
        }
        return cells.joined(separator: "  ") + "\n"
    }.joined()
}

/// A change as people read it, with its sign.
package func signedText(_ value: Double, _ metric: Metric) -> String {
    let text = metricText(value.magnitude, metric)
    let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
    return (isZero ? "±" : value < 0 ? "−" : "+") + text
}

/// An interval of a change as people read it: "too few" where there is a change of too few samples.
package func signedIntervalText(_ change: Estimate, _ metric: Metric) -> String {
    guard change.value != nil else { return "–" }
    guard let interval = change.interval else { return tooFew }
    return interval.hasNoWidth ? "–" : signedText(interval, metric)
}

/// An interval of a change as people read it; a line may break only before its upper end.
package func signedText(_ interval: Interval, _ metric: Metric) -> String {
    "\(signedText(interval.low, metric))\u{A0}to \(signedText(interval.high, metric))"
}

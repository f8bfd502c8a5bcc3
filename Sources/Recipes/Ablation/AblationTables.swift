import Evaluating
import Evaluation
import Foundation
import TextFiles

extension AblationResult {
    /// The result as Markdown: `ablation.md`.
    public var markdown: String {
        var parts = ["# \(name)"]
        if !question.isEmpty { parts.append(question) }
        parts.append(Self.markdownTable(mainTable))
        if variants.contains(where: { !$0.differences.isEmpty }) {
            parts.append(
                "Differences to \(baseline?.name ?? "the baseline"), the same seeds and samples "
                    + "compared:")
            parts.append(Self.markdownTable(differenceTable))
        }
        parts.append(Self.markdownTable(costTable))
        parts.append(explanation)
        parts += remarks
        return parts.joined(separator: "\n\n") + "\n"
    }

    /// The result for a terminal.
    public var text: String {
        ([mainTable] + (variants.contains { !$0.differences.isEmpty } ? [differenceTable] : []))
            .map(Self.textTable).joined(separator: "\n")
            + remarks.map { "\n\($0)" }.joined()
    }

    /// Heading and rows of cells.
    package struct Table {
        package var columns: [String]
        package var rows: [[String]]
    }

    /// The mean of each metric by variant.
    var mainTable: Table {
        let shown = shownMetrics
        return Table(
            columns: ["variant", "seeds"] + shown.map(\.title),
            rows: variants.map { variant in
                [variant.title, "\(variant.runs.count)"]
                    + shown.map { metric in
                        variant.metrics[metric.name].map { meanText($0, metric.metric) } ?? "–"
                    }
            })
    }

    /// The differences of each metric to the baseline.
    var differenceTable: Table {
        let shown = shownMetrics
        return Table(
            columns: ["variant"] + shown.map(\.title),
            rows: variants.filter { !$0.isBaseline }.map { variant in
                [variant.name]
                    + shown.map { metric in
                        variant.differences[metric.name].map { differenceText($0, metric.metric) }
                            ?? "–"
                    }
            })
    }

    /// What each variant's runs took.
    package var costTable: Table {
        Table(
            columns: ["variant", "steps", "tokens", "training", "evaluation", "memory"],
            rows: variants.map { variant in
                guard let cost = variant.cost else {
                    return [variant.name] + [String](repeating: "–", count: 5)
                }
                return [
                    variant.name, String(format: "%.0f", cost.steps),
                    String(format: "%.0f", cost.tokens),
                    String(format: "%.1f min", cost.trainingSeconds / 60),
                    String(format: "%.1f min", cost.evaluationSeconds / 60),
                    cost.peakMemory > 0 ? String(format: "%.0f MiB", cost.peakMemory) : "–",
                ]
            })
    }

    /// The plan's metrics that some run has.
    var shownMetrics: [MeasuredMetric] {
        metrics.filter { metric in
            variants.contains { $0.metrics[metric.name] != nil }
        }
    }

    /// What the numbers are.
    package var explanation: String {
        guard let method else { return "No run is done yet." }
        let percent = String(format: "%g %%", method.bootstrap.confidence * 100)
        let policy =
            method.checkpoint == "best"
            ? "The best checkpoint by each run's own evaluations"
            : "Each run's last checkpoint"
        return
            "\(policy), greedy answers to \(counted(method.answers, "question")) (\(method.questions)) about "
            + "\(counted(method.samples, "held-out sample")). Means over seeds with ± the half width of "
            + "Student's \(percent) interval of the mean. Differences: mean over pairs of the same "
            + "seed; in brackets the \(percent) interval from drawing seeds and samples again "
            + "\(method.bootstrap.resamples) times, the same ones for both. With few seeds such an "
            + "interval is narrower than it should be: it can show no seed that was not run. Bold: "
            + "the interval leaves out 0."
    }

    /// What the reader must know besides.
    var remarks: [String] {
        var found: [String] = []
        if !missing.isEmpty {
            found.append(
                "Not everything is done: \(counted(missing.count, "run is", "runs are")) missing ("
                    + missing.prefix(4).joined(separator: "; ")
                    + (missing.count > 4 ? "; …" : "") + ").")
        }
        for failure in failures {
            found.append(
                "\(failure.run) ended with exit status \(failure.status): \(failure.message) "
                    + "(\(failure.log))")
        }
        if seeds.count == 1 {
            found.append(
                "One seed: the intervals of the differences speak of other samples, not of other seeds."
            )
        }
        return found
    }

    private static func markdownTable(_ table: Table) -> String {
        func line(_ cells: [String]) -> String {
            "| "
                + cells.map { $0.replacingOccurrences(of: "|", with: "\\|") }
                .joined(separator: " | ") + " |"
        }
        let rule = ["---"] + table.columns.dropFirst().map { _ in "---:" }
        return ([line(table.columns), line(rule)] + table.rows.map(line)).joined(separator: "\n")
    }

    private static func textTable(_ table: Table) -> String {
        let rows = [table.columns] + table.rows.map { $0.map(plain) }
        let widths = table.columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }.joined(separator: "  ") + "\n"
        }.joined()
    }

    private static func plain(_ text: String) -> String {
        text.replacingOccurrences(of: "**", with: "")
    }
}

extension AblationResult.Variant {
    /// Its name, and whether it is the baseline.
    package var title: String { isBaseline ? "\(name) (baseline)" : name }
}

/// A mean over seeds as people read it.
func meanText(_ mean: SeedMean, _ metric: Metric) -> String {
    guard let interval = mean.interval else {
        let value = metricText(mean.mean, metric)
        return mean.values.count < 2 ? value : "\(value) ± \(tooFew)"
    }
    return "\(metricText(mean.mean, metric)) ± \(metricText(interval.width / 2, metric))"
}

/// A difference as people read it, bold where its sign is clear.
func differenceText(_ difference: SeedDifference, _ metric: Metric) -> String {
    let value = signedText(difference.value, metric)
    let shown = difference.isClear ? "**\(value)**" : value
    guard let interval = difference.interval else { return "\(shown) [\(tooFew)]" }
    return "\(shown) [\(signedText(interval.low, metric)), \(signedText(interval.high, metric))]"
}

import Configuration
import Evaluating
import Evaluation
import Foundation
import Imaging
import Reporting
import Reports
import TextFiles

/// One page about an ablation: the answer, how sure it is, curves, costs, pictures; `ablation.html`.
struct AblationReport {
    let record: AblationRecord
    let result: AblationResult
    /// How many samples the gallery shows of each kind.
    var galleryCount = 3

    /// The page.
    ///
    /// - Returns: HTML that needs no other file
    /// - Throws: the errors of the samples
    func html() throws -> String {
        var page = HTMLPage(
            title: result.question.isEmpty ? result.name : result.question,
            kicker: "think2seg · ablation \(result.name)")
        page.body.append(introduction)
        if result.method != nil {
            page.addSection("What came out", id: "result", numbers)
            addCurves(to: &page)
            page.addSection(
                "What it cost", id: "cost",
                lead: "Means over the runs of a variant; seconds of a machine that may have had "
                    + "other work.", [Self.table(result.costTable)])
            try addGallery(to: &page)
        }
        addRuns(to: &page)
        return page.source
    }

    private var introduction: HTML {
        let total = record.grid.runs.count
        let axes = record.plan.axes.map { axis in
            "\(axis.name) (\(axis.levels.map(\.label).joined(separator: ", ")))"
        }
        let grid =
            "\(result.variants.count) variants with \(result.seeds.count == 1 ? "one seed" : "\(result.seeds.count) seeds") "
            + "each: \(axes.joined(separator: "; ")). \(record.results.count) of \(counted(total, "run is", "runs are")) done."
        let notes = result.remarks.map { HTML.element("p", ["class": "down"], $0) }
        return .group(
            [
                .element("p", ["class": "lead"], grid),
                .element("p", ["class": "summary"], verdict),
            ] + notes)
    }

    /// What the most important metric says, in words.
    private var verdict: String {
        guard let metric = result.shownMetrics.first, let baseline = result.baseline,
            let base = baseline.metrics[metric.name]
        else { return "Nothing can be compared yet." }
        let start =
            "\(metric.title) of the baseline, \(baseline.name), is \(meanText(base, metric.metric)). "
        let others = result.variants.filter { !$0.isBaseline }
        let clear = others.filter { $0.differences[metric.name]?.isClear == true }
        if others.allSatisfy({ $0.differences[metric.name] == nil }) {
            return start + "No other variant has a run of the same seed yet."
        }
        if clear.isEmpty {
            return start
                + "No other variant differs from it by more than seeds and samples explain."
        }
        let parts = clear.compactMap { variant in
            variant.differences[metric.name].map {
                "\(variant.name) \(signedText($0.value, metric.metric)) "
                    + "(\($0.interval.map { signedText($0, metric.metric) } ?? tooFew))"
            }
        }
        return start + "More than seeds and samples explain differ: "
            + parts.joined(separator: "; ") + "."
    }

    private var numbers: [HTML] {
        var content: [HTML] = [.element("div", ["class": "charts"], charts.map(\.figure))]
        content.append(Self.table(result.mainTable))
        if result.variants.contains(where: { !$0.differences.isEmpty }) {
            content.append(
                .element("h3", "Differences to \(result.baseline?.name ?? "the baseline")"))
            content.append(Self.table(result.differenceTable))
        }
        content.append(
            .element(
                "p", ["class": "note"],
                result.explanation.replacingOccurrences(of: "Bold", with: "Coloured")))
        return content
    }

    /// The most important metric: means, and differences.
    private var charts: [IntervalChart] {
        guard let metric = result.shownMetrics.first else { return [] }
        let name = metric.name
        var means = IntervalChart(
            title: "\(metric.title) by variant",
            note:
                "Dots: means over seeds; circles: single seeds; lines: 95 % intervals of the mean.",
            rows: result.variants.enumerated().compactMap { place, variant in
                variant.metrics[name].map {
                    IntervalChart.Row(
                        variant.title, value: $0.mean, low: $0.interval?.low,
                        high: $0.interval?.high, parts: $0.values.count > 1 ? $0.values : [],
                        color: place)
                }
            })
        means.reference = result.baseline?.metrics[name]?.mean
        means.bounds = Glossary.bounds(metric.metric.rawValue)
        var charts = [means]
        let rows = result.variants.enumerated().compactMap { place, variant in
            variant.differences[name].map {
                IntervalChart.Row(
                    variant.name, value: $0.value, low: $0.interval?.low, high: $0.interval?.high,
                    parts: $0.bySeed.values.count > 1 ? $0.bySeed.values : [], color: place)
            }
        }
        if !rows.isEmpty {
            var differences = IntervalChart(
                title:
                    "\(metric.title): difference to \(result.baseline?.name ?? "the baseline")",
                note:
                    "Dots: means over pairs of the same seed; circles: single pairs; lines: 95 % "
                    + "intervals from drawing seeds and samples again.",
                rows: rows, reference: 0)
            if metric.metric.isShare { differences.bounds = -1...1 }
            charts.append(differences)
        }
        return charts
    }

    /// A table of texts; what is bold in Markdown is coloured by its sign.
    static func table(_ table: AblationResult.Table) -> HTML {
        htmlTable(
            table.columns,
            rows: table.rows.map { row in
                row.map { cell in
                    let parts = cell.components(separatedBy: "**")
                    if parts.count == 3 {
                        let kind = parts[1].hasPrefix("−") ? "down" : "up"
                        return .group([
                            .element("b", ["class": kind], parts[1]),
                            .element("small", parts[2].trimmingCharacters(in: .whitespaces)),
                        ])
                    }
                    guard let split = cell.range(of: " [") else { return .text(cell) }
                    return .group([
                        .text(String(cell[..<split.lowerBound])),
                        .element("small", String(cell[split.lowerBound...].dropFirst())),
                    ])
                }
            })
    }

    private func addCurves(to page: inout HTMLPage) {
        let groups = result.variants.enumerated().map { place, variant in
            (name: variant.name, runs: record.results(of: place).map(\.record))
        }
        let charts = RunCurves(groups: groups).charts
        guard !charts.isEmpty else { return }
        page.addSection(
            "Along the way", id: "curves",
            lead: "Means over a variant's seeds and over neighbouring steps.",
            [.element("div", ["class": "charts"], charts.map(\.figure))])
    }

    // MARK: - Runs

    private func addRuns(to page: inout HTMLPage) {
        let metric = result.shownMetrics.first ?? MeasuredMetric(.gIoU)
        let rows = result.variants.flatMap { variant in
            variant.runs.map { run -> [HTML] in
                [
                    .text(variant.name), .text("\(run.seed)"),
                    .text(metricText(run.metrics[metric.name], metric.metric)),
                    .text(String(format: "%.0f", run.cost.steps)),
                    .element("code", run.folder),
                ]
            }
        }
        var content: [HTML] = []
        if !rows.isEmpty {
            content.append(
                htmlTable(
                    ["variant", "seed", metric.title, "steps", "folder"], rows: rows, words: [4]))
        }
        if let facts = record.results.values.min(by: { $0.run.number < $1.run.number })?.record
            .facts,
            !facts.isEmpty
        {
            content.append(.element("h3", "The first of them"))
            content.append(
                htmlTable(
                    ["", ""],
                    rows: facts.map { [HTML.text($0.name), HTML.element("code", $0.value)] },
                    words: [1]))
        }
        if let text = try? configurationText(record.plan.file, what: "plan") {
            content.append(
                .element(
                    "details", [:],
                    [
                        .element("summary", "The plan (\(record.plan.file))"),
                        .element("pre", text),
                    ]))
        }
        page.addSection("What ran", id: "runs", content)
    }
}

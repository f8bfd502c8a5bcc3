import Configuration
import Evaluating
import Evaluation
import Foundation
import Imaging
import Reports
import Runs
import Settings
import Shards
import TrainingRuns

/// One page about several runs side by side: what differs between them, their curves, and their answers
/// to the same questions; the `report` command with more than one run.
public struct RunsReport: Sendable {
    /// The runs' folders.
    public var runs: [String]
    /// How many samples of each kind the gallery shows.
    public var galleryCount = 6
    /// Decides about the gallery's random samples.
    public var seed: UInt64 = 0
    /// Seconds after which a browser loads the page again, while one of the runs goes on; nil for never.
    public var renewal: Int?

    /// A report about runs' folders.
    public init(runs: [String]) {
        self.runs = runs
    }

    /// Writes the page; it appears whole or not at all.
    ///
    /// - Parameter output: the file; `comparison.html` in the first run's folder if nil
    /// - Returns: the file
    /// - Throws: the error of the file that cannot be read or written
    @discardableResult
    public func write(to output: String? = nil) throws -> String {
        let path = output ?? runs[0] + "/comparison.html"
        try ImageCodec.write(Array(try html().utf8), path: path)
        return path
    }

    /// The page.
    ///
    /// - Returns: HTML that needs no other file
    /// - Throws: `MissingInputError` and `EvaluationError` where a run's files cannot be used
    public func html() throws -> String {
        let records = try runs.map(RunRecord.init(path:))
        let names = Self.names(runs)
        var page = HTMLPage(
            title: "\(runs.count) runs side by side",
            kicker: "think2seg · " + names.joined(separator: ", "))
        page.renews(after: renewal)
        page.body.append(
            .element(
                "p", ["class": "lead"],
                "Numbers of training are of questions that differ from step to step; what a policy "
                    + "learnt, only held-out questions tell. Differences between single runs are "
                    + "also those of their seeds: think2seg ablate compares with several."))
        page.body += zip(names, records).map { $1.warningList(of: $0) }
        page.addSection(
            "Where they stand", id: "numbers", [Self.numbers(records, names)])
        page.addSection(
            "What differs in their configurations", id: "configurations",
            [Self.differences(records, names)])
        let charts = RunCurves(groups: zip(names, records).map { ($0, [$1]) }).charts
        if !charts.isEmpty {
            page.addSection(
                "Training, step by step", id: "training",
                lead: "Means over neighbouring steps.",
                [.element("div", ["class": "charts"], charts.map(\.figure))])
        }
        try addGallery(to: &page, records, names)
        page.addSection("What ran", id: "run", [Self.facts(records, names)])
        return page.source
    }

    /// The shortest ending of each path that no other path has; the path itself where there is none.
    package static func names(_ paths: [String]) -> [String] {
        let parts = paths.map { path in
            URL(fileURLWithPath: path).standardizedFileURL.pathComponents.filter { $0 != "/" }
        }
        return parts.indices.map { place in
            let own = parts[place]
            let others = parts.indices.filter { $0 != place }.map { parts[$0] }
            let count = (1...max(1, own.count)).first { count in
                others.allSatisfy { $0.suffix(count) != own.suffix(count) }
            }
            return count.map { own.suffix($0).joined(separator: "/") } ?? paths[place]
        }
    }

    private static func numbers(_ records: [RunRecord], _ names: [String]) -> HTML {
        let heads = [
            "run", "steps", "reward", Glossary.name("mask_iou"), "held-out \(Metric.gIoU.title)",
            "best",
            Metric.meanLength.title, Glossary.name("kl"), "s per step", "time",
        ]
        let rows = zip(names, records).map { name, record -> [HTML] in
            func late(_ metric: String, _ digits: Int) -> HTML {
                let values = record.curve(metric).map(\.y).filter(\.isFinite)
                let last = values.suffix(max(1, values.count / 10))
                guard !last.isEmpty else { return .text("–") }
                return .text(
                    String(format: "%.\(digits)f", last.reduce(0, +) / Double(last.count)))
            }
            let held = record.heldOut?.points.map(\.gIoU) ?? []
            let seconds = record.curve("step_time").map(\.y).reduce(0, +)
            return [
                .text(name), .text("\(record.steps.last?.number ?? 0)"), late("reward", 3),
                late("rewards/mask_iou/mean", 3), .text(metricText(held.last, .gIoU)),
                .text(metricText(held.max(), .gIoU)), late("completions/mean_length", 1),
                late("kl", 4), late("step_time", 2), .text(durationText(seconds)),
            ]
        }
        return .group([
            htmlTable(heads, rows: rows),
            .element(
                "p", ["class": "note"],
                "Reward, mask IoU, tokens, KL and seconds: means over the last tenth of the steps. "
                    + "Rewards of runs with other terms or weights are other numbers."),
        ])
    }

    private static func differences(_ records: [RunRecord], _ names: [String]) -> HTML {
        let values = records.map { record in
            record.runConfiguration.map(CheckpointState.values) ?? [:]
        }
        let keys = RunConfiguration.keys.map(\.name).filter { key in
            key != "output_dir" && Set(values.map { $0[key] ?? "–" }).count > 1
        }
        if keys.isEmpty { return .element("p", "Nothing but the folder.") }
        let rows = keys.map { key -> [HTML] in
            [HTML.element("code", key)] + values.map { HTML.element("code", $0[key] ?? "–") }
        }
        return htmlTable(["key"] + names, rows: rows, words: Set(1...names.count))
    }

    private static func facts(_ records: [RunRecord], _ names: [String]) -> HTML {
        var order: [String] = []
        for fact in records.flatMap(\.facts) where !order.contains(fact.name) {
            order.append(fact.name)
        }
        let rows = order.map { name -> [HTML] in
            [.text(name)]
                + records.map { record in
                    .element("code", record.facts.first { $0.name == name }?.value ?? "–")
                }
        }
        let folders = [HTML.text("folder")] + records.map { .element("code", $0.path) }
        return htmlTable([""] + names, rows: [folders] + rows, words: Set(1...names.count))
    }

    /// The newest held-out answers of each run, if all are to the same questions.
    private func addGallery(
        to page: inout HTMLPage, _ records: [RunRecord], _ names: [String]
    ) throws {
        let evaluations = try records.map { try $0.savedEvaluations().last }
        var columns: [SideBySideGallery.Column] = []
        for (name, evaluation) in zip(names, evaluations) {
            guard let evaluation else { continue }
            columns.append(
                SideBySideGallery.Column(
                    name: "\(name), step \(evaluation.step)", answers: evaluation.result.answers))
        }
        guard let first = columns.first,
            let shards = records.compactMap(\.heldOutShards).first
        else { return }
        let asked = first.answers.map { [$0.outcome.id, "\($0.outcome.questionIndex)"] }
        let same = columns.filter { column in
            column.answers.map { [$0.outcome.id, "\($0.outcome.questionIndex)"] } == asked
        }
        let others = columns.map(\.name).filter { name in !same.contains { $0.name == name } }
        try SideBySideGallery(
            same, samples: try ShardedDataset(paths: shards), count: galleryCount, seed: seed
        ).add(
            to: &page,
            lead: "The same held-out questions, answered by the newest evaluation of each run."
                + (others.isEmpty
                    ? ""
                    : " Not shown, as asked other questions: \(others.joined(separator: "; ")).")
        )
    }
}

extension RunRecord {
    /// The configuration; nil if the folder has none that can be read.
    var runConfiguration: RunConfiguration? { RunDirectory.configuration(of: path) }

    /// The held-out shards of the configuration; nil if they are not there.
    var heldOutShards: [String]? {
        guard let shards = runConfiguration?.data.validation, !shards.isEmpty,
            shards.allSatisfy(FileManager.default.fileExists)
        else { return nil }
        return shards
    }

    /// The evaluations that were made while the policy was trained, by step.
    ///
    /// - Throws: ``EvaluationError`` of one that is damaged
    func savedEvaluations() throws -> [(step: Int, result: EvaluationResult)] {
        let folder = path + "/evaluation"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return try names.compactMap { stepNumber($0) }.sorted().compactMap { step in
            let place = "\(folder)/step-\(step)"
            guard FileManager.default.fileExists(atPath: place + "/evaluation.json") else {
                return nil
            }
            return (step, try EvaluationResult.load(folder: place))
        }
    }
}

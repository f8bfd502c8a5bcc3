import Evaluation
import Foundation
import Runs
import TextFiles

/// What held-out samples told of a step, for a card: figures, with intervals where they are known.
struct HeldOutReport {
    /// A sentence about how they were found; nil where that is not known.
    private let setup: String?
    /// What the figures do not tell: that they chose the step, or are of too few samples.
    private var doubts: [String] = []
    private let heading: [String]
    private let rows: [[String]]

    /// The lines of the card.
    var lines: [String] {
        ["## Held-out figures", ""] + (setup.map { [$0, ""] } ?? []) + Markdown.table(heading, rows)
            + doubts.flatMap { ["", $0] }
    }

    /// What is read of `evaluation.json`.
    private struct Document: Decodable {
        struct Setup: Decodable {
            let questions: EvaluatedQuestions
            let imageSize: Int
            let parser: String

            enum CodingKeys: String, CodingKey {
                case questions, parser
                case imageSize = "image_size"
            }
        }
        let setup: Setup
        let summary: EvaluationSummary
    }

    /// The figures of a step of a run; nil if it was not evaluated.
    ///
    /// - Parameters:
    ///   - run: the run's folder
    ///   - step: the optimizer step
    ///   - data: the names of the held-out shards
    ///   - metric: what the run's best step is chosen by, as in `metrics.jsonl` without `eval_`
    init?(run: String, step: Int, data: [String], chosenBy metric: String) {
        let evaluations = HeldOutFigures(run: run)
        guard let figures = evaluations[step] else { return nil }
        let best = CheckpointFolder(run: run).best
        if evaluations.count > 1, evaluations.isBest(step, linked: best, by: metric) {
            let title = Markdown.plain(Metric(rawValue: metric)?.title ?? metric)
            doubts.append(
                "These figures are selected: the step is the best of \(evaluations.count) evaluations by "
                    + "\(title), on the same samples that chose it. Other samples tell less flattering "
                    + "ones.")
        }
        let file = "\(run)/evaluation/step-\(step)/evaluation.json"
        guard let json = FileManager.default.contents(atPath: file),
            let document = try? JSONDecoder().decode(Document.self, from: json)
        else {
            setup = nil
            heading = ["", "value"]
            rows = figures.map {
                [Markdown.plain($0.title), metricText($0.value, Metric(rawValue: $0.name))]
            }
            return
        }
        let (summary, asked) = (document.summary, document.setup)
        let questions =
            switch asked.questions {
            case .first: "The first question of each sample was asked"
            case .random: "One question of each sample, drawn by the seed, was asked"
            case .all: "Every question of each sample was asked"
            }
        setup =
            "\(counted(summary.answers, "answer")) about \(counted(summary.samples, "sample")) of "
            + data.map(Markdown.plain).joined(separator: ", ")
            + ", \(summary.emptyTargets) of them to questions without a target. \(questions), pictures were "
            + "\(asked.imageSize) x \(asked.imageSize) pixels, answers greedy, read by the "
            + "\(asked.parser) parser; masks are compared at the pictures' own sizes."
        if let shortage = SampleShortage(summary) {
            doubts.append("They are of \(shortage): too few to tell one policy from another.")
        }
        heading = [
            "", "value", intervalTitle(summary.bootstrap), "answers",
        ]
        rows = Metric.allCases.compactMap { metric in
            let estimate = summary[metric]
            guard estimate.value != nil else { return nil }
            return [
                Markdown.plain(metric.title), metricText(estimate.value, metric),
                intervalText(estimate, metric), "\(estimate.count)",
            ]
        }
    }
}

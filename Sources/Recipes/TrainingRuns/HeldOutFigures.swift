import Evaluation
import Files
import Foundation
import Runs
import TextFiles

/// A number that an evaluation on held-out samples gave a step.
public struct HeldOutFigure: Sendable, Hashable {
    /// Its key in `metrics.jsonl`, without `eval_`.
    public let name: String
    /// The value; nil where nothing counts.
    public let value: Double?

    /// What people read.
    public var title: String { Glossary.name(name) }

    /// The place among others: what checkpoints are told apart by comes first.
    fileprivate var rank: Int {
        ["giou", "ciou", "loss"].firstIndex(of: name)
            ?? Metric.allCases.firstIndex { $0.rawValue == name }.map { $0 + 3 } ?? 100
    }
}

/// What the evaluations of a run found, by the optimizer step that they were made after.
///
/// They are those of `metrics.jsonl`, which a run that goes on cuts back with everything else.
struct HeldOutFigures {
    private var steps: [Int: [HeldOutFigure]] = [:]

    /// The figures of a run's folder; none without one, or where it was never evaluated.
    init(run: String?) {
        guard let run, let data = FileManager.default.contents(atPath: run + "/metrics.jsonl"),
            let lines = try? TextContents(data, validating: false).lines()
        else { return }
        for line in lines {
            guard let metrics = StepMetrics(line: line.bytes) else { continue }
            let figures = metrics.entries.compactMap { entry in
                entry.name.hasPrefix("eval_")
                    ? HeldOutFigure(
                        name: String(entry.name.dropFirst(5)),
                        value: entry.value.isNaN ? nil : entry.value)
                    : nil
            }
            if figures.isEmpty { continue }
            steps[metrics.step] = figures.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
        }
    }

    /// How many evaluations there were.
    var count: Int { steps.count }

    /// What the evaluation after a step found; nil if there was none.
    subscript(_ step: Int) -> [HeldOutFigure]? { steps[step] }

    /// Whether a step is called the best: one whose evaluation found nothing is not.
    ///
    /// - Parameters:
    ///   - step: the optimizer step
    ///   - best: the step that `checkpoints/best` leads to
    ///   - metric: what it is chosen by, as in `metrics.jsonl` without `eval_`
    /// - Returns: whether the link leads to it, and it found anything
    func isBest(_ step: Int, linked best: Int?, by metric: String?) -> Bool {
        best == step && self[step]?.first { $0.name == metric }?.value != 0
    }

    /// The folder of the run that a checkpoint lies in; nil if it lies elsewhere.
    static func run(of checkpoint: String) -> String? {
        let folder = URL(fileURLWithPath: checkpoint).standardizedFileURL
            .deletingLastPathComponent()
        return folder.lastPathComponent == "checkpoints"
            ? folder.deletingLastPathComponent().path : nil
    }
}

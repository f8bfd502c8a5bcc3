import Evaluating
import Files
package import Foundation
package import Reports
import Runs
import TextFiles

/// A run's folder, read: what ran, and the numbers of each step.
package struct RunRecord {
    /// The folder.
    package let path: String
    /// `config.yaml`; nil if the folder has none.
    package let configuration: String?
    /// `run.json`: names and values as texts, in order; empty if the folder has none.
    package let facts: [(name: String, value: String)]
    /// The optimizer steps, as `metrics.jsonl` has them.
    package let steps: [Step]
    /// The evaluations while it was trained: their numbers, by the step that they were made after.
    package let evaluations: [Step]

    /// The numbers of an optimizer step.
    package struct Step: Sendable {
        package let number: Int
        package let values: [String: Double]
        /// Whether the line tells what an evaluation found, and not what a step did.
        package var isEvaluation: Bool { values.keys.contains { $0.hasPrefix("eval_") } }

        /// The numbers of a line of `metrics.jsonl`; nil if it is none.
        package init?(line: Data) {
            guard let metrics = StepMetrics(line: line) else { return nil }
            number = metrics.step
            values = Dictionary(
                metrics.entries.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        }
    }

    /// gIoU on held-out samples along the way; nil without evaluations.
    package var heldOut: RunReport.Curve? {
        let points = evaluations.compactMap { step in
            step.values["eval_giou"].map { RunReport.Curve.Point(step: step.number, gIoU: $0) }
        }
        return points.isEmpty ? nil : RunReport.Curve("this run", points)
    }

    /// Reads a run's folder; a last line that was not written to its end does not count.
    ///
    /// - Throws: ``MissingInputError`` where there are no metrics, ``EvaluationError`` that names a
    ///   line which is none
    package init(path: String) throws {
        self.path = path
        let metrics = path + "/metrics.jsonl"
        try RunFolder.require(path)
        guard let data = FileManager.default.contents(atPath: metrics) else {
            throw MissingInputError(unreadable: metrics, what: "file")
        }
        configuration = FileManager.default.contents(atPath: path + "/config.yaml")
            .flatMap { try? TextContents($0, validating: false).text }
        facts = Self.facts(path + "/run.json")
        // The last line may be one that is being written.
        let lines = try recordLines(of: data, metrics, validating: false)
        var steps: [Step] = []
        for (number, line) in lines {
            guard let step = Step(line: line) else {
                if number == lines.last?.number, data.last != 0x0A { break }
                let fault = TextContents.fault(in: data).flatMap { $0.line == number ? $0 : nil }
                throw EvaluationError(
                    place: "\(metrics):\(number)",
                    message: fault?.description
                        ?? "not the metrics of a step: a JSON object with a number \"step\"")
            }
            steps.append(step)
        }
        self.steps = steps.filter { !$0.isEvaluation }
        evaluations = steps.filter(\.isEvaluation)
    }

    private static func facts(_ path: String) -> [(name: String, value: String)] {
        guard let data = FileManager.default.contents(atPath: path),
            let object = try? JSONSerialization.jsonObject(file: data) as? [String: Any]
        else { return [] }
        let order = ["program", "version", "commit", "libtorch", "device", "threads", "seed"]
        let names =
            order.filter { object[$0] != nil }
            + object.keys.filter { !order.contains($0) }.sorted()
        return names.map { name in
            switch object[name] {
            case let words as [Any]: (name, words.map { "\($0)" }.joined(separator: " "))
            case let value?: (name, "\(value)")
            case nil: (name, "")
            }
        }
    }

    /// The curve of a metric; empty if no step has it.
    package func curve(_ name: String, _ transform: (Double) -> Double = { $0 }) -> [ChartPoint] {
        steps.compactMap { step in
            step.values[name].map { ChartPoint(x: Double(step.number), y: transform($0)) }
        }
    }

    /// The names of the terms of the reward, in alphabetic order.
    var rewardTerms: [String] { terms(with: "/mean") }

    /// Those of the terms that may abstain.
    var abstainingTerms: [String] { terms(with: "/abstained") }

    private func terms(with suffix: String) -> [String] {
        Set(steps.flatMap(\.values.keys)).compactMap { name in
            name.hasPrefix("rewards/") && name.hasSuffix(suffix)
                ? String(name.dropFirst(8).dropLast(suffix.count)) : nil
        }.sorted()
    }

    /// The mean of a metric over all steps that have it.
    package func mean(_ name: String) -> Double? {
        let values = steps.compactMap { $0.values[name] }.filter(\.isFinite)
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}

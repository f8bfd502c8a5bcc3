import Evaluation
import Foundation
package import Reporting

/// The words for the numbers of steps: the log line of each command, and what is told of a run later.
package enum StepWords {
    /// The fields of the log line of `train`: what a step earned; the step's number and pace are not among
    /// them.
    ///
    /// - Parameter value: a number of the step by its name; nil where there is none
    /// - Returns: the fields, in order
    package static func training(_ value: (String) -> Double?) -> [String] {
        func text(_ name: String, _ digits: Int) -> String {
            value(name).flatMap { $0.isFinite ? number($0, digits) : nil } ?? "-"
        }
        func field(_ name: String, _ digits: Int) -> String {
            "\(Glossary.name(name)) \(text(name, digits))"
        }
        // Also of runs whose reward has no term for it.
        let valid = value("parse_failure_rate").map { number(1 - $0, 2) } ?? "-"
        let fields: [String?] = [
            field("reward", 3), field("rewards/mask_iou/mean", 3),
            "\(Glossary.name("format_validity")) \(valid)",
            field("completions/mean_length", 0), value("kl") == nil ? nil : field("kl", 4),
            value("completions/without_reward").flatMap {
                $0 > 0 ? field("completions/without_reward", 0) : nil
            },
        ]
        return fields.compactMap(\.self)
    }

    /// The fields of the log line of a stage.
    package static func fields(_ step: RunRecord.Step, _ stage: RunStage) -> [String] {
        let value: (String) -> Double? = { step.values[$0] }
        func text(_ name: String) -> String { value(name).map { number($0, 3) } ?? "-" }
        func field(_ name: String) -> String { "\(Glossary.name(name)) \(text(name))" }
        switch stage {
        case .training: return training(value)
        case .teaching: return ["loss", "mean_token_accuracy"].map(field)
        case .segmenter: return ["loss", "iou"].map(field)
        }
    }

    /// The log line of a stage, with the seconds that the step took, where they are known.
    package static func words(_ step: RunRecord.Step, _ stage: RunStage) -> String {
        let pace = step.values["step_time"].map { ["\(number($0, 2)) s"] } ?? []
        return (fields(step, stage) + pace).joined(separator: "  ")
    }

    /// What an evaluation found, in the order of the log.
    package static func words(evaluation step: RunRecord.Step) -> String {
        let known = ["giou", "ciou", "format_validity", "loss", "mean_token_accuracy"]
        let probes = step.values.keys.filter { $0.hasPrefix("eval_iou/") }.sorted()
        let fields = (known + probes.map { String($0.dropFirst(5)) }).compactMap { name in
            step.values["eval_" + name].map { "\(Glossary.name(name)) \(number($0, 3))" }
        }
        return "held-out " + fields.joined(separator: "  ")
    }

    /// A number with so many digits after the point.
    package static func number(_ value: Double, _ digits: Int) -> String {
        if !value.isFinite { return "-" }
        return String(format: abs(value) < 1e9 ? "%.\(digits)f" : "%.3g", value)
    }

    /// Seconds as people read them: 42 s, 3:05 min, 2:10 h.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0 else { return "?" }
        let whole = Int(min(seconds, 1e12).rounded())
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60):\(two(whole % 60)) min" }
        return "\(whole / 3600):\(two(whole % 3600 / 60)) h"
    }
}

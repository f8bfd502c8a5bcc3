import Evaluation
import Foundation
package import Reporting
import Reports
import Runs

/// A run at a moment, as lines for a terminal.
package struct WatchView {
    private let moment: WatchedMoment
    private let frame: TerminalFrame
    private let pace: RunPace

    /// The view of a moment.
    package init(_ moment: WatchedMoment, _ frame: TerminalFrame) {
        self.moment = moment
        self.frame = frame
        pace = RunPace(moment.steps, moment.length, session: moment.session)
    }

    /// The lines: no wider than the terminal, and no more than it has.
    ///
    /// Where it has few, the answers give way first, then steps before the last ones.
    package var lines: [String] {
        let height = frame.height ?? .max
        var room = height - head.count - warnings.count
        let charts = room >= 9 ? self.charts(room) : []
        room -= charts.count
        let steps = stepLines(limit: height == .max ? 10 : max(1, min(8, room / 3)))
        room -= steps.count
        let answers = room >= 5 ? groupLines(limit: room) : []
        let all = head + warnings + charts + steps + answers
        return all.prefix(height).map(frame.clipped)
    }

    /// A line for a step, as a log has it.
    package func line(_ step: RunRecord.Step) -> String {
        let words =
            step.isEvaluation
            ? StepWords.words(evaluation: step) : StepWords.words(step, moment.stage)
        let total = moment.length.steps.map { "/\($0)" } ?? ""
        return "step \(step.number)\(step.isEvaluation ? "" : total)  \(words)"
    }

    /// The same without what the first lines tell of all steps.
    private func shortLine(_ step: RunRecord.Step) -> String {
        let words =
            step.isEvaluation
            ? StepWords.words(evaluation: step)
            : StepWords.fields(step, moment.stage).joined(separator: "  ")
        return "step \(step.number)  \(words)"
    }

    /// A line for each of some news.
    package func lines(of news: WatchedNews) -> [String] {
        (news.warnings.map { frame.harmless("warning: step \($0.step): \($0)") }
            + news.steps.map(line)).map(frame.clipped)
    }

    /// The first lines: which run, and how it stands.
    package var head: [String] {
        var words = [moment.state.words(step: moment.lastStep, total: moment.length.steps)]
        if !moment.state.hasEnded, let seconds = pace.secondsPerStep {
            words.append("\(StepWords.number(seconds, seconds < 10 ? 2 : 0)) s/step")
            words.append("ETA \(StepWords.duration(pace.secondsLeft ?? .nan))")
        }
        if let age = moment.age { words.append("last numbers \(StepWords.duration(age)) ago") }
        return [frame.harmless(moment.run)]
            + frame.wrapped(frame.harmless(words.joined(separator: ", ")), indent: 0)
    }

    /// What of the folder cannot be read, what the run warned of, and what was wrong in steps.
    private var warnings: [String] {
        var lines = moment.damage.flatMap { wrapped("warning: \($0)", limit: 3) }
        lines += moment.warnings.suffix(4).flatMap { warning in
            wrapped("warning: step \(warning.step): \(warning)", limit: 3)
        }
        if let last = moment.faults.last {
            let count = moment.faults.count
            lines += wrapped(
                "warning: \(count == 1 ? "1 fault" : "\(count) faults, the last") in \(last) "
                    + "(faults.jsonl)", limit: 2)
        }
        return lines
    }

    private func wrapped(_ text: String, limit: Int) -> [String] {
        let lines = frame.wrapped(frame.harmless(text), indent: 0, limit: limit)
        return lines.enumerated().map { $0 == 0 ? $1 : "  " + $1 }
    }

    // MARK: - Charts

    private func charts(_ room: Int) -> [String] {
        let curves = self.curves
        let isSideBySide = frame.width >= 110 && curves.count > 1
        let plotRows = frame.height == nil ? 8 : min(8, max(4, room / 2 - 4))
        let count = isSideBySide ? 2 : frame.height == nil || room >= 40 ? 2 : 1
        let width = isSideBySide ? (frame.width - 3) / 2 : min(frame.width, 120)
        let drawn = curves.prefix(count).map { title, points in
            TerminalChart(
                title: title, points: points, width: width, height: plotRows,
                isUnicode: frame.isUnicode
            ).lines
        }
        guard isSideBySide, drawn.count == 2 else { return drawn.flatMap { [""] + $0 } }
        let rows = zip(drawn[0], drawn[1]).map { left, right in
            let gap = max(0, width + 3 - TerminalFrame.columns(left))
            return left + String(repeating: " ", count: gap) + right
        }
        return [""] + rows
    }

    /// The curves that have two points at least, what matters most first.
    private var curves: [(String, [ChartPoint])] {
        func points(_ steps: [RunRecord.Step], _ name: String) -> [ChartPoint] {
            steps.compactMap { step in
                step.values[name].map { ChartPoint(x: Double(step.number), y: $0) }
            }.filter(\.y.isFinite)
        }
        func smooth(_ name: String) -> [ChartPoint] {
            ChartSeries("", Self.thinned(points(moment.steps, name))).smoothed
        }
        let evaluations = moment.evaluations
        let masks = smooth("rewards/mask_iou/mean")
        let probes = evaluations.flatMap(\.values.keys).filter { $0.hasPrefix("eval_iou/") }
        let all: [(String, [ChartPoint])] =
            switch moment.stage {
            case .training:
                [
                    ("mask IoU, smoothed", masks.isEmpty ? smooth("answers/iou") : masks),
                    ("held-out gIoU", points(evaluations, "eval_giou")),
                    ("reward, smoothed", smooth("reward")),
                ]
            case .teaching:
                [
                    ("loss, smoothed", smooth("loss")),
                    ("held-out loss", points(evaluations, "eval_loss")),
                    (
                        "\(Glossary.name("mean_token_accuracy")), smoothed",
                        smooth("mean_token_accuracy")
                    ),
                ]
            case .segmenter:
                [("loss, smoothed", smooth("loss"))]
                    + Set(probes).sorted().map {
                        (
                            "held-out \(Glossary.name(String($0.dropFirst(5))))",
                            points(evaluations, $0)
                        )
                    } + [("mask IoU, smoothed", smooth("iou"))]
            }
        return all.filter { $0.1.count > 1 }
    }

    /// At most 400 points, each the mean of neighbours, from the first step to the last: more than a terminal
    /// has columns.
    static func thinned(_ points: [ChartPoint]) -> [ChartPoint] {
        let size = (points.count + 399) / 400
        if size < 2 { return points }
        return stride(from: 0, to: points.count, by: size).map { start in
            let part = points[start..<min(start + size, points.count)]
            let count = Double(part.count)
            return ChartPoint(
                x: start == 0 ? points[0].x : part[part.endIndex - 1].x,
                y: part.reduce(0) { $0 + $1.y } / count)
        }
    }

    // MARK: - Steps and answers

    /// The last steps and the evaluations between them.
    private func stepLines(limit: Int) -> [String] {
        let steps = moment.steps.suffix(limit)
        guard let first = steps.first else { return [] }
        let evaluations = moment.evaluations.filter { $0.number >= first.number }
        let all = (steps + evaluations).enumerated().sorted {
            ($0.element.number, $0.offset) < ($1.element.number, $1.offset)
        }
        return [""] + all.suffix(limit).map { shortLine($0.element) }
    }

    private func groupLines(limit: Int) -> [String] {
        guard let group = moment.group, let first = group.answers.first else { return [] }
        let question = frame.wrapped(
            frame.harmless("step \(group.step), sample \(first.id): \(first.question)"), indent: 0,
            limit: 2)
        var lines = [""] + question
        // A line of rewards and two of words; one where there is little room.
        let room = limit - lines.count
        let perAnswer = room >= group.answers.count * 3 ? 3 : 2
        let shown = min(group.answers.count, max(1, (room - 1) / perAnswer))
        for (place, answer) in group.answers.prefix(shown).enumerated() {
            lines.append(" \(place + 1). \(AnswerWords.score(answer, frame))")
            lines += frame.wrapped(
                frame.harmless(answer.completion), indent: 4, limit: perAnswer - 1)
        }
        if shown < group.answers.count {
            lines.append(
                "    and \(group.answers.count - shown) more: think2seg rollouts "
                    + frame.harmless(moment.run))
        }
        return lines
    }
}

/// What an answer earned, in words.
package enum AnswerWords {
    /// Reward, advantage, mask IoU and the other terms of a completion, in a line; why it cannot be read,
    /// or has no reward, if so.
    package static func score(_ answer: StoredRollout, _ frame: TerminalFrame) -> String {
        var fields = [
            answer.reward.map { "reward \(StepWords.number($0, 3))" } ?? "no reward",
            answer.advantage.map { "advantage " + signed($0) },
            answer.maskIoU.map { "mask IoU \(StepWords.number($0, 3))" },
        ]
        for (name, value) in answer.rewards.sorted(by: { $0.key < $1.key })
        where name != "mask_iou" || answer.maskIoU == nil {
            let text = value.map { StepWords.number($0, 2) } ?? "-"
            fields.append("\(Glossary.name(name)) \(text)")
        }
        if let reason = answer.parseError { fields.append("cannot be read: \(reason)") }
        if let fault = answer.fault { fields.append(fault) }
        return fields.compactMap(\.self).map { frame.harmless($0) }.joined(separator: "  ")
    }

    private static func signed(_ value: Double) -> String {
        (value >= 0 ? "+" : "") + StepWords.number(value, 2)
    }
}

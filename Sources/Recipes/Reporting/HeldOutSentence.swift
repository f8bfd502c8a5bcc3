import Evaluating
import Evaluation
import Foundation

/// What a run's own evaluations on held-out samples show, from the first to the last, in words.
struct HeldOutSentence {
    private let points: [RunReport.Curve.Point]
    private let evaluations: [(step: Int, result: EvaluationResult)]

    /// The sentence of a run.
    ///
    /// - Parameters:
    ///   - points: gIoU by the step that it was found after
    ///   - evaluations: the answers, of those steps whose files are still there
    init(
        _ points: [RunReport.Curve.Point], _ evaluations: [(step: Int, result: EvaluationResult)]
    ) {
        self.points = points.filter(\.gIoU.isFinite).sorted { $0.step < $1.step }
        self.evaluations = evaluations
    }

    /// The words; nil where nothing was evaluated.
    var text: String? {
        guard let first = points.first, let last = points.last else { return nil }
        if points.allSatisfy({ $0.gIoU == 0 }) {
            let all =
                points.count == 1
                ? "the only evaluation, after step \(first.step)"
                : "all \(points.count) evaluations, to step \(last.step)"
            return "On held-out samples gIoU was 0.000 in \(all): no answer found anything."
        }
        guard first.step != last.step else {
            return
                "On held-out samples gIoU was \(number(last.gIoU)) in the only evaluation, after "
                + "step \(last.step): nothing tells what it was before."
        }
        let change = last.gIoU - first.gIoU
        let direction =
            signedText(change, .gIoU).hasPrefix("±") ? "stayed" : change < 0 ? "fell" : "rose"
        let from = direction == "stayed" ? "at" : "from"
        return "On held-out samples gIoU \(direction) \(from) \(number(first.gIoU)) "
            + "(\(place(first))) to \(number(last.gIoU)) (after step \(last.step)), "
            + judgement(first, last, change)
    }

    /// The change with its interval, and what it shows.
    private func judgement(
        _ first: RunReport.Curve.Point, _ last: RunReport.Curve.Point, _ change: Double
    ) -> String {
        let begin = "a change of \(signedText(change, .gIoU))"
        guard let old = evaluations.first(where: { $0.step == first.step })?.result,
            let new = evaluations.first(where: { $0.step == last.step })?.result,
            let found = try? EvaluationComparison(
                from: old.outcomes, to: new.outcomes, bootstrap: new.summary.bootstrap)
        else { return begin + ". Their answers, which would tell its interval, are not there." }
        let interval = found[.gIoU].interval.flatMap { $0.hasNoWidth ? nil : $0 }
        let reach = interval.map {
            String(format: " (%g %% interval ", new.summary.bootstrap.confidence * 100)
                + signedText($0, .gIoU) + ")"
        }
        return begin + (reach ?? "") + ". "
            + verdict(LearningVerdict(found[.gIoU], of: new.summary))
    }

    private func verdict(_ verdict: LearningVerdict) -> String {
        switch verdict {
        case .learnt: "It rose by more than the choice of samples explains."
        case .worse: "It fell by more than the choice of samples explains."
        case .unclear:
            "These samples cannot tell whether the policy got better or worse: the change is within "
                + "what the choice of samples explains."
        case .tooFew: verdict.sentence
        }
    }

    private func place(_ point: RunReport.Curve.Point) -> String {
        point.step == 0 ? "before the first step" : "after step \(point.step), the first evaluation"
    }

    private func number(_ value: Double) -> String { metricText(value, .gIoU) }
}

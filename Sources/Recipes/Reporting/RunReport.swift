public import Datasets
public import Evaluating
public import Evaluation
import Foundation
import Imaging
import Reports
import Shards

/// One page about one run: what was trained, whether it worked, and how it looks; the `report`
/// command.
///
/// The page is a file of its own, for people who have never seen the project.
public struct RunReport: Sendable {
    /// The same questions, answered before and after training.
    public struct Comparison: Sendable {
        /// What kind of questions they are, such as "implicit questions".
        public var name: String
        /// One sentence about them; empty for none.
        public var note: String
        /// The answers before training.
        public var before: EvaluationResult
        /// The answers after it.
        public var after: EvaluationResult

        /// A comparison from its parts.
        public init(
            _ name: String, note: String = "", before: EvaluationResult, after: EvaluationResult
        ) {
            self.name = name
            self.note = note
            self.before = before
            self.after = after
        }
    }

    /// gIoU on held-out samples over the steps of a run, or of several.
    public struct Curve: Sendable {
        /// gIoU at a step.
        public struct Point: Sendable, Hashable {
            /// The optimizer step.
            public var step: Int
            /// The value.
            public var gIoU: Double
            /// The lowest and highest of several runs; nil for one run.
            public var range: Interval?

            /// A point of a curve.
            public init(step: Int, gIoU: Double, range: Interval? = nil) {
                self.step = step
                self.gIoU = gIoU
                self.range = range
            }
        }

        /// What it is.
        public var name: String
        /// Its points, steps ascending.
        public var points: [Point]

        /// A curve from its parts.
        public init(_ name: String, _ points: [Point]) {
            self.name = name
            self.points = points
        }

        /// The mean of several runs with the range from the lowest to the highest, at the steps that
        /// all have.
        public init(_ name: String, meanOf runs: [[Point]]) {
            let tables = runs.map { run in
                Dictionary(run.map { ($0.step, $0.gIoU) }, uniquingKeysWith: { $1 })
            }
            let steps = (tables.first?.keys.sorted() ?? []).filter { step in
                tables.allSatisfy { $0[step] != nil }
            }
            self.name = name
            points = steps.map { step in
                let values = tables.compactMap { $0[step] }
                return Point(
                    step: step, gIoU: values.reduce(0, +) / Double(values.count),
                    range: Interval(low: values.min() ?? 0, high: values.max() ?? 0))
            }
        }
    }

    /// A run in which learning should not work, to compare with.
    public struct Control: Sendable {
        /// What it is, such as "rewards shuffled within each group".
        public var name: String
        /// What it would show if it rose too; empty for none.
        public var note: String
        /// Its curve on the held-out samples.
        public var points: [Curve.Point]
        /// What it ended with; nil if it was not evaluated.
        public var final: Estimate?

        /// A control from its parts.
        public init(
            _ name: String, note: String = "", points: [Curve.Point], final: Estimate? = nil
        ) {
            self.name = name
            self.note = note
            self.points = points
            self.final = final
        }
    }

    /// The run's folder.
    public var run: String
    /// The page's title; made from the result if empty.
    public var title = ""
    /// What the reader should know first, such as what was taught and what was left out on purpose.
    public var paragraphs: [String] = []
    /// Before and after; the first one is the headline and gives the gallery.
    public var comparisons: [Comparison] = []
    /// The samples of the first comparison, whose pictures the gallery shows; nil shows no gallery.
    public var samples: (any SampleSource)?
    /// Curves on held-out samples.
    public var heldOut: [Curve] = []
    /// Runs in which learning should not work.
    public var controls: [Control] = []
    /// How many samples of each kind the gallery shows.
    public var galleryCount = 6
    /// Decides about the gallery's random samples.
    public var seed: UInt64 = 0
    /// Seconds after which a browser loads the page again, while the run goes on; nil for never.
    public var renewal: Int?

    /// A report about a run's folder, without evaluations.
    public init(run: String) {
        self.run = run
    }

    /// Writes the page; it appears whole or not at all.
    ///
    /// - Parameter output: the file; `report.html` in the run's folder if nil
    /// - Returns: the file
    /// - Throws: the error of the file that cannot be read or written
    @discardableResult
    public func write(to output: String? = nil) throws -> String {
        let path = output ?? run + "/report.html"
        try ImageCodec.write(Array(try html().utf8), path: path)
        return path
    }

    /// The page.
    ///
    /// - Returns: HTML that needs no other file
    /// - Throws: `MissingInputError` and `EvaluationError` where the run's files cannot be used,
    ///   `EvaluationComparison.Mismatch` where before and after are not of the same questions, and
    ///   the errors of the samples
    public func html() throws -> String {
        let record = try RunRecord(path: run)
        let own = comparisons.isEmpty ? try record.savedEvaluations() : []
        var report = self
        report.compareOwnEvaluations(own, record)
        return try report.html(record, own)
    }

    /// Takes the run's own evaluations, before its first step and after its last, where no others are
    /// given.
    private mutating func compareOwnEvaluations(
        _ evaluations: [(step: Int, result: EvaluationResult)], _ record: RunRecord
    ) {
        guard let first = evaluations.first, let last = evaluations.last, first.step == 0,
            last.step > 0
        else { return }
        comparisons = [
            Comparison(
                "held-out questions",
                note:
                    "The run's own evaluations, before its first step and after step \(last.step).",
                before: first.result, after: last.result)
        ]
        if samples == nil, let shards = record.heldOutShards {
            samples = try? ShardedDataset(paths: shards)
        }
    }

    private func html(
        _ record: RunRecord, _ own: [(step: Int, result: EvaluationResult)]
    ) throws -> String {
        let newest = own.last
        let results = try comparisons.map { comparison in
            ComparedResult(
                comparison: comparison,
                change: try EvaluationComparison(
                    from: comparison.before.outcomes, to: comparison.after.outcomes,
                    bootstrap: comparison.after.summary.bootstrap))
        }
        var page = HTMLPage(
            title: title.isEmpty ? Self.title(results.first) : title,
            kicker: "think2seg · \(run)")
        page.renews(after: renewal)
        page.body.append(record.warningList())
        page.body.append(introduction(record, results, own))
        for (place, result) in results.enumerated() {
            page.addSection(
                "Before and after: \(result.comparison.name)", id: "numbers-\(place + 1)",
                lead: result.comparison.note, result.numbers)
        }
        addCurves(to: &page, record)
        if let first = comparisons.first, let samples {
            try Gallery(
                comparison: first, samples: samples, count: galleryCount, seed: seed
            ).add(to: &page)
        } else if let newest, let shards = record.heldOutShards {
            try SideBySideGallery(
                [.init(name: "step \(newest.step)", answers: newest.result.answers)],
                samples: try ShardedDataset(paths: shards), count: galleryCount, seed: seed
            ).add(
                to: &page, lead: "Answers to held-out questions after step \(newest.step).")
        } else {
            addExamples(to: &page, record)
        }
        addFacts(to: &page, record)
        return page.source
    }

    private static func title(_ result: ComparedResult?) -> String {
        guard let result, let before = result.comparison.before.summary[.gIoU].value,
            let after = result.comparison.after.summary[.gIoU].value
        else { return "What this run did" }
        return "Mean IoU on \(result.comparison.name): "
            + "\(metricText(before, .gIoU)) → \(metricText(after, .gIoU))"
    }

    private func introduction(
        _ record: RunRecord, _ results: [ComparedResult],
        _ own: [(step: Int, result: EvaluationResult)]
    ) -> HTML {
        let method =
            "A vision-language model, the policy, reads a picture and a question, thinks, and "
            + "answers with boxes and points. A segmenter that is not trained turns these into a "
            + "mask. Reinforcement learning (GRPO) rewards answers whose mask overlaps the truth; "
            + "nobody shows the policy a box, a point or a thought."
        var pieces = [HTML.element("p", ["class": "lead"], method)]
        if let first = results.first {
            pieces.append(
                .element("p", ["class": "summary"], first.sentence(steps: record.steps.count)))
            pieces.append(
                .element(
                    "div", ["class": "tiles"],
                    results.enumerated().flatMap { $1.tiles(isFirst: $0 == 0) }))
        } else {
            let heldOut = HeldOutSentence(record.heldOut?.points ?? [], own).text
            if let heldOut { pieces.append(.element("p", ["class": "summary"], heldOut)) }
            pieces.append(
                .element(
                    "p", ["class": "summary"],
                    trainingSentence(record, isEvaluated: heldOut != nil)))
        }
        return .group(pieces + paragraphs.map { .element("p", $0) })
    }

    /// What the rewards did, for runs without a comparison.
    private func trainingSentence(_ record: RunRecord, isEvaluated: Bool) -> String {
        let rewards = record.curve("reward").map(\.y).filter(\.isFinite)
        guard rewards.count >= 2 else {
            return "The run has \(record.steps.count) steps, too few to tell anything."
        }
        let part = max(1, rewards.count / 10)
        func mean(_ values: ArraySlice<Double>) -> String {
            String(format: "%.3f", values.reduce(0, +) / Double(values.count))
        }
        return "In \(record.steps.count) optimizer steps the mean reward went from "
            + "\(mean(rewards.prefix(part))) (first \(part == 1 ? "step" : "\(part) steps")) to "
            + "\(mean(rewards.suffix(part))) (last \(part == 1 ? "step" : "\(part) steps")). These "
            + "are rewards in training, on other questions at each step"
            + (isEvaluated
                ? "."
                : "; whether the policy learnt, only an evaluation on held-out samples can tell.")
    }
}

extension HTMLPage {
    /// Makes the browser look again, and says so.
    ///
    /// - Parameter seconds: after how many; nil for never
    mutating func renews(after seconds: Int?) {
        renewal = seconds
        guard let seconds else { return }
        let often = seconds == 1 ? "every second" : "every \(seconds) seconds"
        body.append(
            .element(
                "p", ["class": "lead"], "The training goes on; this page renews itself \(often)."))
    }
}

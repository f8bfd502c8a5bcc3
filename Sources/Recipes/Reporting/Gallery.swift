import Datasets
import Evaluating
import Evaluation
import Foundation
import Imaging
import Reports
import Segmentation
import TextFiles

/// Held-out samples with the answers before and after training.
struct Gallery {
    private let before: [EvaluatedAnswer]
    private let after: [EvaluatedAnswer]
    private let samples: any SampleSource
    private let selection: GallerySelection
    private let seed: UInt64
    private let places: [String: Int]

    /// A gallery of a comparison's samples.
    ///
    /// - Throws: ``EvaluationError`` if an answer is about none of the samples
    init(
        comparison: RunReport.Comparison, samples: any SampleSource, count: Int, seed: UInt64
    ) throws {
        before = comparison.before.answers
        after = comparison.after.answers
        self.samples = samples
        self.seed = seed
        selection = GallerySelection(
            before: before.map(\.outcome.iou), after: after.map(\.outcome.iou), count: count,
            seed: seed)
        places = Dictionary(
            (0..<samples.count).map { (samples.id(at: $0), $0) },
            uniquingKeysWith: { first, _ in first })
        if let lost = after.first(where: { places[$0.outcome.id] == nil }) {
            throw EvaluationError(
                place: "sample '\(lost.outcome.id)'",
                message: "the samples for the gallery have none of this name: give those that "
                    + "were evaluated")
        }
    }

    /// Adds the sections.
    func add(to page: inout HTMLPage) throws {
        var shown: Set<Int> = []
        func grid(_ indices: [Int]) throws -> HTML {
            GalleryCard.grid(
                try indices.map { try card($0, isFirst: shown.insert($0).inserted) })
        }
        let failed = after.count { $0.outcome.iou < GallerySelection.failureBound }
        let worse = zip(before, after).count { $0.outcome.iou > $1.outcome.iou + 0.05 }
        var content: [HTML] = [
            GalleryCard.legend(showsIgnored: after.contains { $0.outcome.overlap.ignored != nil }),
            .element("h3", "Failures"),
            .element(
                "p", ["class": "lead"],
                "\(failed) of \(after.count) answers have a mask IoU below 0.5 after training, and "
                    + "\(worse) lost more than 0.05. The worst, those that lost most first:"),
            try grid(selection.failures), .element("h3", "Chosen at random"),
            .element(
                "p", ["class": "lead"],
                "\(selection.random.count) of \(counted(after.count, "question")), drawn with seed \(seed), "
                    + "whatever came out."),
            try grid(selection.random), .element("h3", "The biggest gains"),
        ]
        content.append(
            selection.gains.isEmpty
                ? .element("p", ["class": "lead"], "No answer gained.")
                : try grid(selection.gains))
        page.addSection(
            "What it looks like", id: "gallery",
            lead: "Each card is a question about a held-out picture.", content)
    }

    private func card(_ index: Int, isFirst: Bool) throws -> GalleryCard {
        let (old, new) = (before[index], after[index])
        let sample = try samples.sample(at: places[new.outcome.id] ?? 0)
        let picture = try SamplePicture(
            sample.picture(), id: "picture-\(index)")
        let truth = sample.mask
        var score: [HTML] = [
            .text("\(Glossary.name("mask_iou")) \(text(old)) → "), .element("b", text(new)),
            .text(" · target: \(new.outcome.targetClass ?? (truth.isEmpty ? "none" : "marked"))"),
        ]
        score.append(.text(" · \(sample.id)"))
        func shot(_ answer: EvaluatedAnswer, _ when: String, isFirst: Bool) -> GalleryCard.Shot {
            let outcome = answer.outcome
            let says =
                !outcome.isReadable
                ? ": unreadable" : outcome.predictsNothing ? ": names nothing" : ""
            return GalleryCard.Shot(
                caption: when + says,
                picture: picture.drawn(
                    answer.overlay(sample), label: "\(when): \(answer.question)",
                    isFirst: isFirst))
        }
        var card = GalleryCard(
            question: new.question, score: score,
            shots: [
                shot(old, "before", isFirst: isFirst), shot(new, "after", isFirst: false),
                GalleryCard.Shot(
                    caption: truth.isEmpty ? "truth: nothing there" : "truth",
                    picture: picture.drawn(
                        SamplePicture.Overlay(truth: truth, ignored: sample.ignored),
                        label: "the truth", isFirst: false)),
            ],
            statements: [("before:", old.statement), ("after:", new.statement)])
        card.endsWithTruth = true
        return card
    }

    private func text(_ answer: EvaluatedAnswer) -> String {
        metricText(answer.outcome.iou, .gIoU)
    }
}

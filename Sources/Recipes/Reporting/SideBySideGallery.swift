package import Datasets
package import Evaluating
import Evaluation
import Foundation
import Imaging
package import Reports
import Segmentation

/// The same held-out questions with the answers of several policies.
package struct SideBySideGallery {
    /// The answers of one policy.
    package struct Column {
        /// What people read.
        package let name: String
        /// The answers, of all columns to the same questions in the same order.
        package let answers: [EvaluatedAnswer]

        /// A value from its parts.
        package init(name: String, answers: [EvaluatedAnswer]) {
            self.name = name
            self.answers = answers
        }
    }

    private let columns: [Column]
    private let samples: any SampleSource
    private let places: [String: Int]
    /// Which answers are shown: those that all columns fail at, some at random, and those at which the
    /// columns differ most.
    package let choice: (failures: [Int], random: [Int], different: [Int])

    /// A gallery.
    ///
    /// - Parameters:
    ///   - columns: the policies
    ///   - samples: what they were asked about
    ///   - count: how many questions of each kind are shown at most
    ///   - seed: decides about the random ones
    package init(_ columns: [Column], samples: any SampleSource, count: Int, seed: UInt64) {
        self.columns = columns
        self.samples = samples
        places = Dictionary(
            (0..<samples.count).map { (samples.id(at: $0), $0) },
            uniquingKeysWith: { first, _ in first })
        choice = Self.choice(
            columns.map { $0.answers.map(\.outcome.iou) }, count: count, seed: seed)
    }

    /// Chooses answers by the IoUs of each column.
    package static func choice(
        _ ious: [[Double]], count: Int, seed: UInt64
    ) -> (failures: [Int], random: [Int], different: [Int]) {
        let indices = 0..<(ious.map(\.count).min() ?? 0)
        func best(_ index: Int) -> Double { ious.map { $0[index] }.max() ?? 0 }
        func spread(_ index: Int) -> Double { best(index) - (ious.map { $0[index] }.min() ?? 0) }
        let failures = indices.filter { best($0) < GallerySelection.failureBound }
            .sorted { (best($0), $0) < (best($1), $1) }.prefix(count)
        var hash = StableHash()
        hash.combine("side by side")
        hash.combine(seed)
        var generator = SeededGenerator(seed: hash.value)
        let random = generator.permutation(count: indices.count).prefix(count).sorted()
        let different = indices.filter { spread($0) > 0 }
            .sorted { (spread($0), $1) > (spread($1), $0) }.prefix(count)
        return (Array(failures), random, ious.count > 1 ? Array(different) : [])
    }

    /// Adds the section.
    ///
    /// - Throws: the errors of the samples
    package func add(to page: inout HTMLPage, lead: String) throws {
        var shown: Set<Int> = []
        func part(_ title: String, _ indices: [Int]) throws -> [HTML] {
            let cards = try indices.compactMap { index -> GalleryCard? in
                let id = columns[0].answers[index].outcome.id
                guard let place = places[id] else { return nil }
                let isFirst = shown.insert(index).inserted
                return try card(index, samples.sample(at: place), isFirst: isFirst)
            }
            return cards.isEmpty ? [] : [.element("h3", title), GalleryCard.grid(cards)]
        }
        let failures = columns.count > 1 ? "Failures of all" : "Failures"
        let content =
            try part(failures, choice.failures) + part("Chosen at random", choice.random)
            + part("Where they differ most", choice.different)
        guard !content.isEmpty else { return }
        page.addSection(
            "What it looks like", id: "gallery", lead: lead,
            [GalleryCard.legend(showsIgnored: showsIgnored)] + content)
    }

    private var showsIgnored: Bool {
        columns[0].answers.contains { $0.outcome.overlap.ignored != nil }
    }

    private func card(
        _ index: Int, _ sample: SegmentationSample, isFirst: Bool
    ) throws -> GalleryCard {
        let picture = try SamplePicture(
            sample.picture(), id: "sample-\(index)")
        var shots: [GalleryCard.Shot] = []
        for (place, column) in columns.enumerated() {
            let answer = column.answers[index]
            let label =
                "\(column.name): \(Glossary.name("mask_iou")) "
                + metricText(answer.outcome.iou, .gIoU)
            shots.append(
                GalleryCard.Shot(
                    caption: label,
                    picture: picture.drawn(
                        answer.overlay(sample), label: label,
                        isFirst: isFirst && place == 0)))
        }
        let first = columns[0].answers[index]
        let target =
            first.outcome.targetClass ?? (sample.mask.isEmpty ? "none" : "marked")
        return GalleryCard(
            question: first.question, score: [.text("target: \(target) · \(sample.id)")],
            shots: shots,
            statements: columns.map { ("\($0.name):", $0.answers[index].statement) })
    }
}

extension EvaluatedAnswer {
    /// Why it cannot be read; then the thought, or the whole answer where there is none.
    var statement: String {
        let said = thought(of: completion) ?? completion
        let trimmed = said.trimmingCharacters(in: .whitespacesAndNewlines)
        let problem = parseError.map { "[cannot be read: \(shortened($0, limit: 160))] " } ?? ""
        return problem + (trimmed.isEmpty ? "(no words)" : trimmed)
    }

    /// What is drawn over the picture of a sample: mask, truth, ignored pixels, boxes and points.
    package func overlay(_ sample: SegmentationSample) -> SamplePicture.Overlay {
        let truth = sample.mask
        var overlay = SamplePicture.Overlay(
            mask: mask?.mask, truth: truth, ignored: sample.ignored)
        for prompt in prompts {
            if let box = prompt.box {
                overlay.boxes.append(policyFrame.convert(box, to: truth.frame))
            }
            overlay.positivePoints += prompt.positivePoints.map {
                policyFrame.convert($0, to: truth.frame)
            }
            overlay.negativePoints += prompt.negativePoints.map {
                policyFrame.convert($0, to: truth.frame)
            }
        }
        return overlay
    }
}

import Datasets
import Evaluation
import Foundation
import Imaging
import Reports
import Segmentation

extension AblationReport {
    /// The answers of all variants to the same questions, with the first seed that all have.
    func addGallery(to page: inout HTMLPage) throws {
        guard let seed = sharedSeed else { return }
        let runs = record.grid.variants.indices.compactMap { variant in
            record.grid.run(variant, seed: seed).flatMap { record.results[$0.number] }
        }
        let shards = runs[0].evaluation.setup.data
        guard shards.allSatisfy(FileManager.default.fileExists) else { return }
        let samples = try ShardedDataset(paths: shards)
        let places = Dictionary(
            (0..<samples.count).map { (samples.id(at: $0), $0) },
            uniquingKeysWith: { first, _ in first })
        let choice = choice(runs.map { $0.evaluation.answers.map(\.outcome.iou) })
        var shown: Set<Int> = []
        func grid(_ indices: [Int]) throws -> HTML {
            GalleryCard.grid(
                try indices.compactMap { index in
                    let id = runs[0].evaluation.answers[index].outcome.id
                    guard let place = places[id] else { return nil }
                    return try card(
                        index, runs, samples.sample(at: place),
                        isFirst: shown.insert(index).inserted)
                })
        }
        page.addSection(
            "What it looks like", id: "gallery",
            lead: "The same questions answered by every variant, seed \(seed).",
            [
                GalleryCard.legend, .element("h3", "Chosen at random"), try grid(choice.random),
                .element("h3", "Where the variants differ most"), try grid(choice.different),
            ])
    }

    /// The first seed with which every variant is done.
    private var sharedSeed: Int? {
        result.seeds.first { seed in
            record.grid.variants.indices.allSatisfy { variant in
                record.grid.run(variant, seed: seed).map { record.results[$0.number] != nil }
                    ?? false
            }
        }
    }

    /// Which answers are shown: some at random, and those whose IoUs are furthest apart.
    private func choice(_ ious: [[Double]]) -> (random: [Int], different: [Int]) {
        let count = ious.map(\.count).min() ?? 0
        var hash = StableHash()
        hash.combine("ablation gallery")
        hash.combine(UInt64(record.plan.measure.seed))
        var generator = SeededGenerator(seed: hash.value)
        let random = generator.permutation(count: count).prefix(galleryCount).sorted()
        func spread(_ index: Int) -> Double {
            let values = ious.map { $0[index] }
            return (values.max() ?? 0) - (values.min() ?? 0)
        }
        let different = (0..<count).filter { !random.contains($0) }
            .sorted { (spread($0), $1) > (spread($1), $0) }.prefix(galleryCount)
        return (random, Array(different))
    }

    private func card(
        _ index: Int, _ runs: [AblationRecord.RunResult], _ sample: SegmentationSample,
        isFirst: Bool
    ) throws -> GalleryCard {
        let picture = try SamplePicture(
            ImageCodec.decode(sample.image, name: sample.id), id: "ablation-\(index)")
        var shots: [GalleryCard.Shot] = []
        var statements: [(String, String)] = []
        for (place, run) in runs.enumerated() {
            let answer = run.evaluation.answers[index]
            let name = record.grid.variants[run.run.variant].name
            let iou = metricText(answer.outcome.iou, .gIoU)
            shots.append(
                GalleryCard.Shot(
                    caption: "\(name): IoU \(iou)",
                    picture: picture.drawn(
                        answer.overlay(truth: sample.mask), label: "\(name): IoU \(iou)",
                        isFirst: isFirst && place == 0)))
            statements.append(("\(name):", answer.statement))
        }
        return GalleryCard(
            question: runs[0].evaluation.answers[index].question, score: [.text(sample.id)],
            shots: shots, statements: statements)
    }
}

extension EvaluatedAnswer {
    /// The thought, or the whole answer where there is none; and why it cannot be read.
    var statement: String {
        let said = thought(of: completion) ?? completion
        let trimmed = said.trimmingCharacters(in: .whitespacesAndNewlines)
        let problem = parseError.map { " [cannot be read: \($0)]" } ?? ""
        return (trimmed.isEmpty ? "(no words)" : shortened(trimmed, limit: 400)) + problem
    }

    /// What is drawn over the picture: mask, truth, boxes and points.
    func overlay(truth: BinaryMask) -> SamplePicture.Overlay {
        var overlay = SamplePicture.Overlay(mask: mask?.mask, truth: truth)
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

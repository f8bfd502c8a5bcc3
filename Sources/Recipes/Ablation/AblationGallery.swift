import Evaluating
import Foundation
import Reporting
import Reports
import Shards

extension AblationReport {
    /// The answers of all variants to the same questions, with the first seed that all have.
    package func addGallery(to page: inout HTMLPage) throws {
        guard let seed = sharedSeed else { return }
        let runs = record.grid.variants.indices.compactMap { variant in
            record.grid.run(variant, seed: seed).flatMap { record.results[$0.number] }
        }
        let shards = runs[0].evaluation.setup.data
        guard shards.allSatisfy(FileManager.default.fileExists) else { return }
        try SideBySideGallery(
            runs.map {
                SideBySideGallery.Column(
                    name: record.grid.variants[$0.run.variant].name, answers: $0.evaluation.answers)
            }, samples: try ShardedDataset(paths: shards), count: galleryCount,
            seed: UInt64(record.plan.measure.seed)
        ).add(
            to: &page, lead: "The same questions answered by every variant, seed \(seed).")
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
}

import Datasets
import Foundation
import Imaging
import Shards
import Supervised

/// Pictures with their objects from shards: seeded order, made ready ahead on another thread.
final class SegmenterData {
    /// Pictures in one pass over the data.
    let count: Int
    /// How far the order was used: what a checkpoint keeps.
    var cursor: EpochSampler.Cursor { order.cursor }
    private var order: EpochSampler
    private let prefetcher: SamplePrefetcher<SegmenterSample>

    /// Pictures of shards.
    ///
    /// - Parameters:
    ///   - configuration: which shards, in which order
    ///   - maskSide: rows and columns of the grid in which masks are learned
    ///   - coarseSide: rows and columns of the picture embedding's grid
    ///   - cursor: where to go on; nil for the start
    /// - Throws: `SegmenterSampleError` if a shard has no instances, `ShardError`, or
    ///   `EpochSampler.ResumeError` if the data are not those of the cursor
    init(
        _ configuration: SegmenterConfiguration, maskSide: Int, coarseSide: Int,
        cursor: EpochSampler.Cursor?
    ) throws {
        let dataset = try Self.dataset(configuration.data.train)
        let seed = UInt64(configuration.seed)
        count = dataset.count
        order = EpochSampler(count: dataset.count, seed: seed)
        if let cursor { try order.resume(from: cursor) }
        let turns = configuration.data.turns
        prefetcher = SamplePrefetcher(
            source: dataset, order: order, lookahead: configuration.data.prefetch
        ) { request, sample in
            let symmetry =
                turns
                ? SegmenterSample.symmetry(seed: seed, epoch: request.epoch, id: sample.id)
                : .identity
            return try SegmenterSample(
                sample, symmetry: symmetry, maskSide: maskSide, coarseSide: coarseSide)
        }
    }

    /// The next pictures of the endless order.
    func next(_ count: Int) throws -> [SegmenterSample] {
        try (0..<count).map { _ in
            guard let (_, sample) = try prefetcher.next() else {
                preconditionFailure("the order of training samples is endless")
            }
            _ = order.next()
            return sample
        }
    }

    /// Shards whose objects are known.
    ///
    /// - Throws: `SegmenterSampleError` that names the shard whose objects are not known
    static func dataset(_ paths: [String]) throws -> ShardedDataset {
        let dataset = try ShardedDataset(paths: paths)
        if let unfit = dataset.shards.first(where: { $0.summary.instances == nil }) {
            throw SegmenterSampleError(name: unfit.path)
        }
        return dataset
    }
}

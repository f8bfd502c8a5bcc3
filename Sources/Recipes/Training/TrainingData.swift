public import Datasets
public import Imaging
import RLTrainer

/// A picture and its truth in the method's square frame.
public struct SquareSample: Sendable {
    /// The picture, stretched with LANCZOS.
    public var image: RGBImage
    /// The truth, stretched with NEAREST.
    public var truth: BinaryMask
}

/// Decodes a sample's picture and stretches it and its truth to `side` × `side`, without keeping
/// the aspect, as the method does (arXiv 2512.19302).
public func squareSample(_ sample: SegmentationSample, side: Int) throws -> SquareSample {
    let image = try ImageCodec.decode(sample.image, name: sample.id)
    return SquareSample(
        image: image.resized(to: .square(side), filter: .lanczos),
        truth: sample.mask.resized(to: .square(side)))
}

/// Training examples from shards: seeded order, decoded ahead on another thread.
///
/// A sample that is damaged is a `BadSampleError` in its place, whatever comes next; any other error of
/// reading ends the run (`isAboutOneSample(_:)`).
final class TrainingData: ExampleSource {
    var epochLength: Int { dataset.count }
    var cursor: EpochSampler.Cursor { order.cursor }
    private let dataset: ShardedDataset
    private let selector: QuestionSelector
    private let seed: UInt64
    private let side: Int
    private let lookahead: Int
    /// As far as examples were taken; the prefetcher's own is ahead of it.
    private var order: EpochSampler
    /// Begins with the first example that is asked for.
    private var prefetcher: SamplePrefetcher<Prepared>?

    private struct Prepared: Sendable {
        var sample: SegmentationSample
        var square: SquareSample
    }

    init(_ configuration: RunConfiguration) throws {
        dataset = try ShardedDataset(paths: configuration.data.train)
        seed = UInt64(configuration.seed)
        selector = configuration.data.question
        side = configuration.data.imageSize
        lookahead = configuration.data.prefetch
        order = EpochSampler(count: dataset.count, seed: seed)
    }

    func resume(from cursor: EpochSampler.Cursor) throws {
        try order.resume(from: cursor)
        prefetcher?.cancel()
        prefetcher = nil
    }

    func next() throws -> TrainingExample {
        let running = prefetcher ?? start()
        prefetcher = running
        do {
            guard let (request, prepared) = try running.next() else { Self.endless() }
            _ = order.next()
            return TrainingExample(
                id: prepared.sample.id, epoch: request.epoch,
                question: selector.question(of: prepared.sample, seed: seed, epoch: request.epoch),
                image: prepared.square.image, truth: prepared.square.truth)
        } catch {
            guard isAboutOneSample(error) else {
                // The order stays at this sample.
                running.cancel()
                prefetcher = nil
                throw error
            }
            guard let request = order.next() else { Self.endless() }
            throw BadSampleError(sampleID: dataset.id(at: request.index), reason: "\(error)")
        }
    }

    private static func endless() -> Never {
        preconditionFailure("the order of training samples is endless")
    }

    private func start() -> SamplePrefetcher<Prepared> {
        SamplePrefetcher(source: dataset, order: order, lookahead: lookahead) { [side] sample in
            let square = try squareSample(sample, side: side)
            var light = sample
            light.image = []
            return Prepared(sample: light, square: square)
        }
    }
}

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
final class TrainingData: ExampleSource {
    let epochLength: Int
    private let prefetcher: SamplePrefetcher<Prepared>
    private let selector: QuestionSelector
    private let seed: UInt64

    private struct Prepared: Sendable {
        var sample: SegmentationSample
        var square: SquareSample
    }

    init(_ configuration: RunConfiguration) throws {
        let dataset = try ShardedDataset(paths: configuration.data.train)
        epochLength = dataset.count
        seed = UInt64(configuration.seed)
        selector = configuration.data.question
        let side = configuration.data.imageSize
        prefetcher = SamplePrefetcher(
            source: dataset, order: EpochSampler(count: dataset.count, seed: seed),
            lookahead: configuration.data.prefetch
        ) { sample in
            let square = try squareSample(sample, side: side)
            var light = sample
            light.image = []
            return Prepared(sample: light, square: square)
        }
    }

    func next() throws -> TrainingExample {
        guard let (request, prepared) = try prefetcher.next() else {
            preconditionFailure("the order of training samples is endless")
        }
        return TrainingExample(
            id: prepared.sample.id, epoch: request.epoch,
            question: selector.question(of: prepared.sample, seed: seed, epoch: request.epoch),
            image: prepared.square.image, truth: prepared.square.truth)
    }
}

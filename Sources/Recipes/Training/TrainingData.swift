public import Datasets
public import Imaging
import RLTrainer

/// A picture and its truth in the method's square frame.
public struct SquareSample: Sendable {
    /// The picture, stretched with LANCZOS.
    public var image: RGBImage
    /// The truth, stretched with NEAREST.
    public var truth: BinaryMask
    /// The pixels that do not count, stretched with NEAREST; nil where all do.
    public var ignored: BinaryMask?
}

/// Decodes a sample's picture and stretches it and its truth to `side` × `side`, without keeping
/// the aspect, as the method does (arXiv 2512.19302).
public func squareSample(_ sample: SegmentationSample, side: Int) throws -> SquareSample {
    let image = try sample.picture()
    return SquareSample(
        image: image.resized(to: .square(side), filter: .lanczos),
        truth: sample.mask.resized(to: .square(side)),
        ignored: sample.ignored?.resized(to: .square(side)))
}

/// Training examples from shards: seeded order; decoded, and made into the policy's prompts, ahead on
/// other threads.
///
/// A sample that is damaged is a `BadSampleError` in its place, whatever comes next; any other error of
/// reading ends the run (`isAboutOneSample(_:)`).
final class TrainingData: ExampleSource {
    var epochLength: Int { dataset.count }
    var cursor: EpochSampler.Cursor { order.cursor }
    private let dataset: ShardedDataset
    private let maker: ExampleMaker
    private let lookahead: Int
    private let workers: Int
    /// As far as examples were taken; the prefetcher's own is ahead of it.
    private var order: EpochSampler
    /// Begins with the first example that is asked for.
    private var prefetcher: SamplePrefetcher<TrainingExample>?

    /// Examples of a run's shards from the start.
    ///
    /// - Parameters:
    ///   - configuration: the run
    ///   - dataset: its shards
    ///   - prompts: makes the policy's prompts; nil to leave that to the policy
    init(
        _ configuration: RunConfiguration, dataset: ShardedDataset, prompts: VisionLanguagePrompts?
    ) {
        self.dataset = dataset
        maker = ExampleMaker(
            side: configuration.data.imageSize, selector: configuration.data.question,
            seed: UInt64(configuration.seed), prompts: prompts)
        lookahead = configuration.samplesAhead
        workers = configuration.data.workers
        order = EpochSampler(count: dataset.count, seed: UInt64(configuration.seed))
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
            guard let (_, example) = try running.next() else { Self.endless() }
            _ = order.next()
            return example
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

    private func start() -> SamplePrefetcher<TrainingExample> {
        SamplePrefetcher(
            source: dataset, order: order, lookahead: lookahead, workers: workers
        ) { [maker] request, sample in
            try maker.example(sample, epoch: request.epoch)
        }
    }
}

/// Makes samples ready to be trained on; any thread may, several at once.
struct ExampleMaker: Sendable {
    /// S: pictures and masks are stretched to S × S pixels.
    var side: Int
    /// Which of a sample's questions is asked.
    var selector: QuestionSelector
    /// The run's seed.
    var seed: UInt64
    /// Makes the policy's prompts; nil to leave that to the policy.
    var prompts: VisionLanguagePrompts?

    /// The example of a sample in a pass over the data.
    func example(_ sample: SegmentationSample, epoch: Int) throws -> TrainingExample {
        let square = try squareSample(sample, side: side)
        let question = selector.question(of: sample, seed: seed, epoch: epoch)
        return TrainingExample(
            id: sample.id, epoch: epoch, question: question, image: square.image,
            truth: square.truth, ignored: square.ignored,
            prompt: try prompts?.prompt(image: square.image, question: question))
    }
}

extension RunConfiguration {
    /// Samples that are made ready ahead: enough for a batch of rollouts to begin without waiting.
    var samplesAhead: Int { max(data.prefetch, grpo.promptsPerGeneration) }
}

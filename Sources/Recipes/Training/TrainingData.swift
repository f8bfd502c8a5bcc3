package import Datasets
import Pictures
package import Policies
package import RLTrainer
package import Settings
import Shards

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
package struct ExampleMaker: Sendable {
    /// S: pictures and masks are stretched to S × S pixels.
    package var side: Int
    /// Which of a sample's questions is asked.
    package var selector: QuestionSelector
    /// The run's seed.
    package var seed: UInt64
    /// Makes the policy's prompts; nil to leave that to the policy.
    package var prompts: VisionLanguagePrompts?

    /// A value from its parts.
    package init(
        side: Int, selector: QuestionSelector, seed: UInt64, prompts: VisionLanguagePrompts? = nil
    ) {
        self.side = side
        self.selector = selector
        self.seed = seed
        self.prompts = prompts
    }

    /// The example of a sample in a pass over the data.
    package func example(_ sample: SegmentationSample, epoch: Int) throws -> TrainingExample {
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
    package var samplesAhead: Int { max(data.prefetch, grpo.promptsPerGeneration) }
}

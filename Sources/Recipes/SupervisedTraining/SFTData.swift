import Datasets
import Foundation
import Imaging
import Shards
import SharedSettings
import Supervised
import VisionLanguage

/// Packed examples from shards: seeded order, made ready ahead on another thread.
final class SFTData {
    /// Samples in one pass over the data.
    let count: Int
    /// How far the order was used: what a checkpoint keeps.
    var cursor: EpochSampler.Cursor { order.cursor }
    private var order: EpochSampler
    private let prefetcher: SamplePrefetcher<PackedExample>

    /// Examples of the training shards, from the start or from where an earlier session ended.
    init(
        _ configuration: SFTConfiguration, maker: LessonMaker, packer: ExamplePacker,
        cursor: EpochSampler.Cursor?
    ) throws {
        let side = configuration.data.imageSize
        let written =
            configuration.data.answers.isEmpty
            ? nil : try WrittenAnswers(path: configuration.data.answers)
        let dataset = try ShardedDataset(paths: configuration.data.train)
        let selected = written.map { answers in
            (0..<dataset.count).filter { answers.answers[dataset.id(at: $0)] != nil }
        }
        if let selected, selected.isEmpty {
            throw LessonError(
                description: "\(configuration.data.answers): none of its ids is in data.train; the "
                    + "first sample there is \(dataset.id(at: 0))")
        }
        let source: any SampleSource =
            selected.map { Subset(base: dataset, indices: $0) } ?? dataset
        count = source.count
        order = EpochSampler(count: source.count, seed: UInt64(configuration.seed))
        if let cursor { try order.resume(from: cursor) }
        prefetcher = SamplePrefetcher(
            source: source, order: order, lookahead: configuration.data.prefetch
        ) { request, sample in
            try Self.packed(
                sample, epoch: request.epoch, side: side, written: written, maker: maker,
                packer: packer)
        }
    }

    /// The next examples of the endless order.
    func next(_ count: Int) throws -> [PackedExample] {
        try (0..<count).map { _ in
            guard let (_, example) = try prefetcher.next() else {
                preconditionFailure("the order of training samples is endless")
            }
            _ = order.next()
            return example
        }
    }

    /// The first examples of held-out shards, asked as in a first pass.
    static func heldOut(
        _ configuration: SFTConfiguration, maker: LessonMaker, packer: ExamplePacker
    ) throws -> [PackedExample] {
        if configuration.data.validation.isEmpty { return [] }
        let dataset = try ShardedDataset(paths: configuration.data.validation)
        return try (0..<min(dataset.count, configuration.logging.evalSamples)).map { index in
            try packed(
                dataset.sample(at: index), epoch: 0, side: configuration.data.imageSize,
                written: nil, maker: maker, packer: packer)
        }
    }

    private static func packed(
        _ sample: SegmentationSample, epoch: Int, side: Int, written: WrittenAnswers?,
        maker: LessonMaker, packer: ExamplePacker
    ) throws -> PackedExample {
        let image = try sample.picture()
            .resized(to: .square(side), filter: .lanczos)
        let made =
            written != nil && maker.namedQuestions == 0
            ? (answers: [], objects: [])
            : try maker.lessons(sample, frame: image.frame, epoch: epoch)
        return try packer.pack(
            SupervisedExample(
                id: sample.id, image: image,
                answers: written?.answers[sample.id] ?? made.answers,
                objects: made.objects, ignored: sample.ignored?.resized(to: image.frame)))
    }
}

/// Some samples of a source.
private struct Subset: SampleSource {
    let base: ShardedDataset
    let indices: [Int]

    var count: Int { indices.count }
    func id(at index: Int) -> String { base.id(at: indices[index]) }
    func sample(at index: Int) throws -> SegmentationSample {
        try base.sample(at: indices[index])
    }
}

import Datasets
import Files
import Foundation
import Imaging
import Importers
public import Scenes
import Shards
import Threads

/// Draws scenes into shards or into a data set's folders: the `data synthesize` command.
public struct SynthesisRecipe: Sendable {
    /// What is written.
    public enum Layout: String, Sendable, CaseIterable {
        /// `SPLIT.h5`, as the importers write it.
        case shards
        /// EarthReason's folders: `SPLIT/{images,labels,QAs}`.
        case earthreason
    }

    /// The folder that the splits go to.
    public var output: String
    /// Scenes of the split `train`.
    public var count: Int
    /// Scenes of the split `val`, drawn from another range; none writes no such split.
    public var validationCount = 0
    /// Decides about every scene.
    public var seed: UInt64 = 42
    /// What is drawn and asked.
    public var scenes = SceneConfiguration()
    /// What is written.
    public var layout = Layout.shards
    /// Threads that draw; the scenes are the same for any number.
    public var workers = ProcessInfo.processInfo.activeProcessorCount

    /// A number of scenes with the defaults.
    public init(output: String, count: Int) {
        self.output = output
        self.count = count
    }

    /// What was written.
    public struct Report: Sendable, Encodable, Hashable {
        /// The shards or folders.
        public var paths: [String] = []
        /// Scenes.
        public var samples = 0
        /// Scenes whose questions have no target.
        public var emptyTargets = 0
    }

    /// The first scene of the split `val`, far from those of `train`.
    private static let validationStart = 1_000_000_000

    /// Draws and writes all scenes; scene `i` depends on the seed and `i` alone.
    ///
    /// - Parameter progress: is told how many scenes are done, and of how many; what it throws ends it
    /// - Returns: what was written
    /// - Throws: `SceneConfigurationError`, or the error of the file that cannot be written
    public func run(progress: (Int, Int) throws -> Void = { _, _ in }) throws -> Report {
        let synthesizer = try SceneSynthesizer(configuration: scenes)
        try refuseExisting()
        try makeFolder(output)
        var report = Report()
        let splits = [("train", 0, count), ("val", Self.validationStart, validationCount)]
        for (split, start, count) in splits where count > 0 {
            let sink = try Sink(layout, output: output, split: split)
            report.paths.append(sink.path)
            // A batch at a time, so that few scenes are in memory at once.
            for first in stride(from: start, to: start + count, by: 64) {
                let samples = try orderedWork(
                    count: min(64, start + count - first), workers: workers,
                    work: { place in
                        try synthesizer.sample(
                            for: synthesizer.scene(seed: seed, index: first + place))
                    }, onDone: { _, _ in })
                for sample in samples {
                    try sink.append(sample)
                    report.samples += 1
                    report.emptyTargets += sample.isEmptyTarget ? 1 : 0
                    try progress(report.samples, self.count + validationCount)
                }
            }
            try sink.finish()
        }
        return report
    }

    /// Scenes of two runs in one folder would be a data set that no seed tells of.
    private func refuseExisting() throws {
        for split in ["train", "val"] {
            let path = "\(output)/\(split)" + (layout == .shards ? ".h5" : "")
            if FileManager.default.fileExists(atPath: path) {
                throw FileError(
                    path: path, message: "exists; choose another --output, or move it away")
            }
        }
    }

    /// Where samples go.
    private enum Sink {
        case shard(ShardWriter)
        case folder(EarthReasonLayoutWriter)

        init(_ layout: Layout, output: String, split: String) throws {
            switch layout {
            case .shards:
                self = .shard(
                    try ShardWriter(
                        path: "\(output)/\(split).h5", dataset: "think2seg-scenes", split: split))
            case .earthreason:
                self = .folder(try EarthReasonLayoutWriter(root: output, split: split))
            }
        }

        var path: String {
            switch self {
            case .shard(let writer): writer.path
            case .folder(let writer): writer.folder
            }
        }

        func append(_ sample: SegmentationSample) throws {
            switch self {
            case .shard(let writer): try writer.append(sample)
            case .folder(let writer): try writer.write(sample)
            }
        }

        func finish() throws {
            if case .shard(let writer) = self { try writer.finish() }
        }
    }
}

import Datasets
import Foundation
import Imaging
import Policies
import Segmentation
import Shards
import Threads
import Torch
import Training

/// How fast samples are loaded as training loads them, beside libjpeg-turbo alone: the
/// `benchmark loader` command.
public struct LoaderBenchmark: Sendable {
    /// The shards; drawn scenes in a temporary one if empty.
    public var data: [String] = []
    /// S: pictures and masks are stretched to S × S pixels.
    public var imageSize = 840
    /// The side of the drawn scenes; nil: S.
    public var storedSize: Int?
    /// How many different scenes are drawn.
    public var scenes = 16
    /// Threads that load, and threads that libjpeg-turbo decodes with.
    public var workers = 1
    /// How many samples a run loads, the same ones again where there are fewer.
    public var count = 256
    /// The folder of a policy whose prompts are made as well; nil: none.
    public var policy: String?
    /// Runs of each phase.
    public var repeats = 5

    /// The defaults.
    public init() {}

    /// Loads, and reports.
    ///
    /// `phases`: `load` and `decode_bare` in turns, one run of `count` samples each; then one thread's
    /// work on them part by part. `decode_ratio` is how much of libjpeg-turbo's speed is left.
    ///
    /// - Parameter onProgress: is told what is being done
    /// - Returns: the report
    /// - Throws: the errors of the shards, of their pictures and of the policy's files
    public func run(onProgress: (String) -> Void = { _ in }) throws -> BenchmarkReport {
        // Nothing here is for libtorch's threads.
        try TorchRuntime.setThreadCount(1)
        if !data.isEmpty { return try measure(data, onProgress) }
        return try BenchmarkScenes.withFolder { folder in
            onProgress("drawing \(scenes) scenes")
            let path = folder + "/scenes.h5"
            try BenchmarkScenes.write(count: scenes, side: storedSize ?? imageSize, to: path)
            return try measure([path], onProgress)
        }
    }

    private func measure(
        _ paths: [String], _ onProgress: (String) -> Void
    ) throws -> BenchmarkReport {
        let dataset = try ShardedDataset(paths: paths)
        let prompts = try policy.map {
            try VisionLanguagePolicy.outline(path: $0, dtype: .float32, template: PromptTemplate())
                .prompts
        }
        var kinds: [(name: String, run: () throws -> Void)] = [
            ("load", { try self.load(dataset, self.maker(nil)) })
        ]
        if let pieces = try bareLoops(dataset) {
            kinds.append(("decode_bare", { try self.decode(pieces) }))
        }
        if let prompts {
            kinds.append(("load_with_prompts", { try self.load(dataset, self.maker(prompts)) }))
        }
        var phases = kinds.map { _ in BenchmarkPhase() }
        for turn in 0...repeats {
            onProgress("run \(turn) of \(repeats)")
            // Who begins changes, for what drifts.
            for kind in turn % 2 == 0 ? Array(kinds.indices) : kinds.indices.reversed() {
                var run = BenchmarkPhase()
                try run.measure(kinds[kind].run)
                // The first turn only warms up.
                if turn > 0 { phases[kind].add(run, per: 1) }
            }
        }
        onProgress("part by part")
        var report = BenchmarkReport("loader", threads: workers)
        for (kind, phase) in zip(kinds, phases) { report.add(kind.name, phase) }
        try addParts(dataset, prompts, to: &report)
        addFigures(dataset, to: &report)
        return report
    }

    // MARK: - The two that are compared

    private func maker(_ prompts: VisionLanguagePrompts?) -> ExampleMaker {
        ExampleMaker(side: imageSize, selector: .random, seed: 0, prompts: prompts)
    }

    /// The way of training: ahead, by `workers` threads, in order.
    private func load(_ dataset: ShardedDataset, _ maker: ExampleMaker) throws {
        let requests = (0..<count).map {
            SampleRequest(epoch: 0, position: $0, index: $0 % dataset.count)
        }
        let prefetcher = SamplePrefetcher(
            source: dataset, order: requests.makeIterator(), lookahead: 2 * workers + 2,
            workers: workers
        ) { request, sample in
            try maker.example(sample, epoch: request.epoch)
        }
        while try prefetcher.next() != nil {}
    }

    /// The same files for `workers` threads; nil if they are not all JPEG.
    private func bareLoops(_ dataset: ShardedDataset) throws -> [BareDecoding]? {
        let samples = try (0..<min(count, dataset.count)).map { try dataset.sample(at: $0) }
        guard samples.allSatisfy({ $0.format == .jpeg }) else { return nil }
        return try (0..<workers).map { worker in
            try BareDecoding(
                stride(from: worker, to: count, by: workers).map {
                    samples[$0 % samples.count].image
                })
        }
    }

    private func decode(_ pieces: [BareDecoding]) throws {
        // A thread of its own each, as loading has.
        _ = try orderedWork(
            count: pieces.count, workers: pieces.count, work: { try pieces[$0].run() },
            onDone: { _, _ in })
    }

    // MARK: - Part by part

    /// One thread's work on the samples, as phases of their own; a run is one sample's mean.
    private func addParts(
        _ dataset: ShardedDataset, _ prompts: VisionLanguagePrompts?,
        to report: inout BenchmarkReport
    ) throws {
        let indices = Array(0..<min(count, dataset.count, 32))
        func part<Input, Output>(
            _ name: String, _ inputs: [Input], _ body: (Input) throws -> Output
        ) throws -> [Output] {
            var outputs: [Output] = []
            var phase = BenchmarkPhase()
            for _ in 0..<repeats {
                var run = BenchmarkPhase()
                outputs = try run.measure { try inputs.map(body) }
                phase.add(run, per: inputs.count)
            }
            report.add(name, phase)
            return outputs
        }
        let samples = try part("sample_read", indices) { try dataset.sample(at: $0) }
        let images = try part("sample_decode", samples) {
            try $0.picture()
        }
        let squares = try part("sample_stretch", images) {
            $0.resized(to: .square(imageSize), filter: .lanczos)
        }
        _ = try part("sample_stretch_mask", samples) {
            $0.mask.resized(to: .square(imageSize))
        }
        guard let prompts else { return }
        _ = try part("sample_prompt", Array(zip(squares, samples))) {
            try prompts.prompt(image: $0.0, question: $0.1.questions[0]).tokenCount
        }
    }

    private func addFigures(_ dataset: ShardedDataset, to report: inout BenchmarkReport) {
        func phase(_ name: String) -> BenchmarkPhase { report.phase(name) ?? BenchmarkPhase() }
        func rate(_ name: String) -> Double? { phase(name).median.map { Double(count) / $0 } }
        let (load, bare) = (phase("load"), phase("decode_bare"))
        let pixelBytes = Double(imageSize * imageSize * 3)
        report.add("samples_per_s", rate("load"))
        report.add("pixel_mb_per_s", rate("load").map { $0 * pixelBytes / 1e6 })
        report.add("bare_samples_per_s", rate("decode_bare"))
        report.add("decode_ratio", median(zip(bare.runs, load.runs).map { $0 / $1 }))
        report.add("decode_cpu_ratio", median(zip(bare.cpuRuns, load.cpuRuns).map { $0 / $1 }))
        if policy != nil { report.add("samples_with_prompts_per_s", rate("load_with_prompts")) }
        report.add("samples", count)
        report.add("distinct_samples", min(count, dataset.count))
        report.add("image_size", imageSize)
        report.add("stored_width", dataset.shards[0].frame(at: 0).width)
        report.add("repeat", repeats)
    }
}

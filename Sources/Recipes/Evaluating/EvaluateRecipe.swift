public import Datasets
public import Embeddings
public import Evaluation
import Foundation
import Imaging
public import Policies
import PromptedMasks
import Runs
public import Segmentation
import Segmenters
import Shards
import TextFiles
public import Threads
public import Torch
package import TrainingRuns

/// Greedy answers to questions about held-out samples, and what they are worth: the `evaluate`
/// command.
///
/// Template, parser and segmenter are those of training. Masks are compared at the size of the
/// sample's own picture, and where ``Settings/readsAsPaper`` asks for it also as the published
/// evaluation does.
public struct EvaluateRecipe: Sendable {
    /// How an evaluation is made, whatever the models are.
    public struct Settings: Sendable, Hashable {
        /// How many samples count, from the first on; all if nil.
        public var limit: Int?
        /// S: the side of the square that pictures are stretched to for policy and segmenter.
        public var imageSize = 840
        /// Which of a sample's questions are asked.
        public var questions = EvaluatedQuestions.first
        /// The most tokens that an answer may have.
        public var maxCompletionLength = 1024
        /// Which answers are read.
        public var parser = AnswerAcceptance.strict
        /// Whether each completion is also read as the published protocol does, and its mask made in
        /// the policy's square frame too.
        public var readsAsPaper = false
        /// Decides about random questions and the bootstrap's draws.
        public var seed: UInt64 = 42
        /// How often the bootstrap draws all samples.
        public var resamples = 2000
        /// Threads that answer side by side.
        ///
        /// Each uses ``threadsPerWorker`` per operation in addition, so that number times this one should
        /// not exceed the cores. The results are the same for any number of workers.
        public var workers = 1
        /// Threads per operation of each of several workers; as the process has it if nil.
        public var threadsPerWorker: Int?

        /// The defaults.
        public init() {}
    }

    /// How far an evaluation has come.
    public struct Progress: Sendable, Hashable {
        /// Samples done.
        public var done: Int
        /// Samples in all.
        public var total: Int
        /// Mean IoU of the answers so far.
        public var gIoU: Double
    }

    /// The folder of a policy, or of an adapter.
    public var policy: String
    /// The folder of an adapter of the policy.
    public var adapter: String?
    /// The folder of the base, where the policy is an adapter that does not find it.
    public var base: String?
    /// A SAM2.1 checkpoint: its folder in the hub's layout, or an official .pt file.
    public var segmenter: String
    /// The shards.
    public var data: [String]
    /// How the policy is asked.
    public var prompt = PromptChoice()
    /// Where the models run.
    public var device = Device.cpu
    /// The element type that they compute in.
    public var dtype = DType.float32
    /// The segmenter's element type; that of the policy if nil.
    public var segmenterDType: DType?
    /// Whether the policy's logits are computed in float32 whatever `dtype` is.
    public var castsHeadToFloat32 = false
    /// How the evaluation is made.
    public var settings = Settings()
    /// How many threads compute; as the process has it if nil.
    ///
    /// An evaluation that goes on keeps the threads of an operation that it began with, where these are
    /// chosen and not configured: answers depend on them in the last bits.
    public var threads: ThreadPlan?
    /// How much of what the segmenter's image encoder computed is kept; on the disk only with a path.
    public var embeddingCache = EmbeddingCacheSettings()

    /// An evaluation with the defaults.
    public init(policy: String, segmenter: String, data: [String]) {
        self.policy = policy
        self.segmenter = segmenter
        self.data = data
    }

    /// Loads models and shards, and evaluates.
    ///
    /// With a folder, answers are on the disk as they come: an evaluation that ends early, however that
    /// is, goes on in the same folder. One that is finished there is not made again: its metrics are
    /// computed anew if seed or resamples are others, and no model is loaded.
    ///
    /// - Parameters:
    ///   - output: the folder for `predictions.jsonl` and `evaluation.json`, made if need be; nil
    ///     writes nothing
    ///   - overwrite: whether an evaluation in the folder that is finished, or has another setup, is
    ///     replaced
    ///   - onProgress: is told after each sample; what it throws ends the evaluation
    ///   - onNote: is told what was found in the folder, and what was loaded
    ///   - onWarning: is told what makes answers doubtful
    /// - Returns: answers and metrics
    /// - Throws: the error of the file that cannot be used; `FileError` where the folder holds
    ///   an evaluation with another setup
    public func run(
        output: String? = nil, overwrite: Bool = false,
        onProgress: (Progress) throws -> Void = { _ in }, onNote: (String) -> Void = { _ in },
        onWarning: (String) -> Void = { _ in }
    ) throws -> EvaluationResult {
        guard !data.isEmpty else {
            throw EvaluationError(place: "data", message: "no shard is named")
        }
        let dataset = try ShardedDataset(paths: data)
        let source = try PolicySource.find(self.policy, adapter: adapter, base: base)
        let template = try prompt.template(policy: source.asked)
        let setup = try setup()
        let folder = try output.map {
            try EvaluationFolder($0, setup: setup, overwrites: overwrite)
        }
        ChatTemplateComparison(template).warnings(policy: source.asked).forEach(onWarning)
        if let folder, let finished = folder.finished {
            onNote("\(folder.path): finished before; no model is loaded")
            return try folder.bringUpToDate(finished, settings)
        }
        let settings = try placed(recorded: folder?.recordedThreads)
        let policy = try VisionLanguagePolicy.load(
            source, dtype: dtype, device: device, template: template,
            castsHeadToFloat32: castsHeadToFloat32)
        let loaded = try SegmenterRegistry.standard.load(
            path: segmenter, dtype: segmenterDType ?? dtype, device: device)
        let doubts =
            policy.fileWarnings + loaded.warnings
            + [try policy.pictureWarning(.square(settings.imageSize))].compactMap(\.self)
        doubts.forEach(onWarning)
        onNote(policy.endLine)
        // Samples about one picture follow each other, if there are several.
        let sam = CachedSegmenter(
            loaded, embeddingCache, checkpoint: setup.inputs["segmenter"] ?? "",
            eviction: .leastRecentlyUsed)
        defer { sam.takeNotes().forEach(onNote) }
        if let note = try folder?.begin() { onNote(note) }
        if let folder, !folder.samples.isEmpty {
            onNote("\(folder.path): goes on after \(counted(folder.samples.count, "sample"))")
        }
        var result = try Self.evaluate(
            policy, sam, dataset, settings, done: folder?.samples ?? [],
            onSample: { try folder?.append($0) }, onProgress: onProgress)
        result.setup = setup
        result.setup.threads = TorchRuntime.threadCount
        policy.cutWarning(
            result.answers.map(\.stopReason), "all answers", length: settings.maxCompletionLength
        ).map(onWarning)
        try folder?.finish(result)
        return result
    }

    /// Sets the threads of an operation, and gives the settings with the workers.
    private func placed(recorded: Int?) throws -> Settings {
        guard let threads else { return settings }
        let perOperation = threads.reason == nil ? threads.perPiece : recorded ?? threads.perPiece
        try TorchRuntime.setThreadCount(perOperation)
        var result = settings
        (result.workers, result.threadsPerWorker) = (threads.workers, perOperation)
        return result
    }

    /// What `evaluation.json` says about how this is made.
    ///
    /// - Parameter digest: what tells files and folders from others
    /// - Returns: the setup
    /// - Throws: the error of a file that cannot be read
    package func setup(
        digest: (FingerprintedInput) throws -> String = InputFingerprint.digest
    ) throws -> EvaluationResult.Setup {
        var setup = EvaluationResult.Setup(settings)
        setup.policy = policy
        setup.segmenter = segmenter
        setup.data = data
        setup.variant = prompt.variant
        setup.system = prompt.system == PromptTemplate.methodSystem ? nil : prompt.system
        setup.chatTemplate = prompt.chatTemplate == .builtin ? nil : prompt.chatTemplate.text
        setup.device = "\(device)"
        setup.dtype = "\(dtype)"
        setup.segmenterDType = "\(segmenterDType ?? dtype)"
        setup.castsHeadToFloat32 = castsHeadToFloat32
        let source = try PolicySource.find(policy, adapter: adapter, base: base)
        setup.inputs = [
            "policy": try digest(.policy(source.base)),
            "segmenter": try digest(.segmenter(segmenter)), "data": try digest(.data(data)),
        ]
        if source.adapter != nil { setup.inputs["adapter"] = try digest(.adapter(source.asked)) }
        if let path = prompt.chatTemplate.path {
            setup.inputs["chat_template"] = try digest(.file(path))
        } else if prompt.chatTemplate == .checkpoint {
            // It may stand in files that are otherwise not read.
            setup.inputs["chat_template"] = try prompt.template(policy: source.asked)
                .fingerprint()
        }
        return setup
    }

    /// Evaluates a policy that is loaded already; changes neither model.
    ///
    /// - Parameters:
    ///   - policy: answers
    ///   - segmenter: makes the masks
    ///   - source: the samples
    ///   - settings: how the evaluation is made
    ///   - onProgress: is told after each sample, on the calling thread; what it throws ends the
    ///     evaluation
    /// - Returns: answers and metrics; the setup names no files
    /// - Throws: ``EvaluationError`` where there is nothing to evaluate, and the errors of the
    ///   samples and models
    public static func run(
        policy: VisionLanguagePolicy, segmenter: any Segmenter, source: any SampleSource,
        settings: Settings = Settings(), onProgress: (Progress) throws -> Void = { _ in }
    ) throws -> EvaluationResult {
        try evaluate(
            policy, segmenter, source, settings, done: [], onSample: { _ in },
            onProgress: onProgress)
    }

    /// Answers what is not done yet, and sums up all of it.
    private static func evaluate(
        _ policy: VisionLanguagePolicy, _ segmenter: any Segmenter, _ source: any SampleSource,
        _ settings: Settings, done: [EvaluatedSample],
        onSample: (EvaluatedSample) throws -> Void, onProgress: (Progress) throws -> Void
    ) throws -> EvaluationResult {
        let count = try sampleCount(source, settings)
        let start = ContinuousClock.now
        let before = done.map(\.elapsed).max() ?? 0
        let evaluator = Evaluator(
            policy: policy, segmenter: segmenter, source: source, settings: settings)
        let known = Set(done.map(\.index))
        let open = (0..<count).filter { !known.contains($0) }
        var samples = done
        var (sum, answered) = (0.0, 0)
        func add(_ sample: EvaluatedSample) {
            sum += sample.answers.reduce(0) { $0 + $1.outcome.iou }
            answered += sample.answers.count
        }
        done.forEach(add)
        samples += try orderedWork(
            count: open.count, workers: settings.workers,
            work: { place in
                if settings.workers > 1, let threads = settings.threadsPerWorker {
                    try TorchRuntime.setThreadCount(threads)
                }
                return try evaluator.answers(at: open[place])
            }
        ) { sample, number in
            var sample = sample
            sample.elapsed = before + (ContinuousClock.now - start) / .seconds(1)
            try onSample(sample)
            add(sample)
            try onProgress(
                Progress(
                    done: done.count + number, total: count,
                    gIoU: sum / Double(max(1, answered))))
        }
        return EvaluationResult(
            samples.sorted { $0.index < $1.index }, settings: settings,
            seconds: before + (ContinuousClock.now - start) / .seconds(1))
    }

    private static func sampleCount(
        _ source: any SampleSource, _ settings: Settings
    ) throws -> Int {
        let count = min(source.count, settings.limit ?? source.count)
        guard count > 0 else {
            throw EvaluationError(
                place: "data",
                message: source.count == 0
                    ? "there are no samples to evaluate"
                    : "the limit is \(settings.limit ?? 0), must be at least 1")
        }
        return count
    }
}

extension EvaluationResult {
    /// The result of samples in their order.
    package init(_ samples: [EvaluatedSample], settings: EvaluateRecipe.Settings, seconds: Double) {
        let setup = Setup(settings)
        let answers = samples.flatMap(\.answers)
        let bootstrap = Bootstrap(seed: settings.seed, resamples: settings.resamples)
        let count = Double(max(1, samples.count))
        self.init(
            setup: setup,
            summary: EvaluationSummary(answers.map(\.outcome), bootstrap: bootstrap),
            seconds: seconds,
            secondsPerSample: Timing(
                generation: samples.reduce(0) { $0 + $1.generation } / count,
                segmentation: samples.reduce(0) { $0 + $1.segmentation } / count),
            answers: answers)
        paper = paperOutcomes.flatMap {
            PaperSummary($0, questionSeed: settings.seed, bootstrap: bootstrap)
        }
    }
}

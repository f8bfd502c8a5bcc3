public import Datasets
import Evaluation
import Foundation
import Imaging
public import SAM2
public import Segmentation
public import Torch

/// Greedy answers to questions about held-out samples, and what they are worth: the `evaluate`
/// command.
///
/// Template, parser and segmenter are those of training. Masks are compared at the size of the
/// sample's own picture.
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
        /// Decides about random questions and the bootstrap's draws.
        public var seed: UInt64 = 42
        /// How often the bootstrap draws all samples.
        public var resamples = 2000
        /// Threads that answer side by side.
        ///
        /// Each uses the process's number of threads per operation in addition, so that number times
        /// this one should not exceed the cores. The results are the same for any number.
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

    /// The folder of a policy.
    public var policy: String
    /// A SAM2.1 checkpoint: its folder in the hub's layout, or an official .pt file.
    public var segmenter: String
    /// The shards.
    public var data: [String]
    /// The name of template and grammar.
    public var variant = "box_2points"
    /// Where the models run.
    public var device = Device.cpu
    /// The element type that they compute in.
    public var dtype = DType.float32
    /// How the evaluation is made.
    public var settings = Settings()

    /// An evaluation with the defaults.
    public init(policy: String, segmenter: String, data: [String]) {
        self.policy = policy
        self.segmenter = segmenter
        self.data = data
    }

    /// Loads models and shards, and evaluates.
    ///
    /// - Parameters:
    ///   - output: the folder for `predictions.jsonl` and `evaluation.json`, made if need be; nil
    ///     writes nothing
    ///   - onProgress: is told after each sample; what it throws ends the evaluation
    /// - Returns: answers and metrics
    /// - Throws: the error of the file that cannot be used
    public func run(
        output: String? = nil, onProgress: (Progress) throws -> Void = { _ in }
    ) throws -> EvaluationResult {
        guard !data.isEmpty else {
            throw EvaluationError(place: "data", message: "no shard is named")
        }
        let dataset = try ShardedDataset(paths: data)
        let template = PromptTemplate(try Recipes.variant(variant))
        let policy = try QwenPolicy.load(
            path: policy, dtype: dtype, device: device, template: template)
        let sam = try SAM2Segmenter.load(path: segmenter, dtype: dtype, device: device)
        if let output { try makeFolder(output) }
        var result = try Self.run(
            policy: policy, segmenter: sam, source: dataset, settings: settings,
            onProgress: onProgress)
        result.setup.policy = self.policy
        result.setup.segmenter = segmenter
        result.setup.data = data
        if let output { try result.write(to: output) }
        return result
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
        policy: QwenPolicy, segmenter: SAM2Segmenter, source: any SampleSource,
        settings: Settings = Settings(), onProgress: (Progress) throws -> Void = { _ in }
    ) throws -> EvaluationResult {
        let count = min(source.count, settings.limit ?? source.count)
        guard count > 0 else {
            throw EvaluationError(
                place: "data",
                message: source.count == 0
                    ? "there are no samples to evaluate"
                    : "the limit is \(settings.limit ?? 0), must be at least 1")
        }
        let start = ContinuousClock.now
        let evaluator = Evaluator(
            policy: policy, segmenter: segmenter, source: source, settings: settings)
        var (sum, answered) = (0.0, 0)
        let answers = try orderedWork(
            count: count, workers: settings.workers,
            work: { index in
                if settings.workers > 1, let threads = settings.threadsPerWorker {
                    try TorchRuntime.setThreadCount(threads)
                }
                return try evaluator.answers(at: index)
            }
        ) { answers, done in
            sum += answers.reduce(0) { $0 + $1.outcome.iou }
            answered += answers.count
            try onProgress(
                Progress(done: done, total: count, gIoU: sum / Double(max(1, answered))))
        }.flatMap(\.self)
        var setup = EvaluationResult.Setup()
        setup.questions = settings.questions
        setup.imageSize = settings.imageSize
        setup.seed = settings.seed
        setup.parser = settings.parser.rawValue
        setup.maxCompletionLength = settings.maxCompletionLength
        return EvaluationResult(
            setup: setup,
            summary: EvaluationSummary(
                answers.map(\.outcome),
                bootstrap: Bootstrap(seed: settings.seed, resamples: settings.resamples)),
            seconds: (ContinuousClock.now - start) / .seconds(1), answers: answers)
    }
}

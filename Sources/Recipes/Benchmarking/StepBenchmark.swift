import Adapters
import Costs
import Foundation
import NN
import Policies
import PolicyFamilies
import PromptedMasks
import RLTrainer
import Rewards
import Segmentation
import Segmenters
public import SharedSettings
public import Torch
import VisionLanguage

/// A benchmark that cannot be run as it was asked for.
public struct BenchmarkError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, and what to do.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Measures optimizer steps on models of any size: the trainer itself, on random tokens and pictures
/// of noise, with completions that all have the longest length.
public struct StepBenchmark {
    /// The sizes of a step.
    public struct Shapes: Sendable, Hashable, Codable {
        /// The side of the pictures in pixels, a multiple of 28.
        public var imageSize = 448
        /// P: tokens of a prompt, those of the picture included.
        public var promptTokens = 519
        /// G: completions of a prompt.
        public var numGenerations = 8
        /// R: tokens of a completion.
        public var completionLength = 128
        /// Objects in each answer, each a box with two points.
        public var instances = 2
        /// Prompts of a step.
        public var prompts = 1

        /// The sizes of the figures in the documentation.
        public init() {}
    }

    /// The folder of a policy's checkpoint.
    public var policy: String
    /// A SAM2.1 checkpoint.
    public var segmenter: String
    /// The sizes of a step.
    public var shapes = Shapes()
    /// The element type of the policy.
    public var dtype = ModelDType.float32
    /// The element type of the segmenter; the policy's if nil.
    public var segmenterDType: ModelDType?
    /// The weight of the divergence; with 0 there is no reference policy.
    public var beta = 0.001
    /// Keys of parameters that are not trained.
    public var freeze: [String] = []
    /// The rank of an adapter of the language model's linear layers, trained instead of the weights; nil:
    /// the weights are.
    public var adapterRank: Int?
    /// Whether what layers make is made again for the gradient, and not kept.
    public var checkpointsLayers = false
    /// Steps that are measured, after one that is not.
    public var repeats = 3
    /// Threads that groups are given to, as the configuration's key `workers`.
    public var workers = 1
    /// Decides about tokens, pictures and answers.
    public var seed: UInt64 = 42

    /// A benchmark of two models.
    public init(policy: String, segmenter: String) {
        self.policy = policy
        self.segmenter = segmenter
    }

    /// Runs the steps.
    ///
    /// - Parameters:
    ///   - device: where to compute
    ///   - onStep: is told the number of each step that is done, from 0, and its seconds
    /// - Returns: what was measured
    /// - Throws: the error of the file that cannot be used; ``BenchmarkError`` if the sizes do not fit
    public func run(
        device: Device, onStep: (Int, Double) -> Void = { _, _ in }
    ) throws -> StepBenchmarkResult {
        let segmenter = try SegmenterRegistry.standard.load(
            path: segmenter, dtype: (segmenterDType ?? dtype).dtype, device: device)
        let policy = try trained(device)
        let trainer = try trainer(policy, segmenter, device)
        let shapes = costShapes(policy, segmenter.sizes)
        var timings: [StepTimings] = []
        for number in 0...repeats {
            let report = try trainer.step()
            onStep(number, report.timings.step.wall)
            if number > 0 { timings.append(report.timings) }
        }
        let memory = PeakMemory.ofProcess
        let speed = try MachineProbe(
            device: device, threads: workers > 1 ? workers : TorchRuntime.threadCount
        ).measure(shapes, policy: dtype.dtype, segmenter: (segmenterDType ?? dtype).dtype)
        return StepBenchmarkResult(
            self, timings: timings, peak: memory, cost: StepCost(shapes), speed: speed)
    }

    /// What the cost model needs to know.
    private func costShapes(
        _ policy: BenchmarkPolicy, _ segmenter: any SegmenterSizes
    ) -> StepShapes {
        let trained = policy.parameters.filter { $0.tensor.requiresGradient }
        let side = shapes.imageSize / policy.model.options.vision.patchSize
        var result = StepShapes(
            policy: policy.model.options, segmenter: segmenter,
            promptTokens: shapes.promptTokens, grids: [VisionGrid(rows: side, columns: side)],
            groupSize: shapes.numGenerations, completionLength: shapes.completionLength)
        result.promptsPerStep = shapes.prompts
        result.instances = shapes.instances
        result.hasReference = beta != 0
        result.trained = TrainedWeights(frozen: freeze)
        result.trainedCount = trained.numberCount
        result.elementBytes = dtype.dtype.byteCount
        result.workers = workers
        result.groupsDecodedTogether = result.groupsTogether(
            budget: configuration.rolloutBatchTokens, prompts: shapes.prompts)
        return result
    }

    /// The policy, or with `frozen` parameters of it the reference, which has their memory.
    private func loaded(
        _ device: Device, reusing frozen: [Parameter] = []
    ) throws -> BenchmarkPolicy {
        var model = try VisionLanguageModel.load(
            directory: policy, adapter: adapter, dtype: dtype.dtype, device: device,
            reusing: frozen)
        model.checkpointsLayers = checkpointsLayers
        // A token that never comes: every completion has the longest length.
        model.generation = GenerationConfiguration(
            eosTokenIDs: [model.options.text.vocabularySize], padTokenID: 0)
        return try BenchmarkPolicy(model: model, shapes: shapes)
    }

    private func trained(_ device: Device) throws -> BenchmarkPolicy {
        let policy = try loaded(device)
        try policy.parameters.setTrainable(freezing: freeze)
        return policy
    }

    /// A fresh adapter, with alpha twice the rank.
    private var adapter: AdapterChoice? {
        adapterRank.map { rank in
            let seven = "(q|k|v|o|gate|up|down)_proj"
            var result = AdapterConfiguration(
                targets: .expression(".*language_model.*\\.\(seven)"), source: "--adapter-rank")
            (result.rank, result.alpha) = (rank, Double(2 * rank))
            return .fresh(result, seed: seed)
        }
    }

    /// What the policy is held to, over the memory of what is not trained.
    private func reference(
        of policy: BenchmarkPolicy, _ device: Device
    ) throws -> BenchmarkPolicy {
        if adapter != nil {
            return try BenchmarkPolicy(model: policy.model.withoutAdapter(), shapes: shapes)
                .sharingPictures(with: policy)
        }
        let frozen = policy.parameters.filter { !$0.tensor.requiresGradient }
        return try loaded(device, reusing: frozen).sharingPictures(with: policy)
    }

    private func trainer(
        _ policy: BenchmarkPolicy, _ segmenter: any FrozenSegmenter, _ device: Device
    ) throws -> GRPOTrainer<BenchmarkPolicy> {
        let examples = BenchmarkExamples(
            count: (repeats + 1) * shapes.prompts, side: shapes.imageSize, seed: seed)
        return try GRPOTrainer(
            policy: policy, reference: beta == 0 ? nil : reference(of: policy, device),
            segmenter: segmenter,
            scorer: Scorer(), source: examples, configuration: configuration)
    }

    private var configuration: GRPOConfiguration {
        var result = GRPOConfiguration()
        result.numGenerations = shapes.numGenerations
        result.promptsPerStep = shapes.prompts
        result.sampling = SamplingParameters(maxCompletionLength: shapes.completionLength)
        result.loss.beta = beta
        result.loss.maxCompletionLength = shapes.completionLength
        result.schedule = .init(kind: .constant, warmupSteps: 0, totalSteps: repeats + 1)
        result.seed = seed
        result.workers = workers
        return result
    }
}

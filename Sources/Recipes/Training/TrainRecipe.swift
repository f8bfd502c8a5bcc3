import Foundation
import Imaging
import NN
public import RLTrainer
import Rewards
import SAM2
import Segmentation
public import Torch

/// Why a run ended.
public enum TrainEnding: Sendable, Hashable {
    /// All steps are done.
    case finished
    /// `training.max_minutes` have passed.
    case outOfTime
    /// Somebody asked for it.
    case stopped
}

/// A training run as the configuration describes it: models, data, folder, loop.
public final class TrainRecipe {
    /// What the run depends on.
    public let configuration: RunConfiguration
    /// Optimizer steps of the whole run.
    public let totalSteps: Int
    /// What was loaded, in lines for people.
    public let summary: [String]
    /// What is most likely not meant and shows only with the models, in lines for people.
    public let warnings: [String]
    let policy: QwenPolicy
    let segmenter: SAM2Segmenter
    let scorer: Scorer
    let trainer: GRPOTrainer<QwenPolicy>
    /// What was found in the folder, in lines for people.
    public let notes: [String]
    private let directory: RunDirectory
    /// Seconds that earlier sessions trained.
    private let earlierSeconds: Double

    /// Loads everything, and makes the run's folder last, when nothing else can fail.
    ///
    /// - Parameters:
    ///   - configuration: what to run
    ///   - command: the command line, for `run.json`
    ///   - resume: what to do with a folder that holds checkpoints
    /// - Throws: the error of the file that cannot be used
    public init(
        _ configuration: RunConfiguration, command: [String], resume: ResumeMode = .never
    ) throws {
        // Before minutes are spent on loading models.
        let start = try RunStart(configuration, resume)
        try applyThreads(configuration.threads)
        let device = try availableDevice(configuration.device)
        let data = try TrainingData(configuration)
        let template = PromptTemplate(try variant(configuration.prompt.variant))
        func loadPolicy(_ path: String) throws -> QwenPolicy {
            try QwenPolicy.load(
                path: path, dtype: configuration.policy.dtype.dtype,
                device: device, template: template,
                castsHeadToFloat32: configuration.policy.castsHeadToFloat32)
        }
        let policy = try loadPolicy(start.checkpoint?.policy ?? configuration.policy.path)
        let frozen = try policy.setTrainable(freezing: configuration.policy.freeze)
        let reference =
            configuration.grpo.loss.beta == 0 ? nil : try loadPolicy(configuration.policy.path)
        segmenter = try SAM2Segmenter.load(
            path: configuration.segmenter.path, dtype: configuration.segmenter.dtype.dtype,
            device: device)
        let grpo = configuration.resolvedGRPO(sampleCount: data.epochLength)
        scorer = try Scorer(
            parser: AnswerParser(
                grammar: template.variant.grammar, acceptance: configuration.prompt.parser),
            weights: try RewardWeights(
                configuration.rewards.entries.map {
                    RewardWeight(term: RewardTerm(rawValue: $0.name), weight: $0.weight)
                }))
        trainer = try GRPOTrainer(
            policy: policy, reference: reference, segmenter: segmenter, scorer: scorer,
            source: data, configuration: grpo)
        if let checkpoint = start.checkpoint {
            try trainer.restore(checkpoint.state.trainer, from: checkpoint.path)
        }
        earlierSeconds = start.checkpoint?.state.seconds ?? 0
        notes = start.notes
        totalSteps = grpo.schedule.totalSteps
        summary = Self.summary(
            configuration, samples: data.epochLength, steps: totalSteps, policy: policy,
            frozen: frozen)
        let side = configuration.data.imageSize
        let shortest = try policy.prompt(
            image: RGBImage(
                width: side, height: side, pixels: [UInt8](repeating: 0, count: side * side * 3)),
            question: "")
        warnings = try policy.warnings(
            shortest, completionLength: grpo.sampling.maxCompletionLength)
        self.policy = policy
        self.configuration = configuration
        directory = try RunDirectory(configuration, command: command, start: start)
    }

    /// Where the last checkpoint's policy stands after ``run(shouldStop:onStep:)``.
    public var finalPolicy: String { directory.checkpoint(step: trainer.stepCount) + "/policy" }

    /// Optimizer steps done.
    public var stepCount: Int { trainer.stepCount }

    /// Seconds of training that `training.max_minutes` leaves when the session begins; nil without it.
    public var secondsLeft: Double? {
        configuration.training.maxMinutes.map { max(0, $0 * 60 - earlierSeconds) }
    }

    /// Trains to the end, or until it is told to stop or time is up; the last step is a checkpoint
    /// however it ends.
    ///
    /// - Parameters:
    ///   - shouldStop: asked after each step
    ///   - onStep: gets each step's numbers after they are on disk
    /// - Returns: why it ended
    /// - Throws: what stopped the run; everything before it is on disk
    @discardableResult
    public func run(
        shouldStop: () -> Bool = { false }, onStep: (StepMetrics) throws -> Void
    ) throws -> TrainEnding {
        let clock = ContinuousClock()
        let start = clock.now
        func seconds() -> Double {
            let (whole, part) = (clock.now - start).components
            return Double(whole) + Double(part) * 1e-18
        }
        func ending() -> TrainEnding? {
            if trainer.stepCount >= totalSteps { return .finished }
            if let secondsLeft, seconds() >= secondsLeft { return .outOfTime }
            return nil
        }
        // A session that has time left makes a step at least.
        var end = secondsLeft == 0 || trainer.stepCount >= totalSteps ? ending() : nil
        while end == nil {
            let report = try trainer.step()
            try record(report)
            try onStep(report.metrics)
            end = shouldStop() ? ending() ?? .stopped : ending()
            let saves = configuration.logging.saveSteps
            if end == nil, saves > 0, trainer.stepCount % saves == 0 {
                try saveCheckpoint(seconds: seconds())
            }
        }
        // There already if no step was left to do.
        if !FileManager.default.fileExists(atPath: finalPolicy) {
            try saveCheckpoint(seconds: seconds())
        }
        return end ?? .finished
    }

    private func record(_ report: StepReport<QwenPolicy.Prompt>) throws {
        try directory.append(report.metrics)
        guard report.isFresh else { return }
        let (logging, step, grpo) = (configuration.logging, trainer.stepCount, configuration.grpo)
        if grpo.isDue(step, every: logging.logCompletionsSteps) {
            try directory.write(rollouts: report.groups, step: step)
        }
        if grpo.isDue(step - 1, every: logging.logImagesSteps) {
            try directory.events?.write(report.groups, step: step)
        }
    }

    private func saveCheckpoint(seconds: Double) throws {
        let (step, keep) = (trainer.stepCount, configuration.logging.saveTotalLimit)
        try directory.writeCheckpoint(step: step, keep: keep) { folder in
            try makeFolder(folder + "/policy")
            try policy.save(to: folder + "/policy")
            let state = CheckpointState(
                configuration, seconds: earlierSeconds + seconds,
                trainer: try trainer.save(to: folder))
            try DurableFiles.write(state.json(), to: "\(folder)/\(RunCheckpoint.stateFile)")
        }
    }

    private static func summary(
        _ configuration: RunConfiguration, samples: Int, steps: Int, policy: QwenPolicy, frozen: Int
    ) -> [String] {
        let count = policy.parameters.reduce(0) { $0 + $1.tensor.count }
        let grpo = configuration.grpo
        return [
            "policy     \(configuration.policy.path): \(millions(count - frozen)) M of "
                + "\(millions(count)) M parameters are trained, \(configuration.policy.dtype.rawValue)",
            "segmenter  \(configuration.segmenter.path), frozen",
            "data       \(samples) samples in \(configuration.data.train.count) shards, "
                + "\(configuration.data.imageSize) x \(configuration.data.imageSize) pixels",
            "training   \(steps) steps of \(grpo.promptsPerStep) prompts x \(grpo.numGenerations) "
                + "completions, \(reuse(grpo))\(grpo.loss.lossType.rawValue), beta \(grpo.loss.beta.yaml), "
                + "learning rate \(configuration.training.learningRate.yaml)",
            "output     \(configuration.outputDirectory)",
        ]
    }
}

/// How rollouts serve several steps, if they do.
private func reuse(_ grpo: GRPOConfiguration) -> String {
    if grpo.stepsPerBatch == 1 { return "" }
    return
        "drawn for \(grpo.stepsPerGeneration) steps at once and used \(grpo.numIterations) times, "
}

func millions(_ count: Int) -> String {
    String(format: count < 10_000_000 ? "%.2f" : "%.0f", Double(count) / 1e6)
}

/// The template and grammar of a name.
func variant(_ name: String) throws -> PromptVariant {
    guard let variant = PromptVariant.named(name) else {
        throw ConfigurationError(problems: [
            ConfigurationProblem(
                location: "", key: "prompt.variant",
                message: "is \(name), must be one of "
                    + PromptVariant.all.map(\.name).joined(separator: ", "))
        ])
    }
    return variant
}

/// The device of a name.
///
/// - Parameter name: cpu, cuda or cuda:N
/// - Returns: the device
/// - Throws: ``ConfigurationError`` if the name is none, or no such device is there
public func availableDevice(_ name: String) throws -> Device {
    func problem(_ message: String) -> ConfigurationError {
        ConfigurationError(problems: [
            ConfigurationProblem(location: "", key: "device", message: message)
        ])
    }
    guard let device = Device(name) else {
        throw problem("is \(name), must be cpu, cuda or cuda:N")
    }
    let count = TorchRuntime.cudaDeviceCount
    if case .cuda(let index) = device, index >= count {
        throw problem("is \(name), but \(count == 0 ? "no" : "\(count)") CUDA devices are there")
    }
    return device
}

/// Sets the threads of an operation; 0 means one per core.
public func applyThreads(_ count: Int) throws {
    try TorchRuntime.setThreadCount(
        count > 0 ? count : ProcessInfo.processInfo.activeProcessorCount)
}

extension ModelDType {
    /// The tensors' element type.
    public var dtype: DType {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        }
    }
}

extension RunConfiguration {
    /// The algorithm's configuration, complete for a data set of a size.
    func resolvedGRPO(sampleCount: Int) -> GRPOConfiguration {
        var result = grpo
        result.seed = UInt64(seed)
        result.workers = max(1, workers)
        result.loss.maxCompletionLength = grpo.sampling.maxCompletionLength
        result.maxGradientNorm = training.maxGradientNorm
        result.optimizer = training.adamW
        let total =
            training.maxSteps
            ?? result.stepCount(epochs: training.numTrainEpochs, sampleCount: sampleCount)
        let warmup =
            training.warmupSteps ?? Int((Double(total) * training.warmupRatio).rounded(.up))
        result.schedule = .init(
            kind: training.schedule, warmupSteps: warmup, totalSteps: total)
        return result
    }
}

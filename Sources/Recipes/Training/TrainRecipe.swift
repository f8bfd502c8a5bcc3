import Configuration
package import Embeddings
import Evaluating
public import Evaluation
import Files
import Foundation
import Imaging
import NN
package import Policies
import PromptedMasks
package import RLTrainer
package import Rewards
package import Runs
import Segmentation
import Segmenters
public import Settings
import Shards
import SharedSettings
import TextFiles
public import Threads
import Torch
package import Trackers
public import TrainingRuns

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
    package let policy: VisionLanguagePolicy
    package let segmenter: CachedSegmenter
    package let scorer: Scorer
    package let trainer: GRPOTrainer<VisionLanguagePolicy>
    /// What was found in the folder, in lines for people.
    public let notes: [String]
    /// Where what an earlier start left without a checkpoint was put; nil if there was nothing.
    package let aside: String?
    package let directory: RunDirectory
    /// The programs that are told of the run; nil without any.
    package let trackers: RunTrackers?
    /// Evaluates the policy while it is trained; nil without held-out shards.
    package let evaluation: TrainingEvaluation?
    /// How many threads compute, and why.
    public let threadPlan: ThreadPlan
    /// What tells the files that the run works with from others.
    package let inputs: [String: String]
    /// Seconds that earlier sessions trained.
    let earlierSeconds: Double
    /// Watches whether the run learns.
    var health: HealthMonitor
    /// What people should know of the last step, until it is told.
    var stepNotes: [String]
    /// Whether it was said that a step had nothing to learn from.
    var hasToldOfNothingLearned = false
    /// Seconds that training waited for checkpoints since the last step's numbers.
    var secondsInSaves = 0.0
    private let launch = ContinuousClock.now
    private var trainingStart: ContinuousClock.Instant?

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
        // Before minutes are spent on loading models, and held from the look at the folder on.
        let lock = try FolderLock(existing: configuration.outputDirectory)
        let start = try RunStart(configuration, resume)
        let device = try availableDevice(configuration.device)
        threadPlan = start.threadPlan(configuration, device: device)
        try threadPlan.apply()
        try configuration.products.apply()
        let dataset = try ShardedDataset(paths: configuration.data.train)
        let models = try TrainedModels(configuration, start, device: device)
        inputs = try start.inputs ?? InputFingerprint.all(of: configuration)
        // A picture comes once in each pass, and so do those of an evaluation.
        segmenter = CachedSegmenter(
            models.segmenter,
            configuration.segmenter.embeddingCache.inRun(configuration.outputDirectory),
            checkpoint: inputs["segmenter.path"] ?? "", eviction: .none)
        let grpo = configuration.resolvedGRPO(
            sampleCount: dataset.count, workers: threadPlan.workers)
        try models.checkpointLayers(configuration, grpo)
        scorer = try models.scorer(configuration, grpo)
        trainer = try GRPOTrainer(
            policy: models.policy, reference: models.reference, segmenter: segmenter,
            scorer: scorer,
            source: TrainingData(configuration, dataset: dataset, prompts: models.policy.prompts),
            configuration: grpo)
        if let checkpoint = start.checkpoint {
            try trainer.restore(checkpoint.state.trainer, from: checkpoint.path)
        }
        evaluation = try TrainingEvaluation(
            configuration, workers: threadPlan.workers,
            progress: start.checkpoint?.state.evaluation)
        earlierSeconds = start.checkpoint?.state.seconds ?? 0
        notes = start.notes
        aside = start.abandoned?.aside
        totalSteps = grpo.schedule.totalSteps
        summary = Self.summary(
            configuration, threadPlan, samples: dataset.count, steps: totalSteps,
            policy: models.policy, frozen: models.frozenCount, evaluation: evaluation)
        warnings =
            try start.damage
            + models.warnings(
                imageSize: configuration.data.imageSize,
                completionLength: grpo.sampling.maxCompletionLength)
        policy = models.policy
        self.configuration = configuration
        directory = try RunDirectory(
            configuration, threadPlan, command: command, start: start, lock: lock)
        health = try HealthMonitor(
            configuration, grpo, run: configuration.outputDirectory,
            endTokens: models.policy.endTokens)
        stepNotes = health.late.map(\.description)
        trackers = try RunTrackers(
            configuration.logging.trackers, of: configuration, journal: directory.records,
            version: Think2Seg.version, after: start.checkpoint?.step ?? 0)
    }

    /// Where the last checkpoint's policy stands after ``run(shouldStop:onFault:onNote:onEvaluation:onStep:)``.
    public var finalPolicy: String { directory.checkpoint(step: trainer.stepCount) + "/policy" }

    /// Optimizer steps done.
    public var stepCount: Int { trainer.stepCount }

    /// The step that evaluations liked best, its value, and that they tell too little for that, if so; nil
    /// without evaluations.
    public var best: (step: Int, value: Double, shortage: SampleShortage?)? {
        guard let progress = evaluation?.progress, let step = progress.bestStep,
            let value = progress.best
        else { return nil }
        let found = try? EvaluationResult.load(
            folder: "\(directory.path)/evaluation/step-\(step)")
        return (step, value, found.flatMap { SampleShortage($0.summary) })
    }

    /// Begins to count the seconds of training.
    package func begin() { trainingStart = trainingStart ?? .now }

    /// Seconds since training began in this session.
    var secondsTrained: Double {
        trainingStart.map { (ContinuousClock.now - $0) / .seconds(1) } ?? 0
    }

    /// Seconds since the session began to load.
    var secondsSinceLaunch: Double { (ContinuousClock.now - launch) / .seconds(1) }

    /// Seconds of training that `training.max_minutes` leaves when the session begins; nil without it.
    public var secondsLeft: Double? {
        configuration.training.maxMinutes.map { max(0, $0 * 60 - earlierSeconds) }
    }

    private static func summary(
        _ configuration: RunConfiguration, _ plan: ThreadPlan, samples: Int, steps: Int,
        policy: VisionLanguagePolicy, frozen: Int,
        evaluation: TrainingEvaluation?
    ) -> [String] {
        let count = policy.parameters.numberCount
        let grpo = configuration.grpo
        return [
            "policy     \(configuration.policy.path): \(millions(count - frozen)) M of "
                + "\(millions(count)) M parameters are trained, \(configuration.policy.dtype.rawValue)"
        ] + TrainedParts(policy).lines + [
            policy.endLine,
            "segmenter  \(configuration.segmenter.path), frozen",
            "threads    \(plan.words)",
            "data       \(counted(samples, "sample")) in \(counted(configuration.data.train.count, "shard")), "
                + "\(configuration.data.imageSize) x \(configuration.data.imageSize) pixels",
            "training   \(counted(steps, "step")) of \(counted(grpo.promptsPerStep, "prompt")) x \(grpo.numGenerations) "
                + "completions, \(grpo.reuse.map { $0 + ", " } ?? "")\(grpo.loss.lossType.rawValue), beta \(grpo.loss.beta.yaml), "
                + "learning rate \(configuration.training.learningRate.yaml)",
        ] + (evaluation.map { ["evaluation \($0.summary)"] } ?? [])
            + (configuration.training.stopWhen.words.map { ["ends when  \($0)"] } ?? []) + [
                "output     \(configuration.outputDirectory)"
            ]
    }
}

extension GRPOConfiguration {
    /// How rollouts serve several steps; nil if they do not.
    package var reuse: String? {
        stepsPerBatch == 1
            ? nil
            : "drawn for \(counted(stepsPerGeneration, "step")) at once and used \(numIterations) times"
    }
}

extension RunConfiguration {
    /// The algorithm's configuration, complete for a data set of a size; with the workers that are
    /// configured if none are given.
    package func resolvedGRPO(sampleCount: Int, workers chosen: Int? = nil) -> GRPOConfiguration {
        var result = grpo
        result.seed = UInt64(seed)
        result.workers = chosen ?? max(1, workers)
        result.loss.maxCompletionLength = grpo.sampling.maxCompletionLength
        result.maxGradientNorm = training.maxGradientNorm
        result.maxSkippedSteps = training.maxSkippedSteps
        result.strict = strict
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

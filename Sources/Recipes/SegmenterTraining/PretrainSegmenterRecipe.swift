import Configuration
import Files
import Foundation
import NN
import PromptedMasks
import RLTrainer
import Runs
import SAM2
import Shards
import SharedSettings
public import Supervised
import TextFiles
import Threads
import Torch
import Trackers

/// The training of a segmenter as its configuration describes it: the `pretrain-segmenter` command.
public final class PretrainSegmenterRecipe {
    /// What the run depends on.
    public let configuration: SegmenterConfiguration
    /// What was loaded, in lines for people.
    public private(set) var summary: [String] = []
    private let resumeWarnings: [String]
    private let directory: StageDirectory
    /// The programs that are told of the run; nil without any.
    private let trackers: RunTrackers?
    private let trainer: SegmenterTrainer
    private let processor: PromptedImageProcessor
    private let data: SegmenterData
    private let heldOut: ShardedDataset?

    /// What happens, while it does.
    public enum Event: Sendable {
        /// A step is done.
        case step(SegmenterStep)
        /// The held-out scores after a step.
        case evaluation(step: Int, SegmenterTable)
    }

    /// Loads everything, and makes the run's folder last, when nothing else can fail.
    ///
    /// - Parameters:
    ///   - configuration: what to run
    ///   - command: the command line, for `run.json`
    ///   - resumes: whether to go on where the folder's newest checkpoint stands
    /// - Throws: the error of the file that cannot be used
    public init(
        _ configuration: SegmenterConfiguration, command: [String], resumes: Bool = false
    ) throws {
        let device = try availableDevice(configuration.device)
        self.configuration = configuration
        let opening = try StageDirectory.Opening(configuration.outputDirectory, resumes: resumes)
        let plan = configuration.threadPlan(device: device, recorded: opening.recordedThreads)
        try plan.apply()
        let state = try opening.checkpoint.map { try StageState(folder: $0) }
        heldOut =
            configuration.data.validation.isEmpty
            ? nil : try SegmenterData.dataset(configuration.data.validation)
        let (model, processor) = try Self.segmenter(
            configuration, checkpoint: opening.checkpoint, device: device)
        self.processor = processor
        try Self.checkPatterns(configuration.segmenter.freeze, model)
        trainer = try SegmenterTrainer(
            model: model, processor: processor, options: configuration.options,
            trains: { key in !configuration.segmenter.freeze.contains { keyFits(key, $0) } },
            stepCount: opening.step)
        data = try SegmenterData(
            configuration, maskSide: trainer.maskSide,
            coarseSide: model.configuration.embeddingSide, cursor: state?.cursor)
        if let checkpoint = opening.checkpoint {
            try trainer.optimizer.restore(from: checkpoint + "/optimizer.safetensors")
        }
        resumeWarnings = opening.leftOut + opening.damage
        directory = try StageDirectory(
            opening, plan, configuration: configuration.resolved(comments: true), command: command,
            device: configuration.device, seed: configuration.seed,
            isTracked: !configuration.logging.trackers.entries.isEmpty)
        trackers = try RunTrackers(
            configuration.logging.trackers, of: configuration, journal: directory.records,
            version: Think2Seg.version, after: opening.step)
        summary = lines(plan, resumed: opening)
    }

    /// What should be known of the files of the segmenter to go on with, and of what is damaged of the
    /// run, in lines for people.
    public var warnings: [String] { resumeWarnings + trainer.model.warnings }
    /// Where the finished segmenter stands.
    public var finalSegmenter: String { configuration.outputDirectory + "/segmenter" }
    /// Where its scores stand.
    public var finalEvaluation: String { configuration.outputDirectory + "/evaluation.json" }
    /// Optimizer steps done.
    public var stepCount: Int { trainer.stepCount }

    /// Trains to the end, or until it is told to stop; either way the last step is a checkpoint.
    ///
    /// At the end the segmenter is written in the type that was asked for, and evaluated as it was
    /// written.
    ///
    /// - Parameters:
    ///   - shouldStop: asked after each step
    ///   - onNote: gets what people should know and changes nothing of the run
    ///   - onEvent: gets each step's numbers after they are on disk
    /// - Throws: what stopped the run; everything before it is on disk
    public func run(
        shouldStop: () -> Bool = { false }, onNote: (String) throws -> Void = { _ in },
        onEvent: (Event) throws -> Void
    ) throws {
        let total = configuration.training.maxSteps
        try track(trackers, step: { trainer.stepCount }, of: total, onNote: onNote) {
            try loop(shouldStop, onEvent)
        }
    }

    private func loop(_ shouldStop: () -> Bool, _ onEvent: (Event) throws -> Void) throws {
        let total = configuration.training.maxSteps
        let logging = configuration.logging
        try StageLoop(
            total: total, evalSteps: logging.evalSteps, saveSteps: logging.saveSteps,
            evaluatesLast: false
        ).run(
            after: trainer.stepCount, shouldStop: shouldStop,
            step: { try onEvent(.step(timedStep())) },
            evaluate: { try evaluateBriefly(onEvent) }, save: save)
        if trainer.stepCount == total { try finish(onEvent) }
    }

    private func timedStep() throws -> SegmenterStep {
        let clock = ContinuousClock()
        let start = clock.now
        let samples = try data.next(configuration.training.picturesPerStep)
        let ready = clock.now
        let result = try trainer.step(samples)
        var numbers = StepMetrics(step: result.step)
        for entry in result.entries { numbers.append(entry.name, entry.value) }
        numbers.append("timing_s/data_wait", (ready - start) / .seconds(1))
        numbers.append("step_time", (clock.now - start) / .seconds(1))
        try directory.append(numbers)
        return result
    }

    private func evaluateBriefly(_ onEvent: (Event) throws -> Void) throws {
        guard let heldOut else { return }
        let probes = [PromptKind.boxTwoPoints, .box, .onePoint].map {
            SegmenterProbe(name: $0.rawValue, kind: $0)
        }
        let table = try table(
            trainer.model, probes: probes, on: heldOut, limit: configuration.logging.evalSamples)
        var numbers = StepMetrics(step: trainer.stepCount)
        for score in table.scores { numbers.append("eval_iou/\(score.probe)", score.meanIoU) }
        try directory.append(numbers)
        try onEvent(.evaluation(step: trainer.stepCount, table))
    }

    private func finish(_ onEvent: (Event) throws -> Void) throws {
        try trainer.model.save(
            directory: finalSegmenter, processor: processor,
            dtype: configuration.segmenter.storedType.dtype)
        guard let heldOut else { return }
        let written = try SAM2Segmenter.load(
            path: finalSegmenter, device: trainer.model.device)
        let table = try table(
            written.model, probes: SegmenterProbe.all, on: heldOut, limit: nil)
        try RunDirectory.write(table.json(), to: finalEvaluation)
        try onEvent(.evaluation(step: trainer.stepCount, table))
    }

    private func table(
        _ model: SAM2Model, probes: [SegmenterProbe], on dataset: ShardedDataset, limit: Int?
    ) throws -> SegmenterTable {
        let seed = UInt64(configuration.seed)
        let scores = try SegmenterEvaluation(probes: probes, seed: seed).run(
            SAM2Segmenter(model: model, processor: processor), on: dataset, limit: limit)
        return SegmenterTable(
            samples: min(dataset.count, limit ?? dataset.count), seed: seed, scores: scores)
    }

    private func save() throws {
        try directory.writeCheckpoint(
            step: trainer.stepCount, keep: configuration.logging.saveTotalLimit
        ) { folder in
            try trainer.model.save(directory: folder + "/segmenter", processor: processor)
            try trainer.optimizer.save(to: folder + "/optimizer.safetensors")
            try StageState(cursor: data.cursor).write(folder: folder)
        }
    }
}

extension PretrainSegmenterRecipe {
    /// The segmenter to go on with: of a checkpoint, of a user's folder, or a new one.
    private static func segmenter(
        _ configuration: SegmenterConfiguration, checkpoint: String?, device: Device
    ) throws -> (SAM2Model, PromptedImageProcessor) {
        let section = configuration.segmenter
        let path = checkpoint.map { $0 + "/segmenter" } ?? section.path
        if !path.isEmpty {
            let loaded = try SAM2Segmenter.load(path: path, device: device)
            return (loaded.model, loaded.processor)
        }
        var sizes = section.architecture.configuration
        // Masks that never learn must never be handed out.
        sizes.maskDecoder.fallsBackOnUnstableMasks = configuration.loss.alternatives > 0
        let seed = UInt64(configuration.seed)
        let model = try SAM2Model.random(configuration: sizes, seed: seed, device: device)
        try section.initialization.apply(to: model, seed: seed)
        return (model, PromptedImageProcessor(imageSize: sizes.imageSize))
    }

    private static func checkPatterns(_ patterns: [String], _ model: SAM2Model) throws {
        let keys = model.trainableParameters.map(\.key)
        let problems = patterns.filter { pattern in !keys.contains { keyFits($0, pattern) } }
            .map { pattern in
                let advice =
                    Nearest.pattern(to: pattern, among: keys).map { "did you mean \($0)?" }
                    ?? "keys look like \(keys.prefix(3).joined(separator: ", "))"
                return ConfigurationProblem(
                    location: "", key: "segmenter.freeze",
                    message: "\(pattern) names no parameter; \(advice)")
            }
        if !problems.isEmpty { throw ConfigurationError(problems: problems) }
        let isFrozen = { (key: String) in patterns.contains { keyFits(key, $0) } }
        if keys.allSatisfy(isFrozen) {
            throw ConfigurationError(problems: [
                ConfigurationProblem(
                    location: "", key: "segmenter.freeze", message: "leaves nothing to train")
            ])
        }
    }

    private func lines(_ plan: ThreadPlan, resumed opening: StageDirectory.Opening) -> [String] {
        let total = trainer.model.parameters.reduce(0) { $0 + $1.tensor.count }
        let start =
            configuration.segmenter.path.isEmpty
            ? "new, \(configuration.segmenter.architecture.rawValue)"
            : configuration.segmenter.path
        let training = configuration.training
        return [
            "segmenter  \(start): \(millions(trainer.trainedCount)) M of \(millions(total)) M "
                + "parameters are trained",
            "threads    \(plan.words)",
            "data       \(counted(data.count, "picture")) in \(counted(configuration.data.train.count, "shard")), "
                + (heldOut.map { "\($0.count) held out" } ?? "none held out"),
            "training   \(counted(training.maxSteps, "step")) of \(counted(training.picturesPerStep, "picture")) x "
                + "\(counted(configuration.prompts.perPicture, "prompt")), learning rate "
                + training.learningRate.yaml,
            "output     \(configuration.outputDirectory)",
        ] + (opening.checkpoint.map { ["resumed    from \($0)"] } ?? [])
    }
}

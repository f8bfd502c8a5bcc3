import Configuration
import Datasets
import Files
import Foundation
import Imaging
import NN
import NewModels
import Policies
import RLTrainer
import Runs
import Segmentation
import Shards
import SharedSettings
public import Supervised
import TextFiles
import Threads
import Tokenizers
import Torch
import Trackers
import VisionLanguage

/// A run of supervised training as its configuration describes it: the `sft` command.
public final class SFTRecipe {
    /// What the run depends on.
    public let configuration: SFTConfiguration
    /// What was loaded, in lines for people.
    public private(set) var summary: [String] = []
    /// What is most likely not meant, in lines for people.
    public let warnings: [String]
    private let directory: StageDirectory
    /// The programs that are told of the run; nil without any.
    private let trackers: RunTrackers?
    private let policy: VisionLanguagePolicy
    private let trainer: SupervisedTrainer
    private let data: SFTData
    private let heldOut: [PackedExample]
    private let record: PolicyRecord

    /// What happens, while it does.
    public enum Event: Sendable {
        /// A step is done.
        case step(SupervisedStep)
        /// The held-out loss and token accuracy after a step.
        case evaluation(step: Int, loss: Double, accuracy: Double)
    }

    /// Loads everything, and makes the run's folder last, when nothing else can fail.
    ///
    /// - Parameters:
    ///   - configuration: what to run
    ///   - command: the command line, for `run.json`
    ///   - resumes: whether to go on where the folder's newest checkpoint stands
    /// - Throws: the error of the file that cannot be used
    public init(
        _ configuration: SFTConfiguration, command: [String], resumes: Bool = false
    ) throws {
        let device = try availableDevice(configuration.device)
        self.configuration = configuration
        record = try configuration.record()
        let opening = try StageDirectory.Opening(configuration.outputDirectory, resumes: resumes)
        let plan = configuration.threadPlan(device: device, recorded: opening.recordedThreads)
        try plan.apply()
        policy = try Self.policy(configuration, device: device)
        let template = policy.template
        let frozen = try policy.setTrainable(freezing: configuration.policy.freeze)
        try policy.checkpointLayers(
            configuration.gradientCheckpointing, side: configuration.data.imageSize)
        let packer = ExamplePacker(
            tokenizer: policy.tokenizer, processor: policy.processor, template: template,
            turnEnd: policy.model.chat.turnEnd)
        var maker = try Self.maker(configuration, grammar: template.variant.grammar)
        maker.writer.frame = try policy.answerFrame(side: configuration.data.imageSize)
        warnings =
            opening.leftOut + opening.damage + policy.fileWarnings
            + (configuration.policy.start == .embedded
                ? [] : ChatTemplateComparison(template).warnings(policy: configuration.policy.path))
        let state = try opening.checkpoint.map { try StageState(folder: $0) }
        try state?.require(
            prompts: template.fingerprint(), origin: opening.checkpoint ?? opening.path)
        data = try SFTData(
            configuration, maker: maker, packer: packer, cursor: state?.cursor)
        heldOut = try SFTData.heldOut(configuration, maker: maker, packer: packer)
        trainer = try SupervisedTrainer(
            model: policy.model,
            heads: configuration.heads.weight == 0
                ? nil
                : PictureHeads(
                    classNames: maker.classNames,
                    size: policy.model.options.text.hiddenSize,
                    seed: UInt64(configuration.seed), device: device),
            options: configuration.options, stepCount: opening.step)
        if let checkpoint = opening.checkpoint {
            try policy.requireAdapter(of: checkpoint + "/policy", origin: checkpoint)
            try trainer.optimizer.restore(from: checkpoint + "/optimizer.safetensors")
        }
        directory = try StageDirectory(
            opening, plan, configuration: configuration.resolved(comments: true), command: command,
            device: configuration.device, seed: configuration.seed,
            isTracked: !configuration.logging.trackers.entries.isEmpty)
        trackers = try RunTrackers(
            configuration.logging.trackers, of: configuration, journal: directory.records,
            version: Think2Seg.version, after: opening.step)
        summary = lines(frozen: frozen, plan, resumed: opening)
    }

    /// Where the last checkpoint's policy stands, or the finished one.
    public var finalPolicy: String {
        isFinished
            ? configuration.outputDirectory + "/policy"
            : directory.checkpoint(step: trainer.stepCount) + "/policy"
    }
    private var isFinished: Bool { trainer.stepCount >= configuration.training.maxSteps }
    /// Optimizer steps done.
    public var stepCount: Int { trainer.stepCount }

    /// Trains to the end, or until it is told to stop; either way the last step is a checkpoint.
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
        let logging = configuration.logging
        try StageLoop(
            total: configuration.training.maxSteps, evalSteps: logging.evalSteps,
            saveSteps: logging.saveSteps, evaluatesLast: true
        ).run(
            after: trainer.stepCount, shouldStop: shouldStop,
            step: {
                let result = try trainer.step(data.next(configuration.training.picturesPerStep))
                try directory.append(result.metrics)
                try onEvent(.step(result))
            }, evaluate: { try evaluate(onEvent) }, save: save)
        if isFinished {
            try makeFolder(finalPolicy)
            try policy.save(to: finalPolicy, dtype: configuration.policy.storedType.dtype)
            try record.write(into: finalPolicy)
        }
    }

    private func evaluate(_ onEvent: (Event) throws -> Void) throws {
        if heldOut.isEmpty { return }
        let (loss, accuracy) = try trainer.evaluate(heldOut)
        var numbers = StepMetrics(step: trainer.stepCount)
        numbers.append("eval_loss", loss)
        numbers.append("eval_mean_token_accuracy", accuracy)
        try directory.append(numbers)
        try onEvent(.evaluation(step: trainer.stepCount, loss: loss, accuracy: accuracy))
    }

    private func save() throws {
        try directory.writeCheckpoint(
            step: trainer.stepCount, keep: configuration.logging.saveTotalLimit
        ) { folder in
            try makeFolder(folder + "/policy")
            try policy.save(to: folder + "/policy")
            try record.write(into: folder + "/policy")
            try trainer.optimizer.save(to: folder + "/optimizer.safetensors")
            try StageState(cursor: data.cursor, prompts: policy.template.fingerprint())
                .write(folder: folder)
        }
    }

    private static func policy(
        _ configuration: SFTConfiguration, device: Device
    ) throws -> VisionLanguagePolicy {
        func load(_ source: PolicySource) throws -> VisionLanguagePolicy {
            try VisionLanguagePolicy.load(
                source, dtype: configuration.policy.dtype.dtype, device: device,
                template: try configuration.promptChoice.template(policy: source.asked))
        }
        if configuration.policy.start == .checkpoint {
            return try load(
                configuration.policy.source(
                    checkpoint: nil, seed: UInt64(configuration.seed)))
        }
        let folder = NSTemporaryDirectory() + "think2seg-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try EmbeddedModels.writePolicy(to: folder, seed: UInt64(configuration.seed))
        return try load(PolicySource(base: folder, adapter: nil))
    }

    private static func maker(
        _ configuration: SFTConfiguration, grammar: AnswerGrammar
    ) throws -> LessonMaker {
        var maker = LessonMaker(
            writer: AnswerWriter(
                grammar: grammar, coordinateStep: configuration.prompt.coordinateStep),
            seed: UInt64(configuration.seed))
        maker.ownQuestions = configuration.data.ownQuestions
        maker.namedQuestions = configuration.data.namedQuestions
        maker.absentShare = configuration.data.absentShare
        maker.guessesAbsentClass = configuration.data.guessesAbsentClass
        guard configuration.usesClassNames else { return maker }
        let dataset = try ShardedDataset(paths: configuration.data.train)
        var names: Set<String> = []
        for index in 0..<min(dataset.count, 512) {
            names.formUnion(try dataset.sample(at: index).instances?.map(\.className) ?? [])
        }
        maker.classNames = names.sorted()
        return maker
    }

    private func lines(
        frozen: Int, _ plan: ThreadPlan, resumed: StageDirectory.Opening
    ) -> [String] {
        let count = policy.parameters.reduce(0) { $0 + $1.tensor.count }
        let start =
            configuration.policy.start == .embedded ? "random weights" : configuration.policy.path
        var lines =
            [
                "policy     \(start): \(millions(count - frozen)) M of \(millions(count)) M parameters "
                    + "are trained"
            ] + TrainedParts(policy).lines + [
                "threads    \(plan.words)",
                policy.endLine,
                "data       \(counted(data.count, "sample")), \(configuration.training.picturesPerStep) a step; "
                    + "\(heldOut.count) held out",
                "output     \(configuration.outputDirectory)",
            ]
        if resumed.checkpoint != nil { lines.append("resumed    after step \(resumed.step)") }
        return lines
    }
}

extension SFTConfiguration {
    /// Whether anything depends on which classes the data have.
    fileprivate var usesClassNames: Bool {
        data.namedQuestions > 0 || data.guessesAbsentClass || heads.weight > 0
    }

    fileprivate var options: SupervisedOptions {
        var options = SupervisedOptions(
            optimizer: training.adamW,
            schedule: training.learningRates)
        options.maxGradientNorm = training.maxGradientNorm
        options.headWeight = heads.weight
        options.seed = UInt64(seed)
        options.headLayer = heads.layer
        return options
    }
}

extension SupervisedStep {
    /// The numbers for `metrics.jsonl`, under TRL's names where it has them.
    fileprivate var metrics: StepMetrics {
        var result = StepMetrics(step: step)
        result.append("loss", loss)
        result.append("head_loss", headLoss)
        result.append("mean_token_accuracy", tokenAccuracy)
        result.append("grad_norm", gradientNorm)
        result.append("learning_rate", learningRate)
        result.append("num_taught_tokens", Double(taughtTokens))
        result.append("num_tokens", Double(tokens))
        return result
    }
}

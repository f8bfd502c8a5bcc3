import Configuration
import Embeddings
import Evaluating
import Evaluation
public import Files
import Foundation
import Imaging
import NN
import NewModels
import Policies
public import RLTrainer
import Runs
import Scenes
import Segmentation
import Settings
import TextFiles
import Torch
import Training
import TrainingRuns

/// The whole loop on a machine that has no weights and no data: the `quickstart` command.
///
/// The carried policy answers explicit questions, but was never told what some implicit questions
/// mean: taught to answer them with some object, whatever they ask. GRPO on the masks' IoU
/// alone then teaches it their meaning, in minutes. The recipe draws scenes, evaluates the carried
/// policy on held-out ones, trains it, evaluates it again, and writes a report.
///
/// Every stage leaves its files when it is done; a run that was interrupted goes on after the last one.
public struct QuickstartRecipe: Sendable {
    /// What decides about a run.
    public struct Settings: Sendable, Hashable, Codable {
        /// Decides about scenes and answers.
        public var seed: UInt64 = 42
        /// How long the policy is trained at most.
        public var minutes = 8.0
        /// Optimizer steps over which the learning rate falls to 0.
        public var steps = 500
        /// Scenes to train on.
        public var trainScenes = 2000
        /// Scenes that are held out, the same for every seed; each has two questions, an implicit one
        /// and an explicit one.
        public var heldOutScenes = 400
        /// Whether the run is repeated with rewards shuffled within each group, and with learning rate
        /// 0, to compare.
        public var runsControls = false

        /// The defaults.
        public init() {}

        package enum CodingKeys: String, CodingKey {
            case seed, minutes, steps
            case trainScenes = "train_scenes"
            case heldOutScenes = "held_out_scenes"
            case runsControls = "runs_controls"
        }
    }

    /// The folder that everything goes to.
    public var output: String
    /// The folder of the carried models; found by ``CarriedModels/find(_:)`` if nil.
    public var resources: String?
    /// What decides about the run.
    public var settings = Settings()

    /// A run with the defaults.
    public init(output: String) {
        self.output = output
    }

    /// What happens, while it does.
    public enum Event: Sendable {
        /// A stage begins.
        case stage(String)
        /// A stage was done before, and is left as it is.
        case done(String)
        /// How far a stage, which has a name, is.
        case progress(String, done: Int, of: Int, stage: String)
        /// Something about the stage that is being done.
        case note(String)
        /// What people should know, and what changes nothing of the run.
        case warning(String)
        /// Training begins: what it works on.
        case training(summary: [String], totalSteps: Int, secondsLeft: Double?)
        /// Something was wrong in a step that did not stop the run.
        case fault(Fault)
        /// A step is done.
        case step(StepMetrics)
    }

    /// How it went.
    public enum Ending: Sendable {
        /// Everything is done.
        case finished(QuickstartResult)
        /// It was told to stop, and can go on.
        case stopped
    }

    /// Draws, evaluates, trains, evaluates again and reports.
    ///
    /// - Parameters:
    ///   - shouldStop: asked between steps and samples
    ///   - onEvent: is told what happens
    /// - Returns: where everything is, unless it was told to stop
    /// - Throws: the error of the file that cannot be used
    public func run(
        shouldStop: () -> Bool = { false }, onEvent: (Event) throws -> Void
    ) throws -> Ending {
        let models = try CarriedModels.find(resources)
        try claimFolder()
        let files = QuickstartFiles(output)
        do {
            try draw(files, shouldStop, onEvent)
            let before = try evaluate(
                models.policy, models, files, "before", "the carried policy", shouldStop, onEvent)
            var variants: [QuickstartVariant] = [.rewarded]
            if settings.runsControls { variants += [.shuffled, .still] }
            var outcomes: [QuickstartOutcome] = []
            for variant in variants {
                let run = files.run(variant)
                let policy = try train(variant, run, models, files, shouldStop, onEvent)
                let after = try evaluate(
                    policy, models, files, "after-\(variant.rawValue)",
                    "the policy after \(variant.title)", shouldStop, onEvent)
                outcomes.append(
                    QuickstartOutcome(variant: variant, run: run, policy: policy, after: after))
            }
            try onEvent(.stage("writing the report"))
            let result = QuickstartResult(
                settings: settings, files: files, models: models, before: before,
                outcomes: outcomes)
            try result.writeReport()
            return .finished(result)
        } catch is Stop {
            return .stopped
        }
    }

    /// Thrown to leave a stage when the run was told to stop.
    private struct Stop: Error {}

    private func pause(_ shouldStop: () -> Bool) throws {
        if shouldStop() { throw Stop() }
    }

    // MARK: - Stages

    /// Makes the folder, or sees that it is this run's.
    private func claimFolder() throws {
        let file = output + "/quickstart.json"
        if let data = FileManager.default.contents(atPath: file) {
            guard let old = try? JSONDecoder().decode(Settings.self, file: data) else {
                throw FileError(
                    path: file,
                    message: "is damaged; move the folder away, or give another --output")
            }
            if old != settings {
                throw FileError(
                    path: output,
                    message: "holds a run with other settings (seed \(old.seed), "
                        + "\(old.minutes.yaml) minutes); repeat them to go on, or give another "
                        + "--output")
            }
            return
        }
        let contents = (try? FileManager.default.contentsOfDirectory(atPath: output)) ?? []
        if !contents.isEmpty {
            throw FileError(
                path: output, message: "the folder is not empty; give another --output")
        }
        try makeFolder(output)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try RunDirectory.write(
            String(decoding: try encoder.encode(settings), as: UTF8.self) + "\n", to: file)
    }

    private func draw(
        _ files: QuickstartFiles, _ shouldStop: () -> Bool, _ onEvent: (Event) throws -> Void
    ) throws {
        if files.shards.allSatisfy(FileManager.default.fileExists) {
            return try onEvent(.done("scenes are drawn"))
        }
        try onEvent(
            .stage(
                "drawing \(counted(settings.trainScenes, "scene")) to train on and \(settings.heldOutScenes) to "
                    + "hold out"))
        for (folder, count, style) in [
            (files.training, settings.trainScenes, SceneQuestionStyle.implicitB),
            (files.implicit, 0, .implicitB), (files.named, 0, .explicit),
        ] {
            try? FileManager.default.removeItem(atPath: folder)
            var scenes = SynthesisRecipe(output: folder, count: count)
            scenes.scenes = .small
            scenes.scenes.questionStyle = style
            scenes.validationCount = count == 0 ? settings.heldOutScenes : 0
            scenes.seed = count == 0 ? Self.heldOutSeed : settings.seed
            _ = try scenes.run { done, total in
                if done % 50 == 0 {
                    try onEvent(
                        .progress(
                            "\(done)/\(counted(total, "scene"))", done: done, of: total,
                            stage: folder))
                }
                try pause(shouldStop)
            }
        }
    }

    private func evaluate(
        _ policy: String, _ models: CarriedModels, _ files: QuickstartFiles, _ name: String,
        _ what: String, _ shouldStop: () -> Bool, _ onEvent: (Event) throws -> Void
    ) throws -> QuickstartScores {
        func scores(_ kind: String, asks: String, _ shard: String) throws -> EvaluationResult {
            let folder = files.evaluation(name, kind)
            if FileManager.default.fileExists(atPath: folder + "/evaluation.json") {
                return try EvaluationResult.load(folder: folder)
            }
            try onEvent(
                .stage("evaluating \(what) on held-out scenes, \(asks) questions"))
            var recipe = EvaluateRecipe(policy: policy, segmenter: models.segmenter, data: [shard])
            recipe.settings.imageSize = EmbeddedModels.imageSide
            recipe.settings.maxCompletionLength = Self.longestAnswer
            recipe.settings.seed = settings.seed
            recipe.settings.workers = Self.cores
            return try recipe.run(output: folder) { progress in
                if progress.done % 10 == 0 {
                    try onEvent(
                        .progress(
                            "\(progress.done)/\(counted(progress.total, "scene")), gIoU "
                                + String(format: "%.3f", progress.gIoU),
                            done: progress.done, of: progress.total, stage: folder))
                }
                try pause(shouldStop)
            }
        }
        try TorchRuntime.setThreadCount(1)
        return QuickstartScores(
            implicit: try scores("implicit", asks: "implicit", files.heldOutImplicit),
            named: try scores("named", asks: "explicit", files.heldOutNamed))
    }

    private func train(
        _ variant: QuickstartVariant, _ run: String, _ models: CarriedModels,
        _ files: QuickstartFiles, _ shouldStop: () -> Bool, _ onEvent: (Event) throws -> Void
    ) throws -> String {
        let configuration = configuration(variant, run: run, models: models, files: files)
        let file = files.configuration(variant)
        try RunDirectory.write(configuration.resolved(comments: true), to: file)
        let recipe = try TrainRecipe(
            configuration, command: ["think2seg", "train", file], resume: .automatic)
        if recipe.aside != nil { for note in recipe.notes { try onEvent(.done(note)) } }
        try onEvent(.stage("training: \(variant.title)"))
        try onEvent(
            .training(
                summary: recipe.summary, totalSteps: recipe.totalSteps,
                secondsLeft: recipe.secondsLeft))
        let ending = try recipe.run(
            shouldStop: shouldStop, onFault: { try onEvent(.fault($0)) },
            onNote: { try onEvent(.warning($0)) }, onStep: { try onEvent(.step($0)) })
        if ending == .stopped { throw Stop() }
        if ending == .outOfTime {
            try onEvent(
                .note(
                    "ended after step \(recipe.stepCount) of \(recipe.totalSteps): the "
                        + "\(settings.minutes.yaml) minutes of --minutes have passed"))
        }
        return recipe.finalPolicy
    }

    // MARK: - Recipe

    /// The seed of the held-out scenes: the same for every run, so that runs can be compared.
    public static let heldOutSeed: UInt64 = 909
    private static let longestAnswer = 110
    private static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    private func configuration(
        _ variant: QuickstartVariant, run: String, models: CarriedModels, files: QuickstartFiles
    ) -> RunConfiguration {
        var result = RunConfiguration()
        result.outputDirectory = run
        result.seed = Int(settings.seed)
        result.threads = 1
        result.workers = Self.cores
        result.policy.path = models.policy
        result.policy.freeze = ["visual.*"]
        result.segmenter.path = models.segmenter
        result.data.train = [files.train]
        result.data.imageSize = EmbeddedModels.imageSide
        result.grpo.numGenerations = 8
        result.grpo.promptsPerStep = 8
        result.grpo.sampling.temperature = 0.7
        result.grpo.loss.beta = 0.02
        result.grpo.sampling.maxCompletionLength = Self.longestAnswer
        result.grpo.shufflesRewards = variant == .shuffled
        result.training.maxSteps = settings.steps
        result.training.maxMinutes = settings.minutes
        result.training.learningRate = variant == .still ? 0 : 2e-4
        result.training.schedule = .linear
        result.training.warmupSteps = 5
        result.training.adamBeta2 = 0.99
        result.logging.saveSteps = 25
        result.logging.saveTotalLimit = 2
        result.logging.logCompletionsSteps = 50
        return result
    }
}

import Configuration
import Embeddings
public import Evaluating
import Evaluation
public import Files
import Foundation
import NN
import Policies
public import RLTrainer
import Runs
import Segmentation
import Settings
import SharedSettings
import TextFiles
import Threads
import Torch
public import Training
import TrainingRuns

/// One run of an ablation, from its first step to its evaluation, in this process.
///
/// Both halves go on where they were interrupted.
public struct AblationWork {
    /// What happens, while it does.
    public enum Event: Sendable {
        /// Something that was found, in lines for people.
        case note(String)
        /// What people should know, and what changes nothing of the run.
        case warning(String)
        /// Training begins, or goes on.
        case training(totalSteps: Int)
        /// Something was wrong in a step that did not stop the run.
        case fault(Fault)
        /// A step is done.
        case step(StepMetrics)
        /// What an evaluation while training finds.
        case trainingEvaluation(TrainingEvaluationEvent)
        /// How far the evaluation of the policy that came out is.
        case evaluation(EvaluateRecipe.Progress)
    }

    /// How it ended.
    public enum Ending: Sendable, Hashable {
        /// The run is trained and evaluated.
        case finished
        /// Somebody asked for the end.
        case stopped
        /// Time is up, as `logging.save_before_time_limit` says; the same command goes on.
        case timeLimit
    }

    /// What is measured.
    public let measure: AblationPlan.Measure
    /// What is run.
    public let run: AblationRun
    private let fingerprints: Fingerprints

    /// A run of a plan.
    init(_ run: AblationRun, of plan: AblationPlan, _ fingerprints: Fingerprints) {
        self.run = run
        measure = plan.measure
        self.fingerprints = fingerprints
    }

    /// Whether the run is trained and evaluated as the plan has it now.
    public var isDone: Bool {
        guard let recipe = try? evaluation(),
            let written = RunDirectory.configuration(of: run.folder),
            written.identity == run.configuration.identity,
            let data = FileManager.default.contents(
                atPath: EvaluationResult.document(run.evaluation)),
            let found = try? JSONDecoder().decode(EvaluationResult.self, file: data),
            let setup = try? recipe.setup(digest: fingerprints.digest)
        else { return false }
        return found.setup.differences(from: setup).isEmpty
    }

    /// Trains, then evaluates.
    ///
    /// - Parameters:
    ///   - command: the command line, for `run.json`
    ///   - shouldStop: asked between steps and samples
    ///   - onEvent: is told what happens
    /// - Returns: how it ended
    /// - Throws: the error of the file that cannot be used
    public func callAsFunction(
        command: [String], shouldStop: () -> Bool = { false }, onEvent: (Event) throws -> Void
    ) throws -> Ending {
        try awaitFolders(shouldStop, onEvent)
        if isDone { return .finished }
        switch try train(command, shouldStop, onEvent) {
        case .stopped: return .stopped
        case .timeLimit: return .timeLimit
        case .finished, .outOfTime, .stalled, .learnsNothing: break
        }
        do {
            // What is there and does not fit is of fewer steps, or of other measures.
            _ = try evaluation().run(
                output: run.evaluation, overwrite: true,
                onProgress: { progress in
                    if shouldStop() { throw Stop() }
                    try onEvent(.evaluation(progress))
                })
        } catch is Stop {
            return .stopped
        }
        return .finished
    }

    /// Waits while another process has the run's folders: one whose ablation was killed ends its step and
    /// saves.
    private func awaitFolders(
        _ shouldStop: () -> Bool, _ onEvent: (Event) throws -> Void
    ) throws {
        var isFirst = true
        while [run.folder, run.evaluation].contains(where: FolderLock.isHeld), !shouldStop() {
            if isFirst { try onEvent(.note("waiting for a process that still writes here")) }
            isFirst = false
            Thread.sleep(forTimeInterval: 0.2)
        }
    }

    /// Thrown to leave the evaluation.
    private struct Stop: Error {}

    private func train(
        _ command: [String], _ shouldStop: () -> Bool, _ onEvent: (Event) throws -> Void
    ) throws -> TrainEnding {
        let recipe = try TrainRecipe(run.configuration, command: command, resume: .automatic)
        for note in recipe.notes + recipe.warnings { try onEvent(.note(note)) }
        // What was measured belongs to the steps that were put aside.
        if let aside = recipe.aside, FileManager.default.fileExists(atPath: run.evaluation) {
            try FileManager.default.moveItem(
                atPath: run.evaluation, toPath: freeName("\(aside)/measured"))
            try onEvent(.note("\(run.evaluation) is put aside in \(aside) too"))
        }
        try onEvent(.training(totalSteps: recipe.totalSteps))
        return try recipe.run(
            shouldStop: shouldStop, onFault: { try onEvent(.fault($0)) },
            onNote: { try onEvent(.warning($0)) },
            onEvaluation: { try onEvent(.trainingEvaluation($0)) },
            onStep: { try onEvent(.step($0)) })
    }

    /// The checkpoint whose policy is measured.
    ///
    /// - Throws: ``MissingInputError`` where there is none yet
    package func checkpoint() throws -> String {
        let folder = CheckpointFolder(run: run.folder)
        let step = measure.checkpoint == .best ? folder.best : folder.steps.first
        guard let step else {
            throw MissingInputError(
                path: folder.path,
                what: "checkpoint (measure.checkpoint \(measure.checkpoint.yaml))")
        }
        return folder.step(step)
    }

    private func evaluation() throws -> EvaluateRecipe {
        let configuration = run.configuration
        var recipe = EvaluateRecipe(
            policy: try checkpoint() + "/policy", segmenter: configuration.segmenter.path,
            data: measure.data.isEmpty ? configuration.data.validation : measure.data)
        recipe.prompt = configuration.promptChoice
        recipe.device = try availableDevice(configuration.device)
        recipe.dtype = configuration.policy.dtype.dtype
        recipe.segmenterDType = configuration.segmenter.dtype.dtype
        recipe.castsHeadToFloat32 = configuration.policy.castsHeadToFloat32
        recipe.settings.limit = measure.limit
        recipe.settings.imageSize = configuration.data.imageSize
        recipe.settings.questions = measure.questions
        recipe.settings.maxCompletionLength = configuration.grpo.sampling.maxCompletionLength
        recipe.settings.parser = .strict
        recipe.settings.readsAsPaper = measure.metrics.contains(where: \.isPaper)
        recipe.settings.seed = UInt64(measure.seed)
        recipe.settings.resamples = measure.resamples
        recipe.threads = configuration.threadPlan(device: recipe.device)
        return recipe
    }
}

/// What tells files from others, found out once for each in a process.
final class Fingerprints {
    private var known: [FingerprintedInput: String] = [:]

    /// The fingerprint of what a run reads.
    func digest(_ input: FingerprintedInput) throws -> String {
        if let digest = known[input] { return digest }
        let digest = try InputFingerprint.digest(input)
        known[input] = digest
        return digest
    }
}

import Embeddings
public import Evaluating
public import Evaluation
public import Files
import Foundation
import Policies
public import RLTrainer
import Runs
import Settings
import Threads
import Trackers
import TrainingRuns

/// Why a run ended.
public enum TrainEnding: Sendable, Hashable {
    /// All steps are done.
    case finished
    /// `training.max_minutes` have passed.
    case outOfTime
    /// `evaluation.early_stopping_patience` evaluations in a row were no better.
    case stalled
    /// A condition of `training.stop_when` holds: the run learns nothing.
    case learnsNothing(EarlyEnding)
    /// Another step might not have left the time to save before `logging.save_before_time_limit`.
    case timeLimit
    /// Somebody asked for it.
    case stopped
}

/// What happens in an evaluation while a policy is trained.
public enum TrainingEvaluationEvent: Sendable {
    /// How far it is.
    case progress(step: Int, EvaluateRecipe.Progress)
    /// It is done.
    case finished(
        step: Int, metric: Metric, value: Double?, isBest: Bool, shortage: SampleShortage?,
        seconds: Double)
}

extension TrainRecipe {
    /// Trains to the end, or until it is told to stop or time is up; the last step is a checkpoint
    /// however it ends.
    ///
    /// - Parameters:
    ///   - shouldStop: asked after each step, and between the samples of an evaluation
    ///   - onFault: gets what was wrong in a step, before the step's numbers
    ///   - onNote: gets what people should know and changes nothing of the run, before the step's numbers
    ///   - onEvaluation: is told what evaluations find
    ///   - onStep: gets each step's numbers after they are on disk
    /// - Returns: why it ended
    /// - Throws: what stopped the run; everything before it is on disk
    @discardableResult
    public func run(
        shouldStop: () -> Bool = { false },
        onFault: (Fault) throws -> Void = { _ in },
        onNote: (String) throws -> Void = { _ in },
        onEvaluation: (TrainingEvaluationEvent) throws -> Void = { _ in },
        onStep: (StepMetrics) throws -> Void
    ) throws -> TrainEnding {
        begin()
        trackers?.start()
        do {
            let ending = try loop(shouldStop, onFault, onEvaluation) { metrics in
                try takeNotes().forEach(onNote)
                try onStep(metrics)
            }
            try takeNotes().forEach(onNote)
            try directory.writer.finish()
            if !FileManager.default.fileExists(atPath: finalPolicy) {
                try save()
                try directory.writer.finish()
            }
            // The last evaluation may have been made after its step's checkpoint.
            try directory.checkpoints.link(best: evaluation?.progress.bestStep)
            try endTrackers(ending, onNote: onNote)
            return ending
        } catch {
            // A checkpoint that is being written becomes whole; what stopped the run is what counts.
            try? directory.writer.finish()
            // What is in the run's folder is not told again.
            for note in takeNotes() { try? onNote(note) }
            try? endTrackers(nil, error: error, onNote: onNote)
            throw error
        }
    }

    private func loop(
        _ shouldStop: () -> Bool, _ onFault: (Fault) throws -> Void,
        _ onEvaluation: (TrainingEvaluationEvent) throws -> Void,
        _ onStep: (StepMetrics) throws -> Void
    ) throws -> TrainEnding {
        var limit = TimeLimit(limit: configuration.logging.saveBeforeTimeLimit.map { $0 * 60 })
        // An evaluation that the session before was stopped in.
        if try evaluate(shouldStop, onEvaluation) == .interrupted { return .stopped }
        if let ending = endingBeforeFirstStep { return ending }
        while true {
            let start = ContinuousClock.now
            try directory.writer.check()
            try onStep(try step(onFault))
            let stops = shouldStop()
            let evaluated = stops ? EvaluationStatus.none : try evaluate(shouldStop, onEvaluation)
            limit.add(step: (ContinuousClock.now - start) / .seconds(1))
            if stops || evaluated == .interrupted { return endingBeforeStep ?? .stopped }
            if let ending = endingBeforeStep { return ending }
            if limit.isDue(
                elapsed: secondsSinceLaunch, longestSave: directory.writer.longestSeconds)
            {
                return .timeLimit
            }
            let isDue = isDue(trainer.stepCount, every: configuration.logging.saveSteps)
            if isDue || evaluated == .best { try save() }
        }
    }

    /// Why no step is to be made in this session; nil if one is, however little time is left.
    private var endingBeforeFirstStep: TrainEnding? {
        if trainer.stepCount >= totalSteps { return .finished }
        if evaluation?.isStalled == true { return .stalled }
        if let reason = health.stop { return .learnsNothing(reason) }
        return secondsLeft == 0 ? .outOfTime : nil
    }

    /// Why no further step is to be made; nil if one is.
    private var endingBeforeStep: TrainEnding? {
        if let ending = endingBeforeFirstStep { return ending }
        if let secondsLeft, secondsTrained >= secondsLeft { return .outOfTime }
        return nil
    }

    /// Makes a step, and leaves its numbers, faults and completions on the disk.
    ///
    /// - Returns: the numbers
    /// - Throws: what stopped the run; after a step of no effect that is one too many, a checkpoint of it
    ///   is there
    private func step(_ onFault: (Fault) throws -> Void) throws -> StepMetrics {
        let report: StepReport<VisionLanguagePolicy.Prompt>
        do {
            report = try trainer.step()
        } catch let error as DivergedError {
            _ = try record(error.metrics, error.faults)
            try error.faults.forEach(onFault)
            try save()
            try directory.writer.finish()
            throw error
        }
        let metrics = try record(report.metrics, report.faults)
        if report.isFresh { try record(report.groups) }
        if !report.hasLearned { tellOfNothingLearned(metrics) }
        try report.faults.forEach(onFault)
        return metrics
    }

    /// Says, for the first step of a session in which it is so, that all terms abstained throughout.
    private func tellOfNothingLearned(_ metrics: StepMetrics) {
        if hasToldOfNothingLearned { return }
        hasToldOfNothingLearned = true
        let count = metrics["completions/without_reward"].map { "\(Int($0))" } ?? "all"
        stepNotes.append(
            "step \(metrics.step) changed nothing: every reward term that counts abstained from all of "
                + "its \(count) completions. Later steps of which this is true are not told of; "
                + "completions/without_reward in metrics.jsonl counts")
    }

    /// What people should know since this was last called.
    private func takeNotes() -> [String] {
        defer { stepNotes = [] }
        trackers?.journal.addWarnings()
        return stepNotes + segmenter.takeNotes() + (trackers?.takeNotes() ?? [])
    }

    /// Leaves completions on the disk, and pictures of them, if the step is one of those.
    private func record(_ groups: [RolloutGroup<VisionLanguagePolicy.Prompt>]) throws {
        let (logging, step, grpo) = (configuration.logging, trainer.stepCount, configuration.grpo)
        if grpo.isDue(step, every: logging.logCompletionsSteps) {
            try directory.write(rollouts: groups, asked: policy.template, step: step)
        }
        if grpo.isDue(step - 1, every: logging.logImagesSteps) {
            try directory.write(pictures: groups, count: logging.numImages, step: step)
        }
    }

    private func record(_ numbers: StepMetrics, _ faults: [Fault]) throws -> StepMetrics {
        var numbers = numbers
        numbers.append("timing_s/save_checkpoint", secondsInSaves)
        let embeddings = segmenter.takeStatistics()
        numbers.append(
            "timing_s/segmenter_encode",
            embeddings.encoderSeconds / Double(threadPlan.workers))
        numbers.append("perf/embedding_cache_hit_rate", embeddings.hitRate)
        secondsInSaves = 0
        try directory.append(numbers)
        try directory.append(faults, step: numbers.step)
        stepNotes += try health.add(numbers) {
            // One that is being written counts.
            try directory.writer.finish()
            return directory.checkpoints.steps
        }.map(\.description)
        return numbers
    }

    /// What became of an evaluation that may have been due.
    private enum EvaluationStatus { case none, made, best, interrupted }

    private func evaluate(
        _ shouldStop: () -> Bool, _ onEvaluation: (TrainingEvaluationEvent) throws -> Void
    ) throws -> EvaluationStatus {
        let step = trainer.stepCount
        guard let evaluation, evaluation.isPending(step, of: totalSteps) else { return .none }
        let outcome: TrainingEvaluation.Outcome
        // Steps tell what steps took.
        defer { _ = segmenter.takeStatistics() }
        do {
            outcome = try evaluation.run(policy, segmenter, step: step) { progress in
                try onEvaluation(.progress(step: step, progress))
                if shouldStop() { throw Interrupted() }
            }
        } catch is Interrupted {
            return .interrupted
        }
        try directory.write(outcome)
        try onEvaluation(
            .finished(
                step: step, metric: outcome.metric, value: outcome.value, isBest: outcome.isBest,
                shortage: outcome.shortage, seconds: outcome.result.seconds))
        stepNotes += try health.add(outcome).map(\.description)
        return outcome.isBest && step > 0 ? .best : .made
    }

    /// Thrown to leave an evaluation when the run was told to stop.
    private struct Interrupted: Error {}

    private func save() throws {
        let start = ContinuousClock.now
        defer { secondsInSaves += (ContinuousClock.now - start) / .seconds(1) }
        let trainer = try trainer.snapshot()
        let state = CheckpointState(
            configuration, threadPlan, seconds: earlierSeconds + secondsTrained,
            trainer: trainer.state,
            evaluation: evaluation?.progress, inputs: inputs)
        let snapshot = RunSnapshot(
            policy: try policy.snapshot(copies: trainer.optimizer).with(configuration.record),
            trainer: trainer,
            state: try state.json())
        try directory.save(
            step: snapshot.step,
            CheckpointRetention(
                keep: configuration.logging.saveTotalLimit,
                best: evaluation?.progress.bestStep), fill: snapshot.write)
    }
}

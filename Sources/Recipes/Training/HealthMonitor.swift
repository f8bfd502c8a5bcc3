import Files
import Foundation
import NN
public import RLTrainer
import Runs
import Settings

/// Watches the numbers of a run, and keeps what they warn of in the run's folder.
///
/// What was seen follows from the run's `metrics.jsonl`: a run that goes on counts on from there, and what
/// `warnings.jsonl` has is not said again.
struct HealthMonitor {
    private var health: RunHealth
    private var told: Set<String>
    private let run: String
    private let stops: StopTable
    private let words: HealthWords
    private var lastStep = 0

    /// What of earlier steps is said only now: in a run of an earlier version, or with another length.
    private(set) var late: [RunWarning] = []

    /// The monitor of the run in a folder, which holds the steps that the run goes on after.
    ///
    /// - Parameters:
    ///   - configuration: the run's
    ///   - grpo: its algorithm, complete
    ///   - run: its folder
    ///   - endTokens: the tokens that end an answer, for people
    /// - Throws: `FileError` if the folder cannot be written
    init(
        _ configuration: RunConfiguration, _ grpo: GRPOConfiguration, run: String, endTokens: String
    ) throws {
        let answers = grpo.promptsPerStep * grpo.numGenerations
        health = RunHealth(
            answersPerStep: Double(answers) / Double(max(1, grpo.numIterations)),
            totalSteps: grpo.schedule.totalSteps)
        told = Set(RunWarnings.read(run: run).map(\.name))
        self.run = run
        stops = configuration.training.stopWhen
        words = HealthWords(
            longestAnswer: grpo.sampling.maxCompletionLength, answersPerStep: answers,
            endTokens: endTokens)
        let checkpoints = CheckpointFolder(run: run).steps
        for metrics in StepMetrics.recorded(run: run) {
            late += try add(metrics) { checkpoints }
        }
    }

    /// Takes the numbers of a step that are on the disk.
    ///
    /// - Parameters:
    ///   - metrics: the numbers
    ///   - checkpoints: tells the steps of the checkpoints that are there; asked only where it matters
    /// - Returns: what is to be said now and was not before; it is in the folder
    /// - Throws: `FileError` if it cannot be written, and what `checkpoints` throws
    mutating func add(
        _ metrics: StepMetrics, checkpoints: () throws -> [Int]
    ) throws -> [RunWarning] {
        lastStep = metrics.step
        var found = health.add(metrics)
        // What ends the run sooner than it would be warned of is a warning too.
        if let finding = stopFinding { found.append(finding) }
        let isLost = health.steps(.formatCollapsed) > 0
        let collapse = isLost ? health.found[.formatCollapsed] : nil
        let known = found.contains { $0.condition == .formatCollapsed } ? try checkpoints() : []
        return try tell(
            found.map { words.warning($0, collapse: collapse, checkpoints: known) })
    }

    /// Takes an evaluation that is on the disk.
    ///
    /// - Returns: that it tells too little, if it claims to be the best so far and that was not said before
    /// - Throws: `FileError` if it cannot be written
    mutating func add(_ outcome: TrainingEvaluation.Outcome) throws -> [RunWarning] {
        guard outcome.isBest, let warning = words.warning(outcome) else { return [] }
        return try tell([warning])
    }

    private mutating func tell(_ warnings: [RunWarning]) throws -> [RunWarning] {
        let new = warnings.filter { told.insert($0.name).inserted }
        try RunWarnings.append(new, run: run)
        return new
    }

    /// What `training.stop_when` ends the run for; nil if nothing.
    var stop: EarlyEnding? {
        stopFinding.map {
            EarlyEnding(
                condition: $0.condition, steps: $0.steps, message: words.warning($0).message)
        }
    }

    private var stopFinding: HealthFinding? {
        let entry = stops.entries.first {
            health.steps($0.condition) >= $0.steps ?? health.patience($0.condition)
        }
        return entry.map { health.finding($0.condition, step: lastStep) }
    }
}

/// Which condition of `training.stop_when` ended a run.
public struct EarlyEnding: Sendable, Hashable {
    /// The condition.
    public let condition: HealthCondition
    /// In how many steps in a row it held.
    public let steps: Int
    /// What was seen, in a sentence without its full stop.
    public let message: String
}

extension StepMetrics {
    /// The steps that a run's `metrics.jsonl` has, in order, without evaluations; a line that is damaged
    /// costs only itself.
    static func recorded(run: String) -> [StepMetrics] {
        let data = FileManager.default.contents(atPath: "\(run)/metrics.jsonl") ?? Data()
        var found: [StepMetrics] = []
        for line in data.split(separator: UInt8(ascii: "\n")) {
            guard let metrics = StepMetrics(line: Data(line)) else { continue }
            if metrics.entries.contains(where: { $0.name.hasPrefix("eval_") }) { continue }
            found.append(metrics)
        }
        return found
    }
}

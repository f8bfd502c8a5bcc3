import ArgumentParser
import Configuration
import DryRuns
import Evaluating
import Evaluation
import Files
import Foundation
import RLTrainer
import Settings
import SharedSettings
import Terminals
import TextFiles
import Threads
import Training
import TrainingRuns
import Watching

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a policy with GRPO, as a configuration file says.",
        discussion: """
            Example:
              think2seg train Configs/train.yaml --set output_dir=runs/a --set seed=7

            The run's folder gets config.yaml (resolved), run.json, metrics.jsonl, event files for \
            TensorBoard, rollouts/, evaluation/ with data.validation, faults.jsonl if something was \
            wrong, warnings.jsonl if its numbers warn of something, and checkpoints/step-N/ with policy/, which transformers loads, and all that a run \
            continues from. `think2seg config show` lists all keys. `think2seg watch` shows how the run \
            goes.

            The same command continues a run that was interrupted, from its newest whole checkpoint; \
            on the CPU the steps to come are to the byte those of a run that was not. Only the \
            length, what is evaluated, logged and saved, and device, threads and workers may change.

            Exit status 75: ended in time for logging.save_before_time_limit; 80: ended by \
            training.stop_when; 130, 143: Ctrl-C, SIGTERM.

            With --dry-run: shards, tokenizer, parameters and the segmenter are looked into, and steps, \
            learning rate, time, memory and disk space are told; the device is measured for a second.
            """)

    @OptionGroup var file: ConfigurationFile

    @Option(
        help: ArgumentHelp(
            "auto: continue the run in output_dir, if there is one; never: refuse a folder in use; "
                + "or a checkpoint's or run's folder to continue from (default: auto).",
            valueName: "auto|never|folder"), transform: PathArgument.input)
    var resume = "auto"

    @Flag(
        help: ArgumentHelp(
            "Check everything and say what the run will do and take; write nothing, train nothing. Models are read without their weights."
        ))
    var dryRun = false

    @OptionGroup var console: QuietOption

    func run() throws {
        let configuration = try ConfigurationForm.train.loading(file.config) {
            try RunConfiguration.load(
                file: file.config, overrides: file.options.overrides, toRun: resumeMode,
                onNote: { if !console.quiet { Console.note($0) } })
        }
        limitSpinning(configuration.threadPlan(device: try availableDevice(configuration.device)))
        configuration.warnings.forEach(Console.warning)
        if dryRun {
            let run = try locating {
                try DryRun(configuration, resume: resumeMode, measuresSpeed: true)
            }
            run.warnings.forEach(Console.warning)
            run.lines.forEach { print($0) }
            return
        }
        let recipe = try locating {
            try TrainRecipe(configuration, command: CommandLine.arguments, resume: resumeMode)
        }
        recipe.notes.forEach(Console.note)
        recipe.warnings.forEach(Console.warning)
        if !console.quiet { recipe.summary.forEach(Console.note) }
        let before = recipe.stepCount
        Interruption.watch()
        let ending = try run(recipe)
        if !console.quiet { Console.endProgress() }
        report(ending, recipe, isIdle: recipe.stepCount == before)
        if !console.quiet {
            Console.note("policy     \(recipe.finalPolicy)")
            if let best = recipe.best, best.value == 0 {
                Console.note(
                    "best       none: no evaluation on held-out samples found more than 0.000")
            } else if let best = recipe.best, best.step > 0 {
                let doubt = best.shortage.map { ", of \($0), too few to tell" } ?? ""
                Console.note(
                    "best       step \(best.step), \(fixed(best.value, 3))\(doubt): "
                        + "\(configuration.outputDirectory)/checkpoints/best/policy")
            }
        }
        switch ending {
        case .stopped: throw ExitCode(Interruption.exitStatus)
        case .timeLimit: throw ExitCode(SystemExit.goOnLater)
        case .learnsNothing: throw ExitCode(SystemExit.learnsNothing)
        case .finished, .stalled, .outOfTime: break
        }
    }

    /// Says why the run ended, where that is not plain.
    private func report(_ ending: TrainEnding, _ recipe: TrainRecipe, isIdle: Bool) {
        let steps = "step \(recipe.stepCount) of \(recipe.totalSteps)"
        switch ending {
        case .finished where isIdle:
            Console.note("nothing is left to do after \(steps); raise training.max_steps for more")
        case .finished: break
        case .stalled:
            Console.note(
                "ended after \(steps): no evaluation was better since step "
                    + "\(recipe.best?.step ?? 0) (evaluation.early_stopping_patience)")
        case .outOfTime:
            let minutes = recipe.configuration.training.maxMinutes?.yaml ?? "?"
            Console.note(
                "ended after \(steps): time is up (training.max_minutes \(minutes)); with more, the same "
                    + "command goes on")
        case .learnsNothing(let reason):
            Console.note(
                "ended after \(steps), as training.stop_when asks (\(reason.condition.rawValue)): "
                    + "\(reason.message). The same command goes on once training.stop_when is changed"
            )
        case .timeLimit:
            Console.note(
                "ended after \(steps), before logging.save_before_time_limit; to continue:"
                    + "\n  \(resumeCommand)")
        case .stopped:
            Console.note("stopped after \(steps), as asked; to continue:\n  \(resumeCommand)")
        }
    }

    private func show(_ event: TrainingEvaluationEvent) {
        switch event {
        case .progress(let step, let progress):
            if Console.isTerminal {
                Console.progress(
                    "step \(step)  evaluating \(progress.done)/\(progress.total)  "
                        + "gIoU \(fixed(progress.gIoU, 3))", progress.done, of: progress.total)
            }
        case .finished(let step, let metric, let value, let isBest, let shortage, let seconds):
            // Nothing that was found is no best.
            let claim =
                value == 0
                ? "" : shortage.map { " of \($0), too few to tell" } ?? ", the best so far"
            Console.note(
                "step \(step)  held-out \(metric.title) "
                    + (value.map { fixed($0, 3) } ?? "-") + (isBest ? claim : "")
                    + " (\(duration(seconds)))")
        }
    }

    /// Trains, and shows how it goes.
    private func run(_ recipe: TrainRecipe) throws -> TrainEnding {
        var view = TrainingView(totalSteps: recipe.totalSteps, secondsLeft: recipe.secondsLeft)
        do {
            return try recipe.run(
                shouldStop: { Interruption.isRequested },
                onFault: { Console.warning($0.description) }, onNote: Console.warning,
                onEvaluation: { if !console.quiet { show($0) } },
                onStep: { metrics in
                    let line = view.line(metrics)
                    view.takeWarning().map(Console.warning)
                    if !console.quiet {
                        Console.progress(line, metrics.step, of: view.totalSteps, work: "training")
                    }
                })
        } catch {
            if !console.quiet { Console.endProgress() }
            Console.note(
                "the run stops at step \(recipe.stepCount + 1); to continue, once it can:"
                    + "\n  \(resumeCommand)")
            throw error
        }
    }

    /// What goes wrong with a key is told with the key's place.
    private func locating<Value>(_ body: () throws -> Value) throws -> Value {
        try RunConfiguration.locating(
            file: file.config, overrides: file.options.overrides,
            located: { error, place in (error as? DryRunError)?.map(place) ?? place(error) }, body)
    }

    private var resumeMode: ResumeMode {
        switch resume {
        case "auto": .automatic
        case "never": .never
        default: .from(resume)
        }
    }

    /// The command that continues this run.
    private var resumeCommand: String {
        let words =
            [CommandLine.arguments[0], "train", PathRule.written(file.config)]
            + file.options.overrides.flatMap { ["--set", $0] } + (console.quiet ? ["--quiet"] : [])
        return words.map(shellWord).joined(separator: " ")
    }
}

/// The line that shows how training goes.
struct TrainingView {
    let totalSteps: Int
    private let secondsLeft: Double?
    private let start: ContinuousClock.Instant
    private var pace: Pace

    /// A view of a run that ends after `totalSteps`, or after a step of more than `secondsLeft`.
    init(totalSteps: Int, secondsLeft: Double? = nil) {
        self.totalSteps = totalSteps
        self.secondsLeft = secondsLeft
        start = .now
        pace = Pace(total: totalSteps)
    }

    /// What people should know about how long steps take, if there is something new.
    mutating func takeWarning() -> String? { pace.takeWarning() }

    /// The line after a step: where it is, what it earned, how fast, how long still.
    mutating func line(_ metrics: StepMetrics) -> String {
        pace.add()
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        let left = secondsLeft.map { max(0, $0 - elapsed) } ?? .infinity
        let fields =
            ["step \(metrics.step)/\(totalSteps)"] + StepWords.training { metrics[$0] }
            + [pace.text(metrics.step, most: left)]
        return fields.joined(separator: "  ")
    }
}

import Ablation
import ArgumentParser
import Configuration
import Evaluating
import Files
import Foundation
import RLTrainer
import Settings
import SharedSettings
import Terminals
import TextFiles
import Threads

struct AblateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ablate",
        abstract: "Trains and evaluates a grid of variants, and compares them.",
        discussion: """
            Example:
              think2seg ablate Experiments/reward-terms/plan.yaml --jobs 2

            A plan names a configuration, what varies, seeds, and what is measured \
            (\(ProjectFolders.path("Documentation/ablation.md")); `think2seg config explain --of ablate` \
            lists its keys). Each run is an ordinary run of 'train' in \
            output_dir/runs, each evaluation one of 'evaluate'. The same command runs what is \
            missing, from where it was interrupted, and nothing twice. It writes ablation.json, \
            ablation.md and ablation.html, of what is done so far also when it is stopped.

            A cluster's array of jobs: --list shows the runs, --run N does one of them here, and \
            --results only sums up.

            Exit status 70: some runs failed; 130, 143: Ctrl-C, SIGTERM.
            """)

    @Argument(help: "The plan, a YAML file.", transform: PathArgument.configuration)
    var plan: String

    @Option(help: "How many runs at a time, each a process of its own.")
    var jobs = 1

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("Do only run N, in this process.", valueName: "N"))
    var number: Int?

    @Flag(help: "Show the runs with their numbers, and what is done; run nothing.")
    var list = false

    @Flag(help: "Only sum up what is done.")
    var results = false

    @Flag(help: "Say only what is wrong, and the result.")
    var quiet = false

    func validate() throws {
        if !(1...256).contains(jobs) { throw ValidationError("--jobs must be from 1 to 256") }
        if [list, results, number != nil].filter(\.self).count > 1 {
            throw ValidationError("give one of --list, --results and --run")
        }
    }

    func run() throws {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let base = ConfigurationOutline.text("base", in: plan)
        let recipe = try ConfigurationForm.ablate.loading(plan) {
            try ConfigurationForm.train.loading(base) {
                try AblationRecipe(
                    plan: plan, cores: jobs > 1 ? max(1, cores / jobs) : nil)
            }
        }
        if list { return show(recipe) }
        if let number { return try work(number, recipe) }
        if results { return try conclude(recipe, []) }
        Interruption.watch(
            endsAfter: "the steps that are being made",
            rest: "the same command goes on from the newest checkpoints")
        let failures = try runMissing(recipe)
        try conclude(recipe, failures)
        if Interruption.isRequested {
            Console.note(
                "stopped, as asked; the same command goes on:\n  "
                    + CommandLine.arguments.map(shellWord).joined(separator: " "))
            throw ExitCode(Interruption.exitStatus)
        }
        if !failures.isEmpty { throw ExitCode(SystemExit.software) }
    }

    private func show(_ recipe: AblationRecipe) {
        for run in recipe.grid.runs {
            let state = !recipe.isDone(run) ? "missing" : run.isTaken ? "taken" : "done"
            print("\(run.number)\t\(state)\t\(run.title)\t\(run.folder)")
        }
    }

    private func conclude(_ recipe: AblationRecipe, _ failures: [AblationFailure]) throws {
        let result = try recipe.conclude(failures: failures)
        print(result.text)
        if !quiet {
            Console.note("\(recipe.output)/ablation.html, ablation.md, ablation.json")
        }
    }

    // MARK: - Several processes

    private func runMissing(_ recipe: AblationRecipe) throws -> [AblationFailure] {
        let missing = recipe.missing
        let total = recipe.grid.runs.count
        if !quiet {
            Console.note(
                "\(recipe.plan.name): \(counted(recipe.grid.variants.count, "variant")) x "
                    + "\(counted(recipe.plan.seeds.count, "seed")), \(total - missing.count) of \(counted(total, "run is", "runs are")) "
                    + "done")
            recipe.grid.notes.forEach(Console.note)
        }
        let processes = AblationProcesses(
            program: try Self.program(),
            arguments: ["ablate", PathRule.written(plan), "--jobs", "\(jobs)"], jobs: jobs)
        var view = AblationView()
        let failures = try processes(
            missing, done: total - missing.count, shouldStop: { Interruption.isRequested }
        ) { event in
            if !quiet { view.show(event) }
        }
        if !quiet { Console.endProgress() }
        return failures
    }

    /// The path of this program.
    private static func program() throws -> String {
        if let path = Bundle.main.executablePath { return path }
        return URL(fileURLWithPath: CommandLine.arguments[0]).path
    }

    // MARK: - One run

    private func work(_ number: Int, _ recipe: AblationRecipe) throws {
        guard (1...recipe.grid.runs.count).contains(number) else {
            throw ValidationError("--run must be from 1 to \(recipe.grid.runs.count)")
        }
        let work = recipe.work(number)
        if work.isDone {
            Console.note("\(work.run.title) is done")
            return
        }
        let configuration = work.run.configuration
        limitSpinning(configuration.threadPlan(device: try availableDevice(configuration.device)))
        Interruption.watch()
        if let parent = ProcessInfo.processInfo.environment[AblationProcesses.parentVariable] {
            Interruption.follow(parent: Int32(parent) ?? 0)
        }
        var view = TrainingView(totalSteps: 0)
        let ending = try work(
            command: CommandLine.arguments, shouldStop: { Interruption.isRequested }
        ) { event in
            switch event {
            case .note(let text): Console.note(text)
            case .warning(let text): Console.warning(text)
            case .training(let steps): view = TrainingView(totalSteps: steps)
            case .fault(let fault): Console.warning(fault.description)
            case .step(let metrics):
                let line = view.line(metrics)
                view.takeWarning().map(Console.warning)
                Console.progress(line, metrics.step, of: view.totalSteps, work: "training")
            case .trainingEvaluation: break
            case .evaluation(let progress):
                Console.progress(
                    "evaluating \(progress.done)/\(progress.total)  gIoU \(fixed(progress.gIoU, 3))",
                    progress.done, of: progress.total, work: "evaluating")
            }
        }
        switch ending {
        case .finished: Console.note("\(work.run.title) is done")
        case .stopped: throw ExitCode(Interruption.exitStatus)
        case .timeLimit: throw ExitCode(SystemExit.goOnLater)
        }
    }
}

/// The lines that show how an ablation goes.
struct AblationView {
    private var last = ContinuousClock.now - .seconds(60)

    /// Shows an event; on a terminal one line for everything, elsewhere some, as `ProgressPace` says.
    mutating func show(_ event: AblationProcesses.Event) {
        switch event {
        case .started(let run): Console.note("- \(run.title)")
        case .finished(let run): Console.note("  \(run.title) is done")
        case .failed(let failure):
            Console.note(
                "  \(failure.run) failed, exit status \(failure.status): \(failure.message)\n"
                    + "  see \(failure.log)")
        case .progress(let progress):
            if progress.active.isEmpty { return }
            if Console.isTerminal {
                guard ContinuousClock.now - last >= .milliseconds(500) else { return }
                last = .now
            }
            // Whole runs are told of by their own lines.
            Console.progress(line(progress), progress.done, of: nil, work: "\(progress.done)")
        }
    }

    private func line(_ progress: AblationProcesses.Progress) -> String {
        let active = progress.active.map { entry in
            let words = entry.line.split(separator: " ").prefix(2).joined(separator: " ")
            return "\(entry.run.title): \(words)"
        }
        let left = progress.secondsLeft.map { "  ETA \(duration($0))" } ?? ""
        return "\(progress.done)/\(counted(progress.total, "run"))  "
            + active.joined(separator: " | ") + left
    }
}

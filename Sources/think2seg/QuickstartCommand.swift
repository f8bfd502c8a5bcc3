import ArgumentParser
import Files
import Foundation
import Quickstart
import RLTrainer
import Terminals
import TextFiles
import TrainingRuns
import Watching

struct QuickstartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quickstart",
        abstract: "Shows reinforcement learning working, in minutes, without weights or data.",
        discussion: """
            Example:
              think2seg quickstart --output runs/quickstart

            Draws scenes, evaluates the small policy that the project carries on held-out ones, \
            trains it with GRPO on the masks that the carried segmenter makes of its answers, \
            evaluates it again, and writes report.html. The policy answers explicit questions, which \
            name the class, but was never told what the implicit questions of these scenes mean: that is what it learns.

            Interrupted, the same command goes on where it was.
            """)

    @Option(
        help:
            "The folder that everything goes to, or that an interrupted run goes on in; if not given, runs/quickstart, or the first runs/quickstart-N that is free or unfinished.",
        transform: PathArgument.folder)
    var output: String?

    @Option(help: "Decides about scenes and answers.")
    var seed: UInt64 = 42

    @Option(help: "How long to train at most, in minutes; evaluations come on top.")
    var minutes = QuickstartRecipe.Settings().minutes

    @Option(help: "Optimizer steps, over which the learning rate falls to 0.")
    var steps = QuickstartRecipe.Settings().steps

    @Option(help: "Scenes to train on.")
    var scenes = QuickstartRecipe.Settings().trainScenes

    @Option(help: "Held-out scenes.")
    var heldOut = QuickstartRecipe.Settings().heldOutScenes

    @Flag(
        help:
            "Train twice more to compare: with rewards shuffled within each group, and with learning rate 0."
    )
    var controls = false

    func validate() throws {
        if steps < 1 { throw ValidationError("--steps must be at least 1") }
        if !(minutes > 0 && minutes.isFinite) {
            throw ValidationError("--minutes must be a finite number above 0")
        }
        if scenes < 1 { throw ValidationError("--scenes must be at least 1") }
        if heldOut < 4 { throw ValidationError("--held-out must be at least 4") }
    }

    private func folder() -> String {
        let names = ["runs/quickstart"] + (2...999).map { "runs/quickstart-\($0)" }
        return names.first { name in
            let files = FileManager.default
            return !files.fileExists(atPath: name)
                || files.fileExists(atPath: name + "/quickstart.json")
                    && !files.fileExists(atPath: name + "/report.html")
        } ?? names[0]
    }

    func run() throws {
        let place = output ?? folder()
        try requireOutputFolder(place)
        var recipe = QuickstartRecipe(output: place)
        recipe.settings.seed = seed
        recipe.settings.minutes = minutes
        recipe.settings.steps = steps
        recipe.settings.trainScenes = scenes
        recipe.settings.heldOutScenes = heldOut
        recipe.settings.runsControls = controls
        var view = TrainingView(totalSteps: 0, secondsLeft: nil)
        Interruption.watch(
            endsAfter: "this step",
            rest: "the same command goes on"
                + (output == nil ? " with --output \(recipe.output)" : ""))
        let ending = try recipe.run(shouldStop: { Interruption.isRequested }) { event in
            switch event {
            case .stage(let text):
                Console.endProgress()
                Console.note("- \(text)")
            case .done(let text): Console.note("- \(text) (done before)")
            case .progress(let text, let done, let total, let stage):
                Console.progress("  \(text)", done, of: total, work: stage)
            case .note(let text): Console.note("  \(text)")
            case .warning(let text): Console.warning(text)
            case .training(let summary, let steps, let seconds):
                summary.forEach { Console.note("  \($0)") }
                view = TrainingView(totalSteps: steps, secondsLeft: seconds)
            case .fault(let fault): Console.warning(fault.description)
            case .step(let metrics):
                Console.progress(
                    "  " + view.line(metrics), metrics.step, of: view.totalSteps, work: "training")
            }
        }
        Console.endProgress()
        switch ending {
        case .finished(let result): show(result, try result.conclusion())
        case .stopped:
            Console.note(
                "stopped, as asked; the same command goes on:\n  think2seg "
                    + CommandLine.arguments.dropFirst().map(shellWord).joined(separator: " ")
                    + (output == nil ? " --output \(recipe.output)" : ""))
            throw ExitCode(Interruption.exitStatus)
        }
    }

    private func show(_ result: QuickstartResult, _ conclusion: String) {
        let (run, policy) = (result.main.run, result.main.policy)
        let configuration = PathArgument.word(result.files.configuration(.rewarded))
        let example = PathArgument.word(ProjectFolders.path("Configs/train.yaml"))
        Console.note("")
        result.table.forEach(Console.note)
        let verdict =
            "The policy was never told what the implicit questions mean: the warm start answered them "
            + "with any visible object, on purpose. \(conclusion) What this shows, and what it does not, "
            + "is in the report:"
        Console.note("")
        TerminalFrame(width: 92).wrapped(verdict, indent: 0).forEach(Console.note)
        Console.note(
            """

              \(result.files.report)

            Next, try:
              your own data   think2seg data import earthreason FOLDER --output shards
                              think2seg train \(example) --set policy.path=… --set data.train=[…]
              resume          think2seg train \(configuration) \\
                                --set training.max_steps=\(2 * steps) --set training.max_minutes=null
              other rewards   think2seg train \(configuration) \\
                                --set output_dir=\(run)-iou-only --set 'rewards={mask_iou: 1}'
              compare         think2seg report \(run) \(run)-iou-only
              several seeds   think2seg ablate PLAN      (\(ProjectFolders.path("Documentation/ablation.md")))

            The trained policy, as transformers loads it: \(policy)
            """)
    }
}

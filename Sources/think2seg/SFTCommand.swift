import ArgumentParser
import Configuration
import Evaluation
import Foundation
import Settings
import SharedSettings
import Supervised
import SupervisedTraining
import Terminals
import TextFiles

struct SFTCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sft",
        abstract: "Teaches a policy answers that are derived from the truth, or that you wrote.",
        discussion: """
            Example:
              think2seg sft Configs/sft.yaml --set output_dir=runs/warm --set training.max_steps=500

            Boxes and points come from the masks of the shards; with data.answers, completions come \
            from a file of JSON lines. The run's folder gets config.yaml (resolved), run.json, \
            metrics.jsonl and checkpoints/step-N/policy, which `train` and transformers load.
            """)

    @OptionGroup var file: ConfigurationFile

    @Flag(help: "Go on after the newest checkpoint of output_dir.")
    var resume = false

    @OptionGroup var console: QuietOption

    /// What the share of right tokens is called.
    private static let accuracy = Glossary.name("mean_token_accuracy")

    func run() throws {
        let configuration = try ConfigurationForm.sft.loading(file.config) {
            try SFTConfiguration.load(
                file: file.config, overrides: file.options.overrides, requiresInputs: true,
                resumes: resume, onNote: { if !console.quiet { Console.note($0) } })
        }
        limitSpinning(configuration.threadPlan(device: try availableDevice(configuration.device)))
        configuration.warnings.forEach(Console.warning)
        let recipe = try SFTConfiguration.locating(
            file: file.config, overrides: file.options.overrides
        ) {
            try SFTRecipe(configuration, command: CommandLine.arguments, resumes: resume)
        }
        console.beginStage(warnings: recipe.warnings, summary: recipe.summary)
        let total = configuration.training.maxSteps
        var pace = Pace(total: total)
        try recipe.run(
            shouldStop: { Interruption.isRequested }, onNote: Console.warning
        ) { event in
            if case .step = event {
                pace.add()
                pace.takeWarning().map(Console.warning)
            }
            if console.quiet { return }
            switch event {
            case .step(let step):
                Console.progress(
                    "step \(step.step)/\(total)  loss \(fixed(step.loss, 3))  "
                        + "\(Self.accuracy) \(fixed(step.tokenAccuracy, 3))  "
                        + pace.text(step.step), step.step, of: total)
            case .evaluation(let step, let loss, let accuracy):
                Console.endProgress()
                Console.note(
                    "step \(step): held-out loss \(fixed(loss, 3)), "
                        + "\(Self.accuracy) \(fixed(accuracy, 3))")
            }
        }
        console.endStage()
        if !console.quiet { Console.note("policy     \(recipe.finalPolicy)") }
        let words =
            ["think2seg", "sft", PathRule.written(file.config), "--resume"]
            + file.options.overrides.flatMap { ["--set", $0] }
        try requireLastStep(
            recipe.stepCount, of: total,
            advice: "go on with\n  " + words.map(shellWord).joined(separator: " "))
    }
}

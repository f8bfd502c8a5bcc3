import ArgumentParser
import Configuration
import Evaluation
import Foundation
import SegmenterTraining
import Settings
import SharedSettings
import Supervised
import Terminals
import TextFiles

struct PretrainSegmenterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain-segmenter",
        abstract: "Trains SAM2.1 on objects whose pixels are known: a new one, or yours further.",
        discussion: """
            Example:
              think2seg data synthesize --output scenes --count 6000 --validation 400
              think2seg pretrain-segmenter Configs/embedded/segmenter.yaml

            The run's folder gets config.yaml (resolved, every key with its meaning), run.json, \
            metrics.jsonl, checkpoints/step-N, and in the end segmenter/, which think2seg and \
            transformers load, and evaluation.json: mask IoU by kind of prompt on the held-out shards. \
            After Ctrl-C the run goes on with --resume, to the same weights.
            """)

    @OptionGroup var file: ConfigurationFile

    @Flag(help: "Go on from the newest checkpoint in the run's folder.")
    var resume = false

    @OptionGroup var console: QuietOption

    func run() throws {
        let configuration = try ConfigurationForm.pretrainSegmenter.loading(file.config) {
            try SegmenterConfiguration.load(
                file: file.config, overrides: file.options.overrides, requiresInputs: true)
        }
        limitSpinning(configuration.threadPlan(device: try availableDevice(configuration.device)))
        configuration.warnings.forEach(Console.warning)
        let recipe = try SegmenterConfiguration.locating(
            file: file.config, overrides: file.options.overrides
        ) {
            try PretrainSegmenterRecipe(
                configuration, command: CommandLine.arguments, resumes: resume)
        }
        console.beginStage(warnings: recipe.warnings, summary: recipe.summary)
        let total = configuration.training.maxSteps
        var view = SegmenterTrainingView(totalSteps: total)
        try recipe.run(
            shouldStop: { Interruption.isRequested }, onNote: Console.warning
        ) { event in
            if case .step = event { view.add().map(Console.warning) }
            if console.quiet { return }
            switch event {
            case .step(let step): view.show(step)
            case .evaluation(let step, let table): view.show(table, step: step)
            }
        }
        console.endStage()
        try requireLastStep(recipe.stepCount, of: total, advice: "--resume goes on")
        if !console.quiet { Console.note("segmenter  \(recipe.finalSegmenter)") }
    }
}

/// What shows how the training of a segmenter goes.
struct SegmenterTrainingView {
    let totalSteps: Int
    private var pace: Pace

    init(totalSteps: Int) {
        self.totalSteps = totalSteps
        pace = Pace(total: totalSteps)
    }

    /// Counts a step; gives what people should know about how long it took.
    mutating func add() -> String? {
        pace.add()
        return pace.takeWarning()
    }

    /// Shows a step.
    mutating func show(_ step: SegmenterStep) {
        let pace = pace.text(step.step)
        func value(_ name: String) -> String { step[name].map { fixed($0, 3) } ?? "-" }
        Console.progress(
            [
                "step \(step.step)/\(totalSteps)", "loss \(value("loss"))",
                "\(Glossary.name("iou")) \(value("iou"))",
                pace,
            ].joined(separator: "  "), step.step, of: totalSteps)
    }

    /// Shows scores: all of them after the last step, in a line before it.
    func show(_ table: SegmenterTable, step: Int) {
        if step == totalSteps {
            Console.endProgress()
            Console.note("held out, \(counted(table.samples, "picture")):")
            table.lines.forEach(Console.note)
        } else {
            let scores = table.scores.map { "\($0.probe) \(fixed($0.meanIoU, 3))" }
            Console.note(
                "step \(step): held-out \(Glossary.name("iou")): " + scores.joined(separator: ", "))
        }
    }
}

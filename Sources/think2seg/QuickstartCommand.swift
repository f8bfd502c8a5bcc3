import ArgumentParser
import Foundation
import RLTrainer
import Recipes

struct QuickstartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quickstart",
        abstract: "Runs the whole loop on scenes that it draws itself; needs no weights, no data.",
        discussion: """
            Example:
              think2seg quickstart --output runs/quickstart

            Draws scenes into shards, makes a small policy and a small segmenter with random \
            weights, trains the policy with GRPO for a few steps, and asks it about a held-out \
            scene. It shows that everything works here; random weights learn nothing in so few steps.
            """)

    @Option(
        help:
            "The folder that everything goes to; if not given, runs/quickstart or the first free runs/quickstart-N."
    )
    var output: String?

    @Option(help: "Decides about scenes, weights and answers.")
    var seed: UInt64 = 42

    @Option(help: "Optimizer steps.")
    var steps = 10

    func validate() throws {
        if steps < 1 { throw ValidationError("--steps must be at least 1") }
    }

    private static func freeFolder() -> String {
        let names = ["runs/quickstart"] + (2...999).map { "runs/quickstart-\($0)" }
        return names.first { !FileManager.default.fileExists(atPath: $0) } ?? names[0]
    }

    func run() throws {
        let output = output ?? Self.freeFolder()
        var recipe = QuickstartRecipe(output: output)
        recipe.seed = seed
        recipe.steps = steps
        var view = TrainingView(totalSteps: steps)
        let result = try recipe.run { event in
            switch event {
            case .stage(let text): Console.note("- \(text)")
            case .training(let summary, let steps):
                summary.forEach { Console.note("  \($0)") }
                view = TrainingView(totalSteps: steps)
            case .step(let metrics):
                Console.progress(view.line(metrics))
                if metrics.step == recipe.steps { Console.endProgress() }
            }
        }
        Console.note(
            """

            Every stage ran. The models have random weights, so hardly an answer could be read and
            rewards are near 0: this shows the machinery, not learning.

              \(result.run)/metrics.jsonl    one line per step
              \(result.run)/rollouts/        every completion with its rewards
              \(result.policy)    the trained policy, as transformers reads it
              \(result.overlay)    a held-out scene with the policy's answer

            Next:
              think2seg data inspect \(output)/shards/train.h5 --pictures \(output)/pictures
              think2seg predict --policy \(result.policy) --segmenter \(result.segmenter) \\
                --image \(result.picture) --image-size 224 --question "\(result.question)"
              think2seg train \(result.configuration) --set output_dir=\(output)/again --set seed=7
            """)
    }
}

import ArgumentParser
import Foundation
import RLTrainer
import Recipes

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a policy with GRPO, as a configuration file says.",
        discussion: """
            Example:
              think2seg train Configs/train.yaml --set output_dir=runs/a --set seed=7

            The run's folder gets config.yaml (resolved), run.json, metrics.jsonl, rollouts/ and \
            checkpoints/step-N/policy, which transformers loads. `think2seg config show` lists \
            all keys.
            """)

    @Argument(help: "The YAML file.")
    var config: String

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Say only what is wrong.")
    var quiet = false

    func run() throws {
        let configuration = try RunConfiguration.load(file: config, overrides: options.overrides)
        configuration.warnings.forEach(Console.warning)
        let recipe = try TrainRecipe(configuration, command: CommandLine.arguments)
        recipe.warnings.forEach(Console.warning)
        if !quiet { recipe.summary.forEach(Console.note) }
        var view = TrainingView(totalSteps: recipe.totalSteps)
        Interruption.watch()
        try recipe.run(shouldStop: { Interruption.isRequested }) { metrics in
            if !quiet { Console.progress(view.line(metrics)) }
        }
        if !quiet { Console.endProgress() }
        if recipe.stepCount < recipe.totalSteps {
            Console.note(
                "stopped after step \(recipe.stepCount) of \(recipe.totalSteps), as asked; the "
                    + "policy is kept, the optimizer's state is not")
        }
        if !quiet { Console.note("policy     \(recipe.finalPolicy)") }
        if recipe.stepCount < recipe.totalSteps { throw ExitCode(130) }
    }
}

/// Ctrl-C and SIGTERM: the first one asks for the end after the step, the second one ends at once.
enum Interruption {
    /// Written by the signal handler alone, read by the training loop.
    nonisolated(unsafe) private static var count: sig_atomic_t = 0

    /// Whether somebody asked for the end.
    static var isRequested: Bool { count > 0 }

    /// Begins to listen.
    static func watch() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                Interruption.count += 1
                if Interruption.count > 1 { _exit(130) }
            }
        }
    }
}

/// The line that shows how training goes.
struct TrainingView {
    let totalSteps: Int
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var done = 0

    init(totalSteps: Int) {
        self.totalSteps = totalSteps
        start = clock.now
    }

    /// The line after a step: where it is, what it earned, how fast, how long still.
    mutating func line(_ metrics: StepMetrics) -> String {
        done += 1
        let (seconds, part) = (clock.now - start).components
        let elapsed = Double(seconds) + Double(part) * 1e-18
        let perStep = elapsed / Double(done)
        func value(_ name: String, _ digits: Int) -> String {
            metrics[name].map { fixed($0, digits) } ?? "-"
        }
        let fields = [
            "step \(metrics.step)/\(totalSteps)",
            "reward \(value("reward", 3))",
            "IoU \(value("rewards/mask_iou/mean", 3))",
            "format \(value("rewards/sam_json_format/mean", 2))",
            "length \(value("completions/mean_length", 0))",
            metrics["kl"] == nil ? nil : "kl \(value("kl", 4))",
            "\(fixed(perStep, perStep < 10 ? 2 : 0)) s/step",
            "ETA \(duration(perStep * Double(totalSteps - metrics.step)))",
        ]
        return fields.compactMap { $0 }.joined(separator: "  ")
    }
}

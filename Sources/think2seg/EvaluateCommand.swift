public import ArgumentParser
import Configuration
import Embeddings
import Evaluating
import Evaluation
import Files
import Foundation
import Imaging
import Policies
import PolicyFamilies
import RLTrainer
import Segmentation
import Settings
import SharedSettings
import Terminals
import TextFiles
import Threads
import TrainingRuns

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures a policy on held-out shards: gIoU, cIoU and more, with intervals.",
        discussion: """
            Examples:
              think2seg evaluate runs/a --output runs/a/val
              think2seg evaluate --policy runs/a/checkpoints/step-100/policy \\
                --segmenter sam2.1-hiera-small --data shards/val.h5 --output runs/a/val
              think2seg evaluate --predictions runs/a/val --seed 7

            writes runs/a/val/predictions.jsonl, a line per answer, and runs/a/val/evaluation.json, \
            and prints the metrics of two protocols beside each other. Answers are greedy. Intervals \
            hold 95 % and come from drawing the samples again 2000 times.

            strict: every question, masks at the size of each picture, the parser of training. A mask \
            that is predicted where there is no target counts in cIoU's union, and every answer counts \
            in Pr@X.
            paper: as the published evaluation counts. One question per sample, masks at S x S, the \
            lenient parser. A mask where there is no target costs nothing in cIoU, and only answers \
            with a mask count in Pr@X.

            A run's folder or configuration gives policy, segmenter, shards and how the policy is \
            asked; of a run of sft, name the segmenter. Of a policy without a run, its think2seg.json \
            says how it is asked. Options override, and where that is not as in training a line says so. Answers are on the disk as they come: interrupted in any way, the \
            same command goes on. An evaluation that is finished is not made again.
            """)

    @Argument(
        help: ArgumentHelp(
            "A run's folder, or its configuration.", valueName: "run"),
        transform: PathArgument.run)
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Which checkpoint of the run.", valueName: "last|best|step-N"))
    var checkpoint: CheckpointName?

    @Option(
        help: "The folder of a \(PolicyRegistry.names) checkpoint, or of an adapter.",
        transform: PathArgument.policyOrAdapter)
    var policy: String?

    @OptionGroup var adapters: AdapterOptions

    @Option(
        help: "A SAM2.1 checkpoint: its folder in the hub's layout, or an official .pt file.",
        transform: PathArgument.segmenter)
    var segmenter: String?

    @Option(parsing: .upToNextOption, help: "The shards.", transform: PathArgument.shard)
    var data: [String] = []

    @Option(help: "How many samples count, from the first on; all if not given.")
    var limit: Int?

    @Option(
        help:
            "S: pictures are stretched to S x S pixels, the frame of the answers' coordinates; best a multiple of 28, to which the policy's processor rounds (default: that of training, or 840)."
    )
    var imageSize: Int?

    @Option(
        help: "Which of a sample's questions: first; random, one drawn by --seed; all, each one.")
    var questions = EvaluatedQuestions.all

    @Option(
        name: .customLong("protocol"),
        help:
            "Whose metrics: strict; paper; both. paper needs all or random questions (default: both, or strict with --questions first)."
    )
    var protocols: ProtocolChoice?

    @Option(
        help: "The folder for predictions.jsonl and evaluation.json; made if need be.",
        transform: PathArgument.folder)
    var output: String?

    @Flag(help: "Replace an evaluation in --output that is finished, or has another setup.")
    var overwrite = false

    @Option(
        help: "Only compute metrics, from the answers in a folder that --output named before.",
        transform: PathArgument.evaluation)
    var predictions: String?

    @Option(
        help: "Where the metrics go as JSON; - for standard output.", transform: PathArgument.file)
    var json: String?

    @Option(help: "The most tokens an answer may have (default: that of training, or 1024).")
    var maxNewTokens: Int?

    @Option(
        help:
            "Template and grammar: box_2points, box, 2points, box_4points, box_2points_2negatives (default: that of training, or box_2points)."
    )
    var variant: String?

    @OptionGroup var prompting: PromptOptions

    @Option(help: "Decides about random questions and the intervals' draws (default: 42).")
    var seed: UInt64?

    @Option(help: "How often all samples are drawn for the intervals.")
    var resamples = 2000

    @Option(
        help:
            "Samples that are answered side by side, each on --threads threads (then 1 if not given); 0: as the sizes of the models say."
    )
    var workers = 0

    @Flag(help: "Say only what is wrong, and what was asked for.")
    var quiet = false

    @OptionGroup var model: RunModelOptions

    func validate() throws {
        try validateSources()
        try adapters.check(policy: policy)
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
        if let imageSize, !(28...4096).contains(imageSize) {
            throw ValidationError("--image-size must be from 28 to 4096")
        }
        if let maxNewTokens, maxNewTokens < 1 {
            throw ValidationError("--max-new-tokens must be at least 1")
        }
        if !(0...256).contains(workers) {
            throw ValidationError("--workers must be from 0 to 256")
        }
        if !(1...1_000_000).contains(resamples) {
            throw ValidationError("--resamples must be from 1 to 1000000")
        }
        if let variant { try requireVariant(variant) }
        if questions == .first, predictions == nil, protocols == .paper || protocols == .both {
            throw ValidationError(
                "the paper's protocol draws one of each sample's questions: give --questions all "
                    + "or random, or --protocol strict")
        }
    }

    private func validateSources() throws {
        if predictions != nil {
            let given: [(String, Bool)] = [
                ("a run", config != nil), ("--checkpoint", checkpoint != nil),
                ("--policy", policy != nil), ("--segmenter", segmenter != nil),
                ("--data", !data.isEmpty), ("--output", output != nil), ("--limit", limit != nil),
                ("--image-size", imageSize != nil), ("--max-new-tokens", maxNewTokens != nil),
                ("--variant", variant != nil), ("--device", model.device != nil),
                ("--dtype", model.dtype != nil), ("--overwrite", overwrite),
            ]
            if let name = given.first(where: \.1)?.0
                ?? (prompting.given + adapters.given).first
            {
                throw ValidationError(
                    "--predictions computes metrics from saved answers: leave \(name) out")
            }
            return
        }
        if overwrite, output == nil { throw ValidationError("--overwrite is for --output") }
        if config == nil {
            if checkpoint != nil { throw ValidationError("--checkpoint is for a run: name it") }
            if policy == nil { throw ValidationError("name a run, or give --policy") }
            if segmenter == nil { throw ValidationError("name a run, or give --segmenter") }
            if data.isEmpty { throw ValidationError("name a run, or give --data with a shard") }
        } else if checkpoint != nil, policy != nil {
            throw ValidationError("give --checkpoint or --policy, not both")
        }
    }

    func run() throws {
        let result = try predictions.map(saved) ?? answered()
        let shown = protocols?.shown ?? EvaluationProtocol.allCases
        if protocols == .paper || protocols == .both, result.paper == nil {
            throw EvaluationError(
                place: predictions ?? output ?? "answers",
                message: "the paper's protocol cannot be told: its answers, one drawn from each "
                    + "sample's, are not all there; evaluate with --protocol both --questions all")
        }
        if let json { try writeDocument(result.document(), to: json) }
        if json != "-", !quiet {
            print(evaluationTable(result, protocols: shown), terminator: "")
        }
        if let output, !quiet {
            Console.note("\(output)/predictions.jsonl, \(output)/evaluation.json")
        }
    }

    /// The metrics of answers that are there.
    private func saved(_ folder: String) throws -> EvaluationResult {
        try requireWritable([.json(json)], inputs: [.evaluation(folder)])
        let result = try EvaluationResult.load(folder: folder)
        return result.recomputed(
            seed: seed ?? result.summary.bootstrap.seed, resamples: resamples)
    }

    /// Asks the policy, as far as it was not asked before.
    private func answered() throws -> EvaluationResult {
        let recipe = try recipe()
        struct Stop: Error {}
        Interruption.watch(
            endsAfter: "this sample",
            rest: output == nil
                ? "nothing is kept without --output" : "the same command goes on")
        var done = 0
        do {
            let result = try recipe.run(
                output: output, overwrite: overwrite,
                onProgress: { progress in
                    done = progress.done
                    if !quiet {
                        Console.progress(
                            "\(progress.done)/\(counted(progress.total, "sample"))  gIoU "
                                + fixed(progress.gIoU, 3), progress.done, of: progress.total)
                    }
                    if Interruption.isRequested, progress.done < progress.total { throw Stop() }
                }, onNote: { if !quiet { Console.note($0) } }, onWarning: Console.warning)
            if !quiet { Console.endProgress() }
            return result
        } catch is Stop {
            if !quiet { Console.endProgress() }
            Console.note(
                "stopped after \(counted(done, "sample")), as asked; "
                    + (output == nil
                        ? "nothing is kept without --output" : "to go on:\n  \(command)"))
            throw ExitCode(Interruption.exitStatus)
        }
    }

    /// This command, as a shell reads it.
    private var command: String { CommandLine.arguments.map(shellWord).joined(separator: " ") }

    private func recipe() throws -> EvaluateRecipe {
        let run = try config.map(ConfigurationForm.evaluatedRun)
        let shards = data.isEmpty ? run?.validation ?? [] : data
        if shards.isEmpty {
            throw EvaluationError(
                place: config ?? "data",
                message: "data.validation names no shard; give --data")
        }
        guard let segmenter = segmenter ?? run?.segmenter?.path else {
            throw EvaluationError(
                place: config ?? "segmenter",
                message: "is a run of sft, which has no segmenter; give --segmenter")
        }
        var recipe = EvaluateRecipe(
            policy: try policy ?? run?.policy(
                checkpoint?.choice ?? .newest, onWarning: Console.warning)
                ?? "",
            segmenter: segmenter, data: shards)
        (recipe.adapter, recipe.base) = (adapters.adapter, adapters.base)
        let asked = try asked(adapters.asked(recipe.policy), run)
        recipe.prompt = asked.settings.prompt
        recipe.settings.imageSize = asked.imageSize
        recipe.settings.maxCompletionLength = asked.maxCompletionLength
        recipe.dtype = (model.dtype ?? run?.dtype ?? .float32).dtype
        recipe.segmenterDType = (model.dtype ?? run?.segmenter?.dtype)?.dtype
        recipe.castsHeadToFloat32 = run?.castsHeadToFloat32 ?? false
        recipe.device = try availableDevice(model.device ?? run?.device ?? "cpu")
        if let run, let section = run.segmenter {
            recipe.embeddingCache = section.embeddingCache.inRun(run.folder)
        }
        recipe.settings.limit = limit
        recipe.settings.questions = questions
        recipe.settings.readsAsPaper =
            protocols.map { $0 != .strict } ?? (questions != .first)
        recipe.settings.seed = seed ?? recipe.settings.seed
        recipe.settings.resamples = resamples
        try checkOutputs(recipe)
        let plan = ThreadPlan(
            evaluating: recipe, threads: model.threads, workers: workers)
        limitSpinning(plan)
        if !quiet { Console.note("threads    \(plan.words)") }
        recipe.threads = plan
        return recipe
    }
}

extension EvaluateCommand {
    /// How the policy is asked; what that means for the answers is said.
    private func asked(_ policy: String, _ run: EvaluatedRun?) throws -> AskedPolicy {
        let asked = try AskedPolicy(
            policy,
            options: prompting.settings(
                imageSize: imageSize, variant: variant, maxCompletionLength: maxNewTokens),
            run: run)
        if !quiet { asked.notes.forEach(Console.note) }
        return asked
    }

    /// Fails where an output cannot be written, or is anything else of the command.
    private func checkOutputs(_ recipe: EvaluateRecipe) throws {
        let files = ["predictions.jsonl", "evaluation.json"]
        if let output { try requireOutputFolder(output) }
        try requireWritable(
            [.json(json)] + files.map { name in .record(output.map { "\($0)/\(name)" }) },
            inputs: CommandInputFiles.shards(recipe.data)
                + [.policy(recipe.policy), .segmenter(recipe.segmenter)]
                + [config.map(CommandInputFiles.run)].compactMap(\.self) + prompting.inputs
                + adapters.inputs,
            makes: [output].compactMap(\.self))
    }
}

extension EvaluatedQuestions: ExpressibleByArgument {}

/// Which protocols' metrics are asked for.
enum ProtocolChoice: String, ExpressibleByArgument, CaseIterable {
    case strict, paper, both

    /// What is shown.
    var shown: [EvaluationProtocol] {
        switch self {
        case .strict: [.strict]
        case .paper: [.paper]
        case .both: [.strict, .paper]
        }
    }
}

/// A checkpoint of a run as people name it.
struct CheckpointName: ExpressibleByArgument {
    let choice: CheckpointRecipe.Choice

    /// What can be written.
    static let allValueStrings = ["last", "best", "step-N"]

    init?(argument: String) {
        switch argument {
        case "last": choice = .newest
        case "best": choice = .best
        default:
            let number = argument.hasPrefix("step-") ? argument.dropFirst(5) : argument[...]
            guard let step = Int(number), step >= 0 else { return nil }
            choice = .step(step)
        }
    }
}

public import ArgumentParser
import Foundation
import Imaging
public import Recipes
import Segmentation

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures a policy on held-out shards: gIoU, cIoU and more, with intervals.",
        discussion: """
            Example:
              think2seg evaluate --policy runs/a/checkpoints/step-100/policy \\
                --segmenter sam2.1-hiera-small --data shards/val.h5 --output runs/a/val

            writes runs/a/val/predictions.jsonl, a line per answer, and runs/a/val/evaluation.json, \
            and prints the metrics as a table. Answers are greedy. Masks are compared at the size of \
            each picture. Intervals hold 95 % and come from drawing the samples again 2000 times.

            A mask that is predicted where there is no target counts in cIoU's union, every answer \
            counts in Pr@X, and --parser strict reads what training would reward. The published \
            evaluation differs in these three; --parser lenient is the third of them.
            """)

    @Option(help: "The folder of a Qwen2.5-VL checkpoint.")
    var policy: String

    @Option(
        help: "A SAM2.1 checkpoint: its folder in the hub's layout, or an official .pt file.")
    var segmenter: String

    @Option(parsing: .upToNextOption, help: "The shards.")
    var data: [String]

    @Option(help: "How many samples count, from the first on; all if not given.")
    var limit: Int?

    @Option(
        help:
            "S: pictures are stretched to S x S pixels; best a multiple of 28, to which the policy's processor rounds."
    )
    var imageSize = 840

    @Option(
        help: "Which of a sample's questions: first; random, one drawn by --seed; all, each one.")
    var questions = EvaluatedQuestions.first

    @Option(help: "The folder for predictions.jsonl and evaluation.json; made if need be.")
    var output: String?

    @Option(help: "Where the metrics go as JSON; - for standard output.")
    var json: String?

    @Option(help: "The most tokens an answer may have.")
    var maxNewTokens = 1024

    @Option(
        help:
            "Template and grammar: box_2points, box, 2points, box_4points, box_2points_2negatives.")
    var variant = "box_2points"

    @Option(help: "Which answers are read: strict, as in training; lenient.")
    var parser = AnswerAcceptance.strict

    @Option(help: "Decides about random questions and the intervals' draws.")
    var seed: UInt64 = 42

    @Option(
        help:
            "Samples that are answered side by side, each on --threads threads (then 1 if not given)."
    )
    var workers = 1

    @Flag(help: "Say only what is wrong, and what was asked for.")
    var quiet = false

    @OptionGroup var model: ModelOptions

    func validate() throws {
        if data.isEmpty { throw ValidationError("name at least one shard") }
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
        if !(28...4096).contains(imageSize) {
            throw ValidationError("--image-size must be from 28 to 4096")
        }
        if maxNewTokens < 1 { throw ValidationError("--max-new-tokens must be at least 1") }
        if !(1...256).contains(workers) {
            throw ValidationError("--workers must be from 1 to 256")
        }
        if PromptVariant.named(variant) == nil {
            let known = PromptVariant.all.map(\.name).joined(separator: ", ")
            throw ValidationError("--variant is \(variant), must be one of \(known)")
        }
    }

    func run() throws {
        var recipe = EvaluateRecipe(policy: policy, segmenter: segmenter, data: data)
        recipe.variant = variant
        recipe.dtype = model.dtype.dtype
        recipe.device = try model.apply()
        if workers > 1, model.threads == 0 { try applyThreads(1) }
        recipe.settings.limit = limit
        recipe.settings.imageSize = imageSize
        recipe.settings.questions = questions
        recipe.settings.maxCompletionLength = maxNewTokens
        recipe.settings.parser = parser
        recipe.settings.seed = seed
        recipe.settings.workers = workers
        if let json, json != "-" { try requireWritable([json], inputs: data) }
        let result = try recipe.run(output: output) { progress in
            if !quiet, Console.isTerminal || progress.done == progress.total {
                Console.progress(
                    "\(progress.done)/\(progress.total) samples  gIoU \(fixed(progress.gIoU, 3))")
            }
        }
        if !quiet { Console.endProgress() }
        if let json { try write(result, to: json) }
        if json != "-", !quiet { print(evaluationTable(result.summary), terminator: "") }
        if let output, !quiet {
            Console.note("\(output)/predictions.jsonl, \(output)/evaluation.json")
        }
    }

    private func write(_ result: EvaluationResult, to path: String) throws {
        let document = try result.document()
        if path == "-" {
            try FileHandle.standardOutput.write(contentsOf: document)
        } else {
            try ImageCodec.write(Array(document), path: path)
        }
    }
}

extension EvaluatedQuestions: ExpressibleByArgument {}

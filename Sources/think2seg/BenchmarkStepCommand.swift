public import ArgumentParser
import Benchmarking
import Foundation
import PolicyFamilies
import Settings
import SharedSettings
import Terminals
import Torch
import TrainingRuns

extension ProductLibrary: ExpressibleByArgument {}

struct BenchmarkStepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Measures optimizer steps of given sizes, part by part.",
        discussion: """
            Example:
              think2seg policy init --config Benchmarks/bench-small/config.json --output bench/policy
              think2seg segmenter init --config Benchmarks/bench-small/segmenter.json \\
                --output bench/segmenter
              think2seg benchmark step --policy bench/policy --segmenter bench/segmenter

            The trainer itself runs, on random tokens and pictures of noise; no token ends a \
            completion, so that every run has the same work. One step before those that count is \
            not measured. Nothing is written but --json.
            """)

    @Option(
        help: "The folder of a \(PolicyRegistry.names) checkpoint; needs no tokenizer.",
        transform: PathArgument.policy)
    var policy: String

    @OptionGroup var masks: SegmenterOption
    private var segmenter: String { masks.segmenter }

    @Option(help: "The side of the pictures in pixels, a multiple of 28.")
    var imageSize = 448

    @Option(help: "Tokens of a prompt, those of the picture included.")
    var promptTokens = 519

    @Option(help: "Completions of a prompt.")
    var numGenerations = 8

    @Option(help: "Tokens of a completion.")
    var completionLength = 128

    @Option(help: "Objects in each answer, each a box with two points.")
    var instances = 2

    @Option(help: "Prompts of a step.")
    var prompts = 1

    @Option(help: "The weight of the divergence; 0: no reference policy.")
    var beta = 0.001

    @Option(help: "Keys of parameters that are not trained, * standing for anything; repeatable.")
    var freeze: [String] = []

    @Option(
        help: ArgumentHelp(
            "Train a LoRA adapter of the language model's linear layers, of this rank and alpha twice it.",
            valueName: "rank"))
    var adapterRank: Int?

    @Flag(help: "Make what layers made again for the gradient, instead of keeping it.")
    var gradientCheckpointing = false

    @Option(help: "The segmenter's element type; the policy's unless given.")
    var segmenterDtype: ModelDType?

    @Option(help: "Threads that prompts are given to in turn, each with one thread per operation.")
    var workers = 1

    @Option(help: "Who computes float32 products on the CPU: auto, onednn or libtorch.")
    var products = ProductLibrary.auto

    @Option(help: "Steps that are measured.")
    var `repeat` = 3

    @Option(help: "Decides about tokens, pictures and answers.")
    var seed: UInt64 = 42

    @OptionGroup var result: ResultOption
    private var json: String? { result.json }

    @OptionGroup var model: ModelOptions

    func validate() throws {
        let block = PolicyRegistry.pictureBlock(directory: policy)
        if imageSize < block || imageSize % block != 0 {
            throw ValidationError("--image-size must be a multiple of \(block)")
        }
        if numGenerations < 2 { throw ValidationError("--num-generations must be at least 2") }
        for (name, value) in [
            ("--prompt-tokens", promptTokens), ("--completion-length", completionLength),
            ("--instances", instances), ("--prompts", prompts), ("--repeat", `repeat`),
            ("--workers", workers),
        ] where value < 1 {
            throw ValidationError("\(name) must be at least 1")
        }
        if let adapterRank, adapterRank < 1 {
            throw ValidationError("--adapter-rank must be at least 1")
        }
        if !(beta >= 0) { throw ValidationError("--beta must not be negative") }
    }

    func run() throws {
        try requireWritable([.json(json)], inputs: [.policy(policy), .segmenter(segmenter)])
        var benchmark = StepBenchmark(policy: policy, segmenter: segmenter)
        benchmark.shapes.imageSize = imageSize
        benchmark.shapes.promptTokens = promptTokens
        benchmark.shapes.numGenerations = numGenerations
        benchmark.shapes.completionLength = completionLength
        benchmark.shapes.instances = instances
        benchmark.shapes.prompts = prompts
        benchmark.dtype = model.dtype
        benchmark.segmenterDType = segmenterDtype
        benchmark.beta = beta
        benchmark.freeze = freeze
        benchmark.adapterRank = adapterRank
        benchmark.checkpointsLayers = gradientCheckpointing
        benchmark.repeats = `repeat`
        benchmark.workers = workers
        benchmark.seed = seed
        try products.apply()
        let result = try benchmark.run(
            device: model.apply(policy: policy, segmenter: segmenter)
        ) { number, seconds in
            let name = number == 0 ? "warm-up" : "step \(number) of \(`repeat`)"
            Console.progress("\(name)  \(fixed(seconds, 2)) s", number + 1, of: `repeat` + 1)
        }
        Console.endProgress()
        if let json { try writeJSON(result, to: json) }
        if json != "-" { result.lines.forEach { print($0) } }
    }
}

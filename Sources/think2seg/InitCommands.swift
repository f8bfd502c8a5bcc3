import ArgumentParser
import Foundation
import NewModels
import PolicyFamilies
import Settings
import SharedSettings
import Terminals
import Torch

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Makes policies.",
        subcommands: [PolicyInitCommand.self])
}

struct PolicyInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Writes a \(PolicyRegistry.names) with random weights, from its config.json.",
        discussion: """
            Example:
              think2seg policy init --config Qwen2.5-VL-3B-Instruct/config.json \\
                --output fresh --seed 1

            Tokenizer and processor files that stand beside the configuration go with the weights, \
            so that training can start from the new folder. The same seed gives the same weights.
            """)

    @Option(help: "The config.json with the sizes.", transform: PathArgument.sizes)
    var config: String

    @Option(
        help: "The folder for the new checkpoint; must be new or empty.",
        transform: PathArgument.folder)
    var output: String

    @Option(help: "Decides about the weights.")
    var seed: UInt64 = 42

    @Option(
        help: "A folder whose tokenizer and processor files are taken; else that of --config.",
        transform: PathArgument.policy)
    var tokenizer: String?

    @Option(help: "The element type in the files: float32 or bfloat16.")
    var dtype = ModelDType.float32

    func run() throws {
        let outcome = try ModelInitialization.writePolicy(
            configuration: config, companions: tokenizer, output: output, seed: seed,
            dtype: dtype.dtype)
        Console.note("\(output): \(outcome.parameterCount) parameters")
        outcome.missing.forEach(Console.warning)
    }
}

struct SegmenterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segmenter", abstract: "Makes segmenters.",
        subcommands: [SegmenterInitCommand.self])
}

struct SegmenterInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Writes a SAM2.1 with random weights, from its config.json.",
        discussion: """
            Example:
              think2seg segmenter init --config sam2.1-hiera-tiny/config.json --output fresh

            The same seed gives the same weights. pretrain-segmenter trains the model further.
            """)

    @Option(help: "The config.json with the sizes.", transform: PathArgument.sizes)
    var config: String

    @Option(
        help: "The folder for the new checkpoint; must be new or empty.",
        transform: PathArgument.folder)
    var output: String

    @Option(help: "Decides about the weights.")
    var seed: UInt64 = 42

    @Option(help: "The element type in the files: float32 or bfloat16.")
    var dtype = ModelDType.float32

    func run() throws {
        let outcome = try ModelInitialization.writeSegmenter(
            configuration: config, output: output, seed: seed, dtype: dtype.dtype)
        Console.note("\(output): \(outcome.parameterCount) parameters")
    }
}

import ArgumentParser
import Foundation
import Settings
import SharedSettings
import Terminals
import TrainingRuns

struct CheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint", abstract: "Lists, verifies and exports checkpoints of runs.",
        subcommands: [
            CheckpointListCommand.self, CheckpointVerifyCommand.self, CheckpointExportCommand.self,
        ])
}

struct CheckpointListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the checkpoints of a run.",
        discussion: """
            Example:
              think2seg checkpoint list runs/a

            Held-out figures are those of the evaluation after the step; - where it was not \
            evaluated. Holds file sizes to the manifest; `checkpoint verify` reads every byte.
            """)

    @Argument(help: "The run's folder.", transform: PathArgument.run)
    var folder: String

    @OptionGroup var result: ResultOption

    func run() throws {
        try requireWritable([.json(result.json)], inputs: [.run(folder)])
        let table = CheckpointTable(try CheckpointRecipe.list(folder, readingAll: false))
        if let json = result.json { try writeJSON(table, to: json) }
        if result.json != "-" { table.lines.forEach { print($0) } }
    }
}

struct CheckpointVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads every byte of checkpoints and compares it with what was written.",
        discussion: """
            Example:
              think2seg checkpoint verify runs/a runs/b/checkpoints/step-200

            Exit status 65 if one is damaged.
            """)

    @Argument(
        help: "Folders of runs, all of whose checkpoints are read, or of checkpoints.",
        transform: PathArgument.run)
    var paths: [String]

    func run() throws {
        var damaged = 0
        for path in paths {
            for entry in try CheckpointRecipe.list(path, readingAll: true) {
                if let problem = entry.problem {
                    damaged += 1
                    print("damaged  \(problem)")
                } else {
                    let origin = entry.command == "train" ? "" : ", of \(entry.command)"
                    print("whole    \(entry.path) (\(size(entry.bytes))\(origin))")
                }
            }
        }
        if damaged > 0 { throw ExitCode(SystemExit.badData) }
    }
}

struct CheckpointExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes a checkpoint's policy as a folder that transformers loads.",
        discussion: """
            Example:
              think2seg checkpoint export runs/a --best --output policies/a --dtype bfloat16

            Of a run that trains an adapter the folder holds the adapter, which \
            PeftModel.from_pretrained takes; with --merge it is a whole policy. An adapter's folder of \
            any origin is merged likewise:

              think2seg checkpoint export adapter --merge --base base --output merged
            """)

    @Argument(
        help: "The folder of a run, of a checkpoint, or of an adapter.",
        transform: PathArgument.runOrAdapter)
    var path: String

    @Option(
        name: .shortAndLong, help: "The folder to write; must be new or empty.",
        transform: PathArgument.folder)
    var output: String

    @Flag(help: "The checkpoint that evaluations liked best, and not the newest.")
    var best = false

    @Option(help: "The checkpoint of this step.")
    var step: Int?

    @Option(help: "float32 or bfloat16; as the run has it if left out.")
    var dtype: ModelDType?

    @Flag(
        help:
            "Make a run's adapter part of its base's weights. Without it, an adapter is written in PEFT's layout."
    )
    var merge = false

    @Option(
        help: ArgumentHelp(
            "The base of an adapter, where it is not where the run had it.", valueName: "folder"),
        transform: PathArgument.policy)
    var base: String?

    func validate() throws {
        if best, step != nil { throw ValidationError("give --best or --step, not both") }
    }

    func run() throws {
        let choice: CheckpointRecipe.Choice =
            best ? .best : step.map { .step($0) } ?? .newest
        let taken = try CheckpointRecipe.export(
            path, choice, to: output, dtype: dtype?.dtype, merging: merge, base: base,
            onNote: Console.note, onWarning: Console.warning)
        Console.note("\(output): the policy of \(taken)")
    }
}

import ArgumentParser
import Foundation
import Settings
import SharedSettings
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

            Holds file sizes to the manifest; `checkpoint verify` reads every byte.
            """)

    @Argument(help: "The run's folder.", transform: PathArgument.run)
    var folder: String

    func run() throws {
        let entries = try CheckpointRecipe.list(folder, readingAll: false)
        print("step       written           size      held-out")
        for entry in entries {
            if let problem = entry.problem {
                print("damaged    \(problem)")
                continue
            }
            let value = entry.best.map { fixed($0, 4) } ?? "-"
            let cells = [
                (entry.step.map(String.init) ?? "?", 11), (entry.date.map(minute) ?? "?", 18),
                (size(entry.bytes), 10), (value, 10),
            ].map { $0.0.padding(toLength: $0.1, withPad: " ", startingAt: 0) }
            print(cells.joined() + (entry.isBest ? "best" : origin(entry.command)))
        }
    }

    /// Which command wrote a checkpoint, where it is not `train`.
    private func origin(_ command: String) -> String { command == "train" ? "" : "of \(command)" }

    private func minute(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.dateFormat = "yyyy-MM-dd HH:mm"
        return formatter.string(from: date)
    }
}

/// Bytes as people read them.
func size(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var (value, unit) = (Double(bytes), 0)
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return unit == 0 ? "\(bytes) B" : "\(fixed(value, value < 100 ? 1 : 0)) \(units[unit])"
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
            """)

    @Argument(help: "The folder of a run or of a checkpoint.", transform: PathArgument.run)
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

    func validate() throws {
        if best, step != nil { throw ValidationError("give --best or --step, not both") }
    }

    func run() throws {
        let choice: CheckpointRecipe.Choice =
            best ? .best : step.map { .step($0) } ?? .newest
        let taken = try CheckpointRecipe.export(path, choice, to: output, dtype: dtype?.dtype)
        Console.note("\(output): the policy of \(taken)")
    }
}

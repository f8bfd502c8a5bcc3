import ArgumentParser
import Foundation
import Terminals
import TrainingRuns
import Verification

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compares this program's numbers with a reference's.",
        subcommands: [VerifyLossesCommand.self])
}

struct VerifyLossesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "losses",
        abstract: "Recomputes a table of TRL's losses, gradients, metrics and advantages.",
        discussion: """
            Example:
              Tests/Fixtures/generate --seed 7 --output other losses
              think2seg verify losses other/losses/table.json

            Prints the largest relative difference of each kind. Losses, metrics and advantages may \
            differ by 1e-6, gradients by 1e-5; what is 0 but for rounding is compared absolutely. \
            If something differs by more, the command ends with 65.
            """)

    @Argument(
        help: "The table, as the generator of the fixture losses writes it.",
        transform: PathArgument.input)
    var table: String

    @Option(
        help: "Where the report goes as JSON; - for standard output.", transform: PathArgument.file)
    var json: String?

    func run() throws {
        try requireWritable([.json(json)], inputs: [.file(table)])
        let report = try LossTableReport(LossTable.load(path: table))
        if let json {
            try writeJSON(report, to: json)
        }
        if json != "-" {
            print("kind        cases  value     gradient  metrics")
            for kind in report.kinds {
                let numbers = [kind.value, kind.gradient, kind.metrics]
                    .map { String(format: "%.2e", $0) }.joined(separator: "  ")
                print(
                    kind.name.padding(toLength: 12, withPad: " ", startingAt: 0)
                        + String(format: "%5d  ", kind.cases) + numbers)
            }
        }
        for failure in report.failures {
            Console.note(
                "\(failure.name): \(failure.quantity) differs by "
                    + String(format: "%.2e", failure.difference))
        }
        if !report.failures.isEmpty { throw ExitCode(SystemExit.badData) }
    }
}

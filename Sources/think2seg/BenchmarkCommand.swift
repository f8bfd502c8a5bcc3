import ArgumentParser

struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark", abstract: "Measures how fast the parts of training are here.",
        subcommands: [BenchmarkStepCommand.self])
}

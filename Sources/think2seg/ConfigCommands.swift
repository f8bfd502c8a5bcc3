import ArgumentParser
import Foundation
import Recipes

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Checks and shows configurations of training runs.",
        subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self])
}

/// A configuration with overrides.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Overrides a key: --set grpo.num_generations=16.", valueName: "key=value"))
    var overrides: [String] = []
}

struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reports everything that is wrong with a configuration.",
        discussion: "Example:\n  think2seg config check Configs/train.yaml --set seed=7")

    @Argument(help: "The YAML file.")
    var config: String

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let configuration = try RunConfiguration.load(file: config, overrides: options.overrides)
        let paths =
            [configuration.policy.path, configuration.segmenter.path] + configuration.data.train
        for path in paths where !FileManager.default.fileExists(atPath: path) {
            Console.warning("\(path) does not exist here")
        }
        configuration.warnings.forEach(Console.warning)
        do { _ = try availableDevice(configuration.device) } catch { Console.warning("\(error)") }
        print("\(config): no problems")
    }
}

struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Prints a configuration with every key, its value and its meaning.",
        discussion: """
            Example:
              think2seg config show Configs/train.yaml

            Without a file: all keys with their defaults. With --of, those of another command than \
            train.
            """)

    @Argument(help: "The YAML file.")
    var config: String?

    @Option(help: "Whose configuration: train, sft or pretrain-segmenter.")
    var of = ConfiguredCommand.train

    @Flag(help: "Leave out the meanings.")
    var plain = false

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let (file, overrides) = (config, options.overrides)
        let isDefault = file == nil && overrides.isEmpty
        let text =
            switch of {
            case .train:
                try
                    (isDefault
                    ? RunConfiguration()
                    : RunConfiguration.load(file: file, overrides: overrides))
                    .resolved(comments: !plain)
            case .sft:
                try
                    (isDefault
                    ? SFTConfiguration()
                    : SFTConfiguration.load(file: file, overrides: overrides))
                    .resolved(comments: !plain)
            case .pretrainSegmenter:
                try
                    (isDefault
                    ? SegmenterConfiguration()
                    : SegmenterConfiguration.load(file: file, overrides: overrides))
                    .resolved(comments: !plain)
            }
        print(text, terminator: "")
    }
}

/// A command that a configuration file is for.
enum ConfiguredCommand: String, ExpressibleByArgument, CaseIterable {
    case train, sft
    case pretrainSegmenter = "pretrain-segmenter"
}

import ArgumentParser
import Configuration
import Files
import Foundation
import SegmenterTraining
import Settings
import SharedSettings
import SupervisedTraining
import Terminals

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Checks, shows and documents configurations of runs.",
        subcommands: [
            ConfigInitCommand.self, ConfigCheckCommand.self, ConfigShowCommand.self,
            ConfigExplainCommand.self, ConfigSchemaCommand.self, ConfigReferenceCommand.self,
        ])
}

/// A configuration with overrides.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Overrides a key: --set grpo.num_generations=16.", valueName: "key=value"))
    var overrides: [String] = []
}

/// A command that a configuration file is for.
enum ConfiguredCommand: String, ExpressibleByArgument, CaseIterable {
    case train, sft
    case pretrainSegmenter = "pretrain-segmenter"

    /// What its file is.
    var form: ConfigurationForm { ConfigurationForm(rawValue: rawValue) ?? .train }

    /// The command's configuration.
    var type: any KeyedConfiguration.Type {
        switch self {
        case .train: RunConfiguration.self
        case .sft: SFTConfiguration.self
        case .pretrainSegmenter: SegmenterConfiguration.self
        }
    }
}

struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reports everything that is wrong with a configuration.",
        discussion: """
            Example:
              think2seg config check Configs/train.yaml --set seed=7

            What is missing on this machine is a warning: configurations are checked on other machines \
            too. `train --dry-run` looks into the files that a configuration names.
            """)

    @Argument(help: "The YAML file.", transform: PathArgument.configuration)
    var config: String

    @Option(help: "Whose configuration: train, sft or pretrain-segmenter.")
    var of = ConfiguredCommand.train

    @Flag(help: "Every warning is a problem.")
    var strict = false

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let configuration = try of.form.loading(config) {
            try of.type.load(
                file: config, overrides: options.overrides, requiresInputs: strict,
                onNote: Console.note)
        }
        var warnings = configuration.warnings
        if !strict {
            warnings += configuration.inputs.filter { !$0.exists }.map {
                "\($0.key): \($0.path) does not exist here\($0.advice)"
            }
        }
        warnings += configuration.inputs.compactMap { input in
            input.mismatch.map { "\(input.key): \($0)" }
        }
        if !strict { warnings += configuration.programProblems }
        do { _ = try availableDevice(configuration.device) } catch { warnings.append("\(error)") }
        warnings.forEach(strict ? Console.error : Console.warning)
        if strict, !warnings.isEmpty { throw ExitCode(SystemExit.badConfiguration) }
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

            Without a file: all keys with their defaults, or what --set gives them. With --of, those \
            of another command than train.
            """)

    @Argument(help: "The YAML file.", transform: PathArgument.configuration)
    var config: String?

    @Option(help: "Whose configuration: train, sft or pretrain-segmenter.")
    var of = ConfiguredCommand.train

    @Flag(help: "Leave out the meanings.")
    var plain = false

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let (file, overrides) = (config, options.overrides)
        let configuration: any KeyedConfiguration =
            file == nil
            ? try of.type.defaults(overrides: overrides, foreign: .trainers)
            : try of.form.loading(file) {
                try of.type.load(
                    file: file, overrides: overrides, requiresInputs: false, onNote: Console.note)
            }
        print(configuration.resolved(comments: !plain), terminator: "")
    }
}

struct ConfigSchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints a JSON Schema of a configuration's keys, for editors.",
        discussion: """
            Example:
              think2seg config schema > train.schema.json

            A YAML file whose first line is

              # yaml-language-server: $schema=train.schema.json

            is then completed and checked by editors that have a YAML language server.
            """)

    @Option(help: "Whose configuration: train, sft or pretrain-segmenter.")
    var of = ConfiguredCommand.train

    func run() throws { print(try of.type.schema(), terminator: "") }
}

struct ConfigReferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Prints Documentation/configuration.md: every key of every command.",
        discussion: "Example:\n  think2seg config reference > Documentation/configuration.md")

    func run() { print(ConfigurationReference.markdown, terminator: "") }
}

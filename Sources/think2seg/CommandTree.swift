import ArgumentParser
import Configuration
import Foundation
import Terminals

/// The commands and options that there are, for words that are none of them.
struct CommandTree {
    /// The command that the words lead to, as far as they do.
    let command: any ParsableCommand.Type
    /// The names that lead to it, without the program's own.
    let path: [String]
    /// The word that should be a command and is none; nil if all is well.
    let stray: String?

    /// Follows a command line.
    ///
    /// - Parameter arguments: its words, without the program's name
    init(_ arguments: [String]) {
        var command: any ParsableCommand.Type = Think2SegCommand.self
        var path: [String] = []
        var stray: String?
        for word in arguments where !(path.isEmpty && word == "help") {
            let subcommands = command.configuration.subcommands
            if subcommands.isEmpty || word.hasPrefix("-") { break }
            guard let next = subcommands.first(where: { $0._commandName == word }) else {
                stray = word
                break
            }
            (command, path) = (next, path + [word])
        }
        (self.command, self.path, self.stray) = (command, path, stray)
    }

    /// What to say of the word that is no command: the nearest one, wherever it is, or all that there are.
    var advice: String? {
        guard let stray else { return nil }
        let names = command.configuration.subcommands.map { $0._commandName }
        let begin = "there is no command '\((path + [stray]).joined(separator: " "))'"
        let full = Self.all.map { $0.joined(separator: " ") }
        let plain = Nearest.squeezed(stray)
        if let meant = Self.all.first(where: { Nearest.squeezed($0.last ?? "") == plain })
            ?? Self.elsewhere[plain].map({ $0.split(separator: " ").map(String.init) })
            ?? Nearest.name(to: stray, among: names).map({ path + [$0] })
        {
            return "\(begin); did you mean '\(meant.joined(separator: " "))'?"
        }
        if let meant = Nearest.name(to: stray, among: full) {
            return "\(begin); did you mean '\(meant)'?"
        }
        return "\(begin); the commands are \(names.joined(separator: ", "))"
    }

    /// What the same is called elsewhere.
    private static let elsewhere = [
        "grpo": "train", "rl": "train", "finetune": "train", "run": "train", "rlhf": "train",
        "generate": "predict", "infer": "predict", "inference": "predict", "ask": "predict",
        "chat": "predict", "eval": "evaluate", "test": "evaluate", "validate": "evaluate",
        "sweep": "ablate", "ablation": "ablate", "env": "benchmark", "demo": "quickstart",
        "dpo": "train", "warmstart": "sft", "supervised": "sft", "convert": "data import",
        "info": "data inspect", "download": "data import", "resume": "train",
    ]

    /// The names that lead to each command.
    private static let all: [[String]] = {
        func below(_ type: any ParsableCommand.Type, _ path: [String]) -> [[String]] {
            type.configuration.subcommands.flatMap { next in
                [path + [next._commandName]] + below(next, path + [next._commandName])
            }
        }
        return below(Think2SegCommand.self, [])
    }()

    // MARK: - Options

    /// What the command takes.
    var inputs: CommandInputs {
        struct Help: Decodable {
            struct Command: Decodable { let arguments: [Argument]? }
            struct Argument: Decodable {
                let kind: String
                let isRepeating: Bool?
                let valueName: String?
                let names: [Name]?
                var long: [String] { (names ?? []).filter { $0.kind == "long" }.map(\.name) }
            }
            struct Name: Decodable { let kind, name: String }
            let command: Command
        }
        let help = try? JSONDecoder().decode(Help.self, from: Data(command._dumpHelp().utf8))
        let inputs = help?.command.arguments ?? []
        return CommandInputs(
            options: inputs.flatMap(\.long),
            flags: inputs.filter { $0.kind == "flag" }.flatMap(\.long),
            repeated: inputs.filter { $0.isRepeating == true }.flatMap(\.long),
            arguments: inputs.filter { $0.kind == "positional" }.compactMap(\.valueName),
            kinds: OptionKind.all(of: command), depth: path.count)
    }
}

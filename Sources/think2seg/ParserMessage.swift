import ArgumentParser
import Configuration
import Foundation
import SegmenterTraining
import Settings
import SharedSettings
import SupervisedTraining
import Terminals

/// What is said of a command line that the argument parser refuses, in this program's form, with the
/// nearest name of what was meant.
struct ParserMessage: CustomStringConvertible {
    /// What is wrong, and what to write.
    let problem: String
    /// A line about what no keyboard writes; nil if there is nothing of it.
    let hint: String?
    /// The lines below: help of the option, usage.
    let usage: String

    /// Understands an error.
    ///
    /// - Parameters:
    ///   - error: what the parser threw
    ///   - arguments: the words of the command line, the program's name first
    init(_ error: any Error, _ arguments: [String]) {
        let message = Think2SegCommand.message(for: error)
        let full = Think2SegCommand.fullMessage(for: error)
        let begin = "Error: " + message
        let tree = CommandTree(Array(arguments.dropFirst()))
        usage = Self.usage(full.hasPrefix(begin) ? String(full.dropFirst(begin.count)) : "\n", tree)
        hint =
            lookAlikeHint(message, arguments) ?? OptionValues(tree.inputs).hint(message, arguments)
            ?? StrayWords(tree.inputs, arguments).hint(message)
        problem =
            Self.command(message, tree)
            ?? Self.choice(message, isKnown: hint != nil)
            ?? Self.option(message, tree, arguments)
            ?? Self.stray(message, tree, arguments) ?? message
    }

    /// The lines below, of the command that was called: what a command finds once it runs comes with those of
    /// the program.
    private static func usage(_ lines: String, _ tree: CommandTree) -> String {
        guard !tree.path.isEmpty, tree.stray == nil, lines.contains("Usage: think2seg <subcommand>")
        else { return lines }
        return "\nUsage: \(Think2SegCommand.usageString(for: tree.command))\n  See 'think2seg "
            + "\(tree.path.joined(separator: " ")) --help' for more information."
    }

    /// A mistyped option, where the parser misses the one that was meant.
    private static func stray(
        _ message: String, _ tree: CommandTree, _ arguments: [String]
    ) -> String? {
        guard !message.contains("Unknown option") else { return nil }
        let known = tree.inputs.options + ["help", "version", "help-hidden"]
        let names = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }
            .map { String($0.dropFirst(2).prefix { $0 != "=" }) }
        guard let name = names.first(where: { !known.contains($0) }) else { return nil }
        let unknown = "Unknown option '--\(name)'"
        if let words = option(unknown, tree, arguments) { return words }
        return "\(unknown). \(message)"
    }

    /// All of it.
    var description: String {
        "error: \(problem)\n" + (hint.map { $0 + "\n" } ?? "")
            + String(usage.drop { $0 == "\n" })
    }

    /// A word that is no command.
    private static func command(_ message: String, _ tree: CommandTree) -> String? {
        message.contains("nexpected argument") || message.contains("Unknown option")
            ? tree.advice : nil
    }

    /// A value that is none of those that an option takes.
    private static func choice(_ message: String, isKnown: Bool) -> String? {
        guard !isKnown, let list = message.range(of: "Please provide one of"),
            let value = message.firstMatch(of: /The value '(.*?)' is invalid/)?.1
        else { return nil }
        let rest = message[list.upperBound...]
        let quoted = rest.matches(of: /'([^']*)'/).map { String($0.1) }
        let listed = rest.matches(of: /\n  - (.*)/).map { String($0.1) }
        let names = quoted.isEmpty ? listed : quoted
        guard let nearest = Nearest.name(to: String(value), among: names) else { return nil }
        return message + (quoted.isEmpty ? "\n" : " ") + "Did you mean '\(nearest)'?"
    }

    /// A name that is no option of the command.
    private static func option(
        _ message: String, _ tree: CommandTree, _ arguments: [String]
    ) -> String? {
        guard let name = message.firstMatch(of: /Unknown option '(--?[^'=]+)/)?.1 else {
            return nil
        }
        let plain = String(name.drop { $0 == "-" })
        let begin = "Unknown option '\(name)'"
        let inputs = tree.inputs
        if inputs.arguments.contains(plain) {
            return "\(begin): give the \(plain) without it, as in 'think2seg "
                + "\((tree.path + [plain.uppercased()]).joined(separator: " "))'"
        }
        if tree.path == ["ablate"],
            plain == "set" || RunConfiguration.keys.contains(where: { $0.name == plain })
        {
            return
                "\(begin): what the runs are stands in the plan; its base has the keys, its axes those that "
                + "vary"
        }
        let words = value(of: String(name), arguments)
        let command = inputs.options.contains("set") ? tree.path.last ?? "" : ""
        if let key = key(plain, command, words) { return "\(begin): \(key)" }
        if let option = near(plain, inputs.options) {
            return "\(begin). Did you mean '--\(option)'?"
        }
        return nearKey(plain, command).map { "\(begin): write --set \($0)=\(words)" }
            ?? (message.contains("Did you mean") ? begin : nil)
    }

    /// The option that a name means, also where more is said than its name: `output` of `output-dir`.
    private static func near(_ name: String, _ options: [String]) -> String? {
        if let option = Nearest.name(to: name, among: options) { return option }
        let begun = options.filter { $0.count >= 3 && name.hasPrefix($0 + "-") }
        return begun.max { $0.count < $1.count }
    }

    /// The key of a command's configuration whose name is near.
    private static func nearKey(_ name: String, _ command: String) -> String? {
        guard let form = ConfigurationForm(rawValue: command), form != .ablate else { return nil }
        let tails = form.keys.map { String($0.split(separator: ".").last ?? "") }
        return Nearest.name(to: name, among: form.keys.filter { !$0.contains(".") })
            ?? Nearest.name(to: name, among: tails).flatMap { tail in
                let same = form.keys.filter { $0.hasSuffix("." + tail) }
                return same.count == 1 ? same[0] : nil
            }
    }

    /// The value that stands behind an option.
    private static func value(of option: String, _ arguments: [String]) -> String {
        for (place, word) in arguments.enumerated() {
            if word.hasPrefix(option + "=") { return String(word.dropFirst(option.count + 1)) }
            if word == option, place + 1 < arguments.count, !arguments[place + 1].hasPrefix("-") {
                return arguments[place + 1]
            }
        }
        return "VALUE"
    }

    /// What to write for a name that is a key of the command's configuration, here or elsewhere.
    private static func key(_ name: String, _ command: String, _ value: String) -> String? {
        guard let form = ConfigurationForm(rawValue: command), form != .ablate else { return nil }
        let names = KeyNames(form.keys, foreign: .trainers)
        guard let found = names.exact(name) else { return nil }
        let words = found.foreign.map { $0.words(known: form.keys) }
        let key = found.key ?? found.foreign?.ours.first(where: form.keys.contains)
        let set = key.map { "write --set \($0)=\(value)" }
        return [words, set].compactMap(\.self).joined(separator: "; ")
    }
}

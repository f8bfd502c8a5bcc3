import ArgumentParser
import Foundation
import Testing

@testable import Recipes
@testable import think2seg

/// One option or argument of a command, as the command's own help has it.
struct CommandInput: Sendable, CustomStringConvertible {
    /// The words before it: `data inspect`.
    let command: [String]
    /// `--output`; nil for an argument.
    let option: String?
    /// The place among the arguments.
    let place: Int
    /// What the help calls it.
    let value: String

    var description: String { (command + [option ?? "<\(value)>"]).joined(separator: " ") }

    /// The command's words with a text here, and nothing but what must stand before it.
    func words(_ text: String) -> [String] {
        if let option { return command + ["\(option)=\(text)"] }
        return command + Array(repeating: "x", count: place) + [text]
    }

    /// Those of all commands that take a text.
    static let all: [CommandInput] = {
        struct Tool: Decodable { let command: Command }
        struct Name: Decodable { let kind, name: String }
        struct Argument: Decodable {
            let kind: String
            let valueName: String?
            let names: [Name]?
        }
        struct Command: Decodable {
            let commandName: String
            let subcommands: [Command]?
            let arguments: [Argument]?
        }
        func inputs(_ command: Command, _ words: [String]) -> [CommandInput] {
            let arguments = command.arguments ?? []
            let positional = arguments.filter { $0.kind == "positional" }.enumerated().map {
                CommandInput(
                    command: words, option: nil, place: $0, value: $1.valueName ?? "")
            }
            let options = arguments.filter { $0.kind == "option" }.compactMap { argument in
                argument.names?.first { $0.kind == "long" }.map {
                    CommandInput(
                        command: words, option: "--\($0.name)", place: 0,
                        value: argument.valueName ?? "")
                }
            }
            let below = (command.subcommands ?? []).filter { $0.commandName != "help" }
            return positional + options
                + below.flatMap { inputs($0, words + [$0.commandName]) }
        }
        let help = Data(Think2SegCommand._dumpHelp().utf8)
        do {
            return inputs(try JSONDecoder().decode(Tool.self, from: help).command, [])
        } catch {
            Issue.record("\(error)")
            return []
        }
    }()
}

@Suite struct PathOptionTests {
    /// Options that are no paths. A new option belongs here, or reads its path with `PathArgument`.
    private static let notPaths: Set<String> = [
        // Numbers
        "--beta", "--classes-per-scene", "--columns", "--completion-length", "--count",
        "--gallery", "--group-size", "--held-out", "--image-size", "--instances", "--jobs",
        "--limit", "--max-completion-length", "--max-new-tokens", "--minutes", "--no-target",
        "--num-generations", "--prompt-tokens", "--prompts", "--repeat", "--resamples", "--run",
        "--samples", "--scenes", "--seed", "--side", "--step", "--steps", "--stored-size",
        "--temperature", "--threads", "--threshold", "--top-k", "--top-p", "--validation",
        "--workers",
        // Coordinates and values of pixels
        "--box", "--ignore-values", "--label-values", "--negative-point", "--point", "--stretch",
        // One of a few words
        "--checkpoint", "--device", "--dtype", "--exif", "--layout", "--of", "--parser",
        "--products", "--protocol", "--questions", "--resize", "--segmenter-dtype", "--variant",
        "--world",
        // Texts, patterns and tables
        "--freeze", "--name", "--question", "--rewards", "--set", "--system-prompt",
    ]
    /// What must stand before the path in an option's value.
    private static let prefixes = ["--controls": "name="]

    private static let ghost = "~no-such-user-of-any-machine/x"

    /// What the parser says about words.
    private func said(_ words: [String]) -> String {
        do {
            _ = try Think2SegCommand.parseAsRoot(words)
            return ""
        } catch {
            return Think2SegCommand.message(for: error)
        }
    }

    @Test("Every option and argument is read as a path, or is known to be none")
    func everyPath() {
        let inputs = CommandInput.all
        #expect(inputs.count > 150)
        for input in inputs where !Self.notPaths.contains(input.option ?? "") {
            let prefix = Self.prefixes[input.option ?? ""] ?? ""
            let message = said(input.words(prefix + Self.ghost))
            #expect(
                message.contains("there is no user no-such-user-of-any-machine"),
                "\(input) is a path that PathArgument does not read, or belongs to notPaths")
            #expect(message.contains(input.option ?? "<\(input.value)>"), "\(message)")
        }
    }

    @Test("What is no path is not read as one")
    func noPath() {
        for input in CommandInput.all where Self.notPaths.contains(input.option ?? "") {
            #expect(!said(input.words(Self.ghost)).contains("there is no user"), "\(input)")
        }
        let names = Set(CommandInput.all.compactMap(\.option))
        #expect(Self.notPaths.subtracting(names).isEmpty)
    }

    @Test("Every output that is a file refuses what names a folder, and every folder takes slashes")
    func folders() {
        let files: Set = ["--json", "--overlay", "--logits", "--strip", "--curve"]
        let outputs = CommandInput.all.filter { input in
            files.contains(input.option ?? "")
                || input.option == "--output" && [["report"], ["segment"]].contains(input.command)
        }
        #expect(outputs.count > 20)
        for input in outputs {
            for text in ["a/", ".", "..", "/", "a/.."] {
                #expect(said(input.words(text)).contains("the name of a folder"), "\(input)")
            }
        }
        for input in CommandInput.all
        where input.option == "--output" && ![["report"], ["segment"]].contains(input.command) {
            for text in ["a/", "a//", "a/.", ".", "./", "/", "../a"] {
                #expect(!said(input.words(text)).contains("invalid"), "\(input)")
            }
        }
    }

    @Test("An empty path is refused")
    func empty() {
        for input in CommandInput.all where !Self.notPaths.contains(input.option ?? "") {
            // After an equals sign the parser itself misses a value.
            let words = input.option.map { input.command + [$0, ""] } ?? input.words("")
            let isRefused = ["it is empty", "name=path"].contains(where: said(words).contains)
            #expect(isRefused, "\(input)")
        }
    }

    @Test("Paths arrive expanded, folders without slashes at the end, words as they are")
    func values() throws {
        let rule = PathRule(
            variable: { ["HOME": "/home/ada", "DATA": "/data"][$0] }, home: { _ in nil })
        try PathRule.$current.withValue(rule) {
            let export = try Think2SegCommand.parseAsRoot([
                "checkpoint", "export", "$DATA/run", "--output=~/mine//",
            ])
            let command = try #require(export as? CheckpointExportCommand)
            #expect(command.path == "/data/run" && command.output == "/home/ada/mine")
            let report = try Think2SegCommand.parseAsRoot([
                "report", "~/a", "--curve=~/c.svg", "--controls", "shuffled=~/b", "x=c",
            ])
            let page = try #require(report as? ReportCommand)
            #expect(page.folders == ["/home/ada/a"] && page.curve == "/home/ada/c.svg")
            #expect(page.controls == ["shuffled=/home/ada/b", "x=c"])
            let train = try Think2SegCommand.parseAsRoot(["train", "~/a.yaml", "--resume", "never"])
            #expect((train as? TrainCommand)?.resume == "never")
            let score = try Think2SegCommand.parseAsRoot(
                [
                    "score", "--completions", "-", "--no-segmenter", "--rewards=~/x",
                ].dropLast())
            #expect((score as? ScoreCommand)?.json == "-")
            #expect((score as? ScoreCommand)?.completions == "-")
            for (text, path) in [("./", "."), ("a/./", "a"), ("/", "/"), ("//", "/"), ("a", "a")] {
                #expect(try PathArgument.folder(text) == path)
            }
        }
    }

    @Test("A path in a command that people are told to type is the same path when they do")
    func words() throws {
        for path in ["$x/a.yaml", "./~/b", "/a b/c", "a'b$/$$c", "runs/a"] {
            let word = PathArgument.word(path)
            // A shell takes the quotes off, and does nothing else to what they hold.
            let typed =
                word.hasPrefix("'")
                ? String(word.dropFirst().dropLast()).replacing("'\\''", with: "'") : word
            #expect(try PathArgument.input(typed) == path)
        }
    }
}

@Suite struct PathKeyTests {
    /// Keys with texts that are no paths. A new key belongs here, or is declared with `path:`.
    private static let notPaths: Set<String> = [
        "device", "policy.freeze", "segmenter.freeze", "prompt.variant", "prompt.system",
        "name", "question",
    ]

    @Test("Every key of every configuration is a path, or is known to be none")
    func everyKey() {
        func check<Root>(_ keys: [ConfigurationKey<Root>]) {
            for key in keys where key.kind.isText && !Self.notPaths.contains(key.name) {
                Issue.record("\(key.name) is declared as a path, or belongs to notPaths")
            }
        }
        check(RunConfiguration.keys)
        check(SFTConfiguration.keys)
        check(SegmenterConfiguration.keys)
        check(AblationPlan.keys)
    }

    @Test("Every key that is a path is read by the rule")
    func everyPath() throws {
        func check<Root: KeyedConfiguration>(_ type: Root.Type) {
            let paths = type.keys.filter(\.kind.isPath).map(\.name)
            #expect(paths.count > 3)
            for name in paths {
                do {
                    _ = try type.load(
                        file: nil, overrides: ["\(name)=~no-such-user-of-any-machine/x"],
                        requiresInputs: false)
                    Issue.record("\(name) takes a user who is not there")
                } catch {
                    #expect("\(error)".contains("\(name): is ~no-such-user-of-any-machine/x"))
                }
            }
        }
        check(RunConfiguration.self)
        check(SFTConfiguration.self)
        check(SegmenterConfiguration.self)
        #expect(AblationPlan.keys.filter(\.kind.isPath).count == 4)
    }
}

extension ConfigurationKind {
    /// Whether it is made of any texts.
    fileprivate var isText: Bool { isMade(of: .text) }
    /// Whether it is made of paths.
    fileprivate var isPath: Bool { isMade(of: .path) }

    private func isMade(of kind: ConfigurationKind) -> Bool {
        switch self {
        case .list(let entry), .optional(let entry): entry.isMade(of: kind)
        default: self == kind
        }
    }
}

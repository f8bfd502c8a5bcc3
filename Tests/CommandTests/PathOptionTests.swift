import ArgumentParser
import Foundation
import Testing

@testable import Ablation
@testable import Configuration
@testable import SegmenterTraining
@testable import Settings
@testable import SupervisedTraining
@testable import think2seg

/// One option or argument of a command, as the command's own help has it.
struct CommandInput: Sendable, CustomStringConvertible {
    let command: any ParsableCommand.Type
    /// The words that people type for it: `data inspect`.
    let name: String
    /// `--output`; nil for an argument.
    let option: String?
    /// The place among the arguments.
    let place: Int
    /// What the help calls it.
    let value: String

    /// `--output`, or `<folder>`.
    var label: String { option ?? "<\(value)>" }

    var description: String { "\(name) \(label)" }

    /// What the parser says about a text here, with nothing but what must stand before it.
    func said(_ text: String) -> String {
        let words =
            option.map { ["\($0)=\(text)"] } ?? Array(repeating: "x", count: place) + [text]
        do {
            _ = try command.parse(words)
            return ""
        } catch {
            return command.message(for: error)
        }
    }

    /// Those of all commands that take a text.
    static let all = below(Think2SegCommand.self, name: "")

    private static func below(_ type: any ParsableCommand.Type, name: String) -> [CommandInput] {
        let subcommands = type.configuration.subcommands
        if subcommands.isEmpty { return inputs(type, name) }
        return subcommands.flatMap { below($0, name: "\(name) \($0._commandName)") }
    }

    private struct Help: Decodable {
        struct Command: Decodable { let arguments: [Argument] }
        struct Argument: Decodable {
            let kind: String
            let valueName: String?
            let names: [Name]?
        }
        struct Name: Decodable { let kind, name: String }
        let command: Command
    }

    private static func inputs(_ type: any ParsableCommand.Type, _ name: String) -> [CommandInput] {
        let help = Data(type._dumpHelp().utf8)
        guard let arguments = try? JSONDecoder().decode(Help.self, from: help).command.arguments
        else {
            Issue.record("the help of \(name) cannot be read")
            return []
        }
        func input(_ argument: Help.Argument, _ option: String?, _ place: Int) -> CommandInput {
            CommandInput(
                command: type, name: name, option: option, place: place,
                value: argument.valueName ?? "")
        }
        return arguments.filter { $0.kind == "positional" }.enumerated().map {
            input($1, nil, $0)
        }
            + arguments.filter { $0.kind == "option" }.map { argument in
                let name = argument.names?.first { $0.kind == "long" }?.name ?? "?"
                return input(argument, "--\(name)", 0)
            }
    }
}

@Suite struct PathOptionTests {
    /// Options that are no paths.
    ///
    /// A new option belongs here, or reads its path with `PathArgument`.
    private static let notPaths: Set<String> = [
        // Numbers
        "--adapter-rank", "--beta", "--best", "--classes-per-scene", "--columns",
        "--completion-length", "--count",
        "--every", "--gallery", "--group-size", "--held-out", "--image-size", "--instances",
        "--jobs",
        "--limit", "--max-completion-length", "--max-new-tokens", "--minutes", "--no-target",
        "--num-generations", "--prompt-tokens", "--prompts", "--repeat", "--resamples", "--run",
        "--samples", "--scenes", "--seed", "--side", "--step", "--steps", "--stored-size",
        "--temperature", "--threads", "--threshold", "--top-k", "--top-p", "--validation",
        "--workers", "--worst",
        // Coordinates and values of pixels
        "--box", "--ignore-values", "--label-values", "--negative-point", "--point", "--stretch",
        // One of a few words
        "--checkpoint", "--device", "--dtype", "--exif", "--layout", "--of", "--parser",
        "--products", "--protocol", "--questions", "--resize", "--segmenter-dtype", "--variant",
        "--world",
        // Texts, patterns and tables
        "--freeze", "--name", "--question", "--rewards", "--sample", "--set", "--system-prompt",
        "--trackers", "<key>", "<words>",
    ]
    /// What must stand before the path in an option's value.
    private static let prefixes = ["--controls": "name="]

    private static let ghost = "~no-such-user-of-any-machine/x"

    @Test("Every option and argument is read as a path, or is known to be none")
    func everyPath() {
        let inputs = CommandInput.all
        #expect(inputs.count > 150)
        for input in inputs where !Self.notPaths.contains(input.label) {
            let prefix = Self.prefixes[input.option ?? ""] ?? ""
            let message = input.said(prefix + Self.ghost)
            #expect(
                message.contains("there is no user no-such-user-of-any-machine"),
                "\(input) is a path that PathArgument does not read, or belongs to notPaths")
            #expect(message.contains(input.label), "\(message)")
        }
    }

    @Test("What is no path is not read as one")
    func noPath() {
        for input in CommandInput.all where Self.notPaths.contains(input.label) {
            #expect(!input.said(Self.ghost).contains("there is no user"), "\(input)")
        }
        let names = Set(CommandInput.all.map(\.label))
        #expect(Self.notPaths.subtracting(names).isEmpty)
    }

    @Test("Outputs that are files refuse what names a folder, outputs that are folders take it")
    func folders() throws {
        let files: Set = ["--json", "--overlay", "--logits", "--strip", "--curve"]
        for input in CommandInput.all
        where input.option == "--output" || input.option == "--pictures" {
            let isFile = [" segment", " config init"].contains(input.name)
            #expect(input.said("a/").contains("the name of a folder") == isFile, "\(input)")
        }
        let outputs = CommandInput.all.filter { files.contains($0.option ?? "") }
        #expect(outputs.count > 15)
        for input in outputs {
            #expect(input.said("a/").contains("the name of a folder"), "\(input)")
        }
        for text in ["a/", ".", "..", "/", "a/..", "a/.", "./", ""] {
            #expect(throws: ValidationError.self) { try PathArgument.file(text) }
        }
        for text in ["-", "a", "./a", "../a", "a.", "..a", "/a"] {
            #expect(try PathArgument.file(text) == text)
        }
        for (text, path) in [
            ("./", "."), (".", "."), ("./.", "."), ("a/./", "a"), ("a//", "a"), ("/", "/"),
            ("//", "/"), ("a", "a"), ("a.", "a."), ("..", ".."), ("../", ".."), ("a/..", "a/.."),
        ] {
            #expect(try PathArgument.folder(text) == path)
        }
    }

    @Test("An output without an ending that is not there is a folder, where both are taken")
    func fileOrFolder() {
        for (path, file, folder) in [
            ("no such/cmp", "no such/cmp/a.html", "no such/cmp"),
            ("no such/cmp/", "no such/cmp/a.html", "no such/cmp/"),
            ("no such/cmp.htm", "no such/cmp.htm", nil), ("-", "-", nil),
            ("/dev/null", "/dev/null", nil),
        ] as [(String, String, String?)] {
            let found = PathArgument.file(path, named: "a.html")
            #expect(found.file == file && found.folder == folder)
        }
    }

    @Test("An empty path is refused")
    func empty() {
        for read in [PathArgument.input, PathArgument.file, PathArgument.folder] {
            #expect(throws: ValidationError.self) { try read("") }
        }
        #expect(throws: ValidationError.self) { try PathArgument.named("name=") }
        #expect(throws: ValidationError.self) { try PathArgument.named("name") }
        #expect(throws: ValidationError.self) { try PathArgument.named("=a") }
    }

    @Test("Paths arrive expanded, folders without slashes at the end, words as they are")
    func values() throws {
        let rule = PathRule(
            variable: { ["HOME": "/home/ada", "DATA": "/data"][$0] }, home: { _ in nil })
        try PathRule.$current.withValue(rule) {
            let export = try CheckpointExportCommand.parse(["$DATA/run", "--output=~/mine//"])
            #expect(export.path == "/data/run" && export.output == "/home/ada/mine")
            let page = try ReportCommand.parse([
                "~/a", "--curve=~/c.svg", "--controls", "shuffled=~/b", "x=c",
            ])
            #expect(page.folders == ["/home/ada/a"] && page.curve == "/home/ada/c.svg")
            #expect(page.controls == ["shuffled=/home/ada/b", "x=c"])
            #expect(try TrainCommand.parse(["~/a.yaml", "--resume", "never"]).resume == "never")
            let score = try ScoreCommand.parse(["--completions", "-", "--no-segmenter"])
            #expect(score.json == "-" && score.completions == "-")
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
    /// Keys with texts that are no paths.
    ///
    /// A new key belongs here, or is declared with `path:`.
    private static let notPaths: Set<String> = [
        "device", "policy.freeze", "segmenter.freeze", "prompt.variant", "prompt.system",
        "name", "question", "policy.adapter.target_modules", "policy.adapter.exclude_modules",
        "policy.adapter.layers_pattern", "policy.adapter.modules_to_save",
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
                        requiresInputs: false, onNote: { _ in })
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

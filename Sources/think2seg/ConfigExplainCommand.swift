import Ablation
import ArgumentParser
import Configuration
import Files
import Foundation
import Rewards
import SegmenterTraining
import Settings
import SharedSettings
import SupervisedTraining
import TrainingRuns

struct ConfigExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tells what a key means, what it takes, and what it is called elsewhere.",
        discussion: """
            Examples:
              think2seg config explain grpo.beta
              think2seg config explain training
              think2seg config explain per_device_train_batch_size
              think2seg config explain --of ablate

            KEY is a key, the last part of one, a section, a reward term or a value; or a key of TRL, \
            transformers, EasyR1 or verl, for which the key here is told, or why there is none. Of keys \
            that several commands have, each command's is told.
            """)

    @Argument(help: ArgumentHelp("The key; without it, all keys are listed.", valueName: "key"))
    var key: String?

    @Option(help: "Only the keys of train, sft, pretrain-segmenter or ablate.")
    var of: ConfigurationForm?

    func run() throws {
        let explanations = Explanations(of: of)
        print((try key.map(explanations.lines) ?? explanations.all).joined(separator: "\n"))
    }
}

extension ConfigurationForm: ExpressibleByArgument {}

/// A name that nothing is known about.
struct UnknownKeyError: Error, CustomStringConvertible {
    let description: String
}

/// What is known about names in configurations.
struct Explanations {
    private let forms: [ConfigurationForm]
    private let names: KeyNames

    /// Those of one command, or of all.
    init(of form: ConfigurationForm?) {
        forms = form.map { [$0] } ?? ConfigurationForm.allCases
        var seen: Set<String> = []
        names = KeyNames(
            forms.flatMap(\.keys).filter { seen.insert($0).inserted }, foreign: .trainers)
    }

    /// The lines about a name.
    ///
    /// - Parameter text: as it was written, also `key=value`
    /// - Returns: the lines to print
    /// - Throws: ``UnknownKeyError``
    func lines(_ text: String) throws -> [String] {
        let name = String(text.prefix { $0 != "=" }.drop { $0 == "-" })
        let known = about(name)
        if !known.isEmpty { return known }
        if let term = term(name) { return term }
        if let found = names.exact(name) {
            if let key = found.key { return ["\(name) is \(key)", ""] + about(key) }
            if let key = found.foreign {
                return [key.words(known: names.keys)] + key.ours.flatMap { [""] + about($0) }
            }
        }
        let plain = Nearest.squeezed(name)
        let all = names.keys.flatMap(values)
        if let value = all.first(where: { Nearest.squeezed($0) == plain }) {
            let holders = names.keys.filter { values(of: $0).contains(value) }
            return ["\(value) is a value of \(holders.joined(separator: ", "))", ""]
                + holders.flatMap(about)
        }
        let guess = names.guess(name).message ?? "`think2seg config show` lists all keys"
        throw UnknownKeyError(description: "there is no key \(name); \(guess)")
    }

    /// Every key, a line each, command by command.
    var all: [String] {
        Array(forms.map { $0.listing }.joined(separator: [""]))
    }

    /// What each command says of a key or section.
    private func about(_ name: String) -> [String] {
        let blocks = forms.compactMap { $0.explanation(name, pages: Self.pages(name)) }
        return Array(blocks.joined(separator: [""]))
    }

    /// The choices that a key has.
    private func values(of key: String) -> [String] {
        forms.flatMap { $0.choices(of: key) }
    }

    /// What a reward term is.
    private func term(_ name: String) -> [String]? {
        let plain = name.hasPrefix("rewards.") ? String(name.dropFirst("rewards.".count)) : name
        let registry = RewardRegistry.standard
        guard let kind = registry.kind(plain) else { return nil }
        let parameters = registry.parameters(of: kind).map { parameter in
            "  \(parameter.name): \(parameter.help) (\(parameter.boundsText); default "
                + "\(Self.standard(parameter)))"
        }
        return ["\(kind.name), a term of rewards", "  \(kind.help)"]
            + (parameters.isEmpty ? [] : ["  parameters"] + parameters.map { "  \($0)" })
            + [
                "  in a file: rewards: {\(kind.name): 1}",
                "  see \(ProjectFolders.path("Documentation/rewards.md"))",
            ]
    }

    /// What a parameter is where nothing is said.
    private static func standard(_ parameter: RewardParameter) -> String {
        guard let value = parameter.standard else { return "grpo.max_completion_length" }
        return abs(value) >= 1e9 ? "no bound" : value.yaml
    }

    /// The pages that tell more.
    private static func pages(_ name: String) -> [String] {
        let more = [
            ("segmenter.embedding_cache", "embedding-cache"),
            ("prompt.chat_template", "chat-templates"),
            ("prompt.parser", "parser"), ("policy", "model-files"),
            ("segmenter.path", "model-files"),
            ("data", "shards"), ("rewards", "rewards"), ("grpo", "grpo"), ("logging", "grpo"),
            ("training", "grpo"), ("evaluation", "evaluation"), ("measure", "ablation"),
            ("axes", "ablation"), ("baseline", "ablation"), ("base", "ablation"),
        ]
        let page = more.first { name == $0.0 || name.hasPrefix($0.0 + ".") }?.1
        return (["configuration"] + [page].compactMap(\.self)).map {
            ProjectFolders.path("Documentation/\($0).md")
        }
    }
}

extension ConfigurationForm {
    /// Every key with its meaning, a line each.
    var listing: [String] {
        func of<Root>(_ keys: [ConfigurationKey<Root>]) -> [String] {
            let width = keys.map(\.name.count).max() ?? 0
            return ["\(words): its keys"]
                + keys.map {
                    "  \($0.name.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.help)"
                }
        }
        switch self {
        case .train: return of(RunConfiguration.keys)
        case .sft: return of(SFTConfiguration.keys)
        case .pretrainSegmenter: return of(SegmenterConfiguration.keys)
        case .ablate: return of(AblationPlan.keys)
        }
    }

    /// What a key or section of the command means; nil if it has none of that name.
    func explanation(_ name: String, pages: [String]) -> [String]? {
        func of<Root>(
            _ keys: [ConfigurationKey<Root>], _ defaults: Root, resume: ((String) -> Bool)? = nil
        ) -> [String]? {
            KeyExplanation(
                command: rawValue, keys: keys, defaults: defaults, foreign: .trainers,
                resume: resume
            ).lines(name, pages: pages)
        }
        switch self {
        case .train:
            return of(RunConfiguration.keys, RunConfiguration(), resume: RunStart.mayChange)
        case .sft: return of(SFTConfiguration.keys, SFTConfiguration())
        case .pretrainSegmenter: return of(SegmenterConfiguration.keys, SegmenterConfiguration())
        case .ablate: return of(AblationPlan.keys, AblationPlan())
        }
    }
}

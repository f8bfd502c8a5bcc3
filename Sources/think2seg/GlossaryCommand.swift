import ArgumentParser
import Configuration
import Evaluation

struct GlossaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "glossary",
        abstract: "Tells what a word of the log, a page or a file means.",
        discussion: """
            Example:
              think2seg glossary valid format
              think2seg glossary parse_failure_rate

            Words are what people read, keys what files have. Without a word, all entries.
            """)

    @Argument(help: "A word, or a key of metrics.jsonl, evaluation.json or a configuration.")
    var words: [String] = []

    @Flag(help: "Print Documentation/glossary.md instead.")
    var markdown = false

    func validate() throws {
        if markdown, !words.isEmpty { throw ValidationError("give a word or --markdown, not both") }
        if !words.isEmpty, Glossary.entries(for: word).isEmpty {
            throw ValidationError(
                "no entry has '\(word)' in its name or its keys"
                    + Nearest.question(
                        word, among: Glossary.entries.flatMap { [$0.name] + $0.keys })
                    + "; without a word, all are printed")
        }
    }

    private var word: String { words.joined(separator: " ") }

    func run() {
        if markdown { return print(Glossary.markdown, terminator: "") }
        let entries = words.isEmpty ? Glossary.entries : Glossary.entries(for: word)
        print(entries.map(\.text).joined(separator: "\n"))
    }
}

extension GlossaryEntry {
    /// The entry in lines for a terminal.
    fileprivate var text: String {
        let facts = [
            unit.isEmpty ? nil : "  unit: \(unit)",
            keys.isEmpty ? nil : "  in files: " + keys.joined(separator: ", "),
        ]
        return ([name, "  " + meaning] + facts.compactMap(\.self)).joined(separator: "\n")
    }
}

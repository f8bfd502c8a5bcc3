/// One name that people read for one thing, beside the keys that files have for it.
package struct GlossaryEntry: Sendable, Hashable {
    /// What people read, in the log, in pages and in help.
    package let name: String
    /// The keys in files and configurations, spelt as they are there; empty for a word without a key.
    package let keys: [String]
    /// In what it is counted; empty for a word.
    package let unit: String
    /// What it is, in a sentence.
    package let meaning: String
    /// Other words for the same thing, which no text uses.
    package let retired: [String]

    /// An entry from its parts.
    init(
        _ name: String, keys: [String] = [], unit: String = "", _ meaning: String,
        retired: [String] = []
    ) {
        self.name = name
        self.keys = keys
        self.unit = unit
        self.meaning = meaning
        self.retired = retired
    }
}

/// The words that log, pages, help and documentation share: one name for one thing.
///
/// Keys in files keep their spelling, which other programs read; what people read follows from them here.
package enum Glossary {
    /// A group of entries under a heading of the page.
    package struct Chapter: Sendable {
        /// The heading.
        package let title: String
        /// The entries.
        package let entries: [GlossaryEntry]
    }

    /// Every entry.
    package static var entries: [GlossaryEntry] { chapters.flatMap(\.entries) }

    private static let entriesByKey: [String: GlossaryEntry] = Dictionary(
        entries.flatMap { entry in entry.keys.map { ($0, entry) } },
        uniquingKeysWith: { first, _ in first })

    /// What people read for a key.
    ///
    /// - Parameter key: a key of metrics, of an evaluation or of a configuration
    /// - Returns: the name; the key where there is no entry, such as that of somebody's own reward term
    package static func name(_ key: String) -> String {
        if let entry = entriesByKey[key] { return entry.name }
        // Of one kind of prompt, such as `iou/box`.
        return key.hasPrefix("iou/") ? "\(name("iou")) (\(key.dropFirst(4)))" : key
    }

    /// The numbers that what a key stands for can have: 0 to 1 for a share, from 0 for what is counted.
    ///
    /// - Parameter key: as for ``name(_:)``
    /// - Returns: nil where any number may come, or where there is no entry
    package static func bounds(_ key: String) -> ClosedRange<Double>? {
        switch entriesByKey[key]?.unit {
        case nil, "", "reward": nil
        case share: 0...1
        default: 0...Double.infinity
        }
    }

    /// The unit of shares.
    static let share = "share, 0 to 1"

    /// What people read for a key, at the beginning of a line: "Valid format", "gIoU".
    package static func heading(_ key: String) -> String { heading(of: name(key)) }

    /// A name with a capital letter, unless its first word has one somewhere or is a key.
    package static func heading(of name: String) -> String {
        let word = name.prefix { $0 != " " }
        if word.contains(where: \.isUppercase) || word.contains("_") { return name }
        return name.prefix(1).uppercased() + name.dropFirst()
    }

    /// A heading as it stands within a sentence: "valid format", "KL".
    package static func withinSentence(_ heading: String) -> String {
        if let entry = entries.first(where: { Self.heading(of: $0.name) == heading }) {
            return entry.name
        }
        let word = heading.prefix { $0 != " " }.dropFirst()
        if word.isEmpty || word.contains(where: \.isUppercase) || word.contains("_") {
            return heading
        }
        return heading.prefix(1).lowercased() + heading.dropFirst()
    }

    /// The entries whose name or key is a word, or has it as a part.
    ///
    /// - Parameter word: case does not count
    /// - Returns: those that are called so; if there are none, those whose name or key has it as a part
    package static func entries(for word: String) -> [GlossaryEntry] {
        let wanted = word.lowercased()
        func texts(_ entry: GlossaryEntry) -> [String] {
            ([entry.name] + entry.keys + entry.retired).map { $0.lowercased() }
        }
        let same = entries.filter { texts($0).contains(wanted) }
        return same.isEmpty
            ? entries.filter { texts($0).contains { $0.contains(wanted) } } : same
    }

    /// `Documentation/glossary.md`.
    package static var markdown: String {
        let chapters = Self.chapters.map { chapter in
            let rows = chapter.entries.map { entry in
                let keys = entry.keys.map { "`\($0)`" }.joined(separator: ", ")
                return "| \(entry.name) | \(entry.meaning) | \(entry.unit) | \(keys) |"
            }
            return
                (["## \(chapter.title)", "", "| shown | what it is | unit | in files |"]
                + ["|---|---|---|---|"] + rows).joined(separator: "\n")
        }
        return ([introduction] + chapters).joined(separator: "\n\n") + "\n"
    }

    private static let introduction = """
        # Glossary

        One name for one thing: the log, pages, help and documentation say what stands under *shown*. \
        Files keep their keys, which other programs read; most keys of `metrics.jsonl` are TRL's. \
        `think2seg glossary "valid format"` finds an entry by either. The table is written by \
        `think2seg glossary --markdown`, and a test compares.

        Keys of `metrics.jsonl` have a `/` or stand alone; those of `evaluation.json` are the same after \
        `eval_` in `metrics.jsonl`, and after `paper_` where they are counted as the \
        [published evaluation](evaluation.md) does. Where a key names a metric \
        (`evaluation.metric_for_best_model`, `measure.metrics` of an ablation), its shown name does as well.
        """
}

import Foundation
import TextFiles

/// A key of another trainer's configuration, and what says the same here.
package struct ForeignKey: Sendable, Hashable {
    /// Whose key it is: "TRL".
    package let trainer: String
    /// The key as that trainer writes it, dotted.
    package let name: String
    /// The keys here that say the same, of any command; empty if there are none.
    package let ours: [String]
    /// How the two differ, or why there is none here; may be empty where there is one.
    package let note: String

    /// What the key is here, in words: "TRL's num_generations is grpo.num_generations here".
    ///
    /// - Parameter known: the keys that may be named; those of other commands are said to be so
    /// - Returns: one line
    package func words(known: [String]) -> String {
        let begin = trainer + (trainer.hasSuffix("s") ? "' " : "'s ") + name
        let note = note(known: known)
        let end = note.isEmpty ? "" : ": \(note)"
        if ours.isEmpty { return "\(begin) has no key here\(end)" }
        let here = ours.filter(known.contains)
        let names = (here.isEmpty ? ours : here).joined(separator: " and ")
        return "\(begin) is \(names) \(here.isEmpty ? "of another command" : "here")\(end)"
    }
}

extension ForeignKey {
    /// The note without parts about keys that are not among those that may be named.
    private func note(known: [String]) -> String {
        let sections = Set(ours.compactMap { $0.split(separator: ".").first })
            .union(["grpo", "evaluation", "policy", "segmenter"])
        return note.components(separatedBy: "; ").filter { part in
            let words = part.split { $0 == " " || $0 == "," || $0 == ":" }
            return words.allSatisfy { word in
                let pieces = word.split(separator: ".")
                guard pieces.count == 2, sections.contains(pieces[0]) else { return true }
                return known.contains(String(word))
            }
        }.joined(separator: "; ")
    }
}

/// A value of a key that another trainer takes, and what to write here.
package struct ForeignValue: Sendable, Hashable {
    /// The key here.
    package let key: String
    /// The value elsewhere.
    package let value: String
    /// What to write instead.
    package let advice: String
}

/// Keys and values of other trainers.
package struct ForeignNames: Sendable {
    /// The keys, the trainers that people come from most first.
    package let keys: [ForeignKey]
    /// The values.
    package let values: [ForeignValue]

    /// Names from their parts.
    package init(keys: [ForeignKey] = [], values: [ForeignValue] = []) {
        (self.keys, self.values) = (keys, values)
    }

    /// Reads a table of keys.
    ///
    /// A line is `name: ours, ours | note`; `-` stands for none. Empty lines count for nothing.
    package static func keys(of trainer: String, _ table: String) -> [ForeignKey] {
        table.split(separator: "\n").map { line in
            let (name, rest) = parts(line, ":")
            let (ours, note) = parts(Substring(rest), "|")
            let names = ours.split(separator: ",").map { trimmed($0) }
            return ForeignKey(
                trainer: trainer, name: name, ours: names.filter { $0 != "-" }, note: note)
        }
    }

    /// Reads a table of values; a line is `key = value | advice`.
    package static func values(_ table: String) -> [ForeignValue] {
        table.split(separator: "\n").map { line in
            let (key, rest) = parts(line, "=")
            let (value, advice) = parts(Substring(rest), "|")
            return ForeignValue(key: key, value: value, advice: advice)
        }
    }

    /// What stands before the first sign of a kind, and what stands after it.
    private static func parts(_ line: Substring, _ sign: Character) -> (String, String) {
        guard let place = line.firstIndex(of: sign) else { return (trimmed(line), "") }
        return (trimmed(line[..<place]), trimmed(line[line.index(after: place)...]))
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    // MARK: - Looking up

    /// The key of this name, whole or without the sections that it begins with.
    package func whole(_ name: String) -> ForeignKey? {
        let name = Self.plain(name)
        if let same = keys.first(where: { $0.name == name }) { return same }
        return Self.anywhere.contains(name) ? nil : keys.first { $0.name.hasSuffix("." + name) }
    }

    /// The key whose last part is that of a name, whatever section stands before it.
    package func last(_ name: String) -> ForeignKey? {
        whole(name.split(separator: ".").last.map(String.init) ?? name)
    }

    /// Names that say nothing without the section that they stand in.
    private static let anywhere: Set<String> = [
        "type", "name", "path", "mode", "strategy", "enable", "model", "device", "shuffle",
        "target", "tokenizer", "betas",
    ]

    /// The key that a mistyped name is closest to.
    package func nearest(_ name: String) -> ForeignKey? {
        let names = keys.map(\.name)
        return Nearest.name(to: Self.plain(name), among: names).flatMap { found in
            keys.first { $0.name == found }
        }
    }

    /// Whether another trainer has keys below this name.
    package func isSection(_ name: String) -> Bool {
        keys.contains { $0.name.hasPrefix(name + ".") }
    }

    /// The names that other trainers have for a key.
    package func names(for key: String) -> [ForeignKey] { keys.filter { $0.ours.contains(key) } }

    /// What to write for a value that another trainer takes.
    package func advice(_ key: String, _ value: String) -> String? {
        let plain = Nearest.squeezed(value)
        return values.first { $0.key == key && Nearest.squeezed($0.value) == plain }?.advice
    }

    /// What to write for a value that is one edit from one that another trainer takes.
    package func nearAdvice(_ key: String, _ value: String) -> String? {
        let plain = Nearest.squeezed(value)
        guard plain.count >= 3 else { return nil }
        return values.first {
            $0.key == key && editDistance(Nearest.squeezed($0.value), plain) == 1
        }.map { "if \($0.value) is meant: \($0.advice)" }
    }

    /// A name with underscores, as all of these trainers write it.
    private static func plain(_ name: String) -> String {
        String(name.drop { $0 == "-" }).replacing("-", with: "_")
    }
}

import TextFiles

/// What people are told who ask for a key: meaning, values, default, where it stands, and what it is
/// called elsewhere.
package struct KeyExplanation<Root> {
    /// The command whose keys they are.
    package let command: String
    private let keys: [ConfigurationKey<Root>]
    private let defaults: Root
    private let foreign: ForeignNames
    private let resume: ((String) -> Bool)?

    /// An explanation of a command's keys.
    ///
    /// - Parameters:
    ///   - command: the command
    ///   - keys: its keys
    ///   - defaults: the configuration of which nothing is said
    ///   - foreign: names of other trainers
    ///   - resume: whether a key may have another value when a run goes on; nil where that is not said
    package init(
        command: String, keys: [ConfigurationKey<Root>], defaults: Root, foreign: ForeignNames,
        resume: ((String) -> Bool)? = nil
    ) {
        self.command = command
        self.keys = keys
        self.defaults = defaults
        self.foreign = foreign
        self.resume = resume
    }

    /// The lines about a key, or about the keys of a section; nil if the command has neither.
    package func lines(_ name: String, pages: [String]) -> [String]? {
        if let key = keys.first(where: { $0.name == name }) { return lines(key, pages) }
        let inside = keys.filter { $0.name.hasPrefix(name + ".") }
        if inside.isEmpty { return nil }
        let width = inside.map(\.name.count).max() ?? 0
        return ["\(name): a section of \(command), with these keys"]
            + inside.map { key in
                let gap = String(repeating: " ", count: width - key.name.count + 2)
                return "  \(key.name)\(gap)\(key.help) (default \(key.write(defaults)))"
            }
    }

    private func lines(_ key: ConfigurationKey<Root>, _ pages: [String]) -> [String] {
        let example = example(key)
        var rows = [
            ("meaning", key.help), ("takes", key.values), ("default", key.write(defaults)),
        ]
        if let resume {
            let answer = resume(key.name) ? "may change" : "stays as the run began"
            rows.append(("resumed", answer))
        }
        rows += key.path.dropLast().enumerated().map { depth, section in
            (depth == 0 ? "in a file" : "", String(repeating: "  ", count: depth) + section + ":")
        }
        let depth = key.path.count - 1
        rows.append(
            (
                depth == 0 ? "in a file" : "",
                "\(String(repeating: "  ", count: depth))\(key.path[depth]): \(example)"
            ))
        if command != "ablate" {
            rows.append(("or", "--set \(shellWord("\(key.name)=\(example)"))"))
        }
        rows += elsewhere(key.name).enumerated().map { ($0 == 0 ? "elsewhere" : "", $1) }
        rows.append(("see", pages.joined(separator: ", ")))
        return ["\(key.name), of \(command)"]
            + rows.map { "  " + $0.0.padded(to: 11) + $0.1 }
    }

    /// What the key is called by others: one line for each of them.
    private func elsewhere(_ key: String) -> [String] {
        let names = foreign.names(for: key)
        var trainers: [String] = []
        for name in names where !trainers.contains(name.trainer) { trainers.append(name.trainer) }
        return trainers.map { trainer in
            "\(trainer): "
                + names.filter { $0.trainer == trainer }.map(\.name)
                .joined(separator: ", ")
        }
    }

    /// A value that the key takes, another than its default where one is known.
    package func example(_ key: ConfigurationKey<Root>) -> String {
        example(key.kind, key.rule, key.write(defaults))
    }

    private func example(
        _ kind: ConfigurationKind, _ rule: ConfigurationRule, _ standard: String
    ) -> String {
        switch kind {
        case .integer:
            let value = Int(standard).map { $0 == 0 ? 1 : 2 * $0 } ?? 0
            let least = Int((rule.minimum ?? 0).rounded(.up)) + (rule.excludesMinimum ? 1 : 0)
            return value > 0 && rule.allows(Double(value)) ? "\(value)" : "\(max(1, least))"
        case .number:
            let value = Double(standard) ?? (rule.minimum ?? 0)
            let others = [2 * value, value / 2, value + 1, 0.1].filter { $0 != 0 }
            return (others.first(where: rule.allows) ?? value).yaml
        case .truth: return standard == "true" ? "false" : "true"
        case .choice(let names): return names.first { $0 != standard } ?? standard
        case .text: return rule.names?.first { $0 != standard } ?? standard
        case .path: return standard == "\"\"" || standard == "null" ? "FOLDER" : standard
        case .optional(let inner): return example(inner, rule, standard == "null" ? "" : standard)
        case .list(.path): return "[first.h5, second.h5]"
        case .list(.text): return standard == "[]" ? "[\"visual.*\"]" : standard
        case .list, .weights, .table, .entries: return standard
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

extension KeyedConfiguration {
    /// A short file of some keys, each with its meaning, which reads back as the values that are given.
    ///
    /// - Parameters:
    ///   - values: YAML by key; keys that are not among them are left out
    ///   - head: what stands above them, as comments; empty lines stay
    /// - Returns: the file's text
    package static func file(_ values: [String: String], head: [String]) -> String {
        var lines = head.flatMap { $0.isEmpty ? ["#"] : wrapped($0, margin: "# ") }
        var open: [String] = []
        var isFirst = true
        for key in keys {
            guard let value = values[key.name] else { continue }
            let sections = Array(key.path.dropLast())
            if sections.first != open.first || isFirst { lines.append("") }
            isFirst = false
            let shared = zip(open, sections).prefix { $0 == $1 }.count
            for depth in shared..<sections.count {
                lines.append(indentation(depth) + sections[depth] + ":")
            }
            open = sections
            let margin = indentation(sections.count)
            lines += wrapped("\(key.help) (\(key.values))", margin: "\(margin)# ")
            lines.append("\(margin)\(key.path[sections.count]): \(value)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What differs from the defaults, as YAML by key.
    ///
    /// - Parameter always: keys that are told in any case, as far as there are such
    /// - Returns: the values by the keys' names
    package func changes(always: [String] = []) -> [String: String] {
        let defaults = Self()
        let keys = Self.keys.filter {
            always.contains($0.name) || $0.write(self) != $0.write(defaults)
        }
        return Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0.write(self)) })
    }

    private static func indentation(_ depth: Int) -> String {
        String(repeating: "  ", count: depth)
    }

    /// A text in lines of a hundred characters, each behind a margin.
    private static func wrapped(_ text: String, margin: String) -> [String] {
        var lines: [String] = []
        var line = margin
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if line != margin, line.count + 1 + word.count > 100 {
                lines.append(line)
                line = margin
            }
            line += (line == margin ? "" : " ") + word
        }
        return lines + [line]
    }
}

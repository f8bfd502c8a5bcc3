extension KeyedConfiguration {
    /// The chapter of the reference on this configuration, as Markdown.
    ///
    /// - Parameters:
    ///   - text: what the configuration is for
    ///   - resume: whether a key may have another value when a run goes on; nil where that is not said
    /// - Returns: a heading, the text and a table for each section
    package static func chapter(_ text: String, resume: ((String) -> Bool)?) -> String {
        let defaults = Self()
        let columns =
            ["key", "value", "default", "meaning"] + (resume == nil ? [] : ["may change"])
        let head = row(columns) + row(columns.map { _ in "---" }).replacing(" ", with: "")
        var lines = "## \(Self.command)\n\n\(text)\n"
        for section in sections(Self.keys.map(\.section)) {
            lines += section.isEmpty ? "\n" : "\n### \(Self.command): \(section)\n\n"
            lines += head
            for key in Self.keys where key.section == section {
                lines += row(
                    [
                        "`\(key.name)`", key.values, "`\(key.write(defaults))`", key.help,
                    ] + (resume.map { [$0(key.name) ? "yes" : "no"] } ?? []))
            }
        }
        return lines
    }

    /// Each section once, in order; a section's keys stand together.
    private static func sections(_ names: [String]) -> [String] {
        names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private static func row(_ cells: [String]) -> String {
        "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
    }

    /// A cell's text: a bar would end the cell, a star outside of code might begin emphasis.
    private static func escaped(_ text: String) -> String {
        let bars = text.replacing("|", with: "\\|")
        return text.hasPrefix("`") ? bars : bars.replacing("*", with: "\\*")
    }
}

import TextFiles
package import Yams

/// Why a text stands where a table of keys should, and where to look for it.
package enum MissingColon {
    /// What a text lacks that should be a key with its value.
    ///
    /// - Parameter node: what stands where a table is expected
    /// - Returns: nil if it does not look like one
    package static func reason(_ node: Node) -> String? {
        guard let text = node.scalar?.string, !text.isEmpty else { return nil }
        let plain = LookAlikes.plain(text)
        let note = LookAlikes.note(text).map { " (\($0))" } ?? ""
        if text.contains(":") { return "a space is missing after the : of \(text)\(note)" }
        if plain.contains("=") { return "write ': ' after a key, and not =: \(text)\(note)" }
        guard plain.contains(":") || plain.contains(" ") else { return nil }
        return "a line is key: value, but \(text) has no ': '\(note)"
    }

    /// Where a value stands, if it is in a line below its key: there the mistake is.
    package static func place(_ value: Node, below key: Node) -> Mark? {
        guard let mark = value.mark, let line = key.mark?.line, mark.line > line else { return nil }
        return mark
    }
}

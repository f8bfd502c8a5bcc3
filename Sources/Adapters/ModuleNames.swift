import Foundation

/// PEFT's rules for which names of modules are meant.
struct ModuleNames {
    /// The modules' names in transformers' memory.
    private let all: [String]

    init(_ all: [String]) { self.all = all }

    /// Whether a name is one of those that an entry of a list means.
    static func ends(_ name: String, in entries: [String]) -> Bool {
        entries.contains { name == $0 || name.hasSuffix(".\($0)") }
    }

    /// Whether a regular expression fits a whole name, as Python's `re.fullmatch`.
    static func fits(_ name: String, _ pattern: NSRegularExpression) -> Bool {
        let whole = NSRange(location: 0, length: name.utf16.count)
        return pattern.firstMatch(in: name, options: .anchored, range: whole)
            .map { $0.range == whole } ?? false
    }

    /// A pattern that fits whole names.
    static func whole(_ pattern: String) throws -> NSRegularExpression {
        try NSRegularExpression(pattern: "^(?:\(pattern))\\z")
    }

    /// A key of `rank_pattern`: fits the end of a name, from its start or from behind a dot.
    static func ending(_ pattern: String) throws -> NSRegularExpression {
        try NSRegularExpression(pattern: "^(.*\\.)?(\(pattern))$")
    }

    /// Whether a pattern of ``ending(_:)`` fits a name.
    static func endsAs(_ name: String, _ pattern: NSRegularExpression) -> Bool {
        pattern.firstMatch(
            in: name, options: .anchored, range: NSRange(location: 0, length: name.utf16.count))
            != nil
    }

    /// The number of the layer that a name belongs to: the first number between dots, or the first after
    /// one of some names.
    ///
    /// - Parameters:
    ///   - name: a module's name
    ///   - patterns: what stands before the number; any name if empty
    /// - Returns: nil if there is none
    static func layer(of name: String, after patterns: [String]) -> Int? {
        let parts = name.split(separator: ".").map(String.init)
        guard parts.count > 2 else { return nil }
        for place in 1..<parts.count - 1 {
            guard let number = Int(parts[place]), number >= 0 else { continue }
            if patterns.isEmpty || patterns.contains(parts[place - 1]) { return number }
        }
        return nil
    }
}

import Foundation
public import Yams

/// A type that a configuration key can have.
public protocol ConfigurationValue {
    /// What YAML the type is read from.
    static var kind: ConfigurationKind { get }
    /// Reads a value; nil if the YAML is of another type.
    init?(yaml: Node)
    /// The value as YAML on one line, such that it reads back equal.
    var yaml: String { get }
    /// The numbers that bounds apply to.
    var numbers: [Double] { get }
    /// The texts that a list of known names applies to.
    var names: [String] { get }
    /// How many entries there are.
    var entryCount: Int { get }
}

extension ConfigurationValue {
    /// No numbers.
    public var numbers: [Double] { [] }
    /// No names.
    public var names: [String] { [] }
    /// One.
    public var entryCount: Int { 1 }
}

extension Int: ConfigurationValue {
    /// An integer.
    public static var kind: ConfigurationKind { .integer }
    /// Reads a plain integer.
    public init?(yaml: Node) {
        guard let scalar = yaml.scalar, scalar.style == .plain || scalar.style == .any,
            let value = Int(scalar.string.replacingOccurrences(of: "_", with: ""))
        else { return nil }
        self = value
    }
    /// The digits.
    public var yaml: String { String(self) }
    /// The integer.
    public var numbers: [Double] { [Double(self)] }
}

extension Double: ConfigurationValue {
    /// A number.
    public static var kind: ConfigurationKind { .number }
    /// Reads a plain number, also `1e-6`, which YAML's own rules take for a text.
    public init?(yaml: Node) {
        guard let scalar = yaml.scalar, scalar.style == .plain || scalar.style == .any,
            let value = Double(scalar.string.replacingOccurrences(of: "_", with: "")),
            value.isFinite
        else { return nil }
        self = value
    }
    /// The shortest digits that read back equal.
    public var yaml: String {
        self == rounded() && magnitude < 1e15 ? String(Int(self)) : "\(self)"
    }
    /// The number.
    public var numbers: [Double] { [self] }
}

extension Bool: ConfigurationValue {
    /// True or false.
    public static var kind: ConfigurationKind { .truth }
    /// Reads `true` or `false`.
    public init?(yaml: Node) {
        guard let scalar = yaml.scalar, scalar.style == .plain || scalar.style == .any else {
            return nil
        }
        switch scalar.string {
        case "true", "True": self = true
        case "false", "False": self = false
        default: return nil
        }
    }
    /// "true" or "false".
    public var yaml: String { self ? "true" : "false" }
}

extension String: ConfigurationValue {
    /// A text.
    public static var kind: ConfigurationKind { .text }
    /// Reads any single value as it is written.
    public init?(yaml: Node) {
        guard let scalar = yaml.scalar else { return nil }
        if scalar.style == .plain || scalar.style == .any,
            ["", "~", "null"].contains(scalar.string)
        {
            return nil
        }
        self = scalar.string
    }
    /// The text, quoted where YAML would read something else.
    public var yaml: String {
        let plain = CharacterSet(charactersIn: "/._-+ ").union(.alphanumerics)
        let isPlain =
            unicodeScalars.allSatisfy { $0.isASCII && plain.contains($0) }
            && first?.isLetter == true && last != " "
            && !["true", "false", "null", "yes", "no", "on", "off"].contains(lowercased())
        if isPlain || hasPrefix("/") && !contains(" ") && !contains("#") && !contains(":") {
            return self
        }
        let escaped = unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n": "\\n"
            case "\t": "\\t"
            // YAML takes no control characters, and reads other ends of lines as spaces.
            case "\0"..<" ", "\u{7F}"..."\u{A0}", "\u{2028}"..."\u{2029}", "\u{FEFF}":
                String(format: "\\u%04X", scalar.value)
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }
    /// The text.
    public var names: [String] { [self] }
}

extension Array: ConfigurationValue where Element: ConfigurationValue {
    /// A list.
    public static var kind: ConfigurationKind { .list(Element.kind) }
    /// Reads a list, or one value as a list of one.
    public init?(yaml: Node) {
        if let single = Element(yaml: yaml) {
            self = [single]
            return
        }
        guard let sequence = yaml.sequence else { return nil }
        var values: [Element] = []
        for node in sequence {
            guard let value = Element(yaml: node) else { return nil }
            values.append(value)
        }
        self = values
    }
    /// The entries in brackets.
    public var yaml: String { "[\(map(\.yaml).joined(separator: ", "))]" }
    /// Those of all entries.
    public var numbers: [Double] { flatMap(\.numbers) }
    /// Those of all entries.
    public var names: [String] { flatMap(\.names) }
    /// The entries.
    public var entryCount: Int { count }
}

extension Optional: ConfigurationValue where Wrapped: ConfigurationValue {
    /// The type, or null.
    public static var kind: ConfigurationKind { .optional(Wrapped.kind) }
    /// Reads the type, or `null`.
    public init?(yaml: Node) {
        if Self.isNull(yaml) {
            self = nil
            return
        }
        guard let value = Wrapped(yaml: yaml) else { return nil }
        self = value
    }
    /// The value, or `null`.
    public var yaml: String { self?.yaml ?? "null" }
    /// Those of the value, if there is one.
    public var numbers: [Double] { self?.numbers ?? [] }
    /// Those of the value, if there is one.
    public var names: [String] { self?.names ?? [] }

    private static func isNull(_ yaml: Node) -> Bool {
        guard let scalar = yaml.scalar, scalar.style == .plain || scalar.style == .any else {
            return false
        }
        return ["", "~", "null", "none"].contains(scalar.string)
    }
}

extension ConfigurationValue
where Self: RawRepresentable & CaseIterable, RawValue == String {
    /// The list of choices.
    public static var kind: ConfigurationKind { .choice(allCases.map(\.rawValue)) }
    /// Reads one of the choices.
    public init?(yaml: Node) {
        guard let scalar = yaml.scalar, let value = Self(rawValue: scalar.string) else {
            return nil
        }
        self = value
    }
    /// The choice.
    public var yaml: String { rawValue }
}

/// Weights by name, in the order in which they are written.
public struct NamedWeights: Hashable, Sendable, ConfigurationValue {
    /// One name with its weight.
    public struct Entry: Hashable, Sendable {
        /// The name.
        public var name: String
        /// Its weight.
        public var weight: Double
    }

    /// The names and weights, in order.
    public var entries: [Entry]

    /// Weights from pairs.
    public init(_ entries: [(String, Double)]) {
        self.entries = entries.map { Entry(name: $0.0, weight: $0.1) }
    }

    /// A table of numbers by name.
    public static var kind: ConfigurationKind { .weights }
    /// Reads a table whose values are numbers.
    public init?(yaml: Node) {
        guard let mapping = yaml.mapping else { return nil }
        var entries: [Entry] = []
        for (key, node) in mapping {
            guard let name = String(yaml: key), let weight = Double(yaml: node) else { return nil }
            entries.append(Entry(name: name, weight: weight))
        }
        self.entries = entries
    }
    /// The pairs in braces.
    public var yaml: String {
        "{\(entries.map { "\($0.name.yaml): \($0.weight.yaml)" }.joined(separator: ", "))}"
    }
    /// The weights.
    public var numbers: [Double] { entries.map(\.weight) }
    /// The names.
    public var names: [String] { entries.map(\.name) }
    /// The pairs.
    public var entryCount: Int { entries.count }
}

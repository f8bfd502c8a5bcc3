import Foundation
public import Yams

/// A type that a configuration key can have.
public protocol ConfigurationValue {
    /// What the type is called in messages: "an integer".
    static var typeName: String { get }
    /// Reads a value; nil if the YAML is of another type.
    init?(yaml: Node)
    /// The value as YAML on one line, such that it reads back equal.
    var yaml: String { get }
}

extension Int: ConfigurationValue {
    /// "an integer".
    public static var typeName: String { "an integer" }
    /// Reads a plain integer.
    public init?(yaml: Node) {
        guard let scalar = yaml.scalar, scalar.style == .plain || scalar.style == .any,
            let value = Int(scalar.string.replacingOccurrences(of: "_", with: ""))
        else { return nil }
        self = value
    }
    /// The digits.
    public var yaml: String { String(self) }
}

extension Double: ConfigurationValue {
    /// "a number".
    public static var typeName: String { "a number" }
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
}

extension Bool: ConfigurationValue {
    /// "true or false".
    public static var typeName: String { "true or false" }
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
    /// "a text".
    public static var typeName: String { "a text" }
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
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }
}

extension Array: ConfigurationValue where Element: ConfigurationValue {
    /// "a list of …".
    public static var typeName: String { "a list, each entry \(Element.typeName)" }
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
}

extension Optional: ConfigurationValue where Wrapped: ConfigurationValue {
    /// The type, or null.
    public static var typeName: String { "\(Wrapped.typeName), or null" }
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
    public static var typeName: String {
        "one of \(allCases.map(\.rawValue).joined(separator: ", "))"
    }
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

    /// "a table of numbers by name".
    public static var typeName: String { "a table of numbers by name" }
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
        "{\(entries.map { "\($0.name): \($0.weight.yaml)" }.joined(separator: ", "))}"
    }
}

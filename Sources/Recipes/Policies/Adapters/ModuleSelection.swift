public import Configuration
public import Yams

/// Which modules an adapter changes, as PEFT has it: names, or a regular expression.
public enum ModuleSelection: Hashable, Sendable, ConfigurationValue {
    /// Modules whose name is one of these, or ends in a dot and one of these.
    case names([String])
    /// Modules whose whole name fits; `all-linear` is every linear layer but the head.
    case pattern(String)

    /// A list of texts, or one text.
    public static var kind: ConfigurationKind { .list(.text) }

    /// Reads a list as names and a single text as a pattern.
    public init?(yaml: Node) {
        if let text = String(yaml: yaml) {
            self = .pattern(text)
            return
        }
        guard yaml.sequence != nil, let names = [String](yaml: yaml) else { return nil }
        self = .names(names)
    }

    /// The names in brackets, or the pattern.
    public var yaml: String {
        switch self {
        case .names(let names): names.yaml
        case .pattern(let pattern): pattern.yaml
        }
    }

    /// The names, or the pattern.
    public var names: [String] {
        switch self {
        case .names(let names): names
        case .pattern(let pattern): [pattern]
        }
    }

    /// How many there are.
    public var entryCount: Int { names.count }
}

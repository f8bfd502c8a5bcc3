package import Yams

/// One thing that is wrong with a configuration.
public struct ConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where: `file:line:column`, or `--set key=value`; empty for the configuration as a whole.
    public let location: String
    /// The key, dotted; empty if there is none.
    public let key: String
    /// What is wrong, and what would be right.
    public let message: String

    /// Whether the key names a file or folder that is not there, and that is all.
    public var isMissingInput = false

    /// A value from its parts.
    package init(location: String, key: String, message: String, isMissingInput: Bool = false) {
        self.location = location
        self.key = key
        self.message = message
        self.isMissingInput = isMissingInput
    }

    /// Location, key and message in one line.
    public var description: String {
        [location, key, message].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// Everything that is wrong with a configuration, found in one go.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// The problems: of the text, of its keys in order, of values together, of this machine; at least one.
    public let problems: [ConfigurationProblem]

    /// A value from its parts.
    package init(problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// Whether files that are not there are all that is wrong.
    public var isMissingInput: Bool { problems.allSatisfy(\.isMissingInput) }

    /// One line per problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One key of a configuration: its name, its meaning, and how it is read, written and checked.
///
/// The table of keys is the one place that knows the YAML names; reading, `--set`, the resolved copy and
/// the reference of all keys follow from it.
public struct ConfigurationKey<Root> {
    /// The dotted name: `grpo.num_generations`.
    public let name: String
    /// What the key means, in a sentence.
    public let help: String
    /// What YAML it takes.
    public let kind: ConfigurationKind
    /// Which values of that kind.
    public let rule: ConfigurationRule
    /// Reads a value into the configuration; returns what is wrong with it, if anything.
    package var read: (Node, inout Root) -> [LocatedProblems.Problem]
    /// The configuration's value as YAML.
    public let write: (Root) -> String

    /// A key of any type, whose values follow a rule.
    package init<Value: ConfigurationValue>(
        _ name: String, _ path: WritableKeyPath<Root, Value>, _ help: String,
        rule: ConfigurationRule = .any
    ) {
        self.name = name
        self.help = help
        self.rule = rule
        kind = Value.kind
        read = { node, root in
            func problem(_ message: String) -> [LocatedProblems.Problem] {
                [.init(place: nil, key: "", message: message)]
            }
            let entries = ListEntries(node, Value.self)?.problems(rule) ?? []
            if !entries.isEmpty { return entries }
            guard let value = Value(yaml: node) else {
                return problem(
                    "expected \(Value.kind.name), found \(Misreading.words(node, expecting: Value.kind))"
                )
            }
            let wrong =
                Misreading.printedQuotes(node, kind: Value.kind) ?? rule.problem(with: value)
            if let wrong { return problem(wrong) }
            root[keyPath: path] = value
            return []
        }
        write = { $0[keyPath: path].yaml }
    }

    /// A table of entries, whose problems stand where its parts do.
    package init<Table: ConfigurationTable>(
        table name: String, _ path: WritableKeyPath<Root, Table>, _ help: String
    ) {
        self.name = name
        self.help = help
        rule = .any
        kind = Table.kind
        read = { node, root in
            switch Table.read(node) {
            case .success(let table): root[keyPath: path] = table
            case .failure(let error): return error.problems
            }
            return []
        }
        write = { $0[keyPath: path].yaml }
    }

    /// A number within bounds.
    package init<Value: ConfigurationValue & Comparable>(
        _ name: String, _ path: WritableKeyPath<Root, Value>, _ help: String,
        in bounds: PartialRangeFrom<Value>
    ) {
        self.init(name, path, help, rule: .atLeast(bounds.lowerBound.number))
    }

    /// A number within bounds.
    package init<Value: ConfigurationValue & Comparable>(
        _ name: String, _ path: WritableKeyPath<Root, Value>, _ help: String,
        in bounds: ClosedRange<Value>
    ) {
        self.init(
            name, path, help,
            rule: .from(bounds.lowerBound.number, to: bounds.upperBound.number))
    }

    /// What it takes, in words: "an integer, at least 1, or null".
    public var values: String {
        guard let words = rule.words else { return kind.name }
        switch kind {
        case .text: return words
        case .optional(let inner): return "\(inner.name), \(words), or null"
        case .list: return "\(kind.name) \(words)"
        default: return "\(kind.name), \(words)"
        }
    }

    /// The parts of the name: sections from the outside in, then the key's own.
    package var path: [String] { name.split(separator: ".").map(String.init) }

    /// The outermost section; empty for keys at the top.
    package var section: String { path.count > 1 ? path[0] : "" }
}

extension ConfigurationValue {
    /// The value of a bound.
    fileprivate var number: Double {
        precondition(numbers.count == 1, "a bound is a number")
        return numbers[0]
    }
}

import Foundation
import TextFiles

/// What kind of YAML a key takes.
public indirect enum ConfigurationKind: Sendable, Hashable {
    /// A whole number.
    case integer
    /// Any finite number.
    case number
    /// `true` or `false`.
    case truth
    /// One value, as it is written.
    case text
    /// A file or folder, as ``PathRule`` reads it.
    case path
    /// One of these texts.
    case choice([String])
    /// A list, or one entry instead of a list of one.
    case list(ConfigurationKind)
    /// The kind, or `null`.
    case optional(ConfigurationKind)
    /// A table of numbers by name.
    case weights
    /// A table of anything by name.
    case table
    /// A table whose entries have a form of their own.
    case entries(ConfigurationTableForm)

    /// Whether it is a table of keys.
    package var isTable: Bool {
        switch self {
        case .weights, .table, .entries: true
        default: false
        }
    }

    /// What the kind is called in messages: "an integer".
    public var name: String {
        switch self {
        case .integer: "an integer"
        case .number: "a number"
        case .truth: "true or false"
        case .text: "a text"
        case .path: "a path"
        case .choice(let names): "one of \(names.joined(separator: ", "))"
        case .list(let entry): "a list, each entry \(entry.name)"
        case .optional(let kind): "\(kind.name), or null"
        case .weights: "a table of numbers by name"
        case .table: "a table"
        case .entries(let form): form.name
        }
    }
}

/// Which values of its kind a key takes, as data: the check, the reference and the schema follow from it.
public struct ConfigurationRule: Sendable, Hashable {
    /// The least number, or the bound below.
    public private(set) var minimum: Double?
    /// Whether ``minimum`` itself is not taken.
    public private(set) var excludesMinimum = false
    /// The largest number.
    public private(set) var maximum: Double?
    /// The texts, or the names of a table, that are taken; nil: all.
    public private(set) var names: [String]?
    /// What one of the names is called: "term".
    public private(set) var noun = "name"
    /// How many entries a list or table has at least.
    public private(set) var leastEntries = 0
    /// A regular expression that a text fits as a whole.
    public private(set) var pattern: String?
    /// What the pattern says, for people.
    public private(set) var meaning: String?

    /// Every value of the kind.
    public static let any = ConfigurationRule()

    /// Numbers from a bound on.
    public static func atLeast(_ minimum: Double) -> Self {
        var rule = Self()
        rule.minimum = minimum
        return rule
    }

    /// Numbers above a bound.
    public static func above(_ bound: Double) -> Self {
        var rule = atLeast(bound)
        rule.excludesMinimum = true
        return rule
    }

    /// Numbers between two, which are taken too.
    public static func from(_ minimum: Double, to maximum: Double) -> Self {
        var rule = atLeast(minimum)
        rule.maximum = maximum
        return rule
    }

    /// Known texts, or tables of known names.
    public static func names(_ names: [String]) -> Self {
        var rule = Self()
        rule.names = names
        return rule
    }

    /// Texts that fit a regular expression as a whole.
    public static func pattern(_ pattern: String, meaning: String) -> Self {
        var rule = Self()
        (rule.pattern, rule.meaning) = (pattern, meaning)
        return rule
    }

    /// The same rule for lists and tables of at least one entry, which is called `noun`.
    public func needingOne(_ noun: String) -> Self {
        var rule = self
        (rule.leastEntries, rule.noun) = (1, noun)
        return rule
    }

    /// The same rule for numbers from a bound on.
    public func numbers(atLeast minimum: Double) -> Self {
        var rule = self
        rule.minimum = minimum
        return rule
    }

    /// What numbers and names are taken, in words: "from 0 to 1"; nil if all are.
    public var words: String? {
        let parts = [bounds, names.map { "one of " + $0.joined(separator: ", ") }, meaning]
        let found = parts.compactMap(\.self)
        return found.isEmpty ? nil : found.joined(separator: "; ")
    }

    private var bounds: String? {
        switch (minimum, maximum) {
        case (let least?, let most?): "from \(least.yaml) to \(most.yaml)"
        case (let least?, nil): "\(excludesMinimum ? "above" : "at least") \(least.yaml)"
        case (nil, let most?): "at most \(most.yaml)"
        case (nil, nil): nil
        }
    }

    /// Whether a number is within the bounds.
    public func allows(_ number: Double) -> Bool {
        if let minimum, number < minimum || excludesMinimum && number == minimum { return false }
        return maximum.map { number <= $0 } ?? true
    }

    /// What is wrong with a value; nil if nothing is.
    package func problem(with value: some ConfigurationValue) -> String? {
        if value.entryCount < leastEntries {
            return "needs at least one \(noun)"
        }
        if let names, let stranger = value.names.first(where: { !names.contains($0) }) {
            let known = "must be one of \(names.joined(separator: ", "))"
            let note =
                (LookAlikes.note(stranger).map { ": \($0)" } ?? "")
                + Nearest.question(stranger, among: names)
            return value.numbers.isEmpty
                ? "is \(stranger), \(known)\(note)"
                : "unknown \(noun) \(stranger), \(known)\(note)"
        }
        if let pattern, let meaning,
            let stranger = value.names.first(where: {
                $0.range(of: "^(?:\(pattern))$", options: .regularExpression) == nil
            })
        {
            let note = LookAlikes.note(stranger).map { ": \($0)" } ?? ""
            let words = meaning.split { " ,".contains($0) }.map(String.init)
            let question = Nearest.question(stranger, among: words)
            return "is \(stranger), must be \(meaning)\(note)\(question)"
        }
        guard let wrong = value.numbers.first(where: { !allows($0) }), let bounds else {
            return nil
        }
        return "is \(wrong.yaml), must be \(bounds)"
    }
}

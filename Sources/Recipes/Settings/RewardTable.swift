public import Configuration
import Foundation
public import Rewards
import TextFiles
package import Yams

/// The terms of a reward, as a configuration has them: a weight by name, or a table of weight and
/// parameters.
public struct RewardTable: Hashable, Sendable, ConfigurationTable {
    /// The terms, in order.
    public var entries: [RewardSpecification]

    /// Terms in an order.
    public init(_ entries: [RewardSpecification]) { self.entries = entries }

    /// Terms of their kinds' names, by weight.
    public init(_ weights: [(String, Double)]) {
        entries = weights.map { RewardSpecification($0.0, weight: $0.1) }
    }

    /// A table of reward terms.
    public static var kind: ConfigurationKind {
        .entries(
            ConfigurationTableForm(
                name: "a table of reward terms, a weight or a table each",
                entries: { JSONSchema.rewards },
                // Others have a kind of their own name, or a command.
                others: { JSONSchema.reward(nil) },
                scalars: { node in
                    let entries = RewardTable(yaml: node)?.entries ?? []
                    return Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.weight) })
                }))
    }

    /// Reads an argument of a command: a table as configurations have it, `{mask_iou: 2}`, or weights by
    /// name, `mask_iou=2,think_answer_format=1`.
    ///
    /// - Parameters:
    ///   - argument: the text
    ///   - option: what the problems are said of
    /// - Throws: `ConfigurationError` with everything that is wrong
    public init(argument: String, option: String) throws {
        if argument.drop(while: \.isWhitespace).first == "{" {
            try self.init(table: argument, option: option)
            return
        }
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let pairs = parts.map { $0.replacing("=", with: ": ", maxReplacements: 1) }
        try self.init(table: "{\(pairs.joined(separator: ", "))}", option: option)
    }

    /// Reads a table, or says everything that is wrong with it.
    package static func read(_ node: Node) -> Result<RewardTable, LocatedProblems> {
        var reader = RewardTableReader()
        let table = reader.read(node)
        guard let table, reader.problems.isEmpty else {
            return .failure(LocatedProblems(reader.problems))
        }
        return .success(table)
    }

    /// The terms in braces.
    public var yaml: String { "{\(entries.map(Self.yaml).joined(separator: ", "))}" }

    private static func yaml(_ entry: RewardSpecification) -> String {
        var parts: [String] = []
        if let command = entry.command {
            parts.append("command: [\(command.words.map(\.yaml).joined(separator: ", "))]")
            let standard = ExternalCommand([])
            if command.timeout != standard.timeout {
                parts.append("timeout: \(command.timeout.yaml)")
            }
            if command.sendsMasks { parts.append("masks: true") }
        } else if let kind = entry.kind, kind != entry.name {
            parts.append("term: \(kind)")
        }
        parts += entry.parameters.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.yaml)" }
        let name = entry.name.yaml
        if parts.isEmpty { return "\(name): \(entry.weight.yaml)" }
        let weight = entry.weight == 1 ? [] : ["weight: \(entry.weight.yaml)"]
        return "\(name): {\((weight + parts).joined(separator: ", "))}"
    }

    /// The names.
    public var names: [String] { entries.map(\.name) }
    /// The terms.
    public var entryCount: Int { entries.count }
}

extension ConfigurationKey {
    /// The weight of each reward term.
    package static func rewards(_ section: WritableKeyPath<Root, RewardTable>) -> Self {
        Self(
            table: "rewards", section,
            "The weight of each reward term, or a table of weight and parameters (rewards.md); with "
                + "weight 0 a term is reported and does not count")
    }
}

/// Reads the table of rewards.
private struct RewardTableReader {
    private(set) var problems: [LocatedProblems.Problem] = []
    private let registry = RewardRegistry.standard

    private mutating func report(_ node: Node?, _ key: String, _ message: String) {
        let place = node?.mark.map { (line: $0.line, column: $0.column) }
        problems.append(.init(place: place, key: key, message: message))
    }

    /// What a name has in it that no keyboard writes.
    private func note(_ name: String) -> String {
        LookAlikes.note(name).map { "; \($0)" } ?? ""
    }

    /// What stands there instead, where it is one value.
    private func found(_ node: Node, expecting kind: ConfigurationKind = .number) -> String {
        node.scalar == nil ? "" : ", found \(Misreading.words(node, expecting: kind))"
    }

    mutating func read(_ node: Node) -> RewardTable? {
        guard let mapping = node.mapping else {
            report(
                nil, "",
                "expected a table of reward terms, a weight or a table each"
                    + RewardForms.table(insteadOf: node))
            return nil
        }
        if mapping.isEmpty { report(nil, "", "needs at least one term") }
        return RewardTable(mapping.compactMap { entry($0.key, $0.value) })
    }

    private mutating func entry(_ key: Node, _ value: Node) -> RewardSpecification? {
        let name = key.scalar?.string ?? "?"
        let isName = name.range(of: "^[A-Za-z0-9_.-]+$", options: .regularExpression) != nil
        if !isName {
            let nearest = nearest(LookAlikes.plain(name)).map { "; did you mean \($0)?" } ?? ""
            report(
                key, name,
                "is no name of a term: letters, digits and _.- only\(note(name))\(nearest)")
            return nil
        }
        if let weight = Double(yaml: value) {
            return checked(RewardSpecification(name, weight: weight), key, nil)
        }
        guard let table = value.mapping else {
            let below = MissingColon.place(value, below: key) == nil ? nil : value
            let reason = below.flatMap(MissingColon.reason).map { "; \($0)" } ?? ""
            report(
                below ?? key, name,
                "expected a weight, or a table of weight and parameters\(found(value))\(reason)"
                    + (reason.isEmpty
                        ? RewardForms.term(name, insteadOf: value, isKind: isKind(name)) : ""))
            return nil
        }
        return table["command"] == nil
            ? term(name, key, table) : command(name, table)
    }

    private mutating func term(
        _ name: String, _ key: Node, _ table: Node.Mapping
    ) -> RewardSpecification? {
        if !isKind(table["term"]?.scalar?.string ?? name),
            let key = RewardForms.commandKey(in: table)
        {
            let word = key.scalar?.string ?? "?"
            report(
                key, "\(name).\(word)",
                "is no parameter of a term\(note(word)); did you mean command?")
            return nil
        }
        var entry = RewardSpecification(name)
        for (parameter, value) in table {
            let word = parameter.scalar?.string ?? "?"
            if word == "term" {
                guard let kind = String(yaml: value) else {
                    report(parameter, "\(name).term", "expected the name of a term")
                    continue
                }
                entry.kind = kind
            } else if let number = Double(yaml: value) {
                if word == "weight" {
                    entry.weight = number
                } else {
                    entry.parameters[word] = number
                }
            } else {
                report(parameter, "\(name).\(word)", "expected a number\(found(value))")
            }
        }
        return checked(entry, key, table)
    }

    /// The kind of term whose name is most like a text, if it is like enough.
    private func nearest(_ text: String) -> String? {
        Nearest.name(to: text, among: registry.kinds.map { $0.name })
    }

    private func isKind(_ name: String) -> Bool { registry.kind(name) != nil }

    /// The parameter of a kind of term that a name is close to, where it is none.
    private func nearestParameter(_ name: String, of kind: String) -> String {
        let known = registry.kind(kind).map { registry.parameters(of: $0).map(\.name) } ?? []
        return known.contains(name)
            ? "" : Nearest.question(name, among: known + ["weight", "term"])
    }

    /// The term, if there is such a kind and its parameters are right.
    private mutating func checked(
        _ entry: RewardSpecification, _ key: Node, _ table: Node.Mapping?
    ) -> RewardSpecification? {
        let kind = entry.kind ?? entry.name
        guard registry.kind(kind) != nil else {
            let names = registry.kinds.map { $0.name }
            let place = table?.first { $0.key.scalar?.string == "term" }?.key ?? key
            report(
                place, entry.name,
                "there is no reward term \(kind)\(note(kind)); "
                    + (RewardForms.elsewhere(kind).map { "the term for that is \($0)" }
                        ?? nearest(LookAlikes.plain(kind)).map { "did you mean \($0)?" }
                        ?? "the terms are \(names.joined(separator: ", "))"))
            return nil
        }
        for problem in registry.problems(with: entry) {
            let place = table?.first { $0.key.scalar?.string == problem.parameter }?.key ?? key
            report(
                place, "\(entry.name).\(problem.parameter)",
                problem.message + note(problem.parameter)
                    + nearestParameter(problem.parameter, of: kind))
        }
        return entry
    }

    /// What a table with a command may have.
    private static let ofCommand = ["command", "weight", "timeout", "masks"]

    private mutating func command(_ name: String, _ table: Node.Mapping) -> RewardSpecification? {
        var command = ExternalCommand([])
        var weight = 1.0
        for (key, value) in table {
            let word = key.scalar?.string ?? "?"
            switch word {
            case "command":
                switch CommandWords.read(value) {
                case .success(let words): command.words = words
                case .failure(let error):
                    problems += error.problems.map {
                        .init(
                            place: $0.place ?? key.mark.map { ($0.line, $0.column) },
                            key: "\(name).command", message: $0.message)
                    }
                }
            case "weight":
                if let number = Double(yaml: value) {
                    weight = number
                } else {
                    report(key, "\(name).weight", "expected a number\(found(value))")
                }
            case "timeout":
                if let number = Double(yaml: value), number > 0 {
                    command.timeout = number
                } else {
                    report(key, "\(name).timeout", "expected seconds, above 0\(found(value))")
                }
            case "masks":
                if let flag = Bool(yaml: value) {
                    command.sendsMasks = flag
                } else {
                    report(
                        key, "\(name).masks",
                        "expected true or false\(found(value, expecting: .truth))")
                }
            default:
                report(
                    key, "\(name).\(word)",
                    "is no parameter of a command; it has \(Self.ofCommand.joined(separator: ", "))"
                        + note(word) + Nearest.question(word, among: Self.ofCommand))
            }
        }
        return RewardSpecification(name, command: command, weight: weight)
    }
}

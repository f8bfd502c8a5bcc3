public import Configuration
import Foundation
public import RLTrainer
import TextFiles
package import Yams

/// What ends a run that learns nothing: conditions, with the steps in a row in which each must hold.
public struct StopTable: Hashable, Sendable, ConfigurationTable {
    /// A condition that ends the run.
    public struct Entry: Hashable, Sendable {
        /// Which.
        public var condition: HealthCondition
        /// In how many steps in a row it holds then; nil: as many as it takes to be warned of.
        public var steps: Int?

        /// An entry from its parts.
        public init(_ condition: HealthCondition, steps: Int?) {
            self.condition = condition
            self.steps = steps
        }
    }

    /// The conditions, in order.
    public var entries: [Entry]

    /// Conditions in an order; none end nothing.
    public init(_ entries: [Entry] = []) { self.entries = entries }

    /// A table of conditions.
    public static var kind: ConfigurationKind {
        .entries(
            ConfigurationTableForm(
                name: "a table of conditions, a number of steps or true each", leastEntries: 0,
                entries: {
                    Dictionary(
                        uniqueKeysWithValues: HealthCondition.allCases.map {
                            ($0.rawValue, JSONSchema(condition: $0))
                        })
                },
                others: { nil },
                scalars: { node in
                    let entries = StopTable(yaml: node)?.entries ?? []
                    return Dictionary(
                        uniqueKeysWithValues: entries.map {
                            ($0.condition.rawValue, Double($0.steps ?? 0))
                        })
                }))
    }

    /// Reads a table, or says everything that is wrong with it.
    package static func read(_ node: Node) -> Result<StopTable, LocatedProblems> {
        if Nothing(yaml: node) == .some(nil) { return .success(StopTable()) }
        guard let mapping = node.mapping else {
            return .failure(
                LocatedProblems([
                    .init(
                        place: nil, key: "",
                        message: "expected a table of conditions, such as "
                            + "{no_target_met: 30, format_collapsed: true}")
                ]))
        }
        var (table, problems) = (StopTable(), [LocatedProblems.Problem]())
        for (key, value) in mapping {
            switch entry(key.scalar?.string ?? "?", value) {
            case .success(let entry): entry.map { table.entries.append($0) }
            case .failure(let problem):
                let mark = (problem.isOfValue ? value : key).mark ?? key.mark
                problems.append(
                    .init(
                        place: mark.map { ($0.line, $0.column) }, key: problem.key,
                        message: problem.message))
            }
        }
        return problems.isEmpty ? .success(table) : .failure(LocatedProblems(problems))
    }

    private typealias Nothing = Int?

    private struct EntryProblem: Error {
        let key: String
        let message: String
        let isOfValue: Bool
    }

    /// An entry; nil for one that is turned off.
    private static func entry(_ name: String, _ value: Node) -> Result<Entry?, EntryProblem> {
        guard let condition = HealthCondition(rawValue: name) else {
            return .failure(EntryProblem(key: name, message: unknown(name), isOfValue: false))
        }
        if let flag = Bool(yaml: value) {
            return .success(flag ? Entry(condition, steps: nil) : nil)
        }
        guard let steps = Int(yaml: value) else {
            let found = Misreading.words(value, expecting: .integer)
            return .failure(
                EntryProblem(
                    key: name,
                    message:
                        "expected a number of steps in a row, or true for as many as the warning "
                        + "takes; found \(found)", isOfValue: true))
        }
        if steps < 1 {
            return .failure(
                EntryProblem(
                    key: name, message: "is \(steps), must be at least 1", isOfValue: true))
        }
        return .success(Entry(condition, steps: steps))
    }

    /// What to say of a name that is no condition.
    private static func unknown(_ name: String) -> String {
        let names = HealthCondition.allCases.map(\.rawValue)
        let note = LookAlikes.note(name).map { "; \($0)" } ?? ""
        return "is no condition\(note); "
            + (Nearest.name(to: name, among: names).map { "did you mean \($0)?" }
                ?? "the conditions are \(names.joined(separator: ", "))")
    }

    /// The conditions in braces.
    public var yaml: String {
        let parts = entries.map {
            "\($0.condition.rawValue): \($0.steps.map { "\($0)" } ?? "true")"
        }
        return "{\(parts.joined(separator: ", "))}"
    }

    /// The conditions for people, `no_target_met for 30 steps, or all_cut`; nil without any.
    package var words: String? {
        let parts = entries.map { entry in
            entry.condition.rawValue
                + (entry.steps.map { " for \(counted($0, "step"))" } ?? "")
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", or ")
    }

    /// The names.
    public var names: [String] { entries.map(\.condition.rawValue) }
    /// The conditions.
    public var entryCount: Int { entries.count }
}

extension JSONSchema {
    /// What a condition takes.
    fileprivate init(condition: HealthCondition) {
        self.init(section: [:])
        (properties, allowsOthers) = (nil, nil)
        type = ["integer", "boolean"]
        minimum = 1
        description =
            "Ends the run when \(condition.meaning): in so many steps in a row; true: in as many as the "
            + "warning takes"
    }
}

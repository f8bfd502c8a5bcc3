public import Configuration
import Foundation
import TextFiles
public import Trackers
package import Yams

/// The programs that are told of a run, as a configuration has them: a table of command and times by name.
public struct TrackerTable: Hashable, Sendable, ConfigurationTable {
    /// The trackers, in order.
    public var entries: [TrackerSpecification]

    /// Trackers in an order.
    public init(_ entries: [TrackerSpecification] = []) { self.entries = entries }

    /// A table of trackers.
    public static var kind: ConfigurationKind {
        .entries(
            ConfigurationTableForm(
                name: "a table of trackers, a table with command each", leastEntries: 0,
                entries: { [:] }, others: { JSONSchema.tracker }, scalars: { _ in [:] }))
    }

    /// Reads a table, or says everything that is wrong with it.
    package static func read(_ node: Node) -> Result<TrackerTable, LocatedProblems> {
        var reader = TrackerTableReader()
        let table = reader.read(node)
        return reader.problems.isEmpty
            ? .success(table) : .failure(LocatedProblems(reader.problems))
    }

    /// The trackers in braces.
    public var yaml: String {
        let parts = entries.map { entry in
            let standard = TrackerSpecification(entry.name, command: [])
            var parts = ["command: [\(entry.command.map(\.yaml).joined(separator: ", "))]"]
            if entry.timeout != standard.timeout { parts.append("timeout: \(entry.timeout.yaml)") }
            if entry.wait != standard.wait { parts.append("wait: \(entry.wait.yaml)") }
            return "\(entry.name.yaml): {\(parts.joined(separator: ", "))}"
        }
        return "{\(parts.joined(separator: ", "))}"
    }

    /// The names.
    public var names: [String] { entries.map(\.name) }
    /// The trackers.
    public var entryCount: Int { entries.count }

    /// What keeps programs from being started here and now, as far as files tell.
    package var problems: [(key: String, message: String)] {
        entries.compactMap { entry in
            entry.problem.map { (entry.name + ".command", $0) }
        }
    }

    /// The same, a line each with the whole key.
    package var programProblems: [String] {
        problems.map { "logging.trackers.\($0.key): \($0.message)" }
    }
}

extension ConfigurationKey {
    /// The programs that are told of a run.
    package static func trackers(_ section: WritableKeyPath<Root, TrackerTable>) -> Self {
        Self(
            table: "logging.trackers", section,
            "Programs that are told of the run as it goes, by names of your own (trackers.md): "
                + "{mine: {command: [python3, tracker.py]}}, each with timeout, 120 seconds for one line, "
                + "and wait, 60 seconds at the run's end")
    }
}

extension JSONSchema {
    /// A tracker.
    fileprivate static var tracker: JSONSchema {
        var words = JSONSchema(section: [:])
        (words.type, words.properties, words.allowsOthers) = (["string"], nil, nil)
        var command = words
        command.type = ["array"]
        command.items = Box(words)
        command.description = "The program and its arguments"
        func seconds(_ help: String, _ standard: Double) -> JSONSchema {
            var field = words
            (field.type, field.description, field.minimum) = (["number"], help, 0)
            field.default = .number(standard)
            return field
        }
        let standard = TrackerSpecification("", command: [])
        var table = JSONSchema(section: [
            "command": command,
            "timeout": seconds("Seconds for one line, the start included", standard.timeout),
            "wait": seconds("Seconds that the run's end waits", standard.wait),
        ])
        table.type = ["object"]
        return table
    }
}

/// Reads the table of trackers.
private struct TrackerTableReader {
    private(set) var problems: [LocatedProblems.Problem] = []

    private static let members = ["command", "timeout", "wait"]

    private mutating func report(_ node: Node?, _ key: String, _ message: String) {
        let place = node?.mark.map { (line: $0.line, column: $0.column) }
        problems.append(.init(place: place, key: key, message: message))
    }

    mutating func read(_ node: Node) -> TrackerTable {
        guard let mapping = node.mapping else {
            // No trackers, as people may write it.
            if let scalar = node.scalar, scalar.style == .plain || scalar.style == .any,
                ["", "~", "null"].contains(scalar.string)
            {
                return TrackerTable()
            }
            report(
                nil, "",
                "expected a table of trackers, a name with a table each: "
                    + "{mine: {command: [python3, tracker.py]}}")
            return TrackerTable()
        }
        return TrackerTable(mapping.compactMap { entry($0.key, $0.value) })
    }

    private mutating func entry(_ key: Node, _ value: Node) -> TrackerSpecification? {
        let name = key.scalar?.string ?? "?"
        if name.range(of: "^[A-Za-z0-9_-][A-Za-z0-9_.-]*$", options: .regularExpression) == nil {
            let note = LookAlikes.note(name).map { "; \($0)" } ?? ""
            report(key, name, "is no name of a tracker: letters, digits and _.- only\(note)")
            return nil
        }
        guard let table = value.mapping else {
            // The command itself, where its table belongs.
            let words = Self.words(value)
            report(
                key, name,
                "expected a table: {command: "
                    + "[\((words.isEmpty ? ["python3", "tracker.py"] : words).map(\.yaml).joined(separator: ", "))]}"
            )
            return nil
        }
        var entry = TrackerSpecification(name, command: [])
        if table["command"] == nil, !table.contains(where: { Self.isCommand($0.key) }) {
            report(key, name, "needs command, a list: the program and its arguments")
        }
        for (member, value) in table { read(member, value, of: &entry) }
        return entry
    }

    /// Whether a key is most likely meant as `command`, which is told of it then.
    private static func isCommand(_ key: Node) -> Bool {
        nearest(key.scalar?.string ?? "") == "command"
    }

    private mutating func read(
        _ key: Node, _ value: Node, of entry: inout TrackerSpecification
    ) {
        let word = key.scalar?.string ?? "?"
        let path = "\(entry.name).\(word)"
        switch word {
        case "command":
            switch CommandWords.read(value) {
            case .success(let words):
                entry.command = words
                if words.contains(where: { $0.utf8.contains(0) }) {
                    report(key, path, "has a zero byte in it, which no command can have")
                } else if words[0].isEmpty {
                    report(key, path, "is empty; give a program and its arguments")
                }
            case .failure(let error):
                problems += error.problems.map {
                    .init(
                        place: $0.place ?? key.mark.map { ($0.line, $0.column) }, key: path,
                        message: $0.message)
                }
            }
        case "timeout", "wait":
            let isWait = word == "wait"
            guard let number = Double(yaml: value), number <= 86_400,
                isWait ? number >= 0 : number > 0
            else {
                let words = Misreading.words(value, expecting: .number)
                let found =
                    Double(yaml: value)?.yaml ?? (value.scalar == nil ? nil : words)
                report(
                    key, path,
                    "expected seconds, \(isWait ? "from 0" : "above 0") to 86400"
                        + (found.map { ", found \($0)" } ?? ""))
                return
            }
            if isWait { entry.wait = number } else { entry.timeout = number }
        default:
            let note = LookAlikes.note(word).map { "; \($0)" } ?? ""
            let nearest = Self.nearest(word).map { "did you mean \($0)?" }
            report(
                key, path,
                "is no key of a tracker\(note); "
                    + (nearest ?? "it has \(Self.members.joined(separator: ", "))"))
        }
    }

    private static func nearest(_ word: String) -> String? {
        Nearest.name(to: word, among: members)
    }

    /// The words of a command that is written as a text, or as a list.
    private static func words(_ node: Node) -> [String] {
        if let sequence = node.sequence { return sequence.compactMap { $0.scalar?.string } }
        return CommandWords.split(node.scalar?.string ?? "")
    }
}

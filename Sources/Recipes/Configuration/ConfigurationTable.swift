package import Yams

/// A value that is a table of entries, each of which has rules of its own.
package protocol ConfigurationTable: ConfigurationValue {
    /// Reads a table, or says everything that is wrong with it.
    static func read(_ node: Node) -> Result<Self, LocatedProblems>
    /// What only the machine tells of the entries: programs that are not there.
    var problems: [(key: String, message: String)] { get }
}

extension ConfigurationTable {
    /// Reads a table; nil if anything in it is wrong, which `read(_:)` tells.
    public init?(yaml: Node) {
        guard case .success(let table) = Self.read(yaml) else { return nil }
        self = table
    }

    /// Reads an argument of a command: a table as configurations have it.
    ///
    /// - Parameters:
    ///   - argument: the text
    ///   - option: what the problems are said of
    /// - Throws: ``ConfigurationError`` with everything that is wrong
    package init(table argument: String, option: String) throws {
        func failure(_ problems: [(key: String, message: String)]) -> ConfigurationError {
            ConfigurationError(
                problems: problems.map {
                    ConfigurationProblem(location: option, key: $0.key, message: $0.message)
                })
        }
        let node: Node?
        do { node = try compose(yaml: argument) } catch {
            throw failure([("", "not YAML: \(YAMLDiagnosis(error).text)")])
        }
        switch Self.read(node ?? Node("")) {
        case .success(let table): self = table
        case .failure(let error): throw failure(error.problems.map { ($0.key, $0.message) })
        }
        if !problems.isEmpty { throw failure(problems) }
    }

    /// Nothing.
    package var problems: [(key: String, message: String)] { [] }
}

extension ConfigurationReader {
    /// Reports what only the machine tells of a table's entries: programs that are not there.
    package mutating func requirePrograms(_ key: String, _ table: some ConfigurationTable) {
        for problem in table.problems { report(key, "\(problem.key): \(problem.message)") }
    }
}

/// What tables of one kind look like, for messages and for the schema.
public struct ConfigurationTableForm: Sendable, Hashable {
    /// What a table is called in messages: "a table of reward terms, a weight or a table each".
    package let name: String
    /// How many entries a table has at least.
    package let leastEntries: Int
    /// The schema of each entry that is known by name.
    package let entries: @Sendable () -> [String: JSONSchema]
    /// The schema of all others; nil if there are none.
    package let others: @Sendable () -> JSONSchema?
    /// The table's entries as numbers by name, for defaults.
    package let scalars: @Sendable (Node) -> [String: Double]

    /// A value from its parts.
    package init(
        name: String, leastEntries: Int = 1,
        entries: @escaping @Sendable () -> [String: JSONSchema],
        others: @escaping @Sendable () -> JSONSchema?,
        scalars: @escaping @Sendable (Node) -> [String: Double]
    ) {
        self.name = name
        self.leastEntries = leastEntries
        self.entries = entries
        self.others = others
        self.scalars = scalars
    }

    /// Whether two forms have one name, which tells them.
    public static func == (a: Self, b: Self) -> Bool { a.name == b.name }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

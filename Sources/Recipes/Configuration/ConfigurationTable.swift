package import Yams

/// A value that is a table of entries, each of which has rules of its own.
package protocol ConfigurationTable: ConfigurationValue {
    /// Reads a table, or says everything that is wrong with it.
    static func read(_ node: Node) -> Result<Self, LocatedProblems>
}

/// What tables of one kind look like, for messages and for the schema.
public struct ConfigurationTableForm: Sendable, Hashable {
    /// What a table is called in messages: "a table of reward terms, a weight or a table each".
    package let name: String
    /// How many entries it has at least.
    package let leastEntries: Int
    /// The schema of each entry that is known by name.
    package let entries: @Sendable () -> [String: JSONSchema]
    /// The schema of all others.
    package let others: @Sendable () -> JSONSchema
    /// The table's entries as numbers by name, for defaults.
    package let scalars: @Sendable (Node) -> [String: Double]

    /// A value from its parts.
    package init(
        name: String, leastEntries: Int = 1,
        entries: @escaping @Sendable () -> [String: JSONSchema],
        others: @escaping @Sendable () -> JSONSchema,
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

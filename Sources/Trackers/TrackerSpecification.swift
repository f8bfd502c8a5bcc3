import Files

/// A program that is told of a run, as a configuration has it.
public struct TrackerSpecification: Hashable, Sendable {
    /// What the configuration calls it; its place in the records is kept under this name.
    public let name: String
    /// The program, by its path or a name that `PATH` leads to, and its arguments; no shell reads them.
    public var command: [String]
    /// Seconds that it may take for one line, its start included.
    public var timeout = 120.0
    /// Seconds that the end of a run waits for it.
    public var wait = 60.0

    /// A tracker of a name.
    public init(_ name: String, command: [String]) {
        self.name = name
        self.command = command
    }

    /// Why the program cannot be started here and now, as far as files tell; nil if it can.
    package var problem: String? { CommandProblem.of(command) }
}

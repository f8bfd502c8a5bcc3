import Files
import Foundation

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

    /// Endings of files that are programs for another one, which comes before them.
    private static let scripts = [
        ".py", ".sh", ".bash", ".awk", ".rb", ".pl", ".js", ".lua", ".jl", ".R",
    ]

    /// Why the program cannot be started here and now, as far as files tell; nil if it can.
    package var problem: String? {
        guard let program = command.first, !program.isEmpty else {
            return "is empty; give a program and its arguments"
        }
        let files = FileManager.default
        if program.contains("/") {
            if !files.fileExists(atPath: program) { return Self.missing(program) }
        } else {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            let places = path.split(separator: ":").map { "\($0)/\(program)" }
            if !places.contains(where: files.isExecutableFile) {
                return
                    "PATH leads to no program \(program); give its path, or a name that PATH leads to"
            }
            let script = command.dropFirst().first { !$0.hasPrefix("-") }
            guard let script, Self.scripts.contains(where: script.hasSuffix),
                !files.fileExists(atPath: script)
            else { return nil }
            return Self.missing(script)
        }
        return files.isExecutableFile(atPath: program)
            ? nil
            : "\(program) is not executable; make it so, or name the program that runs it first"
    }

    private static func missing(_ path: String) -> String {
        let carried = ProjectFolders.advice(path)
        if !carried.isEmpty { return "\(path) does not exist\(carried)" }
        let folder = FileManager.default.currentDirectoryPath
        return "\(path) does not exist"
            + (path.hasPrefix("/")
                ? "" : "; a relative path counts from where the run is started, \(folder)")
    }
}

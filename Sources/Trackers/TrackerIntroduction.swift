import Foundation

/// The first line that a tracker gets: which run it is.
package struct TrackerIntroduction: Sendable {
    /// The version of what lines mean; it rises when a program must know.
    static let protocolVersion = 1

    /// The run's folder, as it was configured.
    let run: String
    /// The command that makes the run.
    let command: String
    /// The version of the program that makes it.
    let version: String
    /// The step that it goes on after; 0 at the beginning.
    let step: Int
    /// The resolved configuration, an object of JSON by dotted keys.
    let configuration: String

    /// A value from its parts.
    package init(
        run: String, command: String, version: String, step: Int, configuration: String
    ) {
        self.run = run
        self.command = command
        self.version = version
        self.step = step
        self.configuration = configuration
    }

    /// What the run is called: its folder's path below the last folder `runs`, or the folder's name.
    var name: String {
        let parts = folder.split(separator: "/").map(String.init)
        let begin = parts.dropLast().lastIndex(of: "runs").map { $0 + 1 } ?? parts.count - 1
        return parts.isEmpty ? "run" : parts[max(0, begin)...].joined(separator: "/")
    }

    /// The run's folder from the root on.
    private var folder: String { URL(fileURLWithPath: run).standardizedFileURL.path }

    /// The line, without its line feed, for a tracker of a name in the configuration, of which `acknowledged`
    /// is the last record that it took.
    func line(tracker: String, id: String, acknowledged: Int) -> String {
        jsonObject([
            ("n", "\(acknowledged)"), ("type", jsonText("run")),
            ("protocol", "\(Self.protocolVersion)"), ("tracker", jsonText(tracker)),
            ("id", jsonText(id)), ("name", jsonText(name)), ("folder", jsonText(folder)),
            ("command", jsonText(command)), ("version", jsonText(version)), ("step", "\(step)"),
            ("configuration", configuration),
        ])
    }
}

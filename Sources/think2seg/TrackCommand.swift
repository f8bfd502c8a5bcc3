import ArgumentParser
import Configuration
import Files
import Foundation
import Runs
import SegmenterTraining
import Settings
import SharedSettings
import SupervisedTraining
import Terminals
import Trackers
import TrainingRuns

struct TrackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "track",
        abstract: "Tells trackers of a run that has ended: what they miss, or all of it.",
        discussion: """
            Examples:
              think2seg track runs/a
              think2seg track runs/a --trackers '{mine: {command: [python3, tracker.py]}}'

            Trackers are programs that get a run's numbers, completions and pictures as lines of JSON \
            (\(ProjectFolders.path("Documentation/trackers.md"))). A run with logging.trackers tells them itself while it goes on; \
            this sends what they did not take, and runs from before to trackers that are new. Nothing is \
            sent twice to a tracker of one name.

            Exit status 69: a program failed three times in a row; the same command goes on.
            """)

    @Argument(
        help: ArgumentHelp("The run's folder.", valueName: "run"), transform: PathArgument.input)
    var folder: String

    @Option(
        help: ArgumentHelp(
            "The trackers, as logging.trackers has them (default: those of the run).",
            valueName: "table"))
    var trackers: String?

    @OptionGroup var console: QuietOption

    func run() throws {
        let found = try Self.configuration(of: folder)
        let table =
            try trackers.map { try TrackerTable(table: $0, option: "--trackers") } ?? found.table
        if table.entries.isEmpty {
            throw ValidationError(
                "the run has no logging.trackers; name some: --trackers '{mine: {command: [python3, "
                    + "tracker.py]}}'")
        }
        // Those of the option were looked at where it was read.
        let problems = table.problems.map {
            ConfigurationProblem(
                location: folder + "/config.yaml", key: "logging.trackers." + $0.key,
                message: $0.message)
        }
        if !problems.isEmpty { throw ConfigurationError(problems: problems) }
        Self.damage(folder).forEach(Console.warning)
        let recipe = try found.recipe(folder, table)
        let (progress, notes) = recipe.send { progress in
            if console.quiet || !Console.isTerminal { return }
            let parts = progress.map { "\($0.name): step \($0.lastStep), \($0.left) to go" }
            Console.progress(
                parts.joined(separator: "  "), progress.map(\.lastStep).min() ?? 0, of: nil)
        }
        if !console.quiet { Console.endProgress() }
        notes.forEach(Console.warning)
        if !console.quiet {
            for tracker in progress where tracker.left == 0 {
                let refused = tracker.refused == 0 ? "" : ", of which it refused \(tracker.refused)"
                Console.note(
                    "\(tracker.name) has all of \(folder), up to step \(tracker.lastStep)\(refused)"
                )
            }
        }
        if progress.contains(where: { $0.left > 0 }) { throw ExitCode(SystemExit.unavailable) }
    }

    /// What trackers cannot be told, and what of their records is damaged.
    private static func damage(_ run: String) -> [String] {
        let lines = [RunDirectory.unreadableMetrics(in: run)].compactMap(\.self)
        return (lines + RunDirectory.unreadableLines(in: run)).map(\.description)
            + [TrackerJournal.damage(of: run)].compactMap { $0?.noteOfRepair }
    }

    /// A run's trackers, and what tells others of it.
    private struct Found {
        let table: TrackerTable
        let recipe: (String, TrackerTable) throws -> TrackRecipe

        init(_ configuration: some KeyedConfiguration, _ table: TrackerTable) {
            self.table = table
            recipe = { try TrackRecipe(run: $0, configuration: configuration, trackers: $1) }
        }
    }

    /// The configuration of a run of any of the commands that train.
    private static func configuration(of run: String) throws -> Found {
        guard FileManager.default.fileExists(atPath: run) else {
            throw MissingInputError(path: run, what: "run")
        }
        if let fault = RunDirectory.descriptionFault(of: run) { throw fault }
        guard let file = RunDirectory.configurationFile(of: run) else {
            throw FileError.damaged(run, "holds no run: there is no run.json in it")
        }
        switch RunContents(run).command {
        case SFTConfiguration.command:
            let found = try SFTConfiguration.load(file: file)
            return Found(found, found.logging.trackers)
        case SegmenterConfiguration.command:
            let found = try SegmenterConfiguration.load(file: file)
            return Found(found, found.logging.trackers)
        default:
            let found = try RunConfiguration.load(file: file)
            return Found(found, found.logging.trackers)
        }
    }
}

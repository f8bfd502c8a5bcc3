import Configuration
import Files
import Foundation
import Imaging
import Runs
import Settings
import TrainingRuns

/// An ablation: what is missing is run, then everything is summed up; the `ablate` command.
public struct AblationRecipe {
    /// The plan.
    public let plan: AblationPlan
    /// The runs.
    public let grid: AblationGrid
    private let fingerprints = Fingerprints()
    /// The folder for runs, evaluations and results.
    public var output: String { plan.outputDirectory }

    /// Reads a plan, and checks every configuration that it makes and every folder that is there.
    ///
    /// - Parameters:
    ///   - file: the plan
    ///   - cores: cores for each run whose configuration leaves the threads open; nil: all
    /// - Throws: `MissingInputError`, `ConfigurationError` with every problem that there is, and
    ///   `FileError` if a folder holds something else
    public init(plan file: String, cores: Int? = nil) throws {
        plan = try AblationPlan.load(file)
        var grid = try AblationGrid(plan, cores: cores)
        try AblationFolders.requireOwn(grid.runs, fingerprints)
        let others = try ReusableRuns(plan.reuse, for: plan, fingerprints)
        for place in grid.runs.indices {
            let run = grid.runs[place]
            if AblationWork(run, of: plan, fingerprints).isDone { continue }
            if let other = others.run(like: run) { grid.runs[place] = other }
        }
        self.grid = grid
    }

    /// One of the runs.
    ///
    /// - Parameter number: its number, from 1 to how many there are
    /// - Returns: the work to do
    public func work(_ number: Int) -> AblationWork {
        AblationWork(grid.runs[number - 1], of: plan, fingerprints)
    }

    /// Whether a run is trained and evaluated.
    public func isDone(_ run: AblationRun) -> Bool {
        AblationWork(run, of: plan, fingerprints).isDone
    }

    /// Runs that are not done.
    public var missing: [AblationRun] { grid.runs.filter { !isDone($0) } }

    /// Sums up what is done, and writes `ablation.json`, `ablation.md` and `ablation.html`.
    ///
    /// - Parameter failures: runs that ended without a result in this session
    /// - Returns: the result
    /// - Throws: the error of the file that cannot be read or written
    @discardableResult
    public func conclude(failures: [AblationFailure] = []) throws -> AblationResult {
        let record = try AblationRecord(plan, grid, fingerprints)
        let result = try AblationResult(record, failures: failures)
        try makeFolder(output)
        try DurableFiles.write(try result.document(), to: output + "/ablation.json")
        try DurableFiles.write(Data(result.markdown.utf8), to: output + "/ablation.md")
        let page = try AblationReport(record: record, result: result).html()
        try DurableFiles.write(Data(page.utf8), to: output + "/ablation.html")
        return result
    }
}

/// What stands in the folders of an ablation's runs.
enum AblationFolders {
    /// Fails if a folder holds something else than the plan and its files are now.
    ///
    /// - Throws: ``ConfigurationError``, ``FileError``
    static func requireOwn(_ runs: [AblationRun], _ fingerprints: Fingerprints) throws {
        var problems: [ConfigurationProblem] = []
        for run in runs where !RunDirectory.isFree(run.folder) {
            guard let written = RunDirectory.configuration(of: run.folder) else {
                try RunDirectory.requireFree(run.folder)
                continue
            }
            try RunStart.requireSame(
                run.configuration, CheckpointState.values(of: written), origin: run.folder)
            let folder = CheckpointFolder(run: run.folder)
            guard let step = folder.steps.first,
                let state = FileManager.default.contents(
                    atPath: "\(folder.step(step))/\(RunCheckpoint.stateFile)"),
                let saved = try? CheckpointState(json: state)
            else { continue }
            if let most = run.configuration.training.maxSteps, step > most {
                problems.append(
                    ConfigurationProblem(
                        location: run.folder, key: "training.max_steps",
                        message:
                            "is \(most), but the run has \(step) steps already; choose another "
                            + "output_dir for the plan"))
            }
            let now = try InputFingerprint.all(
                of: run.configuration, digest: fingerprints.digest)
            problems += try InputFingerprint.changedKeys(
                now, from: saved.inputs, run.configuration
            ).map { key in
                ConfigurationProblem(
                    location: run.folder, key: key,
                    message: "the files there are not those that the run was started with; bring "
                        + "those back, or choose another output_dir for the plan")
            }
        }
        if !problems.isEmpty { throw ConfigurationError(problems: problems) }
    }
}

/// Runs of other ablations that are done.
struct ReusableRuns {
    private let plan: AblationPlan
    private let fingerprints: Fingerprints
    private var runs: [(configuration: RunConfiguration, run: AblationResult.Run)] = []

    /// The runs that the results in some folders, and in the folders in these, speak of.
    ///
    /// - Throws: ``EvaluationError`` of a result that cannot be read
    init(_ folders: [String], for plan: AblationPlan, _ fingerprints: Fingerprints) throws {
        self.plan = plan
        self.fingerprints = fingerprints
        let files = FileManager.default
        for folder in folders {
            let names = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).sorted()
            for path in [folder] + names.map({ "\(folder)/\($0)" }) {
                let file = path + "/ablation.json"
                guard files.fileExists(atPath: file), path != plan.outputDirectory else { continue }
                for run in try AblationResult.load(file).variants.flatMap(\.runs) {
                    guard let written = RunDirectory.configuration(of: run.folder) else { continue }
                    runs.append((written, run))
                }
            }
        }
    }

    /// A run that is the same but for its place, and evaluated in the same way; nil without one.
    func run(like run: AblationRun) -> AblationRun? {
        let wanted = run.configuration.identity
        for other in runs where other.configuration.identity == wanted {
            var taken = run
            taken.configuration.outputDirectory = other.run.folder
            taken.evaluation = other.run.evaluation
            taken.isTaken = true
            let isSame = (try? AblationFolders.requireOwn([taken], fingerprints)) != nil
            if isSame, AblationWork(taken, of: plan, fingerprints).isDone { return taken }
        }
        return nil
    }
}

extension RunConfiguration {
    /// The values that decide what a run makes, by key: not where, how fast, and what is logged.
    package var identity: [String: String] {
        let others: Set = [
            "output_dir", "threads", "workers", "data.prefetch", "data.workers",
            "grpo.reward_timeout",
        ]
        return CheckpointState.values(of: self).filter { key, _ in
            !others.contains(key) && !key.hasPrefix("logging.")
        }
    }
}

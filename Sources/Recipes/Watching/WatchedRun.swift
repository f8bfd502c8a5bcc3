import Files
package import Foundation
package import Reporting
package import Runs

/// What there is to see of a run at a moment.
package struct WatchedMoment: Sendable {
    /// The run's folder.
    package let run: String
    /// Whether it goes on.
    package let state: RunState
    /// How long it is to be.
    package let length: RunLength
    /// The optimizer steps so far.
    package let steps: [RunRecord.Step]
    /// The evaluations so far.
    package let evaluations: [RunRecord.Step]
    /// What the run warned of.
    package let warnings: [RunWarning]
    /// What was wrong in steps, one line each.
    package let faults: [String]
    /// What of the folder cannot be read, one line each.
    package let damage: [String]
    /// One question of the newest step with completions; nil without such.
    package let group: AskedGroup?
    /// The newest session of the run; nil if its files do not tell.
    package let session: RunSession?
    /// Seconds since the run last wrote numbers.
    package let age: Double?

    /// Which command the run is of.
    package var stage: RunStage { RunStage(steps.last) }
    /// The last step; 0 before the first.
    package var lastStep: Int { steps.last?.number ?? 0 }
}

/// What came of a run between two looks.
package struct WatchedNews: Sendable {
    /// Steps and evaluations, in order.
    package let steps: [RunRecord.Step]
    /// What the run warned of.
    package let warnings: [RunWarning]
    /// How much was there at the later look.
    fileprivate let counts: Counts

    fileprivate struct Counts: Sendable {
        var steps = 0
        var evaluations = 0
        var warnings = 0
    }
}

extension WatchedMoment {
    /// What was not there at the look before; all that is there if a run began anew since.
    ///
    /// - Parameter before: the news of that look; nil at the first one
    /// - Returns: the news
    package func news(after before: WatchedNews?) -> WatchedNews {
        let old = before?.counts ?? WatchedNews.Counts()
        func new<Value>(_ values: [Value], _ count: Int) -> ArraySlice<Value> {
            values.dropFirst(count <= values.count ? count : 0)
        }
        let both = new(steps, old.steps) + new(evaluations, old.evaluations)
        let ordered = both.enumerated().sorted {
            ($0.element.number, $0.offset) < ($1.element.number, $1.offset)
        }
        return WatchedNews(
            steps: ordered.map(\.element), warnings: Array(new(warnings, old.warnings)),
            counts: WatchedNews.Counts(
                steps: steps.count, evaluations: evaluations.count, warnings: warnings.count))
    }
}

/// A run's folder that is looked at again and again, whether the run goes on or not; nothing in it is
/// changed, and the run is kept from nothing.
package struct WatchedRun {
    private let path: String
    private let files: RolloutFiles
    private var metrics: MetricsReader
    private var length: RunLength
    private var configured: Date?
    private var group: AskedGroup?

    /// A run's folder.
    ///
    /// - Throws: ``MissingInputError`` where it is none
    package init(_ path: String) throws {
        try RunFolder.require(path)
        self.path = path
        files = RolloutFiles(run: path)
        metrics = MetricsReader(run: path)
        configured = Self.date(path)
        length = RunLength(run: path)
    }

    /// When the run's configuration was written; a run that goes on may be longer than it was.
    private static func date(_ path: String) -> Date? {
        try? FileManager.default.attributesOfItem(atPath: path + "/config.yaml")[.modificationDate]
            as? Date
    }

    /// Looks at the folder.
    ///
    /// - Parameter now: the time, which the age of the last numbers is counted to
    /// - Returns: what there is to see
    /// - Throws: ``MissingInputError`` if the folder is gone, ``EvaluationError`` that names a line which
    ///   is damaged
    package mutating func look(now: Date = Date()) throws -> WatchedMoment {
        // First: what is read after a run has ended is all that it wrote.
        let holder = FolderLock.holder(of: path)
        _ = try metrics.refresh()
        let date = Self.date(path)
        if date != configured { (configured, length) = (date, RunLength(run: path)) }
        readGroup()
        let step = metrics.steps.last?.number ?? 0
        return WatchedMoment(
            run: path,
            state: RunState(holder, run: path, step: step, total: length.steps), length: length,
            steps: metrics.steps, evaluations: metrics.evaluations,
            warnings: RunWarnings.read(run: path), faults: faults(),
            damage: RunDamage.warnings(run: path, readsRollouts: true), group: group,
            session: RunSession(run: path, lastWrite: metrics.lastWrite),
            age: metrics.lastWrite.map { max(0, now.timeIntervalSince($0)) })
    }

    private mutating func readGroup() {
        guard let step = files.steps.last else {
            group = nil
            return
        }
        if group?.step == step { return }
        // None where a run that goes on from a checkpoint took the file away meanwhile.
        group = .mostTelling(AskedGroup.groups(files.readable(step: step), step: step))
    }

    private func faults() -> [String] {
        RunDirectory.faults(in: path).map { "step \($0.step): \($0.message)" }
    }
}

import Files
import Foundation
import Imaging

/// Runs an ablation's runs as processes of their own, several at a time.
///
/// Each process is `think2seg ablate PLAN --run N`. What it says goes to its log. A process that fails
/// touches no other run. Whatever ends this process, those below it notice, save and end too.
public final class AblationProcesses {
    /// What happens, while it does.
    public enum Event: Sendable {
        /// A run begins, or goes on.
        case started(AblationRun)
        /// How far everything is.
        case progress(Progress)
        /// A run is trained and evaluated.
        case finished(AblationRun)
        /// A run ended without a result: its exit status, and the last it said.
        case failed(AblationFailure)
    }

    /// How far an ablation is.
    public struct Progress: Sendable {
        /// Runs that are done.
        public var done: Int
        /// Runs in all.
        public var total: Int
        /// The runs that are at work, with the last line of each.
        public var active: [(run: AblationRun, line: String)]
        /// Seconds that everything will take, as far as can be told.
        public var secondsLeft: Double?
    }

    /// The environment variable that tells a process whose part it is.
    public static let parentVariable = "THINK2SEG_PARENT"

    private let program: String
    private let arguments: [String]
    private let jobs: Int
    private var active: [(run: AblationRun, process: Process, isStopping: Bool)] = []
    private let start = ContinuousClock.now

    /// Processes of a program.
    ///
    /// - Parameters:
    ///   - program: the path of think2seg
    ///   - arguments: what makes it do run N, without the number
    ///   - jobs: how many at a time
    public init(program: String, arguments: [String], jobs: Int) {
        self.program = program
        self.arguments = arguments
        self.jobs = max(1, jobs)
    }

    /// Runs what is not done.
    ///
    /// - Parameters:
    ///   - runs: the runs
    ///   - done: how many others of the plan are done already
    ///   - shouldStop: asked all the time; then the processes are told to end
    ///   - onEvent: is told what happens
    /// - Returns: the runs that failed
    /// - Throws: what `onEvent` throws, and `FileError` where a log or process cannot be made;
    ///   the processes are told to end first
    public func callAsFunction(
        _ runs: [AblationRun], done: Int, shouldStop: () -> Bool = { false },
        onEvent: (Event) throws -> Void
    ) throws -> [AblationFailure] {
        var waiting = runs[...]
        var failures: [AblationFailure] = []
        var finished = 0
        defer { end() }
        while !(waiting.isEmpty && active.isEmpty) {
            let isStopping = shouldStop()
            if isStopping {
                waiting = []
                tellToEnd()
            }
            while active.count < jobs, let run = waiting.popFirst() {
                active.append((run, try begin(run), false))
                try onEvent(.started(run))
            }
            Thread.sleep(forTimeInterval: 0.1)
            for entry in active where !entry.process.isRunning {
                active.removeAll { $0.run == entry.run }
                let status = entry.process.exitStatus
                if status == 0 {
                    finished += 1
                    try onEvent(.finished(entry.run))
                } else if !isStopping, !entry.isStopping {
                    let failure = AblationFailure(
                        run: entry.run.title, status: status,
                        message: Self.lastLines(of: entry.run.log), log: entry.run.log)
                    failures.append(failure)
                    try onEvent(.failed(failure))
                }
            }
            let progress = progress(
                done: done + finished, total: done + runs.count, work: runs.count,
                finished: finished)
            try onEvent(.progress(progress))
        }
        return failures
    }

    private func begin(_ run: AblationRun) throws -> Process {
        try makeFolder(run.log.parentFolder)
        let descriptor = open(run.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw FileError.writing(run.log, reason: String(cString: strerror(errno)))
        }
        let log = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments + ["--run", "\(run.number)"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = log
        process.standardError = log
        var environment = ProcessInfo.processInfo.environment
        environment[Self.parentVariable] = "\(ProcessInfo.processInfo.processIdentifier)"
        process.environment = environment
        do {
            try process.run()
        } catch {
            throw FileError.writing(program, error)
        }
        return process
    }

    /// Asks every process to save and end, once.
    private func tellToEnd() {
        for place in active.indices where !active[place].isStopping {
            active[place].process.terminate()
            active[place].isStopping = true
        }
    }

    private func end() {
        tellToEnd()
        for entry in active { entry.process.waitUntilExit() }
    }

    // MARK: - Progress

    private func progress(done: Int, total: Int, work: Int, finished: Int) -> Progress {
        let lines = active.map { (run: $0.run, line: Self.lastLine(of: $0.run.log)) }
        let share =
            (Double(finished) + lines.reduce(0) { $0 + Self.share(of: $1.line) }) / Double(work)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        // The first minute of a run says little about all of them.
        let left = share > 0.02 && seconds > 5 ? seconds * (1 - share) / share : nil
        return Progress(done: done, total: total, active: lines, secondsLeft: left)
    }

    /// How much of a run a line of its log says to be done: training counts for most of it.
    package static func share(of line: String) -> Double {
        guard let words = line.firstMatch(of: #/(\d+)/(\d+)/#), let done = Double(words.1),
            let total = Double(words.2), total > 0
        else { return 0 }
        let part = min(1, done / total)
        return line.hasPrefix("step ") ? 0.85 * part : 0.85 + 0.15 * part
    }

    /// The last line of a log that says how far the run is, or else anything.
    static func lastLine(of log: String) -> String {
        let lines = tail(of: log)
        return lines.last { $0.prefixMatch(of: #/(step|evaluating) \d+\/\d+ /#) != nil } ?? lines
            .last
            ?? ""
    }

    /// The errors that a log ends with, or its last line.
    static func lastLines(of log: String) -> String {
        let lines = tail(of: log)
        let errors = lines.filter { $0.hasPrefix("error: ") }
        return errors.isEmpty ? lines.last ?? "" : errors.joined(separator: "\n")
    }

    private static func tail(of log: String) -> [String] {
        guard let file = FileHandle(forReadingAtPath: log) else { return [] }
        defer { try? file.close() }
        let size = (try? file.seekToEnd()) ?? 0
        try? file.seek(toOffset: size > 4096 ? size - 4096 : 0)
        let text = String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).map(String.init)
    }
}

extension Process {
    /// The exit status as shells have it: 128 and the signal's number after a signal.
    fileprivate var exitStatus: Int32 {
        terminationReason == .uncaughtSignal ? 128 + terminationStatus : terminationStatus
    }
}

/// A run of an ablation that ended without a result.
public struct AblationFailure: Sendable, Hashable, Codable {
    /// Which.
    public let run: String
    /// Its exit status.
    public let status: Int32
    /// The last it said.
    public let message: String
    /// The file with everything that it said.
    public let log: String
}

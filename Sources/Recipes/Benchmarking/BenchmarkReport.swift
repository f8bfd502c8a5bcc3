import Files
import Foundation
public import RLTrainer

/// How long one part of a benchmark took, run after run.
public struct BenchmarkPhase: Sendable, Hashable, Encodable {
    /// Seconds of each run on the clock.
    public private(set) var runs: [Double] = []
    /// Seconds that the processors worked for the process in each run, all threads together: what a
    /// machine that others use leaves nearly as it is.
    public private(set) var cpuRuns: [Double] = []

    private enum CodingKeys: String, CodingKey {
        case runs = "runs_s"
        case cpuRuns = "cpu_runs_s"
        case median = "median_s"
        case cpuMedian = "cpu_median_s"
    }

    /// A phase before its first run.
    public init() {}

    /// Does `body` once, and counts it as a run.
    public mutating func measure<Result>(_ body: () throws -> Result) rethrows -> Result {
        let (clock, start, cpu) = (ContinuousClock(), ContinuousClock.now, processorSeconds())
        let result = try body()
        runs.append((clock.now - start) / .seconds(1))
        cpuRuns.append(processorSeconds() - cpu)
        return result
    }

    /// Counts another phase's runs, each divided by the number of things that were done in it.
    public mutating func add(_ other: BenchmarkPhase, per count: Int) {
        runs += other.runs.map { $0 / Double(count) }
        cpuRuns += other.cpuRuns.map { $0 / Double(count) }
    }

    /// The median of the runs in seconds; nil before the first.
    public var median: Double? { Benchmarking.median(runs) }
    /// The median of the processors' seconds; nil before the first run.
    public var cpuMedian: Double? { Benchmarking.median(cpuRuns) }

    /// Medians and all runs.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(median, forKey: .median)
        try container.encode(runs, forKey: .runs)
        try container.encode(cpuMedian, forKey: .cpuMedian)
        try container.encode(cpuRuns, forKey: .cpuRuns)
    }
}

/// What a benchmark found: its phases, and figures of its own.
public struct BenchmarkReport: Sendable, Encodable {
    /// A number beside the phases.
    public enum Figure: Sendable, Hashable, Encodable {
        /// A measured or computed number; none where it could not be found.
        case number(Double?)
        /// A count.
        case count(Int)
        /// A word.
        case text(String)

        /// The value alone.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .number(let value): try container.encode(value)
            case .count(let value): try container.encode(value)
            case .text(let value): try container.encode(value)
            }
        }
    }

    /// What was measured.
    public let name: String
    /// Threads that worked at a time.
    public let threads: Int
    /// The phases in the order in which they are shown.
    public private(set) var phases: [(name: String, phase: BenchmarkPhase)] = []
    /// Everything else, in the order in which it is shown.
    public private(set) var figures: [(name: String, value: Figure)] = []
    /// The most memory that the process had by the end.
    public private(set) var peakMemory = PeakMemory.ofProcess

    /// A report of nothing yet.
    public init(_ name: String, threads: Int) {
        self.name = name
        self.threads = threads
    }

    /// Adds a phase.
    public mutating func add(_ name: String, _ phase: BenchmarkPhase) {
        phases.append((name, phase))
        peakMemory = .ofProcess
    }

    /// Adds a figure.
    public mutating func add(_ name: String, _ value: Double?) {
        figures.append((name, .number(value)))
    }

    /// Adds a count.
    public mutating func add(_ name: String, _ value: Int) { figures.append((name, .count(value))) }

    /// Adds a word.
    public mutating func add(_ name: String, _ value: String) {
        figures.append((name, .text(value)))
    }

    /// The phase of a name; nil if there is none.
    public func phase(_ name: String) -> BenchmarkPhase? {
        phases.first { $0.name == name }?.phase
    }

    /// The number of a figure; nil if there is none of the name, or it has no value.
    public func number(_ name: String) -> Double? {
        switch figures.first(where: { $0.name == name })?.value {
        case .number(let value): value
        case .count(let value): Double(value)
        case .text, nil: nil
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// `benchmark`, `threads`, `phases`, `peak_rss_mb` in MiB, null where it is not known, and every figure under its own name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        func key(_ name: String) -> Key { Key(stringValue: name) }
        try container.encode(name, forKey: key("benchmark"))
        try container.encode(threads, forKey: key("threads"))
        try container.encode(peakMemory.megabytes, forKey: key("peak_rss_mb"))
        try container.encode(
            Dictionary(phases.map { ($0.name, $0.phase) }, uniquingKeysWith: { $1 }),
            forKey: key("phases"))
        for (name, value) in figures { try container.encode(value, forKey: key(name)) }
    }

    /// Lines for people: a table of the phases, then the figures.
    public var lines: [String] {
        let width = max(12, phases.map(\.name.count).max() ?? 0)
        func row(_ name: String, _ cells: [String]) -> String {
            name.padding(toLength: width, withPad: " ", startingAt: 0)
                + cells.map { String(repeating: " ", count: max(1, 12 - $0.count)) + $0 }.joined()
        }
        func milliseconds(_ seconds: Double?) -> String {
            seconds.map { String(format: "%.3f", $0 * 1000) } ?? "-"
        }
        let table = phases.map { name, phase in
            row(
                name,
                [
                    milliseconds(phase.median), milliseconds(phase.runs.min()),
                    milliseconds(phase.runs.max()), milliseconds(phase.cpuMedian),
                ])
        }
        let heads = row("phase", ["median ms", "least ms", "most ms", "CPU ms"])
        let others = figures.map { name, value in
            switch value {
            case .number(let number): "\(name): \(number.map { String(format: "%.3f", $0) } ?? "-")"
            case .count(let count): "\(name): \(count)"
            case .text(let text): "\(name): \(text)"
            }
        }
        return [heads] + table + others
            + ["threads: \(threads), peak memory: \(peakMemory)"]
    }
}

/// The middle of some numbers, the mean of the two middle ones of an even count; nil without any.
func median(_ values: [Double]) -> Double? {
    if values.isEmpty { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

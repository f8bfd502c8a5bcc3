import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What this process's threads had of the machine up to now.
public struct CoreShare: Sendable, Hashable {
    /// Seconds that threads waited for a core that others had, all of them together; nil where the system
    /// does not say.
    public var waiting: Double?

    /// Of given numbers.
    public init(waiting: Double?) {
        self.waiting = waiting
    }

    /// Of this process, now, from the scheduler's statistics of its threads.
    public static func now() -> CoreShare {
        let folder = "/proc/self/task"
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            return CoreShare(waiting: nil)
        }
        let nanoseconds = threads.compactMap { thread -> Double? in
            guard
                let line = try? String(
                    contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8)
            else { return nil }
            let fields = line.split(separator: " ")
            return fields.count > 1 ? Double(fields[1]) : nil
        }
        return CoreShare(waiting: nanoseconds.isEmpty ? nil : nanoseconds.reduce(0, +) / 1e9)
    }
}

/// How long steps take, and whether one takes many times its usual while others hold the cores.
public struct StepPace: Sendable {
    /// How many recent steps tell what is usual.
    package static let window = 20
    /// How many there must be.
    package static let least = 3
    /// Many times.
    package static let many = 4.0
    /// The part of a step that threads have to wait for cores, at least, for it to be the others' fault.
    static let waitingShare = 0.25

    private var recent: [Double] = []
    private var share: CoreShare
    private var hasTold = false

    /// Before the first step.
    public init(share: CoreShare = .now()) {
        self.share = share
    }

    /// The median of the recent steps' seconds; nil before the first.
    public var usual: Double? {
        if recent.isEmpty { return nil }
        let sorted = recent.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Counts a step.
    ///
    /// - Parameters:
    ///   - seconds: what it took
    ///   - now: what the process had up to its end
    /// - Returns: a line for people, once, if it took many times the usual while others held the cores
    public mutating func add(seconds: Double, share now: CoreShare = .now()) -> String? {
        let (usual, enough) = (usual, recent.count >= Self.least)
        let waited = now.waiting.flatMap { now in share.waiting.map { now - $0 } }
        share = now
        recent.append(seconds)
        if recent.count > Self.window { recent.removeFirst() }
        guard !hasTold, enough, let usual, seconds > Self.many * usual, let waited,
            waited > Self.waitingShare * seconds
        else { return nil }
        hasTold = true
        return String(
            format:
                "this step took %.2g s, usual are %.2g s: its threads waited %.2g s for cores that "
                + "other processes held; give each run fewer threads, or one after the other",
            seconds, usual, waited)
    }
}

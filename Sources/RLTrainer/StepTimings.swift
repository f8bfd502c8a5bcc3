#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How long something took.
public struct PhaseTime: Sendable, Hashable {
    /// Seconds of the clock.
    public var wall: Double
    /// Seconds of processor time that the whole process spent meanwhile, all its threads together.
    ///
    /// Where several parts of a step run at once, the time of one is in the others too.
    public var processor: Double

    /// A time from its parts.
    public init(wall: Double = 0, processor: Double = 0) {
        self.wall = wall
        self.processor = processor
    }

    /// The sum of two times.
    public static func + (a: PhaseTime, b: PhaseTime) -> PhaseTime {
        PhaseTime(wall: a.wall + b.wall, processor: a.processor + b.processor)
    }

    /// A part of a time.
    static func / (time: PhaseTime, divisor: Double) -> PhaseTime {
        PhaseTime(wall: time.wall / divisor, processor: time.processor / divisor)
    }
}

/// What the parts of a step took: with several workers, the mean over them of what they spent on a
/// part; data, optimizer and step are the clock's.
public struct StepTimings: Sendable, Hashable {
    /// Waiting for data.
    public var data = PhaseTime()
    /// Drawing completions.
    public var rollout = PhaseTime()
    /// Segmenting and scoring.
    public var reward = PhaseTime()
    /// Scoring completions under the reference policy.
    public var reference = PhaseTime()
    /// Scoring completions that later steps use under the policy that drew them.
    public var old = PhaseTime()
    /// Scoring under the policy, loss and gradients.
    public var update = PhaseTime()
    /// Clipping and the optimizer's step.
    public var optimizer = PhaseTime()
    /// Everything together.
    public var step = PhaseTime()

    /// All zero.
    public init() {}

    /// Adds what one of `workers` workers spent on its parts.
    mutating func add(_ other: StepTimings, workers: Int) {
        for part in [\Self.rollout, \.reward, \.reference, \.old, \.update] {
            self[keyPath: part] = self[keyPath: part] + other[keyPath: part] / Double(workers)
        }
    }
}

/// Runs `body` and adds its duration to `time`.
func timed<Result>(_ time: inout PhaseTime, _ body: () throws -> Result) rethrows -> Result {
    let clock = ContinuousClock()
    let (start, processorStart) = (clock.now, processorSeconds())
    defer {
        time =
            time
            + PhaseTime(
                wall: (clock.now - start) / .seconds(1),
                processor: processorSeconds() - processorStart)
    }
    return try body()
}

/// Seconds of processor time that the process has spent so far.
public func processorSeconds() -> Double {
    var time = timespec()
    // Every system that this is built for has this clock.
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

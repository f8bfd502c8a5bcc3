import Threads

/// How fast steps go and how long they will still take, from the median of the recent ones.
package struct Pace {
    private let total: Int
    private var last = ContinuousClock.now
    private var steps = StepPace()
    private var warning: String?

    /// The pace of a run that ends after `total` steps; the first begins now.
    package init(total: Int) {
        self.total = total
    }

    /// Counts a step that ends now.
    package mutating func add() {
        let now = ContinuousClock.now
        warning = steps.add(seconds: (now - last) / .seconds(1)) ?? warning
        last = now
    }

    /// What people should know about how long steps take, if there is something new.
    package mutating func takeWarning() -> String? {
        defer { warning = nil }
        return warning
    }

    /// The pace after step `step`, and the time that is left, `most` seconds at the most.
    package func text(_ step: Int, most: Double = .infinity) -> String {
        let usual = steps.usual ?? 0
        return "\(fixed(usual, usual < 10 ? 2 : 0)) s/step  "
            + "ETA \(duration(min(most, usual * Double(total - step))))"
    }
}

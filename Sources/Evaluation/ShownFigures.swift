import Foundation

/// A metric's value as people read it: three digits for shares, losses and counts of objects, one
/// for tokens.
package func metricText(_ value: Double?, _ metric: Metric?) -> String {
    guard let value else { return "–" }
    return String(format: metric == .meanLength ? "%.1f" : "%.3f", value)
}

/// What stands where an interval would, of too few samples.
package let tooFew = "too few"

/// An interval as people read it: "too few" where there is a value of too few samples.
package func intervalText(_ estimate: Estimate, _ metric: Metric) -> String {
    guard estimate.value != nil else { return "–" }
    // Files of earlier versions have intervals of one and two samples.
    guard let interval = estimate.interval, estimate.count >= Bootstrap.leastSamples else {
        return tooFew
    }
    if interval.hasNoWidth { return "–" }
    return "\(metricText(interval.low, metric))–\(metricText(interval.high, metric))"
}

/// What stands over intervals.
package func intervalTitle(_ bootstrap: Bootstrap) -> String {
    String(format: "%g %% interval", bootstrap.confidence * 100)
}

extension Interval {
    /// Whether all answers were the same, as where a share is 0 or 1: drawing them again then tells
    /// nothing of other samples.
    package var hasNoWidth: Bool { low == high }
}

import Foundation

/// An axis: which numbers it covers, and where its marks stand.
public struct ChartScale: Hashable, Sendable {
    /// The number at the axis's start.
    public let low: Double
    /// The number at its end, greater than `low`.
    public let high: Double
    /// Where marks stand, in ascending order: multiples of 1, 2 or 5 times a power of ten.
    public let ticks: [Double]
    private let step: Double

    /// An axis that covers numbers.
    ///
    /// - Parameters:
    ///   - values: what is shown; numbers that are not finite do not count, those beyond 1e300 are off
    ///     the chart
    ///   - including: numbers that the axis covers in any case
    ///   - count: about how many marks
    ///   - isTight: whether the axis ends at the greatest number instead of a mark
    ///   - bounds: the numbers that what is shown can have, which the axis does not leave, such as 0 to 1
    ///     for a share; no matter if something shown is outside
    public init(
        covering values: [Double], including: [Double] = [], count: Int = 4, isTight: Bool = false,
        bounds: ClosedRange<Double>? = nil
    ) {
        let all = (values + including).filter(\.isFinite)
        // Beyond this the arithmetic of an axis overflows.
        let limit = 1e300
        var least = min(max(all.min() ?? 0, -limit), limit)
        var most = min(max(all.max() ?? 1, -limit), limit)
        let spread = max(most.magnitude, least.magnitude)
        if most - least <= spread * 1e-9 || spread < 1 / limit {
            // One number alone gets an axis around it.
            let margin = spread < 1 / limit ? 1 : spread * 0.1
            (least, most) = (including.contains(least) ? least : least - margin, most + margin)
        }
        let step = Self.niceStep((most - least) / Double(max(1, count)))
        let first = isTight ? (least / step).rounded(.up) : (least / step).rounded(.down)
        let last = isTight ? (most / step).rounded(.down) : (most / step).rounded(.up)
        let marks = first <= last ? Array(Int(first)...Int(last)).map { Double($0) * step } : []
        let ends = (isTight ? least : first * step, isTight ? most : last * step)
        self.step = step
        guard let bounds, all.allSatisfy(bounds.contains) else {
            (low, high, ticks) = (ends.0, ends.1, marks)
            return
        }
        low = max(ends.0, bounds.lowerBound)
        high = min(ends.1, bounds.upperBound)
        // A multiple of 0.1 may be a bit above 1.
        let slack = step * 1e-6
        ticks = marks.filter { $0 >= bounds.lowerBound - slack && $0 <= bounds.upperBound + slack }
            .map { min(max($0, bounds.lowerBound), bounds.upperBound) }
    }

    /// The marks that get a number: as many of them, evenly, as stand beside each other without touching.
    ///
    /// - Parameter length: the axis's length in units of the drawing, whose digits are 7 wide
    /// - Returns: some of ``ticks``
    public func labelledTicks(length: Double) -> [Double] {
        guard ticks.count > 1 else { return ticks }
        let widest = Double(ticks.map { label($0).count }.max() ?? 1) * 7 + 8
        let gap = length * (place(of: ticks[1]) - place(of: ticks[0]))
        let every = max(1, Int((widest / max(gap, 1e-9)).rounded(.up)))
        return stride(from: 0, to: ticks.count, by: every).map { ticks[$0] }
    }

    /// The smallest of 1, 2, 5 times a power of ten that is at least `step`.
    static func niceStep(_ step: Double) -> Double {
        let power = pow(10, log10(step).rounded(.down))
        // Without the slack rounding would make 0.2 a bit more than 2 times 0.1.
        let factor = [1.0, 2, 5, 10].first { $0 * power >= step * (1 - 1e-9) } ?? 10
        return factor * power
    }

    /// How far a number is along the axis: 0 at its start, 1 at its end.
    public func place(of value: Double) -> Double {
        let length = high - low
        let distance = value - low
        return distance.isFinite ? distance / length : value / length - low / length
    }

    /// A mark's number, with as many digits as neighbouring marks need.
    public func label(_ tick: Double) -> String {
        if max(low.magnitude, high.magnitude) >= 1e5 || step < 1e-4 {
            return tick == 0 ? "0" : String(format: "%g", (tick / step).rounded() * step)
        }
        let digits = max(0, Int((-log10(step)).rounded(.up)))
        return String(format: "%.\(digits)f", tick == 0 ? 0 : tick)
    }
}

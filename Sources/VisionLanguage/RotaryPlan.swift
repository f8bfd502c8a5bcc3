/// How a language model's rotary embedding turns queries and keys.
public struct RotaryPlan: Sendable, Hashable {
    /// Which position each frequency follows.
    public enum Axes: Sendable, Hashable {
        /// One stretch of frequencies after the other: so many follow time, so many rows, so many columns,
        /// then time again.
        case chunked([Int])
        /// Time, row and column by turns, as long as row and column have their number of frequencies; the
        /// rest follow time.
        case interleaved([Int])
        /// All the same: tokens count up one by one.
        case sequential
    }

    /// The base of the frequencies.
    public var theta: Double
    /// How many numbers of a head are turned, the first ones.
    public var turnedSize: Int
    /// Which position each frequency follows.
    public var axes: Axes

    /// A plan for heads of a width.
    ///
    /// - Parameters:
    ///   - theta: the base of the frequencies, θ^(-2i / R) for i below R / 2
    ///   - headSize: the width of a head
    ///   - partialFactor: the share R / D of a head that is turned
    ///   - axes: which position each frequency follows
    public init(theta: Double, headSize: Int, partialFactor: Double = 1, axes: Axes) {
        self.theta = theta
        turnedSize = Int(Double(headSize) * partialFactor)
        self.axes = axes
    }

    /// Of each frequency the position that it follows: 0 time, 1 row, 2 column.
    var axisOfFrequency: [Int] {
        let count = turnedSize / 2
        switch axes {
        case .sequential: return [Int](repeating: 0, count: count)
        case .chunked(let sections):
            return sections.enumerated().flatMap { index, count in
                [Int](repeating: index % 3, count: count)
            }
        case .interleaved(let sections):
            return (0..<count).map { index in
                let axis = index % 3
                return axis > 0 && index < 3 * sections[axis] ? axis : 0
            }
        }
    }
}

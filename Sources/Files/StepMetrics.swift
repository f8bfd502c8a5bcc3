/// The numbers of one optimizer step, by TRL's names, in a fixed order.
///
/// Everything that the clock decides stands under `step_time`, `timing_s/…` and `perf/…`; the rest is
/// the same whenever configuration, seed and thread count are.
public struct StepMetrics: Sendable {
    /// One number.
    public struct Entry: Sendable, Hashable {
        /// TRL's name.
        public let name: String
        /// The number; not finite only where the quantity is undefined.
        public let value: Double

        /// A value from its parts.
        package init(name: String, value: Double) {
            self.name = name
            self.value = value
        }
    }

    /// The optimizer step, from 1.
    public let step: Int
    /// The numbers, in order.
    public private(set) var entries: [Entry] = []

    /// The metrics of a step, empty.
    public init(step: Int) {
        self.step = step
    }

    /// The number of a name, if the step has it.
    public subscript(_ name: String) -> Double? {
        entries.first { $0.name == name }?.value
    }

    /// Adds a number.
    public mutating func append(_ name: String, _ value: Double) {
        entries.append(Entry(name: name, value: value))
    }

    /// One line of JSON without the line feed: `step`, then the numbers; one that is not finite is
    /// `null`.
    public var jsonLine: String {
        let fields = entries.map { entry in
            let value = entry.value
            let text: String
            if !value.isFinite {
                text = "null"
            } else if value == value.rounded(), value.magnitude < 1e15 {
                text = String(Int(value))
            } else {
                text = "\(value)"
            }
            return "\"\(entry.name)\": \(text)"
        }
        return "{\"step\": \(step)" + fields.map { ", " + $0 }.joined() + "}"
    }
}

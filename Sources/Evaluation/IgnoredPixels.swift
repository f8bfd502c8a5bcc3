/// What a protocol makes of pixels that a data set says do not count.
public struct IgnoredPixels: Hashable, Sendable, Codable {
    /// The ways to treat them.
    public enum Rule: String, Hashable, Sendable, Codable {
        /// They are in no number.
        case leftOut = "left out"
        /// What is predicted there is wrong.
        case background
    }

    /// Samples that have such pixels.
    public var samples: Int
    /// How they were treated.
    public var rule: Rule

    /// What is to be said about samples; nil where none of them has such pixels.
    init?(samples: Int, rule: Rule) {
        guard samples > 0 else { return nil }
        self.samples = samples
        self.rule = rule
    }
}

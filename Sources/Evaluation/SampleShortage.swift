import TextFiles

/// That an evaluation has fewer samples than can tell one policy from another.
///
/// One answer among fewer than ten moves a mean by more than 0.1, and most of the differences that training
/// makes are smaller.
public struct SampleShortage: Sendable, Hashable, CustomStringConvertible {
    /// So many samples are not called too few.
    public static let enough = 10
    /// Different samples.
    public let samples: Int
    /// Answers.
    public let answers: Int
    /// Those of them whose question has a target.
    public let withTarget: Int

    /// The shortage of an evaluation; nil where there is none.
    ///
    /// Where only some questions have a target, there must be enough of these too.
    public init?(_ summary: EvaluationSummary) {
        samples = summary.samples
        answers = summary.answers
        withTarget = summary.answers - summary.emptyTargets
        let isShort = samples < Self.enough || (1..<Self.enough).contains(withTarget)
        if !isShort { return nil }
    }

    /// What there is, for people: `2 held-out samples, 1 of 2 questions with a target`.
    public var description: String {
        let begin = "\(samples) held-out sample\(samples == 1 ? "" : "s")"
        if withTarget == answers { return begin }
        if withTarget == 0 { return begin + " without a target" }
        return begin + ", \(withTarget) of \(counted(answers, "question")) with a target"
    }
}

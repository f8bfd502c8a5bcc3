/// How much the metrics changed between two evaluations of the same questions.
public struct EvaluationComparison: Hashable, Sendable, Codable {
    /// Two evaluations cannot be compared.
    public struct Mismatch: Error, Hashable, Sendable, CustomStringConvertible {
        /// What does not fit, and what to do.
        public let description: String

        /// A mismatch from what is said of it.
        public init(description: String) { self.description = description }
    }

    /// The change of each metric by its name, with a paired interval.
    public var differences: [String: Estimate]

    /// Compares answers to the same questions.
    ///
    /// - Parameters:
    ///   - before: the answers of one policy
    ///   - after: those of another, in the same order
    ///   - bootstrap: how the intervals are made
    /// - Throws: ``Mismatch`` if the questions are not the same
    public init(
        from before: [SampleOutcome], to after: [SampleOutcome], bootstrap: Bootstrap = Bootstrap()
    ) throws(Mismatch) {
        try self.init(before, after, Metric.allCases, bootstrap) { $0.terms(of: $1) }
    }

    /// Compares answers to the same questions by the published protocol.
    ///
    /// - Parameters:
    ///   - before: the answers of one policy, to drawn questions only
    ///   - after: those of another, in the same order
    ///   - bootstrap: how the intervals are made
    /// - Throws: ``Mismatch`` if the questions or truths are not the same
    public init(
        from before: [PaperOutcome], to after: [PaperOutcome], bootstrap: Bootstrap = Bootstrap()
    ) throws(Mismatch) {
        try self.init(before, after, Metric.paperCases, bootstrap) { $0.terms(of: $1) }
        for (old, new) in zip(before, after) where old.truth != new.truth {
            throw Mismatch(
                description: "the truth of sample '\(old.id)' has \(old.truth) pixels in one "
                    + "evaluation and \(new.truth) in the other: compare evaluations of the same "
                    + "data and image size")
        }
    }

    private init<Answer: MeasuredAnswer>(
        _ before: [Answer], _ after: [Answer], _ metrics: [Metric], _ bootstrap: Bootstrap,
        _ terms: MetricTerms<Answer>
    ) throws(Mismatch) {
        try Self.requireSameQuestions(before, after)
        let (old, new) = (SampleGroups(before), SampleGroups(after))
        let first = metrics.map { metric in old.statistic { terms(metric, $0) } }
        let second = metrics.map { metric in new.statistic { terms(metric, $0) } }
        let intervals = bootstrap.differences(
            from: first.map(\.ratio), to: second.map(\.ratio))
        differences = [:]
        for (place, metric) in metrics.enumerated() {
            var change: Double?
            if let a = first[place].ratio.value, let b = second[place].ratio.value {
                change = b - a
            }
            differences[metric.rawValue] = Estimate(
                value: change, interval: change == nil ? nil : intervals[place],
                count: second[place].count)
        }
    }

    /// Fails where two evaluations are not of the same questions in the same order.
    static func requireSameQuestions<Answer: MeasuredAnswer>(
        _ before: [Answer], _ after: [Answer]
    ) throws(Mismatch) {
        guard before.count == after.count else {
            throw Mismatch(
                description: "one evaluation has \(before.count) answers and the other "
                    + "\(after.count): compare evaluations of the same data and questions")
        }
        for (old, new) in zip(before, after)
        where old.id != new.id || old.questionIndex != new.questionIndex {
            throw Mismatch(
                description: "question \(old.questionIndex) about sample '\(old.id)' stands where "
                    + "the other evaluation has question \(new.questionIndex) about '\(new.id)': "
                    + "compare evaluations of the same data and questions")
        }
    }

    /// A metric's change.
    public subscript(_ metric: Metric) -> Estimate {
        differences[metric.rawValue] ?? Estimate(value: nil, interval: nil, count: 0)
    }
}

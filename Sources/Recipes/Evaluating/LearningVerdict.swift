package import Evaluation

/// What a change on held-out samples shows of a policy: no more than its interval bears.
package enum LearningVerdict: Sendable, Hashable {
    /// It got better, more than the choice of samples explains.
    case learnt
    /// It got worse, more than that explains.
    case worse
    /// Neither can be told apart from it.
    case unclear
    /// There are too few samples to tell anything.
    case tooFew(SampleShortage?)

    /// What a change shows.
    ///
    /// - Parameters:
    ///   - change: the second value less the first, with a paired interval
    ///   - summary: the second evaluation
    package init(_ change: Estimate, of summary: EvaluationSummary) {
        let shortage = SampleShortage(summary)
        guard let interval = change.interval, shortage == nil else {
            self = .tooFew(shortage)
            return
        }
        self = interval.low > 0 ? .learnt : interval.high < 0 ? .worse : .unclear
    }

    /// The sentence for people.
    package var sentence: String {
        switch self {
        case .learnt: "The policy learnt: more than the choice of samples explains."
        case .worse: "The policy got worse: more than the choice of samples explains."
        case .unclear:
            "The change is within what the choice of samples explains: these samples do not show that "
                + "the policy learnt."
        case .tooFew(let shortage):
            (shortage.map { "These are too few to tell whether the policy learnt: \($0)." })
                ?? "Too few samples count to tell whether the policy learnt."
        }
    }
}

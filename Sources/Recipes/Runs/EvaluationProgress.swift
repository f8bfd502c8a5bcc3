/// What the evaluations of a run found so far; part of a checkpoint.
package struct EvaluationProgress: Codable, Hashable, Sendable {
    /// The best value.
    package var best: Double?
    /// The step that it was found after.
    package var bestStep: Int?
    /// The last step that was evaluated.
    package var lastStep: Int?
    /// How many evaluations since the best one were not better by the threshold.
    var sinceBest = 0

    /// A value from its parts.
    package init(
        best: Double? = nil, bestStep: Int? = nil, lastStep: Int? = nil, sinceBest: Int = 0
    ) {
        self.best = best
        self.bestStep = bestStep
        self.lastStep = lastStep
        self.sinceBest = sinceBest
    }

    package enum CodingKeys: String, CodingKey {
        case best
        case bestStep = "best_step"
        case lastStep = "last_step"
        case sinceBest = "since_best"
    }

    /// The progress of a run whose best checkpoint is to be found anew.
    package var withoutBest: EvaluationProgress { EvaluationProgress(lastStep: lastStep) }

    /// Adds the value of a step.
    ///
    /// - Parameters:
    ///   - value: the metric, larger is better; nil where no answer counts
    ///   - step: the optimizer step
    ///   - threshold: by how much a value must be above the best one for patience to begin anew
    /// - Returns: whether it is the best so far
    package mutating func add(_ value: Double?, step: Int, threshold: Double) -> Bool {
        lastStep = step
        guard let value, value > best ?? -.infinity else {
            sinceBest += 1
            return false
        }
        sinceBest = value - (best ?? -.infinity) > threshold ? 0 : sinceBest + 1
        (best, bestStep) = (value, step)
        return true
    }

    /// Whether `patience` evaluations in a row were no better; never without one.
    package func isStalled(patience: Int?) -> Bool {
        patience.map { sinceBest >= $0 } ?? false
    }
}

/// When a session must save and end to be done before its time limit.
package struct TimeLimit {
    /// Seconds from the session's begin; nil for no limit.
    package let limit: Double?
    /// The longest step so far, with what else came after it.
    private(set) var longestStep = 0.0

    package init(limit: Double?) { self.limit = limit }

    package mutating func add(step seconds: Double) { longestStep = max(longestStep, seconds) }

    /// Whether another step might not leave the time to save.
    ///
    /// - Parameters:
    ///   - elapsed: seconds since the session began
    ///   - longestSave: seconds of the longest checkpoint so far; 0 before the first
    /// - Returns: whether to save and end now
    package func isDue(elapsed: Double, longestSave: Double) -> Bool {
        guard let limit else { return false }
        return elapsed + 1.5 * longestStep + 2 * longestSave + 0.02 * limit >= limit
    }
}

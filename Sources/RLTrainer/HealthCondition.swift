/// What the numbers of steps can say of a run that learns nothing.
public enum HealthCondition: String, Sendable, CaseIterable, Hashable, Codable {
    /// No answer met its target.
    case noTargetMet = "no_target_met"
    /// The answers of each group earned the same, so that none was better than another.
    case equalRewards = "equal_rewards"
    /// They earned the same because they are right.
    case allRight = "all_right"
    /// Most answers that could be read say that there is no target, where there is one.
    case emptyAnswers = "empty_answers"
    /// Answers could be read, and now cannot.
    case formatCollapsed = "format_collapsed"
    /// Every answer was cut at the longest length.
    case allCut = "all_cut"
    /// The divergence from the reference left its usual size.
    case klExploded = "kl_exploded"
    /// The norm of the gradient left its usual size.
    case gradientExploded = "gradient_exploded"

    /// What it means, in words that follow "ends when": for lists of conditions.
    public var meaning: String {
        switch self {
        case .noTargetMet: "no answer met its target (IoU below 0.05)"
        case .equalRewards: "the answers of every group earned the same"
        case .allRight:
            "the answers of every group earned the same, and are right (IoU of 0.9 or more)"
        case .emptyAnswers: "most answers that could be read are empty, although there are targets"
        case .formatCollapsed: "next to no answer could be read, after times when most could"
        case .allCut: "every answer was cut at the longest length"
        case .klExploded: "kl is far above what it was"
        case .gradientExploded: "grad_norm is far above what it was"
        }
    }
}

/// That a condition holds, and what was seen of it.
public struct HealthFinding: Sendable, Hashable {
    /// Which.
    public let condition: HealthCondition
    /// The last of the steps in which it held.
    public let step: Int
    /// In how many steps in a row it held; those that say nothing of it are not counted.
    public let steps: Int
    /// The mean share of answers that could be read in those steps.
    public let validFormat: Double
    /// What was compared: a share, an IoU, a divergence or a norm, of the last step or the mean of all.
    public let value: Double
    /// What it was before; nil where it is not compared with that.
    public let before: Double?

    /// A finding from its parts.
    package init(
        condition: HealthCondition, step: Int, steps: Int, validFormat: Double, value: Double,
        before: Double?
    ) {
        self.condition = condition
        self.step = step
        self.steps = steps
        self.validFormat = validFormat
        self.value = value
        self.before = before
    }
}

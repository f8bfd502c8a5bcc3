public import Files

/// Tells from the numbers of steps whether a run learns.
///
/// A condition is said when it held in enough steps in a row, and once. How many are enough follows from
/// ``patience(_:)``. A step that says nothing of a condition, such as one without any target, neither
/// counts nor breaks the row. All that is known follows from the metrics that were added, in their order:
/// who adds those of a run's `metrics.jsonl` has the state that the run had.
public struct RunHealth: Sendable {
    /// An answer has met its target from this IoU on; see `answers/met_target`.
    public static let metIoU = 0.05
    /// Answers that earn the same are right from this mean IoU on.
    static let rightIoU = 0.9
    /// Most could be read: the mean share of steps before, at least.
    static let highFormat = 0.5
    /// Next to none can: the share of a step that cannot, at least.
    static let manyFailures = 0.95
    /// How many times its usual size, the median of the steps before, a divergence or norm is too much.
    static let explosion = 20.0
    /// A divergence per token that is no explosion, whatever it was before.
    static let plainKL = 1.0
    /// A norm that is no explosion, whatever it was before: where learning is slow at first.
    static let plainNorm = 1.0
    /// How many steps the median is of, at most.
    static let memory = 64
    /// How many gradients must have been seen before one can be too large.
    static let leastGradients = 8

    /// Which conditions were found, with the step at which each was.
    public private(set) var found: [HealthCondition: Int] = [:]
    private var rows: [HealthCondition: Row] = [:]
    private let answersPerStep: Double
    private let totalSteps: Int
    private var formats: [Double] = []
    private var highestFormat = 0.0
    private var divergences: [Double] = []
    private var norms: [Double] = []

    /// Steps in a row in which a condition held.
    private struct Row {
        var steps = 0
        var validFormat = 0.0
        var value = 0.0
        var last = 0.0
        var before: Double?
    }

    /// The health of a run before its first step.
    ///
    /// - Parameters:
    ///   - answersPerStep: how many answers are drawn for a step; half of those that two steps learn from
    ///   - totalSteps: how many steps the run makes at most
    public init(answersPerStep: Double, totalSteps: Int) {
        self.answersPerStep = max(answersPerStep, 1e-3)
        self.totalSteps = totalSteps
    }

    /// In how many steps in a row a condition must hold before it is said: at least so many steps and so
    /// many answers that chance hardly does it, but no more than a short run makes, nor fewer than 3.
    public func patience(_ condition: HealthCondition) -> Int {
        let (steps, answers): (Int, Double) =
            switch condition {
            case .noTargetMet: (10, 80)
            case .equalRewards, .allRight: (5, 20)
            case .emptyAnswers: (5, 40)
            case .formatCollapsed: (3, 24)
            case .allCut: (3, 8)
            case .klExploded, .gradientExploded: (3, 0)
            }
        let needed = max(steps, Int(min(answers / answersPerStep, 1e9).rounded(.up)))
        return min(needed, max(3, totalSteps))
    }

    /// In how many steps in a row, until now, a condition held.
    public func steps(_ condition: HealthCondition) -> Int { rows[condition]?.steps ?? 0 }

    /// Takes the numbers of the next step.
    ///
    /// - Returns: what is found with it, and was not before; a lost format, which explains others, first
    public mutating func add(_ metrics: StepMetrics) -> [HealthFinding] {
        addAnswers(metrics)
        addFormat(metrics)
        addSizes(metrics)
        let new = HealthCondition.allCases.filter { condition in
            if found[condition] != nil { return false }
            // Whether answers end at all shows with the first ones.
            let isFirst = condition == .allCut && metrics.step == 1
            return steps(condition) >= (isFirst ? 1 : patience(condition))
        }
        for condition in new { found[condition] = metrics.step }
        let order = new.filter { $0 == .formatCollapsed } + new.filter { $0 != .formatCollapsed }
        return order.map { finding($0, step: metrics.step) }
    }

    /// What is to be said of a condition now.
    public func finding(_ condition: HealthCondition, step: Int) -> HealthFinding {
        let row = rows[condition] ?? Row()
        let count = Double(max(1, row.steps))
        let isSize = condition == .klExploded || condition == .gradientExploded
        return HealthFinding(
            condition: condition, step: step, steps: row.steps,
            validFormat: row.validFormat / count, value: isSize ? row.last : row.value / count,
            before: condition == .formatCollapsed ? highestFormat : row.before)
    }

    /// Adds a step to the row of a condition, or ends the row.
    ///
    /// - Parameters:
    ///   - condition: which
    ///   - holds: whether it does in this step
    ///   - metrics: the step's numbers
    ///   - value: what was seen of it
    ///   - before: what it is compared with
    private mutating func extend(
        _ condition: HealthCondition, _ holds: Bool, _ metrics: StepMetrics, value: Double,
        before: Double? = nil
    ) {
        guard holds else {
            rows[condition] = nil
            return
        }
        var row = rows[condition] ?? Row()
        row.steps += 1
        row.validFormat += 1 - (metrics["parse_failure_rate"] ?? 0)
        row.value += value
        row.last = value
        row.before = row.before ?? before
        rows[condition] = row
    }

    // MARK: - What answers are

    private mutating func addAnswers(_ metrics: StepMetrics) {
        if let met = metrics.number("answers/met_target") {
            extend(.noTargetMet, met == 0, metrics, value: met)
            // Where no answer can be read, none is empty nor full.
            if let empty = metrics.number("answers/empty"), metrics["parse_failure_rate"] != 1 {
                extend(.emptyAnswers, empty > 0.5, metrics, value: empty)
            }
        }
        if let cut = metrics.number("completions/clipped_ratio") {
            extend(.allCut, cut == 1, metrics, value: cut)
        }
        addRewards(metrics)
    }

    private mutating func addRewards(_ metrics: StepMetrics) {
        guard let flat = metrics.number("frac_reward_zero_std") else { return }
        // Which of the two it is, the row as a whole tells: a policy that knows one question and not
        // another is not found in either alone.
        let iou = metrics.number("answers/iou") ?? 0
        let whole = rows[.equalRewards] ?? rows[.allRight] ?? Row()
        rows[.equalRewards] = whole
        extend(.equalRewards, flat == 1, metrics, value: iou)
        guard let row = rows[.equalRewards] else {
            rows[.allRight] = nil
            return
        }
        let isRight = row.value / Double(row.steps) >= Self.rightIoU
        rows[.equalRewards] = isRight ? nil : row
        rows[.allRight] = isRight ? row : nil
    }

    // MARK: - What becomes of the format

    private mutating func addFormat(_ metrics: StepMetrics) {
        guard let failures = metrics.number("parse_failure_rate") else { return }
        let valid = 1 - failures
        let isLow = failures >= Self.manyFailures && highestFormat >= Self.highFormat
        extend(.formatCollapsed, isLow, metrics, value: valid)
        // A few answers of one step may be readable by chance.
        let window = max(1, Int(min(8 / answersPerStep, 1e3).rounded(.up)))
        formats = (formats + [valid]).suffix(window)
        highestFormat = max(highestFormat, formats.reduce(0, +) / Double(formats.count))
    }

    // MARK: - What numbers grow

    private mutating func addSizes(_ metrics: StepMetrics) {
        // What is not finite is a fault of the step.
        if let kl = metrics.number("kl") {
            let usual = median(divergences) ?? kl
            let isMuch = kl > max(Self.plainKL, Self.explosion * usual)
            extend(.klExploded, isMuch, metrics, value: kl, before: usual)
            if !isMuch { divergences = (divergences + [kl]).suffix(Self.memory) }
        }
        // Without a difference between rewards there is no gradient, which tells nothing of others.
        if let norm = metrics.number("grad_norm"), norm > 0 {
            let usual = norms.count < Self.leastGradients ? nil : median(norms)
            let isMuch = usual.map { norm > max(Self.plainNorm, Self.explosion * $0) } ?? false
            extend(.gradientExploded, isMuch, metrics, value: norm, before: usual)
            if !isMuch { norms = (norms + [norm]).suffix(Self.memory) }
        }
    }
}

extension StepMetrics {
    /// The number of a name, if the step has one that is finite.
    fileprivate func number(_ name: String) -> Double? {
        self[name].flatMap { $0.isFinite ? $0 : nil }
    }
}

/// The middle one of some numbers, the upper one of two; nil without any.
private func median(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.sorted()[values.count / 2]
}

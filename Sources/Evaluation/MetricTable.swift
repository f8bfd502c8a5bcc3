/// An answer that metrics are computed from, whatever the protocol.
protocol MeasuredAnswer {
    /// The sample's name; answers to several questions about one sample share it.
    var id: String { get }
    /// The question's place among those of the sample, from 0.
    var questionIndex: Int { get }
    /// The class of the target, where it is known.
    var targetClass: String? { get }
}

extension SampleOutcome: MeasuredAnswer {}
extension PaperOutcome: MeasuredAnswer {}

/// What an answer adds to a metric's numerator and denominator.
typealias MetricTerms<Answer> = (Metric, Answer) -> (numerator: Double, denominator: Double)

/// The metrics of answers with their intervals, overall and by class; all see the same draws.
struct MetricTable {
    /// Different samples.
    let samples: Int
    /// Every metric by its name.
    let metrics: [String: Estimate]
    /// gIoU by the class of the target.
    let classes: [String: Estimate]
    /// cIoU by the class of the target.
    let classesCIoU: [String: Estimate]

    init<Answer: MeasuredAnswer>(
        _ answers: [Answer], metrics: [Metric], bootstrap: Bootstrap, terms: MetricTerms<Answer>
    ) {
        let groups = SampleGroups(answers)
        let names = Set(answers.compactMap(\.targetClass)).sorted()
        var statistics = metrics.map { metric in groups.statistic { terms(metric, $0) } }
        for metric in [Metric.gIoU, .cIoU] {
            statistics += names.map { name in
                groups.statistic { $0.targetClass == name ? terms(metric, $0) : (0, 0) }
            }
        }
        let intervals = bootstrap.intervals(of: statistics.map(\.ratio))
        let estimates = zip(statistics, intervals).map { statistic, interval in
            Estimate(
                value: statistic.ratio.value, interval: interval, count: statistic.count)
        }
        samples = groups.count
        func table(_ names: [String], from first: Int) -> [String: Estimate] {
            Dictionary(uniqueKeysWithValues: zip(names, estimates.dropFirst(first)))
        }
        self.metrics = table(metrics.map(\.rawValue), from: 0)
        classes = table(names, from: metrics.count)
        classesCIoU = table(names, from: metrics.count + names.count)
    }
}

/// Answers by sample: what is drawn together, because it was found together.
struct SampleGroups<Answer: MeasuredAnswer> {
    private var groups: [[Answer]] = []

    init(_ answers: [Answer]) {
        var places: [String: Int] = [:]
        for answer in answers {
            if let place = places[answer.id] {
                groups[place].append(answer)
            } else {
                places[answer.id] = groups.count
                groups.append([answer])
            }
        }
    }

    var count: Int { groups.count }

    /// The ratio of the sums of terms, and how many answers have a denominator.
    func statistic(
        _ terms: (Answer) -> (numerator: Double, denominator: Double)
    ) -> (ratio: SampleRatio, count: Int) {
        var numerators = [Double](repeating: 0, count: groups.count)
        var denominators = numerators
        var count = 0
        for (place, group) in groups.enumerated() {
            for answer in group {
                let (above, below) = terms(answer)
                numerators[place] += above
                denominators[place] += below
                count += below != 0 ? 1 : 0
            }
        }
        return (SampleRatio(numerators: numerators, denominators: denominators), count)
    }
}

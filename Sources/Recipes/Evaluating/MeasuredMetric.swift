public import Evaluation

/// A metric by one of the two protocols: `giou`, or `paper_giou`.
public struct MeasuredMetric: Hashable, Sendable, Codable {
    /// The metric.
    public let metric: Metric
    /// Whether it is computed as the published evaluation does.
    public let isPaper: Bool

    /// A metric by a protocol.
    public init(_ metric: Metric, isPaper: Bool = false) {
        self.metric = metric
        self.isPaper = isPaper
    }

    /// Every metric of both protocols.
    package static let all =
        Metric.allCases.map { MeasuredMetric($0) }
        + Metric.paperCases.map { MeasuredMetric($0, isPaper: true) }

    /// The name in plans and results.
    public var name: String { (isPaper ? "paper_" : "") + metric.rawValue }
    /// What people read.
    public var title: String { (isPaper ? "paper " : "") + metric.title }

    /// The value in an evaluation; nil where that has none.
    package func value(_ result: EvaluationResult) -> Double? {
        isPaper ? result.paper?[metric].value : result.summary[metric].value
    }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }

    /// Reads a name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let found = Self.all.first(where: { $0.name == name }) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "there is no metric \(name)")
        }
        self = found
    }
}

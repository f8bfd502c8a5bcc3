public import Configuration
import Evaluation
public import Yams

extension MeasuredMetric: ConfigurationValue {
    /// The list of metrics.
    public static var kind: ConfigurationKind { .choice(all.map(\.name)) }
    /// Reads a metric, by its key or by what people read, whatever the case.
    public init?(yaml: Node) {
        guard let name = yaml.scalar?.string.lowercased() else { return nil }
        let bare = ["paper_", "paper "].first { name.hasPrefix($0) }.map {
            name.dropFirst($0.count)
        }
        guard let metric = Metric(called: bare.map(String.init) ?? name) else { return nil }
        self.init(metric, isPaper: bare != nil)
        if !Self.all.contains(self) { return nil }
    }
    /// The name.
    public var yaml: String { name }
}

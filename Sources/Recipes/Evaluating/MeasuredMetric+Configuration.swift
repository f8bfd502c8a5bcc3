public import Configuration
public import Yams

extension MeasuredMetric: ConfigurationValue {
    /// The list of metrics.
    public static var kind: ConfigurationKind { .choice(all.map(\.name)) }
    /// Reads a metric, by its key or by what people read, whatever the case.
    public init?(yaml: Node) {
        guard let name = yaml.scalar?.string.lowercased(),
            let found = Self.all.first(where: {
                $0.name == name || $0.title.lowercased() == name
            })
        else { return nil }
        self = found
    }
    /// The name.
    public var yaml: String { name }
}

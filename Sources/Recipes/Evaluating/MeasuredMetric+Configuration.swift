public import Configuration
public import Yams

extension MeasuredMetric: ConfigurationValue {
    /// The list of metrics.
    public static var kind: ConfigurationKind { .choice(all.map(\.name)) }
    /// Reads a name.
    public init?(yaml: Node) {
        guard let name = yaml.scalar?.string,
            let found = Self.all.first(where: { $0.name == name })
        else { return nil }
        self = found
    }
    /// The name.
    public var yaml: String { name }
}

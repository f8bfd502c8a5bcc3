/// A section of a configuration file, described by its keys.
///
/// Reading leaves what is absent or null as ``init()`` has it: the reference's default.
public protocol ConfigurationSection: Codable {
    /// What transformers calls such a section; nil where it says nothing.
    static var modelType: String? { get }
    /// Its keys.
    static var fields: [ConfigurationField<Self>] { get }
    /// The reference's defaults.
    init()
}

/// A key of a section, and which property has its value.
public struct ConfigurationField<Section> {
    let read: (KeyedDecodingContainer<ConfigurationFieldName>, inout Section) throws -> Void
    let write: (Section, inout KeyedEncodingContainer<ConfigurationFieldName>) throws -> Void

    /// A key whose value is the property's.
    public init<Value: Codable>(
        _ key: String, _ path: WritableKeyPath<Section, Value>
    ) {
        let key = ConfigurationFieldName(key)
        read = { $1[keyPath: path] = try $0.value(key, $1[keyPath: path]) }
        write = { try $1.encode($0[keyPath: path], forKey: key) }
    }

    /// A key that may be written as one number or as two equal ones.
    public init(square key: String, _ path: WritableKeyPath<Section, Int>) {
        let key = ConfigurationFieldName(key)
        read = { $1[keyPath: path] = try $0.value(key, SquareSize($1[keyPath: path])).side }
        write = { try $1.encode($0[keyPath: path], forKey: key) }
    }
}

/// A key of any name.
struct ConfigurationFieldName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

extension ConfigurationSection {
    /// Reads a section.
    public init(from decoder: any Decoder) throws {
        if let type = Self.modelType { try ModelType.check(decoder, type) }
        let values = try decoder.container(keyedBy: ConfigurationFieldName.self)
        self.init()
        for field in Self.fields { try field.read(values, &self) }
    }

    /// Writes a section, defaults included.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: ConfigurationFieldName.self)
        if let type = Self.modelType {
            try values.encode(type, forKey: ConfigurationFieldName("model_type"))
        }
        for field in Self.fields { try field.write(self, &values) }
    }
}

import HDF5

/// What an import decided about its source's files, as the shard keeps it: text attributes of the
/// root, each only where the import was told so.
public struct ShardNotes: Hashable, Sendable, Codable {
    /// What 16-bit pictures were mapped to 8 bits by.
    public var stretch: String?
    /// The values of labels that are target, such as `1,2`.
    public var labelValues: String?
    /// The values of labels that do not count, such as `255`.
    public var ignoreValues: String?
    /// The least value of labels that is target.
    public var threshold: String?
    /// What was done with the orientations that image files state: `apply`.
    public var exif: String?

    /// How masks were resized that had another size than their image: `nearest`.
    public var resizedMasks: String?

    /// Nothing decided: the shard of version 1.
    public init() {}

    /// Every attribute with the property that it is about.
    private static var properties: [(name: String, path: WritableKeyPath<ShardNotes, String?>)] {
        typealias Attribute = ShardLayout.Attribute
        return [
            (Attribute.stretch, \.stretch), (Attribute.labelValues, \.labelValues),
            (Attribute.ignoreValues, \.ignoreValues), (Attribute.threshold, \.threshold),
            (Attribute.exif, \.exif), (Attribute.resizedMasks, \.resizedMasks),
        ]
    }

    /// What is known, by the attributes' names, in a fixed order.
    public var attributes: [(name: String, text: String)] {
        Self.properties.compactMap { name, path in self[keyPath: path].map { (name, $0) } }
    }

    /// Whether nothing was decided.
    public var isEmpty: Bool { attributes.isEmpty }

    /// Reads the attributes of a shard of version 2.
    ///
    /// - Throws: `HDF5Error` of the library, ``ShardError`` if an attribute is no text
    init(_ file: HDF5File) throws {
        for (name, path) in Self.properties {
            self[keyPath: path] = try file.shardText(name)
        }
    }
}

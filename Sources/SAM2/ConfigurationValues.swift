// Reference: transformers, models/sam2/configuration_sam2.py
//
// How the sections of a configuration are read. A key that is absent or null has the reference's
// default. Keys that only the video model or transformers' own machinery needs are not looked at.

/// A square in pixels or cells, which a configuration file writes as one number or as two equal
/// ones.
public struct SquareSize: Hashable, Sendable, Codable, ExpressibleByIntegerLiteral {
    /// Rows, and columns.
    public var side: Int

    /// The square with this many rows and columns.
    public init(_ side: Int) { self.side = side }

    /// The square with this many rows and columns.
    public init(integerLiteral value: Int) { side = value }

    /// Reads `7` or `[7, 7]`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let side = try? container.decode(Int.self) {
            self.side = side
            return
        }
        let sides = try container.decode([Int].self)
        guard sides.count == 2, sides[0] == sides[1] else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(sides) is not a square")
        }
        side = sides[0]
    }

    /// Writes `[7, 7]`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([side, side])
    }
}

/// An activation function, by the name that configuration files use.
public enum ActivationName: String, Hashable, Sendable, Codable {
    /// The exact GELU.
    case gelu
    /// The GELU approximated by a hyperbolic tangent.
    case geluTanh = "gelu_pytorch_tanh"
    /// max(x, 0)
    case relu
    /// x · sigmoid(x)
    case silu
}

extension KeyedDecodingContainer {
    /// The value of a key, or the standard one if it is absent or null.
    func value<Value: Decodable>(_ key: Key, _ standard: Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? standard
    }
}

/// `model_type`, which every section of a hub configuration may carry.
enum ModelType {
    private enum CodingKeys: String, CodingKey { case name = "model_type" }

    /// Fails if a section is there for a model of another kind.
    static func check(_ decoder: any Decoder, _ accepted: String...) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard let name = try container.decodeIfPresent(String.self, forKey: .name) else { return }
        guard accepted.contains(name) else {
            throw DecodingError.dataCorruptedError(
                forKey: .name, in: container,
                debugDescription: "\"\(name)\" is not \(accepted.joined(separator: " or "))")
        }
    }
}

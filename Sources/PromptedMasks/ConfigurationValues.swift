// Reference: transformers, models/sam2/configuration_sam2.py
//
// How the sections of a configuration are read. A key that is absent or null has the reference's
// default. Keys that only the video model or transformers' own machinery needs are not looked at.

import Foundation
import SystemErrors
import TextFiles
import Torch

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
    package func value<Value: Decodable>(_ key: Key, _ standard: Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? standard
    }
}

/// `model_type`, which every section of a hub configuration may carry.
package enum ModelType {
    private enum CodingKeys: String, CodingKey { case name = "model_type" }

    /// Fails if a section is there for a model of another kind.
    package static func check(_ decoder: any Decoder, _ accepted: String...) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard let name = try container.decodeIfPresent(String.self, forKey: .name) else { return }
        guard accepted.contains(name) else {
            throw DecodingError.dataCorruptedError(
                forKey: .name, in: container, debugDescription: refusal(name, accepted))
        }
    }

    /// The `model_type` that a `config.json` names.
    ///
    /// - Parameters:
    ///   - file: the file
    ///   - accepted: all names that may stand there
    /// - Returns: one of these; nil if the file is not there or names none
    /// - Throws: `CheckpointError` if it names another, or is no JSON
    package static func read(_ file: String, accepted: [String]) throws -> String? {
        struct Head: Decodable {
            enum CodingKeys: String, CodingKey { case name = "model_type" }
            let name: String?
        }
        guard let data = FileManager.default.contents(atPath: file) else { return nil }
        do {
            let name = try JSONDecoder().decode(Head.self, file: data).name
            if let name, !accepted.contains(name) {
                throw CheckpointError(
                    path: file, problem: "model_type: \(refusal(name, accepted))")
            }
            return name
        } catch let error as DecodingError {
            throw CheckpointError(path: file, problem: error.keyAndProblem)
        }
    }

    private static func refusal(_ name: String, _ accepted: [String]) -> String {
        "\"\(name)\" is not \(accepted.joined(separator: " or "))"
    }
}

extension DecodingError {
    /// The key and what is wrong with it, in one line.
    package var keyAndProblem: String {
        func line(_ context: Context, _ last: [any CodingKey] = [], _ problem: String) -> String {
            let key = (context.codingPath + last).map {
                $0.intValue.map(String.init) ?? $0.stringValue
            }
            return key.isEmpty ? problem : "\(key.joined(separator: ".")): \(problem)"
        }
        switch self {
        case .typeMismatch(let type, let context):
            return line(context, [], "should be \(jsonTypeName(type))")
        case .valueNotFound(let type, let context):
            return line(context, [], "should be \(jsonTypeName(type))")
        case .keyNotFound(let key, let context): return line(context, [key], "is missing")
        case .dataCorrupted: return "\(DecodingProblem(self))"
        @unknown default: return "\(self)"
        }
    }
}

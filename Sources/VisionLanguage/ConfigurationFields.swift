package import Foundation
import SystemErrors
import TextFiles

/// A key of any name.
package struct AnyKey: CodingKey {
    package let stringValue: String
    package var intValue: Int? { nil }

    package init(_ name: String) { stringValue = name }
    package init?(stringValue: String) { self.init(stringValue) }
    package init?(intValue: Int) { nil }
}

/// The fields of a JSON object, with a second object to look in for those that the first lacks.
package struct ConfigurationFields {
    private let containers: [KeyedDecodingContainer<AnyKey>]

    package init(_ containers: [KeyedDecodingContainer<AnyKey>]) {
        self.containers = containers
    }

    /// The value of a key, or nil where it is missing or null.
    package func optional<Value: Decodable>(_ key: String, as type: Value.Type) throws -> Value? {
        for container in containers {
            if let value = try container.decodeIfPresent(type, forKey: AnyKey(key)) { return value }
        }
        return nil
    }

    /// The value of a key.
    package func required<Value: Decodable>(_ key: String, as type: Value.Type) throws -> Value {
        if let value = try optional(key, as: type) { return value }
        throw DecodingError.keyNotFound(
            AnyKey(key), .init(codingPath: containers[0].codingPath, debugDescription: ""))
    }

    /// A count or size, which is at least 1.
    package func size(_ key: String) throws -> Int {
        let value = try required(key, as: Int.self)
        guard value > 0 else { throw invalid(key, "is \(value), not a positive number") }
        return value
    }

    /// A positive number, or `fallback` where the key is missing.
    package func positive(_ key: String, default fallback: Double? = nil) throws -> Double {
        let value =
            try fallback == nil
            ? required(key, as: Double.self) : optional(key, as: Double.self) ?? fallback ?? 0
        guard value > 0, value.isFinite else {
            throw invalid(key, "is \(value), not a positive number")
        }
        return value
    }

    /// The fields of an object inside.
    package func nested(_ key: String) throws -> ConfigurationFields? {
        for container in containers {
            let key = AnyKey(key)
            if container.contains(key), try !container.decodeNil(forKey: key) {
                return ConfigurationFields([
                    try container.nestedContainer(keyedBy: AnyKey.self, forKey: key)
                ])
            }
        }
        return nil
    }

    /// The tokens that end completions, by this object and the one that stands in for it.
    ///
    /// - Parameter vocabulary: how many tokens there are
    /// - Returns: each id once
    /// - Throws: `DecodingError` about one that the vocabulary does not have, or that is no id
    package func endTokens(vocabulary: Int) throws -> [Int] {
        var ids: [Int] = []
        for container in containers {
            let fields = ConfigurationFields([container])
            let values = try fields.optional("eos_token_id", as: TokenIDs.self)?.values ?? []
            if let problem = TokenIDs.problem(values, vocabulary: vocabulary) {
                throw fields.invalid("eos_token_id", problem)
            }
            ids += values.filter { !ids.contains($0) }
        }
        return ids
    }

    /// An error about the value of a key.
    package func invalid(_ key: String, _ problem: String) -> DecodingError {
        .dataCorrupted(
            .init(codingPath: containers[0].codingPath + [AnyKey(key)], debugDescription: problem))
    }

    /// Fails unless `size` is a multiple of `divisor`.
    package func requireDivides(_ key: String, _ size: Int, by divisorKey: String, _ divisor: Int)
        throws
    {
        guard size % divisor == 0 else {
            throw invalid(key, "is \(size), which \(divisorKey) = \(divisor) does not divide")
        }
    }

    /// Fails unless the only activation that the model has is asked for.
    package func requireSiLU() throws {
        let activation = try optional("hidden_act", as: String.self) ?? "silu"
        guard activation == "silu" else {
            throw invalid("hidden_act", "is \(activation); only silu is supported")
        }
    }
}

/// One token id or a list of them.
package struct TokenIDs: Decodable {
    package let values: [Int]

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let one = try? container.decode(Int.self) {
            values = [one]
        } else if let several = try? container.decode([Int].self) {
            values = several
        } else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: container.codingPath,
                    debugDescription: "is neither a token's id nor a list of them"))
        }
    }

    /// What is wrong with the first id that a vocabulary does not have; nil if there is none.
    package static func problem(_ ids: [Int], vocabulary: Int) -> String? {
        ids.first { !(0..<vocabulary).contains($0) }.map {
            "is \($0), outside the vocabulary of \(vocabulary)"
        }
    }
}

/// Reads a JSON file into a type; errors name the file and the key.
package func decodeFile<Value: Decodable>(_ path: String, as type: Value.Type) throws -> Value {
    try decode(readFile(path), path: path, as: type)
}

/// The contents of a file of a policy's configuration.
package func readFile(_ path: String) throws -> Data {
    do {
        return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
        throw PolicyConfigurationError(
            path: path, key: "", problem: "cannot be read: \(systemReason(error))")
    }
}

/// Reads JSON into a type; errors name the file `path` and the key.
package func decode<Value: Decodable>(
    _ data: Data, path: String, as type: Value.Type
) throws -> Value {
    do {
        return try JSONDecoder().decode(type, file: data)
    } catch let error as DecodingError {
        throw PolicyConfigurationError(path: path, error)
    }
}

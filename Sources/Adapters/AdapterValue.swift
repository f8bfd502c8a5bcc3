import Foundation
import TextFiles

/// A value of a JSON file.
enum AdapterValue: Decodable, Sendable, Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([AdapterValue])
    case table([String: AdapterValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([AdapterValue].self) {
            self = .list(value)
        } else {
            self = .table(try container.decode([String: AdapterValue].self))
        }
    }

    /// Whether it says that something is not there: null, false, or empty.
    var isEmpty: Bool {
        switch self {
        case .null, .flag(false), .text(""): true
        case .list(let values): values.isEmpty
        case .table(let values): values.isEmpty
        default: false
        }
    }

    /// As Python's `json` writes it with two spaces a level.
    ///
    /// - Parameter indent: what stands in front of the line
    /// - Returns: the text, whose first line has no indent
    func written(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .null: return "null"
        case .flag(let value): return value ? "true" : "false"
        case .number(let value):
            return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
        case .text(let text): return Self.quoted(text)
        case .list(let values):
            if values.isEmpty { return "[]" }
            let lines = values.map { inner + $0.written(indent: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
        case .table(let values):
            let pairs = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            return Self.written(pairs, indent: indent)
        }
    }

    /// An object whose members stand in this order.
    static func written(_ members: [(String, AdapterValue)], indent: String = "") -> String {
        if members.isEmpty { return "{}" }
        let inner = indent + "  "
        let lines = members.map { "\(inner)\(quoted($0)): \($1.written(indent: inner))" }
        return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    }

    static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // Every text has a JSON form.
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}

import Foundation
import Yams

extension KeyedConfiguration {
    /// The resolved configuration as an object of JSON: values by dotted keys, in the keys' order.
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func text(_ value: some Encodable) -> String {
            (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
        }
        let members = Self.keys.map { key in
            let node = (try? compose(yaml: key.write(self))).flatMap(\.self)
            let value = node.map { key.kind.isTable ? JSONScalar($0) : JSONScalar($0, key.kind) }
            return "\(text(key.name)): \(text(value ?? .null))"
        }
        return "{\(members.joined(separator: ", "))}"
    }
}

extension JSONScalar {
    /// Any YAML, as a configuration writes it.
    fileprivate init(_ node: Node) {
        if let mapping = node.mapping {
            self = .table(
                Dictionary(
                    mapping.map { ($0.key.scalar?.string ?? "", JSONScalar($0.value)) },
                    uniquingKeysWith: { _, last in last }))
        } else if let sequence = node.sequence {
            self = .list(sequence.map { JSONScalar($0) })
        } else if let number = Int(yaml: node) {
            self = .integer(number)
        } else if let number = Double(yaml: node) {
            self = .number(number)
        } else if let truth = Bool(yaml: node) {
            self = .truth(truth)
        } else {
            self = String(yaml: node).map(JSONScalar.text) ?? .null
        }
    }
}

import Foundation
package import Yams

extension KeyedConfiguration {
    /// A JSON Schema of the configuration's keys, as text.
    ///
    /// Draft 7: every YAML language server takes it, and most take nothing newer. The schema knows each
    /// key alone, and takes a text only where YAML reads one; `load` is the judge.
    public static func schema() throws -> String {
        var root = JSONSchema(section: [:])
        for key in keys {
            root.add(JSONSchema(key, default: key.write(Self())), at: key.path[...])
        }
        root.type = ["object"]
        root.dialect = "http://json-schema.org/draft-07/schema#"
        root.title = "Configuration of think2seg \(command)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(root), as: UTF8.self) + "\n"
    }
}

/// A node of a JSON Schema: the words that configurations need.
package struct JSONSchema: Encodable {
    var dialect: String?
    package var title: String?
    package var description: String?
    package var type: [String]?
    package var `default`: JSONScalar?
    package var choices: [JSONScalar]?
    package var minimum: Double?
    var exclusiveMinimum: Double?
    package var maximum: Double?
    package var pattern: String?
    package var items: Box?
    var minItems: Int?
    var minProperties: Int?
    package var anyOf: [JSONSchema]?
    package var properties: [String: JSONSchema]?
    package var allowsOthers: Bool?
    package var others: Box?

    /// A node within a node.
    package final class Box: Encodable {
        package let schema: JSONSchema
        package init(_ schema: JSONSchema) { self.schema = schema }
        package func encode(to encoder: any Encoder) throws { try schema.encode(to: encoder) }
    }

    package enum CodingKeys: String, CodingKey {
        case dialect = "$schema"
        case choices = "enum"
        case allowsOthers = "additionalProperties"
        case title, description, type, `default`, minimum, exclusiveMinimum, maximum, pattern, items
        case minItems, minProperties, anyOf, properties
    }

    /// Writes the words that are there.
    package func encode(to encoder: any Encoder) throws {
        var words = encoder.container(keyedBy: CodingKeys.self)
        try words.encodeIfPresent(dialect, forKey: .dialect)
        try words.encodeIfPresent(title, forKey: .title)
        try words.encodeIfPresent(description, forKey: .description)
        try words.encodeIfPresent(type, forKey: .type)
        try words.encodeIfPresent(`default`, forKey: .default)
        try words.encodeIfPresent(choices, forKey: .choices)
        try words.encodeIfPresent(minimum, forKey: .minimum)
        try words.encodeIfPresent(exclusiveMinimum, forKey: .exclusiveMinimum)
        try words.encodeIfPresent(maximum, forKey: .maximum)
        try words.encodeIfPresent(pattern, forKey: .pattern)
        try words.encodeIfPresent(items, forKey: .items)
        try words.encodeIfPresent(minItems, forKey: .minItems)
        try words.encodeIfPresent(minProperties, forKey: .minProperties)
        try words.encodeIfPresent(anyOf, forKey: .anyOf)
        try words.encodeIfPresent(properties, forKey: .properties)
        try words.encodeIfPresent(allowsOthers, forKey: .allowsOthers)
        try words.encodeIfPresent(others, forKey: .allowsOthers)
    }

    private init() {}

    /// A table of these keys and no others; `null` is an empty one.
    package init(section: [String: JSONSchema]) {
        type = ["object", "null"]
        properties = section
        allowsOthers = false
    }

    /// Adds a key below sections, which are made if need be.
    package mutating func add(_ key: JSONSchema, at path: ArraySlice<String>) {
        guard let name = path.first else { return }
        if path.count == 1 {
            properties?[name] = key
            return
        }
        var section = properties?[name] ?? JSONSchema(section: [:])
        section.add(key, at: path.dropFirst())
        properties?[name] = section
    }

    /// What a key takes.
    package init<Root>(_ key: ConfigurationKey<Root>, default value: String) {
        self.init(key.kind, key.rule)
        description = key.help
        let node = (try? compose(yaml: value)).flatMap(\.self)
        `default` = node.map { JSONScalar($0, key.kind) } ?? .text("")
    }

    private init(_ kind: ConfigurationKind, _ rule: ConfigurationRule) {
        self.init()
        switch kind {
        case .integer, .number:
            type = [kind == .integer ? "integer" : "number"]
            bound(by: rule)
        case .truth: type = ["boolean"]
        case .text, .path:
            type = ["string"]
            choices = rule.names.map { $0.map(JSONScalar.text) }
            pattern = rule.pattern.map { "^(\($0))$" }
        case .choice(let names): choices = names.map(JSONScalar.text)
        case .optional(let inner):
            self = JSONSchema(inner, rule)
            type = type.map { $0 + ["null"] }
            choices = choices.map { $0 + [.null] }
        case .list(let entry):
            var list = JSONSchema()
            list.type = ["array"]
            list.items = Box(JSONSchema(entry, rule))
            list.minItems = rule.leastEntries > 0 ? rule.leastEntries : nil
            anyOf = [JSONSchema(entry, rule), list]
        case .table: type = ["object"]
        case .entries(let form):
            type = ["object"]
            properties = form.entries()
            others = Box(form.others())
            minProperties = form.leastEntries > 0 ? form.leastEntries : nil
        case .weights:
            type = ["object"]
            let weight = JSONSchema(.number, rule)
            properties = Dictionary(
                uniqueKeysWithValues: (rule.names ?? []).map { ($0, weight) })
            allowsOthers = rule.names == nil
            minProperties = rule.leastEntries > 0 ? rule.leastEntries : nil
        }
    }

    private mutating func bound(by rule: ConfigurationRule) {
        if rule.excludesMinimum {
            exclusiveMinimum = rule.minimum
        } else {
            minimum = rule.minimum
        }
        maximum = rule.maximum
    }
}

/// A value of YAML as JSON has it.
package indirect enum JSONScalar: Encodable {
    case null
    case truth(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([JSONScalar])
    case table([String: JSONScalar])

    /// The value of a key of a kind.
    package init(_ node: Node, _ kind: ConfigurationKind) {
        switch kind {
        case .integer: self = Int(yaml: node).map(JSONScalar.integer) ?? .null
        case .number: self = Double(yaml: node).map(JSONScalar.number) ?? .null
        case .truth: self = Bool(yaml: node).map(JSONScalar.truth) ?? .null
        case .text, .path, .choice: self = .text(node.scalar?.string ?? "")
        case .optional(let inner):
            self = [String]?(yaml: node) == .some(nil) ? .null : JSONScalar(node, inner)
        case .list(let entry):
            self = .list((node.sequence ?? []).map { JSONScalar($0, entry) })
        case .table: self = .table([:])
        case .entries(let form): self = .table(form.scalars(node).mapValues(JSONScalar.number))
        case .weights:
            let weights = NamedWeights(yaml: node)?.entries ?? []
            self = .table(
                Dictionary(uniqueKeysWithValues: weights.map { ($0.name, .number($0.weight)) }))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .truth(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .table(let values): try container.encode(values)
        }
    }
}

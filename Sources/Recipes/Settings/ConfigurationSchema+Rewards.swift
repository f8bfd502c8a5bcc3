package import Configuration
package import Rewards

extension JSONSchema {
    /// The terms that a configuration can name.
    package static var rewards: [String: JSONSchema] {
        let registry = RewardRegistry.standard
        return Dictionary(
            uniqueKeysWithValues: registry.kinds.map { kind in
                var schema = reward(registry.parameters(of: kind))
                schema.description = kind.help
                return (kind.name, schema)
            })
    }

    /// A term: a weight, or a table of weight and parameters.
    ///
    /// - Parameter parameters: those of its kind; nil for a term with a name of its own, which may have
    ///   any, or a command
    /// - Returns: the schema of the entry
    package static func reward(_ parameters: [RewardParameter]?) -> JSONSchema {
        var fields = [
            "weight": JSONSchema(of: "number", "What the value is multiplied by; 1 if not given"),
            "term": JSONSchema(of: "string", "The kind of term; the entry's name if not given"),
        ]
        for parameter in parameters ?? [] {
            var field = JSONSchema(of: "number", parameter.help)
            if parameter.bounds.lowerBound > -1e9 { field.minimum = parameter.bounds.lowerBound }
            if parameter.bounds.upperBound < 1e9 { field.maximum = parameter.bounds.upperBound }
            field.default = parameter.standard.map(JSONScalar.number)
            fields[parameter.name] = field
        }
        var table = JSONSchema(section: fields)
        table.type = ["object"]
        table.allowsOthers = parameters == nil
        var either = JSONSchema(of: "number", "")
        either.type = nil
        either.description = nil
        either.anyOf = [JSONSchema(of: "number", "The weight"), table]
        return either
    }

    private init(of type: String, _ help: String) {
        self.init(section: [:])
        self.type = [type]
        description = help
        (properties, allowsOthers) = (nil, nil)
    }
}

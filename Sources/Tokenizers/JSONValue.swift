/// A JSON document that keeps the order of its members and compares keys by code units.
///
/// Foundation's dictionaries would lose the order, and would merge keys that are canonically
/// equivalent texts, which a vocabulary may hold side by side.
enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// The value of a member of an object; nil for a missing member and for `null`.
    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self,
            let value = members.last(where: { $0.key == key })?.value
        else { return nil }
        if case .null = value { return nil }
        return value
    }

    var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    var integer: Int? {
        if case .number(let value) = self { Int(exactly: value) } else { nil }
    }

    var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    var members: [JSONMember]? {
        if case .object(let value) = self { value } else { nil }
    }
}

/// A key of a JSON object and what it holds.
struct JSONMember: Sendable {
    let key: String
    let value: JSONValue
}

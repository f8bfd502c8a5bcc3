import TextFiles

/// A value of a `tokenizer.json` with the key that leads to it, for errors that name it.
struct DefinitionNode {
    /// The value; nil where the key is missing or null.
    let value: JSONValue?
    /// The keys and places that lead to it, as errors spell them.
    let key: String
    /// The file.
    let file: String

    /// A member of an object.
    subscript(name: String) -> DefinitionNode {
        DefinitionNode(
            value: value?[name], key: key.isEmpty ? name : "\(key).\(name)", file: file)
    }

    /// Something that cannot be right.
    func invalid(_ reason: String) -> TokenizerError {
        .invalid(file: file, key: key, reason: reason)
    }

    /// Something that is not done here.
    func unsupported(_ supported: String) -> TokenizerError {
        let found =
            switch value {
            case .some(.string(let string)): "'\(string)'"
            case .some(.bool(let value)): "\(value)"
            case .some(.number(let value)): "\(value)"
            case .some(.array), .some(.object): "set"
            case .some(.null), .none: "missing"
            }
        return unsupported(found: found, supported)
    }

    func unsupported(found: String, _ supported: String) -> TokenizerError {
        .unsupported(file: file, key: key, found: found, supported: supported)
    }

    /// A text that must be there.
    ///
    /// - Throws: ``TokenizerError/invalid(file:key:reason:)``
    func text() throws -> String {
        guard let text = value?.string else { throw invalid("a text is missing") }
        return text
    }

    /// One character that must be there.
    ///
    /// - Throws: ``TokenizerError/invalid(file:key:reason:)``
    func character() throws -> Unicode.Scalar {
        let scalars = Array(try text().unicodeScalars)
        guard scalars.count == 1 else { throw invalid("'\(try text())' is not one character") }
        return scalars[0]
    }

    /// A whole number from 0 on that must be there.
    ///
    /// - Throws: ``TokenizerError/invalid(file:key:reason:)``
    func count() throws -> Int {
        guard let count = value?.integer, count >= 0 else {
            throw invalid("a whole number from 0 on is missing")
        }
        return count
    }

    /// A boolean.
    ///
    /// - Throws: ``TokenizerError/invalid(file:key:reason:)``
    func flag(default missing: Bool) throws -> Bool {
        guard let value else { return missing }
        guard let flag = value.bool else { throw invalid("no boolean") }
        return flag
    }

    /// A list's items.
    ///
    /// - Throws: ``TokenizerError/invalid(file:key:reason:)``
    func items() throws -> [DefinitionNode] {
        guard let list = value?.array else { throw invalid("a list is missing") }
        return list.enumerated().map {
            DefinitionNode(value: $1, key: "\(key)[\($0)]", file: file)
        }
    }

    /// Refuses members that nothing here reads.
    ///
    /// - Throws: ``TokenizerError/unsupported(file:key:found:supported:)``
    func requireOnly(_ names: String...) throws {
        for member in value?.members ?? [] where member.key != "type" {
            if !names.contains(member.key) {
                let known =
                    names.isEmpty
                    ? "'type' alone"
                    : "of 'type', '"
                        + names.joined(separator: "', '") + "'"
                throw self[member.key].unsupported(found: "unknown", "one " + known)
            }
        }
    }
}

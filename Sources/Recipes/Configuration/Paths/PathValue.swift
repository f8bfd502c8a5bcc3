import Yams

/// A configuration's value that is a path, or made of paths.
package protocol PathValue: ConfigurationValue {
    /// The value with other texts in the place of its paths.
    func mapPaths(_ transform: (String) -> String) -> Self
}

extension String: PathValue {
    package func mapPaths(_ transform: (String) -> String) -> String { transform(self) }
}

extension Optional: PathValue where Wrapped: PathValue {
    package func mapPaths(_ transform: (String) -> String) -> Wrapped? {
        map { $0.mapPaths(transform) }
    }
}

extension Array: PathValue where Element: PathValue {
    package func mapPaths(_ transform: (String) -> String) -> [Element] {
        map { $0.mapPaths(transform) }
    }
}

extension PathValue {
    /// The value as configurations have paths.
    fileprivate var paths: Paths<Self> {
        get { Paths(value: self) }
        set { self = newValue.value }
    }
}

/// A value whose texts are paths; it is written such that ``PathRule`` reads it back equal.
private struct Paths<Value: PathValue>: ConfigurationValue {
    var value: Value

    static var kind: ConfigurationKind { Value.kind.ofPaths }

    init(value: Value) { self.value = value }

    init?(yaml: Node) {
        guard let value = Value(yaml: yaml) else { return nil }
        self.value = value
    }

    var yaml: String { value.mapPaths(PathRule.written).yaml }
    var names: [String] { value.names }
    var entryCount: Int { value.entryCount }
}

extension ConfigurationKind {
    /// The kind with paths in the place of texts.
    fileprivate var ofPaths: ConfigurationKind {
        switch self {
        case .text: .path
        case .list(let entry): .list(entry.ofPaths)
        case .optional(let kind): .optional(kind.ofPaths)
        default: self
        }
    }
}

extension ConfigurationKey {
    /// A key that names files or folders; ``PathRule`` reads them.
    package init<Value: PathValue>(
        _ name: String, path: WritableKeyPath<Root, Value>, _ help: String
    ) {
        self.init(name, path.appending(path: \.paths), help)
        let plain = read
        read = { node, root in
            var problems: [LocatedProblems.Problem] = []
            let expanded = node.expandingPaths(&problems)
            if !problems.isEmpty { return problems }
            return plain(expanded, &root).map { problem in
                let hint = "; YAML takes ~ alone for null: write \"~\" for the home folder"
                return .init(
                    place: problem.place, key: problem.key,
                    message: problem.message + (node.isPlain("~") ? hint : ""))
            }
        }
    }
}

extension LocatedProblems.Problem {
    /// The problem at a place of the text, unless it has one.
    fileprivate func at(_ mark: Mark?) -> Self {
        .init(place: place ?? mark.map { ($0.line, $0.column) }, key: key, message: message)
    }
}

extension Node {
    /// The node with its text, or those in its list, expanded; what cannot be stays, and is a problem.
    ///
    /// No path is deeper: what aliases make of a few lines may be too large to look at.
    fileprivate func expandingPaths(_ problems: inout [LocatedProblems.Problem]) -> Node {
        guard let sequence else { return expandingPath(&problems) }
        var nodes: [Node] = []
        for node in sequence {
            var found: [LocatedProblems.Problem] = []
            nodes.append(node.expandingPath(&found))
            // Each entry has its own line.
            problems += found.map { $0.at(node.mark) }
        }
        return .sequence(.init(nodes, sequence.tag, sequence.style, sequence.mark))
    }

    private func expandingPath(_ problems: inout [LocatedProblems.Problem]) -> Node {
        // A plain ~ is null.
        guard let scalar, !isPlain("~") else { return self }
        if let problem = Misreading.strayQuote(self) {
            problems.append(.init(place: nil, key: "", message: problem))
            return self
        }
        do {
            let path = try PathRule.current.expand(scalar.string)
            if path == scalar.string { return self }
            return .scalar(.init(path, scalar.tag, .doubleQuoted, scalar.mark))
        } catch {
            problems.append(
                .init(place: nil, key: "", message: "is \(scalar.string), but \(error.problem)"))
            return self
        }
    }

    fileprivate func isPlain(_ text: String) -> Bool {
        guard let scalar, scalar.style == .plain || scalar.style == .any else { return false }
        return scalar.string == text
    }
}

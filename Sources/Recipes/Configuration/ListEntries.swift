import Yams

/// The entries of a list, each of which may be wrong.
struct ListEntries<Value: ConfigurationValue> {
    private let entries: [Node]
    private let kind: ConfigurationKind

    /// The entries of a node; nil if it is no list, or none is expected.
    init?(_ node: Node, _ type: Value.Type) {
        guard let sequence = node.sequence, let kind = Self.entry(Value.kind) else { return nil }
        (entries, self.kind) = (Array(sequence), kind)
    }

    /// What each entry is, of a list; nil for what is none.
    private static func entry(_ kind: ConfigurationKind) -> ConfigurationKind? {
        switch kind {
        case .list(let entry): entry
        case .optional(let inner): entry(inner)
        default: nil
        }
    }

    /// What is wrong with the entries, each by its number and where it stands.
    func problems(_ rule: ConfigurationRule) -> [LocatedProblems.Problem] {
        entries.enumerated().compactMap { place, node in
            // Each alone, as the list has it.
            guard let value = Value(yaml: .sequence(.init([node]))) else {
                let found = Misreading.words(node, expecting: kind)
                return problem(place, node, "expected \(kind.name), found \(found)")
            }
            return (Misreading.printedQuotes(node, kind: kind) ?? rule.problem(with: value))
                .flatMap { problem(place, node, $0) }
        }
    }

    private func problem(
        _ place: Int, _ node: Node, _ message: String
    ) -> LocatedProblems.Problem? {
        .init(
            place: node.mark.map { ($0.line, $0.column) }, key: "",
            message: "entry \(place + 1): \(message)")
    }
}

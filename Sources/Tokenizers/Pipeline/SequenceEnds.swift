/// The tokens that a tokenizer's post-processor puts around a text.
public struct SequenceEnds: Hashable, Sendable {
    /// The ids before the text.
    public var before: [Int] = []
    /// The ids behind it.
    public var after: [Int] = []

    /// None.
    public init() {}

    /// Whether there are none.
    public var isEmpty: Bool { before.isEmpty && after.isEmpty }

    /// Ids with these around them.
    public func around(_ ids: [Int]) -> [Int] { before + ids + after }
}

extension SequenceEnds {
    private static let names =
        "'ByteLevel', 'TemplateProcessing', 'BertProcessing', 'RobertaProcessing', a 'Sequence' of "
        + "these, or none"

    /// Reads a post-processor; a missing one adds nothing.
    ///
    /// - Throws: ``TokenizerError`` that names the key
    init(_ node: DefinitionNode) throws {
        self.init()
        guard node.value != nil else { return }
        switch node["type"].value?.string {
        // Offsets are all that it changes, and nothing here has them.
        case "ByteLevel": return
        case "TemplateProcessing": try read(template: node)
        case "BertProcessing", "RobertaProcessing":
            before = [try Self.id(ofPair: node["cls"])]
            after = [try Self.id(ofPair: node["sep"])]
        case "Sequence":
            let all = try node["processors"].items().map { try SequenceEnds($0) }.filter {
                !$0.isEmpty
            }
            guard all.count <= 1 else {
                throw node["processors"].unsupported(
                    found: "a list of \(all.count) that add tokens", "one that does")
            }
            self = all.first ?? SequenceEnds()
        default: throw node["type"].unsupported(Self.names)
        }
    }

    private mutating func read(template node: DefinitionNode) throws {
        var hasText = false
        for piece in try node["single"].items() {
            if piece["Sequence"].value != nil {
                guard piece["Sequence"]["id"].value?.string == "A", !hasText else {
                    throw node["single"].unsupported("the text once")
                }
                hasText = true
                continue
            }
            let name = try piece["SpecialToken"]["id"].text()
            let token = node["special_tokens"][name]
            let ids = try token["ids"].items().map { try $0.count() }
            if hasText { after += ids } else { before += ids }
        }
        guard hasText else { throw node["single"].unsupported("the text once") }
    }

    /// The id of `["</s>", 2]`.
    private static func id(ofPair node: DefinitionNode) throws -> Int {
        let items = try node.items()
        guard items.count == 2 else { throw node.invalid("no token and its id") }
        return try items[1].count()
    }
}

extension Tokenizer {
    /// The ids of a conversation with ``ends`` around them, as transformers has them: as they are where the
    /// conversation begins with the first of these already.
    func framed(_ ids: [Int]) -> [Int] {
        if let first = ends.before.first, first == ids.first { return ids }
        return ends.around(ids)
    }
}

/// A vocabulary of byte pairs: the tokens of words.
struct BPEModel: Sendable {
    /// The vocabulary's ids, without added tokens that are not in it.
    let vocabulary: [Spelling: Int]
    /// Whether words are bytes, each of which is a token or nothing; else they are characters.
    let takesBytes: Bool
    private let merges: MergeTable
    private let options: Options
    private let characters: [Unicode.Scalar: Int32]
    /// The tokens `<0x00>` to `<0xFF>`; none without a byte fallback.
    private let fallback: [Int32]
    private let unknown: Int32?

    /// What a `model` says beside vocabulary and merges.
    private struct Options {
        let fallsBackToBytes: Bool
        let fusesUnknown: Bool
        let ignoresMerges: Bool
        let unknown: String?
        /// What is put before characters that do not begin a word, and after the last.
        let prefix: String
        let suffix: String

        init(_ node: DefinitionNode) throws {
            fallsBackToBytes = try node["byte_fallback"].flag(default: false)
            fusesUnknown = try node["fuse_unk"].flag(default: false)
            ignoresMerges = try node["ignore_merges"].flag(default: false)
            func text(_ name: String) throws -> String? {
                node[name].value == nil ? nil : try node[name].text()
            }
            unknown = try text("unk_token")
            prefix = try text("continuing_subword_prefix") ?? ""
            suffix = try text("end_of_word_suffix") ?? ""
            if let dropout = node["dropout"].value, dropout.integer != 0 {
                throw node["dropout"].unsupported("null")
            }
        }
    }

    /// Reads a `model`.
    ///
    /// - Parameters:
    ///   - node: the object
    ///   - spellsBytes: whether the text is spelled in bytes when it comes here
    ///   - endsInBytes: whether that may be left out
    /// - Throws: ``TokenizerError`` that names the key
    init(_ node: DefinitionNode, spellsBytes: Bool, endsInBytes: Bool) throws {
        // Files from before the key was written hold byte pairs too.
        if let type = node["type"].value, type.string != "BPE" {
            throw node["type"].unsupported("'BPE'")
        }
        let options = try Options(node)
        let vocabulary = try Self.vocabulary(node["vocab"])
        let bytes = try Self.byteTokens(vocabulary, node["vocab"], required: spellsBytes)
        merges = try Self.merges(
            node["merges"], vocabulary, byteTokens: bytes, prefix: options.prefix)
        try node.requireOnly(
            "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
            "byte_fallback", "ignore_merges", "vocab", "merges")
        let isWhole = options.unknown == nil && !options.fallsBackToBytes || !bytes.contains(-1)
        takesBytes =
            endsInBytes && isWhole && options.prefix.isEmpty && options.suffix.isEmpty
        characters = takesBytes ? [:] : Self.characters(vocabulary)
        fallback = options.fallsBackToBytes ? try Self.fallback(vocabulary, node) : []
        unknown = options.unknown.flatMap { vocabulary[Spelling($0)] }.map(Int32.init)
        if let token = options.unknown, unknown == nil, !takesBytes {
            throw node["unk_token"].invalid("'\(token)' is not in model.vocab")
        }
        self.options = options
        self.vocabulary = vocabulary
    }

    /// What merges bytes.
    func merger() -> WordMerger { WordMerger(table: merges) }

    // MARK: - Tokens

    /// Whether the bytes of a word are all that its tokens are made from.
    var mergesAlways: Bool { takesBytes && !options.ignoresMerges }

    /// Appends the tokens of a word to `ids`.
    ///
    /// - Parameters:
    ///   - word: a text
    ///   - inBytes: whether its bytes are what tokens are made from
    ///   - merger: one of ``merger()``
    ///   - ids: what they are appended to
    func encode(
        _ word: String, inBytes: Bool, with merger: inout WordMerger, into ids: inout [Int]
    ) {
        if mergesAlways, inBytes { return merger.encode(word.utf8, into: &ids) }
        let spelled = inBytes ? ByteAlphabet.spelling(of: word.utf8) : word
        if options.ignoresMerges, let id = vocabulary[Spelling(spelled)] {
            ids.append(id)
        } else if takesBytes, inBytes {
            merger.encode(word.utf8, into: &ids)
        } else {
            merger.encode(tokens: tokens(of: spelled), into: &ids)
        }
    }

    /// The tokens of a word's characters.
    private func tokens(of word: String) -> [Int32] {
        var tokens: [Int32] = []
        var wasUnknown = false
        let scalars = Array(word.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let isLast = index == scalars.count - 1
            if let token = token(of: scalar, isFirst: index == 0, isLast: isLast) {
                tokens.append(token)
                wasUnknown = false
                continue
            }
            if !fallback.isEmpty {
                let text = affixed(scalar, isFirst: index == 0, isLast: isLast)
                tokens += text.utf8.map { fallback[Int($0)] }
            } else if let unknown {
                if !(wasUnknown && options.fusesUnknown) { tokens.append(unknown) }
                wasUnknown = true
            }
        }
        return tokens
    }

    private func token(of scalar: Unicode.Scalar, isFirst: Bool, isLast: Bool) -> Int32? {
        let isBare =
            (isFirst || options.prefix.isEmpty) && (!isLast || options.suffix.isEmpty)
        if isBare { return characters[scalar] }
        let spelling = Spelling(affixed(scalar, isFirst: isFirst, isLast: isLast))
        return vocabulary[spelling].map(Int32.init)
    }

    private func affixed(_ scalar: Unicode.Scalar, isFirst: Bool, isLast: Bool) -> String {
        (isFirst ? "" : options.prefix) + String(scalar) + (isLast ? options.suffix : "")
    }
}

// MARK: - Reading

extension BPEModel {
    private static func vocabulary(_ node: DefinitionNode) throws -> [Spelling: Int] {
        guard let members = node.value?.members else {
            throw node.invalid("an object of tokens and their ids is missing")
        }
        var vocabulary: [Spelling: Int] = [:]
        vocabulary.reserveCapacity(members.count)
        for member in members {
            guard let id = member.value.integer, (0..<Int(Int32.max)).contains(id) else {
                throw node[member.key].invalid("the id is not a whole number")
            }
            vocabulary[Spelling(member.key)] = id
        }
        return vocabulary
    }

    private static func characters(_ vocabulary: [Spelling: Int]) -> [Unicode.Scalar: Int32] {
        var characters: [Unicode.Scalar: Int32] = [:]
        for (spelling, id) in vocabulary {
            let scalars = spelling.string.unicodeScalars
            if let first = scalars.first, scalars.dropFirst().isEmpty {
                characters[first] = Int32(id)
            }
        }
        return characters
    }

    /// The token of each byte; -1 where there is none.
    private static func byteTokens(
        _ vocabulary: [Spelling: Int], _ node: DefinitionNode, required: Bool
    ) throws -> [Int32] {
        guard required else { return Array(repeating: -1, count: 256) }
        return try (UInt8.min...UInt8.max).map { byte in
            let spelling = ByteAlphabet.spelling(of: [byte])
            if let id = vocabulary[Spelling(spelling)] { return Int32(id) }
            // Vocabularies learned from little text lack bytes that it had none of. Without the
            // letters of plain text it is not a byte-level vocabulary.
            guard byte >= 0x7F || (byte < 0x20 && byte != 0x0A) else {
                throw node.invalid("no token '\(spelling)' for the byte \(byte)")
            }
            return -1
        }
    }

    private static func fallback(
        _ vocabulary: [Spelling: Int], _ node: DefinitionNode
    ) throws -> [Int32] {
        try (UInt8.min...UInt8.max).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            let spelling = "<0x" + (byte < 16 ? "0" : "") + digits + ">"
            guard let id = vocabulary[Spelling(spelling)] else {
                throw node["byte_fallback"].invalid(
                    "true, but model.vocab has no token '\(spelling)'")
            }
            return Int32(id)
        }
    }

    private static func merges(
        _ node: DefinitionNode, _ vocabulary: [Spelling: Int], byteTokens: [Int32], prefix: String
    ) throws -> MergeTable {
        guard let merges = node.value?.array else {
            throw node.invalid("a list of pairs is missing")
        }
        var table = MergeTable(byteTokens: byteTokens, capacity: merges.count)
        let prefixLength = prefix.unicodeScalars.count
        for (index, merge) in merges.enumerated() {
            func item() -> DefinitionNode {
                DefinitionNode(value: merge, key: "\(node.key)[\(index)]", file: node.file)
            }
            guard let (left, right) = pair(merge) else {
                throw item().invalid("neither \"a b\" nor [\"a\", \"b\"]")
            }
            func id(_ spelling: String) throws -> Int32 {
                guard let id = vocabulary[Spelling(spelling)] else {
                    throw item().invalid("'\(spelling)' is not in the vocabulary")
                }
                return Int32(id)
            }
            let joined =
                prefixLength == 0 ? right : String(right.unicodeScalars.dropFirst(prefixLength))
            table.append(try id(left), try id(right), product: try id(left + joined))
        }
        return table
    }

    /// A merge in either spelling: `"a b"` or `["a", "b"]`.
    private static func pair(_ merge: JSONValue) -> (String, String)? {
        if let pair = merge.array, pair.count == 2, let left = pair[0].string,
            let right = pair[1].string
        {
            return (left, right)
        }
        if let text = merge.string {
            let parts = text.utf8.split(
                separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            if parts.count == 2, let left = String(parts[0]), let right = String(parts[1]) {
                return (left, right)
            }
        }
        return nil
    }
}

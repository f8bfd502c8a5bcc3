/// How a normalized text is cut into words, one step after the other; the model merges within a word.
struct PreTokenizer: Hashable, Sendable {
    /// A step.
    enum Step: Hashable, Sendable {
        /// Cuts at the places of a pattern, or between them.
        case split(SplitPattern, SplitBehavior, isInverted: Bool)
        /// Spells the bytes of what is there with ``ByteAlphabet``.
        case byteLevel(addsSpace: Bool, splits: Bool)
        /// Writes spaces as a visible character.
        case metaspace(Metaspace)
    }

    /// The steps.
    let steps: [Step]

    /// A word, or what later steps make words of.
    struct Piece {
        var text: String
        /// Whether it begins where the text begins.
        var isStart: Bool
    }

    /// Reads a pre-tokenizer; a missing one leaves a text whole.
    ///
    /// - Throws: ``TokenizerError`` that names the key
    init(_ node: DefinitionNode) throws {
        steps = try Self.steps(node, isTop: true)
    }

    /// Whether some step spells bytes.
    var spellsBytes: Bool {
        steps.contains { if case .byteLevel = $0 { true } else { false } }
    }

    /// Whether bytes are spelled by the last step alone, so that words may stay as they are.
    var endsInBytes: Bool {
        let places = steps.indices.filter {
            if case .byteLevel = steps[$0] { true } else { false }
        }
        return places == [steps.count - 1]
    }

    /// The one pattern that words are cut by where nothing else is done but to spell bytes.
    var wordPattern: WordPattern? {
        switch (steps.count, steps.first, steps.last) {
        case (1, .byteLevel(addsSpace: false, splits: true), _): .gpt2
        case (2, .split(.words(let pattern), let behavior, false), .byteLevel(false, false))
        where behavior == .isolated: pattern
        default: nil
        }
    }

    /// The words of a text; those of a last ByteLevel step are not spelled.
    func words(of text: String, isStart: Bool) -> [String] {
        var pieces = [Piece(text: text, isStart: isStart)]
        for (index, step) in steps.enumerated() {
            let isLast = index == steps.count - 1
            pieces = pieces.flatMap { step.pieces(of: $0, spelling: !isLast) }
        }
        return pieces.map(\.text)
    }

    /// Whether a step asks if a piece begins where the text begins.
    var asksForStart: Bool {
        steps.contains {
            if case .metaspace(let space) = $0 { space.scheme == .first } else { false }
        }
    }
}

// MARK: - Steps

extension PreTokenizer.Step {
    /// What becomes of a piece; nothing that is empty.
    fileprivate func pieces(of piece: PreTokenizer.Piece, spelling: Bool) -> [PreTokenizer.Piece] {
        switch self {
        case .split(let pattern, let behavior, let isInverted):
            return Self.cut(piece, at: pattern, behavior, isInverted: isInverted)
        case .byteLevel(let addsSpace, let splits):
            var piece = piece
            if addsSpace, piece.text.utf8.first != 0x20 { piece.text = " " + piece.text }
            let words = splits ? Self.cut(piece, at: .words(.gpt2), .isolated) : [piece]
            guard spelling else { return words }
            return words.map {
                .init(text: ByteAlphabet.spelling(of: $0.text.utf8), isStart: $0.isStart)
            }
        case .metaspace(let space):
            var piece = piece
            piece.text = space.written(piece.text, isStart: piece.isStart)
            let mark = SplitPattern.characters(.one(space.mark))
            return space.splits ? Self.cut(piece, at: mark, .mergedWithNext) : [piece]
        }
    }

    private static func cut(
        _ piece: PreTokenizer.Piece, at pattern: SplitPattern, _ behavior: SplitBehavior,
        isInverted: Bool = false
    ) -> [PreTokenizer.Piece] {
        let bytes = Array(piece.text.utf8)
        let matches = pattern.matches(in: piece.text)
        return behavior.parts(of: bytes.count, at: matches, isInverted: isInverted).map {
            .init(
                text: String(decoding: bytes[$0], as: UTF8.self),
                isStart: piece.isStart && $0.lowerBound == 0)
        }
    }
}

/// Spaces written as a visible character, with one before a text.
struct Metaspace: Hashable, Sendable {
    /// Where a character is put before.
    enum Scheme: String, Hashable, Sendable { case always, first, never }

    let mark: Unicode.Scalar
    let scheme: Scheme
    /// Whether a word ends before each of the characters.
    let splits: Bool

    /// Reads the step, or the decoder that undoes it.
    ///
    /// - Throws: ``TokenizerError`` that names the key
    init(_ node: DefinitionNode) throws {
        try node.requireOnly(
            "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep")
        mark = try node["replacement"].character()
        splits = try node["split"].flag(default: true)
        let name = node["prepend_scheme"]
        let adds = try node["add_prefix_space"].flag(default: true)
        guard name.value != nil else {
            scheme = adds ? .always : .never
            return
        }
        guard let scheme = name.value?.string.flatMap(Scheme.init) else {
            throw name.unsupported("'always', 'first' or 'never'")
        }
        guard adds || scheme == .never else {
            throw node["add_prefix_space"].invalid("false, and prepend_scheme '\(scheme)'")
        }
        self.scheme = scheme
    }

    func written(_ text: String, isStart: Bool) -> String {
        var scalars = String.UnicodeScalarView(text.unicodeScalars.map { $0 == " " ? mark : $0 })
        let adds = scheme == .always || scheme == .first && isStart
        if adds, scalars.first != mark { scalars.insert(mark, at: scalars.startIndex) }
        return String(scalars)
    }
}

// MARK: - Reading

extension PreTokenizer {
    private static let names =
        "'ByteLevel', 'Split', 'Metaspace', 'Digits', 'Punctuation', 'Whitespace', "
        + "'WhitespaceSplit', 'CharDelimiterSplit', or a 'Sequence' of these"

    private static func steps(_ node: DefinitionNode, isTop: Bool) throws -> [Step] {
        if node.value == nil, isTop { return [] }
        switch node["type"].value?.string {
        case "Sequence":
            try node.requireOnly("pretokenizers")
            return try node["pretokenizers"].items().flatMap { try steps($0, isTop: false) }
        case "Split": return [try split(node)]
        case "ByteLevel":
            try node.requireOnly("add_prefix_space", "trim_offsets", "use_regex")
            return [
                .byteLevel(
                    addsSpace: try node["add_prefix_space"].flag(default: true),
                    splits: try node["use_regex"].flag(default: true))
            ]
        case "Metaspace": return [.metaspace(try Metaspace(node))]
        case "Digits":
            try node.requireOnly("individual_digits")
            let alone = try node["individual_digits"].flag(default: false)
            return [
                .split(.characters(.number), alone ? .isolated : .contiguous, isInverted: false)
            ]
        case "Punctuation":
            try node.requireOnly("behavior")
            let behavior = try behavior(node["behavior"], default: .isolated)
            return [.split(.characters(.punctuation), behavior, isInverted: false)]
        case "Whitespace":
            try node.requireOnly()
            return [.split(.stretches([.word, .symbol]), .removed, isInverted: true)]
        case "WhitespaceSplit":
            try node.requireOnly()
            return [.split(.characters(.whiteSpace), .removed, isInverted: false)]
        case "CharDelimiterSplit":
            try node.requireOnly("delimiter")
            let delimiter = try node["delimiter"].character()
            return [.split(.characters(.one(delimiter)), .removed, isInverted: false)]
        default: throw node["type"].unsupported(names)
        }
    }

    private static func split(_ node: DefinitionNode) throws -> Step {
        try node.requireOnly("pattern", "behavior", "invert")
        return .split(
            try SplitPattern(node["pattern"]), try behavior(node["behavior"], default: nil),
            isInverted: try node["invert"].flag(default: false))
    }

    private static func behavior(
        _ node: DefinitionNode, default missing: SplitBehavior?
    ) throws -> SplitBehavior {
        if node.value == nil, let missing { return missing }
        guard let behavior = node.value?.string.flatMap(SplitBehavior.init) else {
            throw node.unsupported(
                "'Isolated', 'Removed', 'MergedWithPrevious', 'MergedWithNext' or 'Contiguous'")
        }
        return behavior
    }
}

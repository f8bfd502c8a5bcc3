/// How spellings of tokens become one text again.
struct TokenDecoder: Hashable, Sendable {
    /// A step.
    enum Step: Hashable, Sendable {
        /// Bytes that ``ByteAlphabet`` spells; all becomes one text.
        case byteLevel
        /// `<0x0A>` becomes a byte, and neighbouring bytes characters.
        case byteFallback
        /// All becomes one text.
        case fuse
        case replace(TextReplacement)
        /// Up to so many of a character go at the ends.
        case strip(Unicode.Scalar, start: Int, end: Int)
        case metaspace(Metaspace)
        /// The suffix of words' ends becomes a space, and nothing at the text's end.
        case suffix(String)
    }

    /// The steps.
    let steps: [Step]

    /// Reads a decoder.
    ///
    /// - Throws: ``TokenizerError`` that names the key
    init(_ node: DefinitionNode) throws {
        steps = try Self.steps(node)
    }

    /// Whether ids stand for bytes, one after the other, and nothing else is done.
    var isByteLevel: Bool { steps == [.byteLevel] }

    /// Whether some step reads the spellings of bytes.
    var readsByteSpellings: Bool { steps.contains(.byteLevel) }

    /// The text of spellings.
    func text(of spellings: some Sequence<String>) -> String {
        var stream = Stream(self)
        let text = spellings.reduce(into: "") { $0 += stream.append($1) }
        return text + stream.finish()
    }

    /// The bytes that one token stands for, but for what is done at the ends of a text.
    func bytes(of spelling: String) -> [UInt8] {
        var text = spelling
        for step in steps {
            switch step {
            case .byteLevel: return ByteAlphabet.bytes(of: text) ?? Array(text.utf8)
            case .byteFallback:
                if let byte = Stage.byte(of: text) { return [byte] }
            case .replace(let replacement): text = replacement.apply(text)
            case .metaspace(let space): text = Stage.read(text, space, isFirst: false)
            case .suffix(let suffix): text = Stage.replaced(text, suffix, by: " ")
            case .fuse, .strip: break
            }
        }
        return Array(text.utf8)
    }

    private static let names =
        "'ByteLevel', 'Metaspace', 'BPEDecoder', 'ByteFallback', 'Fuse', 'Replace', 'Strip', or a "
        + "'Sequence' of these"

    private static func steps(_ node: DefinitionNode) throws -> [Step] {
        switch node["type"].value?.string {
        case "Sequence":
            try node.requireOnly("decoders")
            return try node["decoders"].items().flatMap(steps)
        case "ByteLevel":
            try node.requireOnly("add_prefix_space", "trim_offsets", "use_regex")
            return [.byteLevel]
        case "ByteFallback":
            try node.requireOnly()
            return [.byteFallback]
        case "Fuse":
            try node.requireOnly()
            return [.fuse]
        case "Replace": return [.replace(try TextReplacement(node))]
        case "Strip":
            try node.requireOnly("content", "start", "stop")
            return [
                .strip(
                    try node["content"].character(), start: try node["start"].count(),
                    end: try node["stop"].count())
            ]
        case "Metaspace": return [.metaspace(try Metaspace(node))]
        case "BPEDecoder":
            try node.requireOnly("suffix")
            return [.suffix(node["suffix"].value == nil ? "</w>" : try node["suffix"].text())]
        default: throw node["type"].unsupported(names)
        }
    }
}

// MARK: - Stream

extension TokenDecoder {
    /// The decoder at work on one text, token by token.
    struct Stream: Sendable {
        private var stages: [Stage] = []

        /// A stream at the beginning of a text.
        init(_ decoder: TokenDecoder) {
            var isOne = false
            for step in decoder.steps {
                stages.append(Stage(step, isOne: isOne))
                if step == .fuse || step == .byteLevel { isOne = true }
            }
        }

        /// The text that is settled with the next token's spelling.
        mutating func append(_ spelling: String) -> String {
            pass([spelling], from: 0).joined()
        }

        /// What is left.
        mutating func finish() -> String {
            var text = ""
            for index in stages.indices {
                text += pass(stages[index].finish(), from: index + 1).joined()
            }
            return text
        }

        private mutating func pass(_ tokens: [String], from first: Int) -> [String] {
            stages.indices.dropFirst(first).reduce(tokens) { tokens, index in
                tokens.flatMap { stages[index].append($0) }
            }
        }
    }

    /// A step with what it holds back.
    fileprivate struct Stage: Sendable {
        private let step: Step
        /// Whether all that comes is one token, in pieces.
        private let isOne: Bool
        private var bytes: [UInt8] = []
        private var held = ""
        private var count = 0
        /// How many characters have gone at the start, and whether others have come.
        private var removed = 0
        private var isPastStart = false

        init(_ step: Step, isOne: Bool) {
            self.step = step
            self.isOne = isOne
        }
    }
}

extension TokenDecoder.Stage {
    /// What comes out when a token, or a piece of the one that there is, comes in.
    mutating func append(_ token: String) -> [String] {
        defer { count += 1 }
        switch step {
        case .fuse: return [token]
        case .byteLevel where !isOne:
            bytes += ByteAlphabet.bytes(of: token) ?? Array(token.utf8)
            return settledBytes()
        case .byteFallback where !isOne: return fallback(token)
        case .replace(let replacement) where !isOne: return [replacement.apply(token)]
        case .metaspace(let space): return [Self.read(token, space, isFirst: isOne || count == 0)]
        case .strip(let scalar, let start, let end) where !isOne:
            return [Self.stripped(token, scalar, start, end)]
        case .strip(let scalar, let start, 0):
            return [start > 0 ? startStripped(token, scalar, start) : token]
        case .suffix(let suffix) where !isOne:
            defer { held = token }
            return count == 0 ? [] : [Self.replaced(held, suffix, by: " ")]
        default:
            // Of one text the end must be known.
            held += token
            return []
        }
    }

    /// What is left.
    mutating func finish() -> [String] {
        defer { (bytes, held) = ([], "") }
        switch step {
        case .byteLevel where !isOne:
            return bytes.isEmpty ? [] : [String(decoding: bytes, as: UTF8.self)]
        case .byteFallback where !isOne: return fallbackText()
        case .suffix(let suffix) where !isOne:
            return count == 0 ? [] : [Self.replaced(held, suffix, by: "")]
        case .byteLevel:
            let bytes = ByteAlphabet.bytes(of: held) ?? Array(held.utf8)
            return [String(decoding: bytes, as: UTF8.self)]
        case .replace(let replacement): return isOne ? [replacement.apply(held)] : []
        case .strip(let scalar, let start, let end):
            return isOne && end > 0 ? [Self.stripped(held, scalar, start, end)] : []
        case .byteFallback:
            let text = held
            return fallback(text) + fallbackText()
        case .suffix(let suffix): return [Self.replaced(held, suffix, by: "")]
        case .fuse, .metaspace: return []
        }
    }

    // MARK: - Bytes

    private mutating func settledBytes() -> [String] {
        let open = StreamDecoder.openBytes(at: bytes)
        let text = String(decoding: bytes.dropLast(open), as: UTF8.self)
        bytes.removeFirst(bytes.count - open)
        return text.isEmpty ? [] : [text]
    }

    /// A run of bytes is characters if all of it is UTF-8, and so many U+FFFD as bytes otherwise.
    private mutating func fallback(_ token: String) -> [String] {
        if let byte = Self.byte(of: token) {
            bytes.append(byte)
            return []
        }
        return fallbackText() + [token]
    }

    private mutating func fallbackText() -> [String] {
        defer { bytes = [] }
        if bytes.isEmpty { return [] }
        if let text = String(validating: bytes, as: UTF8.self) { return [text] }
        return Array(repeating: "\u{FFFD}", count: bytes.count)
    }

    /// The byte that `<0x0A>` means.
    fileprivate static func byte(of token: String) -> UInt8? {
        let spelling = Array(token.utf8)
        guard spelling.count == 6, spelling.starts(with: "<0x".utf8),
            spelling[5] == UInt8(ascii: ">")
        else { return nil }
        return UInt8(String(decoding: spelling[3..<5], as: UTF8.self), radix: 16)
    }

    // MARK: - Characters

    fileprivate static func read(_ token: String, _ space: Metaspace, isFirst: Bool) -> String {
        let drops = isFirst && space.scheme != .never
        return String(
            String.UnicodeScalarView(
                token.unicodeScalars.compactMap { scalar in
                    scalar != space.mark ? scalar : drops ? nil : " "
                }))
    }

    /// A piece of the one text without what is to go at its start.
    private mutating func startStripped(
        _ piece: String, _ scalar: Unicode.Scalar, _ limit: Int
    ) -> String {
        var rest = piece.unicodeScalars[...]
        while !isPastStart, let first = rest.first {
            if first == scalar, removed < limit {
                rest.removeFirst()
                removed += 1
            } else {
                isPastStart = true
            }
        }
        return String(rest)
    }

    private static func stripped(
        _ token: String, _ scalar: Unicode.Scalar, _ start: Int, _ end: Int
    ) -> String {
        var rest = token.unicodeScalars[...]
        for _ in 0..<start where rest.first == scalar { rest.removeFirst() }
        for _ in 0..<end where rest.last == scalar { rest.removeLast() }
        return String(rest)
    }

    fileprivate static func replaced(_ text: String, _ suffix: String, by new: String) -> String {
        if suffix.isEmpty { return text }
        return TextReplacement(pattern: .text(Array(suffix.utf8)), content: new).apply(text)
    }
}

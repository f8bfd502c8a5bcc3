/// What a tokenizer does to a text before it looks for words.
indirect enum TextNormalizer: Hashable, Sendable {
    /// One of Unicode's normalization forms.
    case form(NormalizationForm)
    /// Each character in lower case.
    case lowercase
    /// White space at the ends goes.
    case strip(left: Bool, right: Bool)
    /// A text is put before what is not empty.
    case prepend(String)
    /// Each place of a pattern becomes a text.
    case replace(TextReplacement)
    /// One after the other.
    case sequence([TextNormalizer])

    private static let names =
        "'NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'Strip', 'Prepend', 'Replace', a 'Sequence' of "
        + "these, or no normalizer"

    /// Reads a normalizer; a missing one does nothing.
    ///
    /// - Throws: ``TokenizerError`` that names the key
    init(_ node: DefinitionNode) throws {
        guard node.value != nil else {
            self = .sequence([])
            return
        }
        let type = node["type"].value?.string
        if let form = type.flatMap(NormalizationForm.init) {
            try node.requireOnly()
            self = .form(form)
            return
        }
        switch type {
        case "Lowercase":
            try node.requireOnly()
            self = .lowercase
        case "Strip":
            try node.requireOnly("strip_left", "strip_right")
            self = .strip(
                left: try node["strip_left"].flag(default: true),
                right: try node["strip_right"].flag(default: true))
        case "Prepend":
            try node.requireOnly("prepend")
            self = .prepend(try node["prepend"].text())
        case "Replace": self = .replace(try TextReplacement(node))
        case "Sequence":
            try node.requireOnly("normalizers")
            self = .sequence(try node["normalizers"].items().map(TextNormalizer.init))
        default: throw node["type"].unsupported(Self.names)
        }
    }

    /// The text as the pre-tokenizer takes it.
    func apply(_ text: String) -> String {
        switch self {
        case .form(let form): return form.apply(text)
        case .lowercase:
            return text.unicodeScalars.reduce(into: "") { $0 += $1.properties.lowercaseMapping }
        case .strip(let left, let right):
            var scalars = text.unicodeScalars[...]
            if left { scalars = scalars.drop { $0.properties.isWhitespace } }
            while right, scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
            return String(scalars)
        case .prepend(let start): return text.isEmpty ? text : start + text
        case .replace(let replacement): return replacement.apply(text)
        case .sequence(let steps): return steps.reduce(text) { $1.apply($0) }
        }
    }

    /// Whether a text may lose what it begins with.
    var mayDropStart: Bool {
        switch self {
        case .strip(let left, _): left
        case .replace(let replacement): replacement.content.isEmpty
        case .sequence(let steps): steps.contains(where: \.mayDropStart)
        case .form, .lowercase, .prepend: false
        }
    }
}

/// A replacement of each place of a pattern, in normalizers and decoders.
struct TextReplacement: Hashable, Sendable {
    let pattern: SplitPattern
    let content: String

    /// A replacement from its parts.
    init(pattern: SplitPattern, content: String) {
        self.pattern = pattern
        self.content = content
    }

    /// Reads `pattern` and `content`.
    ///
    /// - Throws: ``TokenizerError`` that names the key
    init(_ node: DefinitionNode) throws {
        try node.requireOnly("pattern", "content")
        pattern = try SplitPattern(node["pattern"])
        content = try node["content"].text()
    }

    func apply(_ text: String) -> String {
        let matches = pattern.matches(in: text)
        if matches.isEmpty { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var done = 0
        for match in matches {
            result += bytes[done..<match.lowerBound]
            result += content.utf8
            done = match.upperBound
        }
        return String(decoding: result + bytes[done...], as: UTF8.self)
    }
}

/// What a text is cut or changed at.
enum SplitPattern: Hashable, Sendable {
    /// Words that are found by hand.
    case words(WordPattern)
    /// A text as it is.
    case text([UInt8])
    /// A regular expression, by its spelling.
    case regex(String, OnigurumaPattern)
    /// Single characters.
    case characters(CharacterKind)
    /// Longest stretches of one or the other kind.
    case stretches([CharacterKind])

    /// Characters of one kind.
    enum CharacterKind: Hashable, Sendable {
        case number, whiteSpace, punctuation, word, symbol
        case one(Unicode.Scalar)
    }

    /// Reads `{"Regex": …}` or `{"String": …}`.
    ///
    /// - Throws: ``TokenizerError`` that names the key
    init(_ node: DefinitionNode) throws {
        let text = node["String"]
        if text.value != nil {
            try node.requireOnly("String")
            self = .text(Array(try text.text().utf8))
            if try text.text().isEmpty { throw text.invalid("the text is empty") }
            return
        }
        let regex = node["Regex"]
        try node.requireOnly("Regex", "String")
        let spelling = try regex.text()
        if let words = WordPattern(regex: spelling) {
            self = .words(words)
            return
        }
        do throws(OnigurumaPattern.Unsupported) {
            self = .regex(spelling, try OnigurumaPattern(spelling))
        } catch {
            throw regex.unsupported(found: "'\(spelling)'", "one without: \(error.reason)")
        }
    }

    static func == (left: SplitPattern, right: SplitPattern) -> Bool {
        switch (left, right) {
        case (.words(let left), .words(let right)): left == right
        case (.text(let left), .text(let right)): left == right
        case (.regex(let left, _), .regex(let right, _)): Spelling(left) == Spelling(right)
        case (.characters(let left), .characters(let right)): left == right
        case (.stretches(let left), .stretches(let right)): left == right
        default: false
        }
    }

    func hash(into hasher: inout Hasher) {
        switch self {
        case .words(let words): hasher.combine(words)
        case .text(let text): hasher.combine(text)
        case .regex(let spelling, _): hasher.combine(Spelling(spelling))
        case .characters(let kind): hasher.combine(kind)
        case .stretches(let kinds): hasher.combine(kinds)
        }
    }

    /// Where it matches, as ranges of UTF-8 bytes, in order.
    func matches(in text: String) -> [Range<Int>] {
        switch self {
        case .words(let pattern): pattern.words(of: text)
        case .text(let pattern): Self.places(of: pattern, in: Array(text.utf8))
        case .regex(_, let pattern): pattern.matches(in: text)
        case .characters(let kind): Self.characters(in: text, where: kind.holds)
        case .stretches(let kinds): Self.stretches(in: text, of: kinds)
        }
    }

    private static func places(of pattern: [UInt8], in text: [UInt8]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var index = 0
        while index + pattern.count <= text.count {
            if text[index] == pattern[0],
                text[index..<(index + pattern.count)].elementsEqual(pattern)
            {
                result.append(index..<(index + pattern.count))
                index += pattern.count
            } else {
                index += 1
            }
        }
        return result
    }

    private static func characters(
        in text: String, where condition: (Unicode.Scalar) -> Bool
    ) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var offset = 0
        for scalar in text.unicodeScalars {
            let end = offset + UTF8.width(scalar)
            if condition(scalar) { result.append(offset..<end) }
            offset = end
        }
        return result
    }

    private static func stretches(in text: String, of kinds: [CharacterKind]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var last: CharacterKind?
        var offset = 0
        for scalar in text.unicodeScalars {
            let end = offset + UTF8.width(scalar)
            let kind = kinds.first { $0.holds(scalar) }
            if let kind, kind == last, let range = result.popLast() {
                result.append(range.lowerBound..<end)
            } else if kind != nil {
                result.append(offset..<end)
            }
            (last, offset) = (kind, end)
        }
        return result
    }
}

extension SplitPattern.CharacterKind {
    func holds(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .number: Self.isNumber(scalar)
        case .whiteSpace: scalar.properties.isWhitespace
        case .punctuation: Self.isPunctuation(scalar)
        case .word: AddedTokenMatcher.isWordCharacter(scalar)
        case .symbol:
            !AddedTokenMatcher.isWordCharacter(scalar) && !scalar.properties.isWhitespace
        case .one(let one): scalar == one
        }
    }

    private static func isNumber(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return (0x21...0x7E).contains(scalar.value) && !isNumber(scalar)
                && !scalar.properties.isAlphabetic
        }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation, .finalPunctuation, .otherPunctuation:
            return (scalar.properties.age?.major ?? .max) <= lastVersion
        // These two were punctuation then.
        default: return scalar == "\u{166D}" || scalar == "\u{111C9}"
        }
    }

    /// The last version of Unicode whose punctuation the reference's table knows.
    private static let lastVersion = 8
}

/// What becomes of the places where a pattern matches.
enum SplitBehavior: String, Hashable, Sendable {
    case isolated = "Isolated"
    case removed = "Removed"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"

    /// The parts of a text of `count` bytes that is cut at `matches`; none is empty.
    ///
    /// - Parameters:
    ///   - count: the bytes
    ///   - matches: in order, not over each other
    ///   - isInverted: whether the places between the matches are the matches
    /// - Returns: ranges of bytes
    func parts(of count: Int, at matches: [Range<Int>], isInverted: Bool) -> [Range<Int>] {
        var pieces: [(range: Range<Int>, isMatch: Bool)] = []
        var done = 0
        for match in matches {
            if done < match.lowerBound { pieces.append((done..<match.lowerBound, isInverted)) }
            pieces.append((match, !isInverted))
            done = match.upperBound
        }
        if done < count { pieces.append((done..<count, isInverted)) }
        return merged(pieces).filter { !$0.isEmpty }
    }

    private func merged(_ pieces: [(range: Range<Int>, isMatch: Bool)]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var wasMatch = false
        switch self {
        case .isolated: return pieces.map(\.range)
        case .removed: return pieces.filter { !$0.isMatch }.map(\.range)
        case .mergedWithPrevious, .contiguous:
            for (range, isMatch) in pieces {
                let joins = self == .contiguous ? isMatch == wasMatch : isMatch && !wasMatch
                if joins, let last = result.popLast() {
                    result.append(last.lowerBound..<range.upperBound)
                } else {
                    result.append(range)
                }
                wasMatch = isMatch
            }
            return result
        case .mergedWithNext:
            for (range, isMatch) in pieces.reversed() {
                if isMatch, !wasMatch, let last = result.popLast() {
                    result.append(range.lowerBound..<last.upperBound)
                } else {
                    result.append(range)
                }
                wasMatch = isMatch
            }
            return result.reversed()
        }
    }
}

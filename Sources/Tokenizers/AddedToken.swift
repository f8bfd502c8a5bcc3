/// A string that is one token wherever it stands, outside the merges.
public struct AddedToken: Hashable, Sendable {
    /// The token's id.
    public var id: Int
    /// What the text must spell.
    public var content: String
    /// Whether it is a control token, which ``Tokenizer/decode(_:skipSpecialTokens:)`` leaves out.
    public var isSpecial: Bool
    /// Whether it is looked for in the normalized text instead of the text as it came.
    public var isNormalized: Bool
    /// Whether it takes the white space before it.
    public var stripsLeft: Bool
    /// Whether it takes the white space after it.
    public var stripsRight: Bool
    /// Whether it counts only where no word character touches it.
    public var isSingleWord: Bool

    /// A token with the flags that Qwen's own have, but for the one that is given.
    public init(id: Int, content: String, isSpecial: Bool) {
        self.id = id
        self.content = content
        self.isSpecial = isSpecial
        isNormalized = false
        stripsLeft = false
        stripsRight = false
        isSingleWord = false
    }

    /// Whether it steers the model, and is text where users write it: special as the file says, or one that
    /// Qwen's files do not call special though no user's word is meant by it.
    var isControl: Bool { isSpecial || QwenTokens.ordinary.contains(content) }

    /// Compares the content by its code units.
    public static func == (left: AddedToken, right: AddedToken) -> Bool {
        left.id == right.id && Spelling(left.content) == Spelling(right.content)
            && left.isSpecial == right.isSpecial && left.isNormalized == right.isNormalized
            && left.stripsLeft == right.stripsLeft && left.stripsRight == right.stripsRight
            && left.isSingleWord == right.isSingleWord
    }
}

/// A piece of a text that was searched for added tokens.
enum TextPiece {
    case text(String)
    case token(Int)
}

/// Finds added tokens: at each place the longest that fits.
struct AddedTokenMatcher: Sendable {
    private struct Pattern {
        let bytes: [UInt8]
        let token: AddedToken
    }

    /// The patterns that begin with each byte, longest first.
    private var patterns: [[Pattern]] = Array(repeating: [], count: 256)
    private let isEmpty: Bool

    /// A matcher for `tokens`, whose contents go through `normalize` first.
    init(_ tokens: [AddedToken], _ normalize: (String) -> String) {
        for token in tokens {
            let bytes = Array(normalize(token.content).utf8)
            if let first = bytes.first {
                patterns[Int(first)].append(Pattern(bytes: bytes, token: token))
            }
        }
        for byte in patterns.indices {
            patterns[byte].sort { $0.bytes.count > $1.bytes.count }
        }
        isEmpty = patterns.allSatisfy(\.isEmpty)
    }

    /// `text` cut at the added tokens in it.
    func pieces(of text: String) -> [TextPiece] {
        if isEmpty { return text.isEmpty ? [] : [.text(text)] }
        let bytes = Array(text.utf8)
        var pieces: [TextPiece] = []
        var done = 0
        var index = 0
        while index < bytes.count {
            guard let pattern = pattern(in: bytes, at: index) else {
                index += 1
                continue
            }
            var range = index..<(index + pattern.bytes.count)
            index = range.upperBound
            guard !pattern.token.isSingleWord || standsAlone(range, in: bytes) else { continue }
            if pattern.token.stripsLeft {
                range = max(done, spaceStart(before: range.lowerBound, in: bytes))..<index
            }
            if pattern.token.stripsRight {
                range = range.lowerBound..<spaceEnd(after: range.upperBound, in: bytes)
                index = range.upperBound
            }
            if done < range.lowerBound {
                pieces.append(
                    .text(String(decoding: bytes[done..<range.lowerBound], as: UTF8.self)))
            }
            pieces.append(.token(pattern.token.id))
            done = range.upperBound
        }
        if done < bytes.count {
            pieces.append(.text(String(decoding: bytes[done...], as: UTF8.self)))
        }
        return pieces
    }

    private func pattern(in bytes: [UInt8], at index: Int) -> Pattern? {
        patterns[Int(bytes[index])].first { pattern in
            index + pattern.bytes.count <= bytes.count
                && bytes[index..<(index + pattern.bytes.count)].elementsEqual(pattern.bytes)
        }
    }

    private func standsAlone(_ range: Range<Int>, in bytes: [UInt8]) -> Bool {
        let before = Self.scalar(before: range.lowerBound, in: bytes)
        let after = Self.scalar(at: range.upperBound, in: bytes)
        return !(before.map(Self.isWordCharacter) ?? false)
            && !(after.map(Self.isWordCharacter) ?? false)
    }

    private func spaceStart(before index: Int, in bytes: [UInt8]) -> Int {
        var index = index
        while let scalar = Self.scalar(before: index, in: bytes), scalar.properties.isWhitespace {
            index -= UTF8.width(scalar)
        }
        return index
    }

    private func spaceEnd(after index: Int, in bytes: [UInt8]) -> Int {
        var index = index
        while let scalar = Self.scalar(at: index, in: bytes), scalar.properties.isWhitespace {
            index += UTF8.width(scalar)
        }
        return index
    }

    static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
            return true
        default:
            return properties.isAlphabetic || properties.isJoinControl
        }
    }

    private static func scalar(at index: Int, in bytes: [UInt8]) -> Unicode.Scalar? {
        String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self)
            .unicodeScalars.first
    }

    private static func scalar(before index: Int, in bytes: [UInt8]) -> Unicode.Scalar? {
        guard index > 0 else { return nil }
        var start = index - 1
        while start > 0, UTF8.isContinuation(bytes[start]) { start -= 1 }
        return scalar(at: start, in: bytes)
    }
}

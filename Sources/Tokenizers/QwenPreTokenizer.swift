/// Cuts a text into the words inside which byte pairs may merge, as Qwen2's pattern does.
///
/// The pattern's alternatives are tried in order at each place, and the first that matches
/// takes as much as it can:
///
/// 1. a contraction: `'s 't 're 've 'm 'll 'd` in either case;
/// 2. letters, with at most one character before them that is no letter, number or line end;
/// 3. one number character;
/// 4. characters that are no space, letter or number, with one space before and line ends after;
/// 5. white space up to the last line end in it;
/// 6. white space but for its last character, which goes to the word that follows;
/// 7. white space.
enum QwenPreTokenizer {
    /// The spellings of the pattern that are recognised; all match the same words.
    static let patterns: [String] = [
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)"#, #"'(?i:[sdmt]|ll|ve|re)"#,
    ].map {
        $0 + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }

    /// The words of `text`, in order, as ranges of its UTF-8 bytes; together they are the text.
    static func words(of text: String) -> [Range<Int>] {
        let scanner = Scanner(text)
        var words: [Range<Int>] = []
        var start = 0
        while start < scanner.count {
            let end = scanner.endOfWord(from: start)
            words.append(scanner.offsets[start]..<scanner.offsets[end])
            start = end
        }
        return words
    }
}

/// What the pattern tells apart. Line ends and blanks are white space too.
enum CharacterClass: UInt8, Sendable {
    case letter, number, lineEnd, blank, space, apostrophe, other

    var isWhiteSpace: Bool { self == .lineEnd || self == .blank || self == .space }
    /// `[^\s\p{L}\p{N}]`
    var isMark: Bool { self == .other || self == .apostrophe }
    /// `[^\r\n\p{L}\p{N}]`
    var mayPrecedeLetters: Bool { self != .letter && self != .number && self != .lineEnd }

    /// The last version of Unicode that the reference's regular expressions know.
    private static let lastVersion = 16

    init(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "a"..."z", "A"..."Z": self = .letter
        case "0"..."9": self = .number
        case " ": self = .blank
        case "\n", "\r": self = .lineEnd
        case "'": self = .apostrophe
        case "\0"..."\u{7F}":
            self = scalar.properties.isWhitespace ? .space : .other
        default: self = Self.beyondASCII(scalar)
        }
    }

    private static func beyondASCII(_ scalar: Unicode.Scalar) -> CharacterClass {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            isKnown(scalar) ? .letter : .other
        case .decimalNumber, .letterNumber, .otherNumber:
            isKnown(scalar) ? .number : .other
        default:
            scalar.properties.isWhitespace ? .space : .other
        }
    }

    private static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
        // Everything up to the end of the ideographs of Unicode 1 is quick to decide.
        if (0x4E00...0x9FA5).contains(scalar.value) { return true }
        guard let age = scalar.properties.age else { return false }
        return age.major <= lastVersion
    }
}

/// A text as arrays that the pattern can be matched on.
private struct Scanner {
    private var scalars: [Unicode.Scalar] = []
    private var classes: [CharacterClass] = []
    /// The byte at which each scalar begins, and at the end the number of bytes.
    private(set) var offsets: [Int] = [0]

    var count: Int { classes.count }

    init(_ text: String) {
        scalars.reserveCapacity(text.utf8.count)
        classes.reserveCapacity(text.utf8.count)
        offsets.reserveCapacity(text.utf8.count + 1)
        var offset = 0
        for scalar in text.unicodeScalars {
            scalars.append(scalar)
            classes.append(CharacterClass(scalar))
            offset += UTF8.width(scalar)
            offsets.append(offset)
        }
    }

    func endOfWord(from start: Int) -> Int {
        let first = classes[start]
        let next = start + 1 < count ? classes[start + 1] : nil
        if first == .apostrophe, let end = endOfContraction(from: start) { return end }
        if first == .letter { return end(from: start) { $0 == .letter } }
        if first.mayPrecedeLetters, next == .letter {
            return end(from: start + 1) { $0 == .letter }
        }
        if first == .number { return start + 1 }
        if first.isMark { return endOfMarks(from: start) }
        if first == .blank, let next, next.isMark { return endOfMarks(from: start + 1) }
        return endOfWhiteSpace(from: start)
    }

    private func end(from start: Int, while condition: (CharacterClass) -> Bool) -> Int {
        var index = start
        while index < count, condition(classes[index]) { index += 1 }
        return index
    }

    private func endOfMarks(from start: Int) -> Int {
        end(from: end(from: start) { $0.isMark }) { $0 == .lineEnd }
    }

    private func endOfWhiteSpace(from start: Int) -> Int {
        let end = end(from: start) { $0.isWhiteSpace }
        if let last = classes[start..<end].lastIndex(of: .lineEnd) { return last + 1 }
        return end == count || end == start + 1 ? end : end - 1
    }

    private func endOfContraction(from start: Int) -> Int? {
        guard start + 1 < count else { return nil }
        let second = start + 2 < count ? scalars[start + 2] : "\0"
        switch scalars[start + 1] {
        // The long s is an s to a pattern that ignores case.
        case "s", "S", "\u{17F}", "t", "T", "m", "M", "d", "D": return start + 2
        case "r", "R", "v", "V": return second == "e" || second == "E" ? start + 3 : nil
        case "l", "L": return second == "l" || second == "L" ? start + 3 : nil
        default: return nil
        }
    }
}

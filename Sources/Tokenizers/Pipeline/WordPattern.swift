/// How the patterns that descend from GPT-2's cut a text into the words inside which byte pairs may merge.
///
/// They are matched by hand, many times faster than by a regular expression. The alternatives are tried in
/// order at each place, and the first that matches takes as much as it can. GPT-4's, and so Qwen2's, are:
///
/// 1. a contraction: `'s 't 're 've 'm 'll 'd`;
/// 2. letters, with at most one character before them that is no letter, number or line end;
/// 3. number characters;
/// 4. characters that are no space, letter or number, with one space before and line ends after;
/// 5. white space up to the last line end in it;
/// 6. white space but for its last character, which goes to the word that follows;
/// 7. white space.
///
/// GPT-2's have one space at most before letters and before numbers, and line ends are white space as any.
struct WordPattern: Hashable, Sendable {
    /// Whether contractions count in either case.
    var ignoresCase = true
    /// Whether combining marks are letters.
    var marksAreLetters = false
    /// How many number characters one word has at most.
    var numberLength = 1
    /// Whether it is GPT-2's form.
    var isGPT2 = false

    /// Qwen2's.
    static let qwen2 = WordPattern()
    /// The one that the ByteLevel pre-tokenizer has built in.
    static let gpt2 = WordPattern(ignoresCase: false, numberLength: .max, isGPT2: true)

    /// The pattern that a regular expression spells; nil for one that is not known.
    init?(regex: String) {
        guard let known = Self.known[Spelling(regex)] else { return nil }
        self = known
    }

    private init(
        ignoresCase: Bool = true, marksAreLetters: Bool = false, numberLength: Int = 1,
        isGPT2: Bool = false
    ) {
        self.ignoresCase = ignoresCase
        self.marksAreLetters = marksAreLetters
        self.numberLength = numberLength
        self.isGPT2 = isGPT2
    }

    private static let exactContractions = "'s|'t|'re|'ve|'m|'ll|'d"

    /// Every spelling that is known, with what it means.
    private static let known: [Spelling: WordPattern] = {
        var known = [
            Spelling(exactContractions + #"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#):
                gpt2
        ]
        let contractions = QwenPreTokenizer.contractions.map { ($0, true) }
        // A run of white space up to its last line end is the same with one line end or more.
        for (contraction, ignoresCase) in contractions + [(exactContractions, false)] {
            for (number, length) in [(#"\p{N}"#, 1), (#"\p{N}{1,3}"#, 3), (#"\p{N}+"#, .max)] {
                for ends in [#"\s*[\r\n]+"#, #"\s*[\r\n]"#] {
                    for (letters, other, marks) in [
                        (#"\p{L}+"#, #"\p{L}"#, false), (#"[\p{L}\p{M}]+"#, #"\p{L}\p{M}"#, true),
                    ] {
                        let text =
                            contraction + #"|[^\r\n\p{L}\p{N}]?"# + letters + "|" + number
                            + #"| ?[^\s"# + other + #"\p{N}]+[\r\n]*|"# + ends + #"|\s+(?!\S)|\s+"#
                        known[Spelling(text)] = WordPattern(
                            ignoresCase: ignoresCase, marksAreLetters: marks, numberLength: length)
                    }
                }
            }
        }
        return known
    }()

    /// The words of `text`, in order, as ranges of its UTF-8 bytes; together they are the text.
    func words(of text: String) -> [Range<Int>] {
        let scanner = Scanner(text, pattern: self)
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

/// Qwen2's words, for the vocabularies that are made here.
enum QwenPreTokenizer {
    fileprivate static let contractions = [
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)"#, #"'(?i:[sdmt]|ll|ve|re)"#,
    ]

    /// The spellings of the pattern; all match the same words.
    static let patterns: [String] = contractions.map {
        $0 + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }

    /// The words of `text`, in order, as ranges of its UTF-8 bytes; together they are the text.
    static func words(of text: String) -> [Range<Int>] { WordPattern.qwen2.words(of: text) }
}

/// What the patterns tell apart.
///
/// Line ends and blanks are white space too.
enum CharacterClass: UInt8, Sendable {
    case letter, number, lineEnd, blank, space, apostrophe, other

    var isWhiteSpace: Bool { self == .lineEnd || self == .blank || self == .space }
    /// Whether it is one of `[^\s\p{L}\p{N}]`.
    var isMark: Bool { self == .other || self == .apostrophe }
    /// Whether it is one of `[^\r\n\p{L}\p{N}]`.
    var mayPrecedeLetters: Bool { self != .letter && self != .number && self != .lineEnd }

    /// The last version of Unicode that the reference's regular expressions know.
    private static let lastVersion = 16

    init(_ scalar: Unicode.Scalar, marksAreLetters: Bool = false) {
        switch scalar {
        case "a"..."z", "A"..."Z": self = .letter
        case "0"..."9": self = .number
        case " ": self = .blank
        case "\n", "\r": self = .lineEnd
        case "'": self = .apostrophe
        case "\0"..."\u{7F}":
            self = scalar.properties.isWhitespace ? .space : .other
        default: self = Self.beyondASCII(scalar, marksAreLetters)
        }
    }

    private static func beyondASCII(
        _ scalar: Unicode.Scalar, _ marksAreLetters: Bool
    ) -> CharacterClass {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            isKnown(scalar) ? .letter : .other
        case .decimalNumber, .letterNumber, .otherNumber:
            isKnown(scalar) ? .number : .other
        case .nonspacingMark, .spacingMark, .enclosingMark:
            marksAreLetters && isKnown(scalar) ? .letter : .other
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

/// A text as arrays that a pattern can be matched on.
private struct Scanner {
    private let pattern: WordPattern
    private var scalars: [Unicode.Scalar] = []
    private var classes: [CharacterClass] = []
    /// The byte at which each scalar begins, and at the end the number of bytes.
    private(set) var offsets: [Int] = [0]

    var count: Int { classes.count }

    init(_ text: String, pattern: WordPattern) {
        self.pattern = pattern
        scalars.reserveCapacity(text.utf8.count)
        classes.reserveCapacity(text.utf8.count)
        offsets.reserveCapacity(text.utf8.count + 1)
        var offset = 0
        for scalar in text.unicodeScalars {
            scalars.append(scalar)
            classes.append(CharacterClass(scalar, marksAreLetters: pattern.marksAreLetters))
            offset += UTF8.width(scalar)
            offsets.append(offset)
        }
    }

    func endOfWord(from start: Int) -> Int {
        let first = classes[start]
        let next = start + 1 < count ? classes[start + 1] : nil
        if first == .apostrophe, let end = endOfContraction(from: start) { return end }
        if pattern.isGPT2 { return endOfGPT2Word(from: start) }
        if first == .letter { return end(from: start) { $0 == .letter } }
        if first.mayPrecedeLetters, next == .letter {
            return end(from: start + 1) { $0 == .letter }
        }
        if first == .number { return endOfNumber(from: start) }
        if first.isMark { return endOfMarks(from: start) }
        if first == .blank, let next, next.isMark { return endOfMarks(from: start + 1) }
        return endOfWhiteSpace(from: start)
    }

    private func endOfGPT2Word(from start: Int) -> Int {
        let hasBlank = classes[start] == .blank && start + 1 < count
        let place = hasBlank && !classes[start + 1].isWhiteSpace ? start + 1 : start
        switch classes[place] {
        case .letter: return end(from: place) { $0 == .letter }
        case .number: return end(from: place) { $0 == .number }
        case .other, .apostrophe: return end(from: place) { $0.isMark }
        case .blank, .space, .lineEnd:
            let end = end(from: start) { $0.isWhiteSpace }
            return end == count || end == start + 1 ? end : end - 1
        }
    }

    private func endOfNumber(from start: Int) -> Int {
        if pattern.numberLength == 1 { return start + 1 }
        let last = pattern.numberLength < count - start ? start + pattern.numberLength : count
        var index = start + 1
        while index < last, classes[index] == .number { index += 1 }
        return index
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
        if !pattern.ignoresCase {
            switch scalars[start + 1] {
            case "s", "t", "m", "d": return start + 2
            case "r", "v": return second == "e" ? start + 3 : nil
            case "l": return second == "l" ? start + 3 : nil
            default: return nil
            }
        }
        switch scalars[start + 1] {
        // The long s is an s to a pattern that ignores case.
        case "s", "S", "\u{17F}", "t", "T", "m", "M", "d", "D": return start + 2
        case "r", "R", "v", "V": return second == "e" || second == "E" ? start + 3 : nil
        case "l", "L": return second == "l" || second == "L" ? start + 3 : nil
        default: return nil
        }
    }
}

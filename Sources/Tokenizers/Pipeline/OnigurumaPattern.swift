import Foundation

/// A regular expression as Oniguruma takes it, which Hugging Face's tokenizers compile theirs with.
///
/// ICU's engine, in Foundation, matches it after what the two spell differently was rewritten; what only
/// Oniguruma has is refused.
struct OnigurumaPattern: Sendable {
    private let expression: NSRegularExpression

    /// Compiles a pattern.
    ///
    /// - Throws: ``Unsupported``
    init(_ pattern: String) throws(Unsupported) {
        var translation = OnigurumaTranslation(pattern)
        let text = try translation.translated()
        // As in Oniguruma, ^ and $ are the ends of lines, and only a line feed ends one.
        let options: NSRegularExpression.Options = [.anchorsMatchLines, .useUnixLineSeparators]
        do {
            expression = try NSRegularExpression(pattern: text, options: options)
        } catch {
            throw Unsupported(reason: "it is no regular expression")
        }
    }

    /// Why a pattern is not taken.
    struct Unsupported: Error, Hashable {
        let reason: String
    }

    /// Where it matches, as ranges of UTF-8 bytes, in order.
    func matches(in text: String) -> [Range<Int>] {
        let string = text as NSString
        var result: [Range<Int>] = []
        var offsets = UTF8Offsets(text)
        expression.enumerateMatches(
            in: text, range: NSRange(location: 0, length: string.length)
        ) { match, _, _ in
            guard let range = match?.range else { return }
            let start = offsets.bytes(before: range.location)
            // Nothing is not found right behind a match.
            if range.length == 0, string.length == 0 || start == result.last?.upperBound { return }
            result.append(start..<offsets.bytes(before: range.location + range.length))
        }
        return result
    }
}

/// Turns places in UTF-16 that never go back into places in UTF-8.
private struct UTF8Offsets {
    private var scalars: String.UnicodeScalarView.Iterator
    private var (units, bytes) = (0, 0)

    init(_ text: String) { scalars = text.unicodeScalars.makeIterator() }

    mutating func bytes(before unit: Int) -> Int {
        while units < unit, let scalar = scalars.next() {
            units += UTF16.width(scalar)
            bytes += UTF8.width(scalar)
        }
        return bytes
    }
}

/// Rewrites a pattern of Oniguruma's Ruby syntax as one of ICU's.
struct OnigurumaTranslation {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var result = ""
    /// Whether what was read last may be repeated.
    private var isRepeated = true

    init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

    typealias Unsupported = OnigurumaPattern.Unsupported

    private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private func follows(_ text: String, at place: Int? = nil) -> Bool {
        scalars[(place ?? index)...].starts(with: text.unicodeScalars)
    }

    private func refusal(_ what: String) -> Unsupported {
        Unsupported(reason: "\(what) in a regular expression")
    }

    /// The pattern for ICU.
    ///
    /// - Throws: the reason why there is none
    mutating func translated() throws(Unsupported) -> String {
        while let scalar = current {
            switch scalar {
            case "\\": result += try escape(inSet: false)
            case "[": result += try set()
            case "(": try group()
            case "*", "+", "?": quantifier(String(scalar), length: 1)
            case "{": try interval()
            case ".", "^", "$", "|", ")":
                result.unicodeScalars.append(scalar)
                index += 1
                isRepeated = scalar == "|"
            default: literal(scalar)
            }
        }
        return result
    }

    private mutating func literal(_ scalar: Unicode.Scalar) {
        result += Self.escaped(scalar)
        index += 1
        isRepeated = false
    }

    /// A character that stands for itself, wherever it is.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let isPlain =
            ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
            || ("0"..."9").contains(scalar)
        return isPlain ? String(scalar) : "\\x{\(String(scalar.value, radix: 16))}"
    }

    // MARK: - Repetition

    private mutating func quantifier(_ text: String, length: Int) {
        result += text
        index += length
        isRepeated = true
        // Lazy and possessive forms are the same in both.
        if let next = current, next == "?" || next == "+" {
            result.unicodeScalars.append(next)
            index += 1
        }
    }

    private mutating func interval() throws(Unsupported) {
        guard let close = scalars[index...].firstIndex(of: "}") else {
            return literal("{")
        }
        let inside = scalars[(index + 1)..<close]
        let numbers = inside.split(separator: ",", omittingEmptySubsequences: false)
        let isInterval =
            !inside.isEmpty && numbers.count <= 2 && inside != [","]
            && inside.allSatisfy { ("0"..."9").contains($0) || $0 == "," }
        guard isInterval, !isRepeated else { throw refusal("'{' that repeats nothing") }
        let next = close + 1 < scalars.count ? scalars[close + 1] : " "
        // There, {2}+ and {2}? repeat once more; here they are possessive and lazy.
        if next == "+" || next == "?" && numbers.count == 1 { throw refusal("'}\(next)'") }
        let first = numbers[0].isEmpty ? "0" : Self.text(numbers[0])
        let text = numbers.count == 1 ? first : first + "," + Self.text(numbers[1])
        result += "{\(text)}"
        index = close + 1
        isRepeated = true
        if next == "?" {
            result += "?"
            index += 1
        }
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    // MARK: - Groups

    private mutating func group() throws(Unsupported) {
        isRepeated = true
        for start in ["(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"] where follows(start) {
            result += start
            index += start.unicodeScalars.count
            return
        }
        if follows("(?#") {
            guard let close = scalars[index...].firstIndex(of: ")") else {
                throw refusal("a comment without end")
            }
            index = close + 1
            isRepeated = false
            return
        }
        if follows("(?<"), let close = scalars[index...].firstIndex(of: ">") {
            // Nothing refers to a name.
            index = close + 1
            result += "(?:"
            return
        }
        if follows("(?") { return try options() }
        if follows("(*") { throw refusal("'(*'") }
        // What a group holds is not asked for.
        result += "(?:"
        index += 1
    }

    /// `(?i)` and `(?i:`; m there is s here.
    private mutating func options() throws(Unsupported) {
        var text = "(?"
        index += 2
        while let scalar = current, scalar != ":", scalar != ")" {
            switch scalar {
            case "i", "-": text.unicodeScalars.append(scalar)
            case "m": text += "s"
            default: throw refusal("'(?\(scalar)'")
            }
            index += 1
        }
        guard let end = current else { throw refusal("'(?' without end") }
        result += text + String(end)
        index += 1
    }

    // MARK: - Escapes

    /// What the escape at the place means, as ICU spells it.
    private mutating func escape(inSet: Bool) throws(Unsupported) -> String {
        index += 1
        guard let scalar = current else { throw refusal("'\\' at the end") }
        index += 1
        isRepeated = false
        switch scalar {
        case "n", "r", "t", "f", "a", "e": return "\\\(scalar)"
        case "v": return "\\x{b}"
        case "x", "u": return try codePoint(scalar)
        case "p", "P": return try property(isNegated: scalar == "P")
        case "s": return "\\p{White_Space}"
        case "S": return "\\P{White_Space}"
        case "d": return "\\p{Nd}"
        case "D": return "\\P{Nd}"
        case "w": return inSet ? Self.word : "[\(Self.word)\(Self.latinWord)]"
        case "W": return inSet ? "[^\(Self.word)]" : "[^\(Self.word)\(Self.latinWord)]"
        case "h": return inSet ? "0-9a-fA-F" : "[0-9a-fA-F]"
        case "H": return "[^0-9a-fA-F]"
        case "A" where !inSet, "z" where !inSet: return "\\\(scalar)"
        default:
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
            if isLetter || ("0"..."9").contains(scalar) { throw refusal("'\\\(scalar)'") }
            return Self.escaped(scalar)
        }
    }

    /// Word characters; here, unlike there, the joiners are among them.
    private static let word = #"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}"#
    /// What is a word character there too, but not in a set: fractions and superscripts of Latin-1.
    private static let latinWord = #"\x{b2}\x{b3}\x{b9}\x{bc}-\x{be}"#

    /// `\x41`, `\x{41}` and `\u0041`.
    private mutating func codePoint(_ kind: Unicode.Scalar) throws(Unsupported) -> String {
        var digits = ""
        if kind == "x", current == "{" {
            guard let close = scalars[index...].firstIndex(of: "}") else {
                throw refusal("'\\x{' without end")
            }
            digits = Self.text(scalars[(index + 1)..<close])
            index = close + 1
        } else {
            let count = kind == "x" ? 2 : 4
            while digits.utf8.count < count, let scalar = current,
                Character(scalar).isHexDigit, scalar.isASCII
            {
                digits.unicodeScalars.append(scalar)
                index += 1
            }
            if kind == "x", digits.utf8.count == 2, (UInt8(digits, radix: 16) ?? 0) >= 0x80 {
                throw refusal("a byte ('\\x\(digits)')")
            }
        }
        guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw refusal("'\\\(kind)\(digits)'")
        }
        return Self.escaped(scalar)
    }

    private mutating func property(isNegated: Bool) throws(Unsupported) -> String {
        guard current == "{", let close = scalars[index...].firstIndex(of: "}") else {
            throw refusal("'\\p' without a name in braces")
        }
        var name = Self.text(scalars[(index + 1)..<close])
        index = close + 1
        var isNegated = isNegated
        if name.hasPrefix("^") {
            name.removeFirst()
            isNegated.toggle()
        }
        guard Self.properties.contains(name) else { throw refusal("'\\p{\(name)}'") }
        return "\\\(isNegated ? "P" : "p"){\(name)}"
    }

    /// The properties that mean the same in both.
    private static let properties: Set<String> = [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc",
        "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp",
        "Cc", "Cf", "Co", "Han", "Hiragana", "Katakana", "Hangul", "Latin", "Greek", "Cyrillic",
        "Arabic", "Hebrew", "Thai", "Lao", "Khmer", "Tibetan", "Devanagari", "Bengali", "Tamil",
        "Telugu", "Malayalam", "Kannada", "Gujarati", "Gurmukhi", "Armenian", "Georgian",
        "Ethiopic", "Myanmar", "Sinhala", "Mongolian", "Bopomofo", "Letter", "Mark", "Number",
        "Punctuation", "Symbol", "Alphabetic", "White_Space", "Uppercase", "Lowercase",
    ]

    // MARK: - Sets

    /// The set that begins at the place, with the sets in it.
    private mutating func set() throws(Unsupported) -> String {
        index += 1
        var text = "["
        if current == "^" {
            text += "^"
            index += 1
        }
        var isFirst = true
        while let scalar = current {
            switch scalar {
            case "]" where !isFirst:
                index += 1
                isRepeated = false
                return text + "]"
            case "[":
                if follows("[:") { throw refusal("'[:'") }
                text += try set()
            case "\\": text += try escape(inSet: true)
            case "&" where follows("&&"):
                text += "&&"
                index += 2
            case "-":
                text += isRange(isFirst: isFirst) ? "-" : Self.escaped("-")
                index += 1
            default:
                text += Self.escaped(scalar)
                index += 1
            }
            isFirst = false
        }
        throw refusal("a set without end")
    }

    /// Whether the minus at the place stands between two characters.
    private func isRange(isFirst: Bool) -> Bool {
        guard !isFirst, index + 1 < scalars.count, scalars[index + 1] != "]" else { return false }
        // After a range or a class it is itself.
        return scalars[index + 1] != "[" && scalars[index - 1] != "]" && scalars[index - 1] != "}"
    }
}

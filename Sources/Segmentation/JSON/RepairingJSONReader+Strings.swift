/// A string while it is read.
struct PartialString {
    /// What opened it, and what will close it.
    var opening: Unicode.Scalar = "\""
    var closing: Unicode.Scalar = "\""
    /// Nothing opened it.
    var isBare = false
    /// Its quotes are doubled.
    var isDoubled = false
    /// A quote inside it waits for its partner.
    var hasOpenQuote = false
    /// No quote and no bracket is ahead, so a comma cannot end it.
    var commasBelong = false
    /// Braces that were opened in it and not closed.
    var openBraces = 0
    /// Low quotation marks that were opened in it and not closed.
    var openLowQuotes = 0
    /// The next bracket or brace opens a container that belongs to it.
    var containerFollows = false
    /// The brackets and braces of that container which are not closed.
    var openContainers: [Unicode.Scalar] = []
    /// Where the content behind its last bracket starts, if that is not closed.
    var bracketContent: Int?
    var content: [Unicode.Scalar] = []

    mutating func append(_ scalar: Unicode.Scalar) {
        content.append(scalar)
        switch scalar {
        case "{": openBraces += 1
        case "}": openBraces = max(0, openBraces - 1)
        case "[": bracketContent = content.count
        case "]": bracketContent = nil
        default: break
        }
    }

    /// Puts `scalar` in the place of the backslash that was taken last.
    mutating func replaceBackslash(with scalar: Unicode.Scalar) {
        content.removeLast()
        append(scalar)
    }

    /// What a backslash can escape beside the usual letters: the closing quote, except within low
    /// quotation marks.
    var escapable: Unicode.Scalar? { openLowQuotes > 0 ? nil : closing }

    mutating func trimEnd() {
        while let last = content.last, PythonText.isSpace(last) { content.removeLast() }
    }

    var value: JSONValue {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: content)
        return .string(String(view))
    }
}

extension RepairingJSONReader {
    /// What the reader does after a character that may end a string.
    enum Verdict {
        /// The string ends here.
        case ends
        /// The character was taken, and the string goes on.
        case taken
        /// Nothing is special about the character.
        case plain
    }

    /// The string that starts at or behind the position; a bare `true`, `false`, `null` or `None`
    /// is what it says, except as a name.
    mutating func string() throws(JSONReadFailure) -> JSONValue {
        if current == "#" || current == "/" {
            try skipComment()
            return .string("")
        }
        while let scalar = current, !Self.isQuote(scalar), !PythonText.isAlphanumeric(scalar) {
            index += 1
        }
        guard let first = current else { return .string("") }
        if first == "\"", let text = try wellFormedString() { return text }
        var string = PartialString()
        switch first {
        case "'": (string.opening, string.closing) = ("'", "'")
        case "\u{201C}": (string.opening, string.closing) = ("\u{201C}", "\u{201D}")
        case "\"", "\u{201D}": break
        default:
            if context != .key, let literal = literal() { return literal }
            string.isBare = true
        }
        if !string.isBare { index += 1 }
        if try isFencedValue() { return try value() }
        if current == string.opening, let empty = try openDoubledQuote(&string) { return empty }
        return try finish(&string, at: try scan(&string))
    }

    /// A quoted string without escapes and line breaks, before what belongs behind it.
    private mutating func wellFormedString() throws(JSONReadFailure) -> JSONValue? {
        var position = index + 1
        var content = String.UnicodeScalarView()
        while position < text.count, text[position] != "\"" {
            let scalar = text[position]
            if scalar == "\\" || scalar == "\n" || scalar == "\r" { return nil }
            content.append(scalar)
            position += 1
        }
        try spend(position - index)
        if position >= text.count { return nil }
        let next = character(at: offsetSkippingSpaces(from: position + 1 - index))
        let belongs =
            switch context {
            case .key: next == ":"
            case .value: next == nil || next == "," || next == "}"
            case .array: next == nil || next == "," || next == "]"
            case nil: next == nil
            }
        if !belongs { return nil }
        index = position + 1
        return .string(String(content))
    }

    /// A bare word with a meaning, in any case, that ends like a value.
    private mutating func literal() -> JSONValue? {
        let words: [(String, JSONValue)] = [
            ("true", .bool(true)), ("false", .bool(false)), ("null", .null), ("none", .null),
        ]
        for (word, value) in words {
            let scalars = Array(word.unicodeScalars)
            let matches = scalars.indices.allSatisfy { offset in
                guard let scalar = character(at: offset), scalar.isASCII else { return false }
                return Unicode.Scalar(UInt8(scalar.value) | 0x20) == scalars[offset]
            }
            guard matches else { continue }
            let next = character(at: scalars.count)
            if next.map({ PythonText.isSpace($0) || ",)]}".unicodeScalars.contains($0) }) ?? true {
                index += scalars.count
                return value
            }
        }
        return nil
    }

    /// Decides what two quotes at the start of a string mean; a value when the string ends there.
    private mutating func openDoubledQuote(
        _ string: inout PartialString
    ) throws(JSONReadFailure) -> JSONValue? {
        let next = character(at: 1)
        let endsEmpty =
            switch context {
            case .key: next == ":"
            case .value: next == "," || next == "}"
            case .array: next == "," || next == "]"
            case nil: false
            }
        if endsEmpty {
            index += 1
            return .string("")
        }
        if next == string.opening { return .string("") }
        let end = try offset(of: string.closing, from: 1)
        if character(at: end + 1) == string.closing {
            string.isDoubled = true
            index += 1
            return nil
        }
        if context == .value, character(at: end) == string.closing, !isBlank(upTo: end) {
            let outer = try offset(of: string.closing, from: end + 1)
            let after = character(at: offsetSkippingSpaces(from: outer + 1))
            if character(at: outer) == string.closing, after == nil || after == "," || after == "}"
            {
                string.append(string.opening)
                string.hasOpenQuote = true
                index += 1
                return nil
            }
        }
        let visible = character(at: offsetSkippingSpaces(from: 1))
        if Self.isQuote(visible) || visible == "{" || visible == "[" {
            index += 1
            return .string("")
        }
        if visible != ",", visible != "]", visible != "}" { index += 1 }
        return nil
    }

    /// Whether only white space stands between the position and `end`.
    func isBlank(upTo end: Int) -> Bool {
        var offset = 1
        while offset < end {
            if let scalar = character(at: offset), !PythonText.isSpace(scalar) { return false }
            offset += 1
        }
        return true
    }

    /// Takes the content; the character that it ends at, which is nil at the end of the text.
    private mutating func scan(
        _ string: inout PartialString
    ) throws(JSONReadFailure) -> Unicode.Scalar? {
        while let scalar = current, scalar != string.closing || string.openLowQuotes > 0 {
            try spend(1)
            if try takeInline(scalar, into: &string) { continue }
            switch try verdict(on: scalar, in: &string) {
            case .ends: return scalar
            case .taken: continue
            case .plain: break
            }
            string.append(scalar)
            index += 1
            guard let next = current else { return nil }
            if string.content.last == "\\", try takeEscape(next, into: &string) { continue }
            if next == ":", !string.isBare, context == .key, try nameEndsAtColon(string) {
                return next
            }
            if try takeQuoteInMarks(next, into: &string) { continue }
            if next == string.closing, string.content.last != "\\" {
                switch try verdict(onQuote: next, in: &string) {
                case .ends: return current
                case .taken, .plain: continue
                }
            }
        }
        return current
    }

    private mutating func finish(
        _ string: inout PartialString, at end: Unicode.Scalar?
    ) throws(JSONReadFailure) -> JSONValue {
        if let end, string.isBare, context == .key, PythonText.isSpace(end) {
            skipSpaces()
            // Words that no colon follows are a remark.
            if current != ":", current != "," { return .string("") }
        }
        if end == string.closing { index += 1 } else { string.trimEnd() }
        if string.isBare || string.content.last == "\n" { string.trimEnd() }
        return string.value
    }

    // MARK: - Escapes

    /// Takes what follows a backslash, if the two stand for something.
    private mutating func takeEscape(
        _ scalar: Unicode.Scalar, into string: inout PartialString
    ) throws(JSONReadFailure) -> Bool {
        if string.openLowQuotes > 0, scalar == "\"" {
            string.openLowQuotes -= 1
            string.replaceBackslash(with: scalar)
            index += 1
            return true
        }
        if scalar == "\\", try takeBackslashes(into: &string) { return true }
        if scalar == "\\" || scalar == string.escapable || "tnrb".unicodeScalars.contains(scalar) {
            takeUsualEscape(scalar, into: &string)
            return true
        }
        if scalar == "u" || scalar == "x" { return takeCode(scalar, into: &string) }
        guard scalar == "\u{201E}" || Self.isQuote(scalar) else { return false }
        string.replaceBackslash(with: scalar)
        index += 1
        return true
    }

    /// Takes an even number of backslashes as half as many, unless they stand before a quote that
    /// does not end the string.
    private mutating func takeBackslashes(
        into string: inout PartialString
    ) throws(JSONReadFailure) -> Bool {
        var end = 1
        while character(at: end) == "\\" { end += 1 }
        try spend(end)
        let count = end + 1
        if count % 2 != 0 { return false }
        if let next = character(at: end), next == string.escapable {
            let after = character(at: offsetSkippingSpaces(from: end + 1))
            guard after.map({ ",:}]".unicodeScalars.contains($0) }) ?? true else { return false }
        }
        string.content.removeLast()
        for _ in 0..<count / 2 { string.append("\\") }
        index += end
        return true
    }

    private mutating func takeUsualEscape(
        _ scalar: Unicode.Scalar, into string: inout PartialString
    ) {
        let meanings: [Unicode.Scalar: Unicode.Scalar] = [
            "t": "\t", "n": "\n", "r": "\r", "b": "\u{8}",
        ]
        string.replaceBackslash(with: meanings[scalar] ?? scalar)
        index += 1
        while let next = current, string.content.last == "\\",
            next == "\\" || next == string.escapable
        {
            string.replaceBackslash(with: next)
            index += 1
        }
    }

    private mutating func takeCode(
        _ kind: Unicode.Scalar, into string: inout PartialString
    ) -> Bool {
        let count = kind == "u" ? 4 : 2
        guard index + count < text.count else { return false }
        var code: UInt32 = 0
        for digit in text[index + 1...index + count] {
            guard digit.isASCII, let value = Character(digit).hexDigitValue else { return false }
            code = code << 4 | UInt32(value)
        }
        string.replaceBackslash(with: Unicode.Scalar(code) ?? "\u{FFFD}")
        index += 1 + count
        return true
    }
}

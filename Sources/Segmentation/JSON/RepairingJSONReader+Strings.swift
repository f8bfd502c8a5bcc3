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
    var content: [Unicode.Scalar] = []

    mutating func append(_ scalar: Unicode.Scalar) {
        content.append(scalar)
        if scalar == "{" { openBraces += 1 }
        if scalar == "}" { openBraces = max(0, openBraces - 1) }
    }

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
        while let scalar = current, scalar != string.closing {
            try spend(1)
            switch try verdict(on: scalar, in: &string) {
            case .ends: return scalar
            case .taken: continue
            case .plain: break
            }
            string.append(scalar)
            index += 1
            guard let next = current else { return nil }
            if scalar == "\\", takeEscape(next, into: &string) { continue }
            if next == ":", !string.isBare, context == .key, try nameEndsAtColon(string) {
                return next
            }
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

    /// What follows a backslash that was taken; whether both were taken together.
    private func escaped(_ scalar: Unicode.Scalar, in string: PartialString) -> Unicode.Scalar? {
        switch scalar {
        case string.closing, "\\": scalar
        case "t": "\t"
        case "n": "\n"
        case "r": "\r"
        case "b": "\u{8}"
        default: Self.isQuote(scalar) ? scalar : nil
        }
    }

    private mutating func takeEscape(
        _ scalar: Unicode.Scalar, into string: inout PartialString
    ) -> Bool {
        if let meaning = escaped(scalar, in: string) {
            string.content.removeLast()
            string.append(meaning)
            index += 1
            return true
        }
        let count = scalar == "u" ? 4 : scalar == "x" ? 2 : 0
        guard count > 0, index + count < text.count else { return false }
        var code: UInt32 = 0
        for digit in text[index + 1...index + count] {
            guard digit.isASCII, let value = Character(digit).hexDigitValue else { return false }
            code = code << 4 | UInt32(value)
        }
        string.content.removeLast()
        string.append(Unicode.Scalar(code) ?? "\u{FFFD}")
        index += 1 + count
        return true
    }
}

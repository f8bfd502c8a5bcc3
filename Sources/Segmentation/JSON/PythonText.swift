/// Python's notions of characters and numbers, which decide what the method's own parser accepts.
enum PythonText {
    /// `str.isspace` of one character, which is also what `\s` matches.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029,
            0x202F, 0x205F, 0x3000:
            true
        default: false
        }
    }

    /// `str.isalpha` of one character.
    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            return true
        default: return false
        }
    }

    /// `str.isdigit` of one character.
    static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return ("0"..."9").contains(scalar) }
        let type = scalar.properties.numericType
        return type == .decimal || type == .digit
    }

    /// `str.isalnum` of one character.
    static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return isLetter(scalar) || isDigit(scalar) }
        return isLetter(scalar) || scalar.properties.numericType != nil
    }

    /// The first position at or after `start` where no white space stands, in UTF-8 bytes.
    static func skipSpaces(_ bytes: [UInt8], from start: Int) -> Int {
        var position = start
        while position < bytes.count {
            guard bytes[position] >= 0x80 else {
                guard isSpace(Unicode.Scalar(bytes[position])) else { return position }
                position += 1
                continue
            }
            // No white space of Unicode takes more than three bytes.
            var decoder = Unicode.UTF8()
            var iterator = bytes[position..<min(position + 4, bytes.count)].makeIterator()
            guard case .scalarValue(let scalar) = decoder.decode(&iterator), isSpace(scalar) else {
                return position
            }
            position += Unicode.UTF8.width(scalar)
        }
        return position
    }

    /// `float(text)`: nil where Python raises `ValueError`.
    ///
    /// White space around the number, underscores between digits, and the decimal digits of any
    /// script are allowed; `inf`, `infinity` and `nan` are numbers in any case.
    static func float(_ text: String) -> Double? {
        var scalars = Array(text.unicodeScalars)
        while let last = scalars.last, isSpace(last) { scalars.removeLast() }
        let body = scalars.drop { isSpace($0) }
        var ascii = ""
        for scalar in body {
            if scalar.isASCII {
                ascii.unicodeScalars.append(scalar)
            } else if scalar.properties.numericType == .decimal,
                let digit = scalar.properties.numericValue
            {
                ascii += String(Int(digit))
            } else {
                return nil
            }
        }
        return asciiFloat(Array(ascii.utf8))
    }

    private static func asciiFloat(_ text: [UInt8]) -> Double? {
        var scanner = FloatScanner(text: text)
        let negative = scanner.sign()
        let rest = String(decoding: text[scanner.position...], as: UTF8.self).lowercased()
        switch rest {
        case "inf", "infinity": return negative ? -Double.infinity : .infinity
        case "nan": return .nan
        default: break
        }
        guard scanner.mantissa(), scanner.exponent(), scanner.position == text.count else {
            return nil
        }
        return Double(String(decoding: text.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self))
    }
}

/// Walks over a decimal number as Python spells it.
private struct FloatScanner {
    let text: [UInt8]
    var position = 0

    /// Takes a sign; whether it is a minus.
    mutating func sign() -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: "-") || isPlus else {
            return false
        }
        position += 1
        return text[position - 1] == UInt8(ascii: "-")
    }

    private var isPlus: Bool { text[position] == UInt8(ascii: "+") }

    /// Takes digits, single underscores between them; how many digits, or nil for an underscore
    /// elsewhere.
    private mutating func digits() -> Int? {
        var count = 0
        while position < text.count {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[position]) {
                count += 1
            } else if text[position] == UInt8(ascii: "_") {
                let next = position + 1 < text.count ? text[position + 1] : 0
                let isBetween =
                    count > 0 && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next)
                guard isBetween else { return nil }
            } else {
                break
            }
            position += 1
        }
        return count
    }

    /// Takes digits with at most one point among or beside them; whether there were any.
    mutating func mantissa() -> Bool {
        guard var count = digits() else { return false }
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            guard let fraction = digits() else { return false }
            count += fraction
        }
        return count > 0
    }

    /// Takes an exponent if there is one; false when it is incomplete.
    mutating func exponent() -> Bool {
        guard position < text.count, text[position] | 0x20 == UInt8(ascii: "e") else { return true }
        position += 1
        _ = sign()
        return (digits() ?? 0) > 0
    }
}

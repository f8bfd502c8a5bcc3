/// Steps over the tokens of a text that is to be JSON, and tells where each stands in bytes.
///
/// What makes a reader of it is not its concern: whether NaN is a number, which of equal names counts, what
/// half a surrogate pair becomes, and what is said of a fault.
package struct JSONScanner {
    /// UTF-8, which must outlive the scanner.
    package let bytes: UnsafeBufferPointer<UInt8>
    /// The byte that stands next.
    package var position: Int
    /// How many objects and lists are open.
    package private(set) var depth = 0

    /// A scanner of a text from one of its bytes on.
    package init(_ bytes: UnsafeBufferPointer<UInt8>, position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The byte that stands next; nil at the end.
    package var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Steps over white space.
    package mutating func skipSpaces() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Steps over a sign, if it stands next.
    package mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: sign) else { return false }
        position += 1
        return true
    }

    /// Whether a word stands next, whatever follows it.
    package func hasWord(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        return (0..<count).allSatisfy { bytes[position + $0] == word.utf8Start[$0] }
    }

    /// Steps over a word, if it stands next, whatever follows it.
    package mutating func take(word: StaticString) -> Bool {
        guard hasWord(word) else { return false }
        position += word.utf8CodeUnitCount
        return true
    }

    // MARK: - Objects and lists

    /// Steps over the bracket that opens an object or a list.
    ///
    /// - Parameter limit: how many may be open
    /// - Returns: whether they are no more; else it stays before the bracket
    package mutating func open(limit: Int) -> Bool {
        guard depth < limit else { return false }
        depth += 1
        position += 1
        return true
    }

    /// Steps over a bracket that closes an object or a list, if it stands next.
    package mutating func close(_ bracket: Unicode.Scalar) -> Bool {
        guard take(bracket) else { return false }
        depth -= 1
        return true
    }

    // MARK: - Numbers

    /// A number as JSON spells it.
    package struct Number {
        /// Its bytes.
        package let range: Range<Int>
        /// How many digits stand before its point, those behind a leading 0 too, though these belong to no
        /// number.
        package let digitCount: Int
        /// Whether it has a point, with digits behind it.
        package let hasFraction: Bool
        /// Whether it has an exponent, with digits.
        package let hasExponent: Bool
    }

    /// Steps over a number as far as it is one.
    ///
    /// - Returns: the number; nil, and no step, if no digit begins it
    package mutating func number() -> Number? {
        let start = position
        _ = take("-")
        let whole = position
        let count = digits()
        guard count > 0 else {
            position = start
            return nil
        }
        if bytes[whole] == 0x30 { position = whole + 1 }
        let hasFraction = part { $0.take(".") }
        let hasExponent = part { scanner in
            guard scanner.take("e") || scanner.take("E") else { return false }
            if !scanner.take("+") { _ = scanner.take("-") }
            return true
        }
        return Number(
            range: start..<position, digitCount: count, hasFraction: hasFraction,
            hasExponent: hasExponent)
    }

    /// Steps over what begins so and has digits behind, if that stands next.
    private mutating func part(_ begins: (inout JSONScanner) -> Bool) -> Bool {
        let start = position
        if begins(&self), digits() > 0 { return true }
        position = start
        return false
    }

    private mutating func digits() -> Int {
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        return position - start
    }

    /// Steps over all characters that numbers are made of, in any order.
    package mutating func numberCharacters() -> Range<Int> {
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
            default: return start..<position
            }
        }
        return start..<position
    }
}

// MARK: - Strings

extension JSONScanner {
    /// A part of a string behind its opening quotation mark.
    package enum StringPart: Equatable {
        /// Bytes that stand for themselves.
        case run(Range<Int>)
        /// What an escape, or two of a surrogate pair, stands for.
        case character(Unicode.Scalar)
        /// Half a surrogate pair, whose other half does not stand next.
        case half(UInt32)
        /// The closing quotation mark.
        case end
        /// What a string cannot hold; the scanner stands at it.
        case fault(StringFault)
    }

    /// What is wrong in a string.
    package enum StringFault: Equatable {
        /// The text ends; where the escape begins within which it does.
        case end(escape: Int?)
        /// A control character.
        case control
        /// A character that no escape has.
        case escape(start: Int)
        /// Not a hexadecimal digit; where the escape begins.
        case digits(start: Int)
    }

    /// Steps over the next part of a string.
    package mutating func stringPart() -> StringPart {
        let start = position
        let count = bytes.count
        // Most bytes of a text pass here.
        while position < count {
            let byte = bytes[position]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { break }
            position &+= 1
        }
        if position > start { return .run(start..<position) }
        guard position < count else { return .fault(.end(escape: nil)) }
        switch bytes[position] {
        case 0x22:
            position += 1
            return .end
        case 0x5C: return escape()
        default: return .fault(.control)
        }
    }

    private mutating func escape() -> StringPart {
        let start = position
        position += 1
        guard let sign = next else { return .fault(.end(escape: start)) }
        if sign == UInt8(ascii: "u") {
            position += 1
            return unicodeEscape(from: start)
        }
        guard let character = Self.escapes(sign) else { return .fault(.escape(start: start)) }
        position += 1
        return .character(character)
    }

    private static func escapes(_ sign: UInt8) -> Unicode.Scalar? {
        switch sign {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(sign)
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        default: nil
        }
    }

    private mutating func unicodeEscape(from start: Int) -> StringPart {
        guard let first = codeUnit() else { return .fault(.digits(start: start)) }
        if let scalar = Unicode.Scalar(first) { return .character(scalar) }
        let behind = position
        guard first < 0xDC00, take("\\"), take("u") else {
            position = behind
            return .half(first)
        }
        guard let second = codeUnit() else { return .fault(.digits(start: behind)) }
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else {
            position = behind
            return .half(first)
        }
        return .character(scalar)
    }

    /// Four hexadecimal digits; nil, and the place of what is none, where they do not stand next.
    private mutating func codeUnit() -> UInt32? {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Self.hexadecimal(byte) else { return nil }
            code = code << 4 | digit
            position += 1
        }
        return code
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x41 + 10)
        case 0x61...0x66: UInt32(byte - 0x61 + 10)
        default: nil
        }
    }

    /// Steps over a string that is known to be one; to the end of the text where it is none.
    package mutating func skipString() {
        position += 1
        while position < bytes.count, bytes[position] != 0x22 {
            position += bytes[position] == 0x5C ? 2 : 1
        }
        position = min(position + 1, bytes.count)
    }

    /// What a string says, from its opening quotation mark on; nil where it is none, or holds half a
    /// surrogate pair.
    package mutating func string() -> String? {
        guard take("\"") else { return nil }
        var content: [UInt8] = []
        while true {
            switch stringPart() {
            case .run(let range): content += bytes[range]
            case .character(let scalar): content += Array(String(scalar).utf8)
            case .end: return String(validating: content, as: UTF8.self)
            case .half, .fault: return nil
            }
        }
    }
}

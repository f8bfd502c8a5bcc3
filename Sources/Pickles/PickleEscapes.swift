// Reference: Python, Objects/bytesobject.c and Objects/unicodeobject.c

/// The two ways in which protocol 0 writes texts in one line.
enum PickleEscapes {
    private static let backslash = UInt8(ascii: "\\")

    /// A `str` of Python 2 as `repr` writes it: between quotes, with escapes for bytes.
    static func quoted(_ line: UnsafeRawBufferPointer) throws(PickleFault) -> String {
        guard line.count >= 2, let quote = line.first, line.last == quote,
            quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
        else { throw PickleFault("a text is not between quotes") }
        var bytes: [UInt8] = []
        var place = 1
        let end = line.count - 1
        while place < end {
            let byte = line[place]
            place += 1
            guard byte == backslash else {
                bytes.append(byte)
                continue
            }
            guard place < end else { throw PickleFault("a text ends with a backslash") }
            let kind = line[place]
            place += 1
            switch kind {
            case backslash, UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(kind)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "x"): bytes.append(UInt8(try hexadecimal(line, &place, 2, end)))
            default: throw PickleFault("a text has an unknown escape")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PickleFault("a text is not UTF-8")
        }
        return text
    }

    /// A text as Python's codec `raw_unicode_escape` writes it: Latin-1, and `\uXXXX` and
    /// `\UXXXXXXXX` for the rest; any other backslash is one.
    static func unicode(_ line: UnsafeRawBufferPointer) throws(PickleFault) -> String {
        var units: [UInt16] = []
        var place = 0
        while place < line.count {
            let byte = line[place]
            place += 1
            units.append(UInt16(byte))
            guard byte == backslash, place < line.count else { continue }
            let kind = line[place]
            place += 1
            switch kind {
            case UInt8(ascii: "u"):
                units[units.count - 1] = UInt16(try hexadecimal(line, &place, 4, line.count))
            case UInt8(ascii: "U"):
                let number = try hexadecimal(line, &place, 8, line.count)
                guard let scalar = Unicode.Scalar(number) else {
                    throw PickleFault("a text has a character that Unicode lacks")
                }
                units.removeLast()
                units.append(contentsOf: Character(scalar).utf16)
            default: units.append(UInt16(kind))
            }
        }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw PickleFault("a text is not Unicode")
        }
        return text
    }

    /// The number that `count` hexadecimal digits write, which are passed over.
    private static func hexadecimal(
        _ line: UnsafeRawBufferPointer, _ place: inout Int, _ count: Int, _ end: Int
    ) throws(PickleFault) -> UInt32 {
        guard count <= end - place else { throw PickleFault("an escape in a text is cut short") }
        var number: UInt32 = 0
        for byte in line[place..<place + count] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw PickleFault("an escape in a text is not hexadecimal")
            }
            number = number << 4 | UInt32(digit)
        }
        place += count
        return number
    }
}

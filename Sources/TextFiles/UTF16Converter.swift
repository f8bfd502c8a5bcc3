import Foundation

/// Turns UTF-16 into UTF-8, piece by piece.
struct UTF16Converter {
    private let isBigEndian: Bool
    /// The bytes before the next one, the mark among them.
    private var offset = 2
    private var line = 1
    private var half: UInt8?
    /// The first unit of a surrogate pair.
    private var high: UInt16?

    /// A converter of what follows the mark.
    init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

    /// The next bytes as UTF-8; half a character is kept back.
    mutating func convert(_ bytes: UnsafeRawBufferPointer) throws(TextFault) -> Data {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes {
            offset += 1
            guard let first = half else {
                half = byte
                continue
            }
            half = nil
            try append(
                isBigEndian
                    ? UInt16(first) << 8 | UInt16(byte) : UInt16(byte) << 8 | UInt16(first),
                to: &result)
        }
        return Data(result)
    }

    /// Says that nothing follows.
    func finish() throws(TextFault) {
        if half != nil { throw fault(offset - 1, "a character is cut short") }
        if high != nil { throw fault(offset - 2, "half a surrogate pair") }
    }

    private mutating func append(_ unit: UInt16, to result: inout [UInt8]) throws(TextFault) {
        var value = UInt32(unit)
        switch (high, unit) {
        case (let first?, 0xDC00...0xDFFF):
            value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (value - 0xDC00)
            high = nil
        case (_?, _): throw fault(offset - 4, "half a surrogate pair")
        case (nil, 0xD800...0xDBFF):
            high = unit
            return
        case (nil, 0xDC00...0xDFFF): throw fault(offset - 2, "half a surrogate pair")
        case (nil, _): break
        }
        if value == 0x0A { line += 1 }
        guard let scalar = Unicode.Scalar(value) else { return }
        result += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
    }

    private func fault(_ byte: Int, _ problem: String) -> TextFault {
        TextFault(expected: "UTF-16", byte: byte, line: line, problem: problem)
    }
}

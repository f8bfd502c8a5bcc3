/// A number as a file has it.
enum StoredNumber {
    case whole(Int64)
    case floating(Double)

    var text: String {
        switch self {
        case .whole(let number): "\(number)"
        case .floating(let number): "\(number)"
        }
    }
}

extension Datatype {
    /// The numbers in bytes as a file has them, each converted with its place; nil where it is too large
    /// for `Int64`.
    func numbers<Element>(
        _ bytes: [UInt8], _ convert: (StoredNumber?, Int) throws -> Element
    ) rethrows -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(bytes.count / size)
        for place in 0..<bytes.count / size {
            try elements.append(convert(number(bytes, at: place * size), place))
        }
        return elements
    }

    /// The whole number that a file has in `bytes`; nil if it is too large.
    func integer(_ bytes: [UInt8]) -> Int64? {
        guard case .whole(let number)? = number(bytes, at: 0) else { return nil }
        return number
    }

    private func number(_ bytes: [UInt8], at start: Int) -> StoredNumber? {
        switch kind {
        case .integer(let isSigned, let isBigEndian):
            let bits = bits(bytes, at: start, isBigEndian)
            let unused = UInt64(64 - size * 8)
            if isSigned { return .whole(Int64(bitPattern: bits << unused) >> Int64(unused)) }
            return Int64(exactly: bits).map { .whole($0) }
        case .float(let isBigEndian):
            let bits = bits(bytes, at: start, isBigEndian)
            return .floating(
                size == 4
                    ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
                    : Double(bitPattern: bits))
        case .text, .variableText, .other: return nil
        }
    }

    private func bits(_ bytes: [UInt8], at start: Int, _ isBigEndian: Bool) -> UInt64 {
        var bits: UInt64 = 0
        for index in 0..<size {
            bits = bits << 8 | UInt64(bytes[start + (isBigEndian ? index : size - 1 - index)])
        }
        return bits
    }
}

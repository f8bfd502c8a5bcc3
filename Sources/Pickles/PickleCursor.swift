// Reference: Python, Lib/pickletools.py

/// Reads the parts of a pickle one after the other.
struct PickleCursor {
    private let source: UnsafeRawBufferPointer
    /// The place of the next byte.
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { source = bytes }

    var isAtEnd: Bool { position == source.count }

    private static let cutShort = PickleFault("cut short")

    /// The next number, little-endian.
    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type
    ) throws(PickleFault) -> Number {
        let place = try bytes(MemoryLayout<Number>.size).lowerBound
        return Number(littleEndian: source.loadUnaligned(fromByteOffset: place, as: type))
    }

    /// A length of 1, 4 or 8 bytes.
    mutating func length<Number: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ type: Number.Type
    ) throws(PickleFault) -> Int {
        guard let length = Int(exactly: try number(type)) else { throw Self.cutShort }
        return length
    }

    /// The place of the next `count` bytes, which are passed over.
    mutating func bytes(_ count: Int) throws(PickleFault) -> Range<Int> {
        guard count >= 0, count <= source.count - position else { throw Self.cutShort }
        defer { position += count }
        return position..<position + count
    }

    /// The next `count` bytes as text.
    mutating func text(_ count: Int) throws(PickleFault) -> String {
        let range = try bytes(count)
        guard let text = String(validating: source[range], as: UTF8.self) else {
            throw PickleFault("a text is not UTF-8")
        }
        return text
    }

    /// The byte that comes next, which stays.
    var next: UInt8? { isAtEnd ? nil : source[position] }

    /// The place of the bytes up to the end of the line, which are passed over with it.
    private mutating func lineBytes() throws(PickleFault) -> UnsafeRawBufferPointer {
        guard let end = source[position...].firstIndex(of: 0x0A) else { throw Self.cutShort }
        defer { position = end + 1 }
        return UnsafeRawBufferPointer(rebasing: source[position..<end])
    }

    /// The bytes up to the end of the line as text.
    mutating func line() throws(PickleFault) -> String {
        guard let text = String(validating: try lineBytes(), as: UTF8.self) else {
            throw PickleFault("a text is not UTF-8")
        }
        return text
    }

    /// The line as Python writes a `str` of Python 2 in it: quoted, with escapes.
    mutating func quotedLine() throws(PickleFault) -> String {
        try PickleEscapes.quoted(try lineBytes())
    }

    /// The line as Python writes a text of Unicode in it: Latin-1, with escapes.
    mutating func escapedLine() throws(PickleFault) -> String {
        try PickleEscapes.unicode(try lineBytes())
    }

    /// The line as a place in the memo.
    mutating func decimalLine() throws(PickleFault) -> Int {
        let line = try line()
        guard let number = Int(line), number >= 0 else {
            throw PickleFault("\"\(line.prefix(20))\" is no place to remember under")
        }
        return number
    }

    /// The line as an integer, or, if it is 00 or 01, as a truth value.
    mutating func integerLine() throws(PickleFault) -> PickleValue {
        var line = try line()
        if line == "00" || line == "01" { return .truth(line == "01") }
        if line.hasSuffix("L") { line.removeLast() }
        guard let number = Int(line) else {
            throw PickleFault("\"\(line.prefix(20))\" is no integer of at most 64 bits")
        }
        return .integer(number)
    }

    /// The line as a floating-point number.
    mutating func realLine() throws(PickleFault) -> Double {
        let line = try line()
        guard let number = Double(line) else {
            throw PickleFault("\"\(line.prefix(20))\" is no number")
        }
        return number
    }

    /// An integer of `count` bytes in two's complement.
    mutating func integer(_ count: Int) throws(PickleFault) -> Int {
        let range = try bytes(count)
        guard count <= 8 else { throw PickleFault("an integer has more than 64 bits") }
        var value: UInt64 = 0
        for (index, byte) in source[range].enumerated() {
            value |= UInt64(byte) << UInt64(8 * index)
        }
        let unused = UInt64(64 - 8 * count)
        return count == 0 ? 0 : Int(Int64(bitPattern: value << unused) >> Int64(unused))
    }

    /// A number of 8 bytes, big-endian.
    mutating func real() throws(PickleFault) -> Double {
        Double(bitPattern: try number(UInt64.self).byteSwapped)
    }
}

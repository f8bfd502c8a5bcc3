// Reference: Python, Lib/pickletools.py

/// Why a pickle is not one that ``PickleMachine`` reads.
struct PickleFault: Error {
    /// What is wrong.
    let problem: String

    init(_ problem: String) { self.problem = problem }
}

/// The instructions of a pickle that are carried out.
///
/// Those of protocols 0 and 1 that no later protocol writes are missing, and so are all that make
/// objects of classes, look up extensions or use memory outside the pickle.
enum PickleOpcode: UInt8 {
    case proto = 0x80
    case frame = 0x95
    case stop = 0x2E  // .

    case none = 0x4E  // N
    case newTrue = 0x88
    case newFalse = 0x89
    case binInt = 0x4A  // J
    case binInt1 = 0x4B  // K
    case binInt2 = 0x4D  // M
    case long1 = 0x8A
    case long4 = 0x8B
    case binFloat = 0x47  // G
    case binUnicode = 0x58  // X
    case shortBinUnicode = 0x8C
    case binUnicode8 = 0x8D
    case binBytes = 0x42  // B
    case shortBinBytes = 0x43  // C
    case binBytes8 = 0x8E
    case byteArray8 = 0x96

    case mark = 0x28  // (
    case pop = 0x30  // 0
    case popMark = 0x31  // 1
    case duplicate = 0x32  // 2
    case emptyList = 0x5D  // ]
    case append = 0x61  // a
    case appends = 0x65  // e
    case emptyTuple = 0x29  // )
    case tuple = 0x74  // t
    case tuple1 = 0x85
    case tuple2 = 0x86
    case tuple3 = 0x87
    case emptyDict = 0x7D  // }
    case setItem = 0x73  // s
    case setItems = 0x75  // u
    case emptySet = 0x8F
    case addItems = 0x90
    case frozenSet = 0x91

    case binPut = 0x71  // q
    case longBinPut = 0x72  // r
    case memoize = 0x94
    case binGet = 0x68  // h
    case longBinGet = 0x6A  // j

    case global = 0x63  // c
    case stackGlobal = 0x93
    case reduce = 0x52  // R
    case build = 0x62  // b
    case binPersistentID = 0x51  // Q

    /// The name of an instruction that is known and not carried out.
    static func refusedName(_ code: UInt8) -> String {
        let names: [UInt8: String] = [
            0x69: "INST", 0x6F: "OBJ", 0x81: "NEWOBJ", 0x92: "NEWOBJ_EX", 0x82: "EXT1",
            0x83: "EXT2", 0x84: "EXT4", 0x50: "PERSID", 0x97: "NEXT_BUFFER",
            0x98: "READONLY_BUFFER",
        ]
        let hexadecimal = String(code, radix: 16, uppercase: true)
        let number = "0x" + (hexadecimal.count == 1 ? "0" : "") + hexadecimal
        return names[code].map { "\($0) (\(number))" } ?? number
    }
}

/// Reads the parts of a pickle one after the other.
struct PickleCursor {
    private let source: LittleEndianBytes
    /// The place of the next byte.
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { source = LittleEndianBytes(bytes) }

    var isAtEnd: Bool { position == source.count }

    private static let cutShort = PickleFault("cut short")

    /// The next number, little-endian.
    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type
    ) throws(PickleFault) -> Number {
        guard let value = source.number(type, at: position) else { throw Self.cutShort }
        position += MemoryLayout<Number>.size
        return value
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
        guard let text = String(validating: source.bytes[range], as: UTF8.self) else {
            throw PickleFault("a text is not UTF-8")
        }
        return text
    }

    /// The bytes up to the end of the line as text.
    mutating func line() throws(PickleFault) -> String {
        guard let end = source.bytes[position...].firstIndex(of: 0x0A) else {
            throw Self.cutShort
        }
        let text = try text(end - position)
        position += 1
        return text
    }

    /// An integer of `count` bytes in two's complement.
    mutating func integer(_ count: Int) throws(PickleFault) -> Int {
        let range = try bytes(count)
        guard count <= 8 else { throw PickleFault("an integer has more than 64 bits") }
        var value: UInt64 = 0
        for (index, byte) in source.bytes[range].enumerated() {
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

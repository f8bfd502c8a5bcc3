// Reference: PKWARE, APPNOTE.TXT - .ZIP File Format Specification, 4.3 and 4.5.3

/// Why bytes are not an archive that can be read.
struct ZipFault: Error {
    /// What is wrong.
    let problem: String
    /// What the user can do, if it is something else than getting the file again.
    var advice: String?
}

/// The directory of a zip archive.
///
/// Every entry is checked against the archive's size, and its local header against the directory.
struct ZipArchive: Sendable {
    /// A file in the archive.
    struct Entry: Sendable {
        /// Its path in the archive.
        let name: String
        /// Where its bytes stand.
        let range: Range<Int>
        /// The CRC-32 of its bytes; 0 also where the writer left it out.
        let checksum: UInt32
        /// Whether its bytes stand in the archive as they are, not compressed.
        let isStored: Bool
    }

    /// In the order of the directory.
    let entries: [Entry]

    /// Reads the directory of an archive that takes up all of `bytes`.
    init(_ bytes: UnsafeRawBufferPointer) throws(ZipFault) {
        let source = LittleEndianBytes(bytes)
        let directory = try ZipDirectory(source)
        var entries: [Entry] = []
        var names: Set<String> = []
        var position = directory.range.lowerBound
        while position < directory.range.upperBound {
            let record = try ZipRecord(source, at: position, end: directory.range.upperBound)
            position = record.end
            let entry = try record.entry(source, dataEnd: directory.range.lowerBound)
            guard names.insert(entry.name).inserted else {
                throw ZipFault(problem: "two entries of the archive are called \(entry.name)")
            }
            entries.append(entry)
        }
        guard entries.count == directory.count else {
            throw ZipFault(
                problem: "the archive's directory holds \(entries.count) entries instead of "
                    + "\(directory.count)")
        }
        self.entries = entries
    }

    /// Whether the bytes of a stored entry are those that were written, as far as the archive tells.
    static func isIntact(_ entry: Entry, in bytes: UnsafeRawBufferPointer) -> Bool {
        entry.checksum == 0
            || CRC32.checksum(UnsafeRawBufferPointer(rebasing: bytes[entry.range]))
                == entry.checksum
    }
}

/// Little-endian numbers at any place; what would reach past the end is nil.
struct LittleEndianBytes {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var count: Int { bytes.count }

    func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type, at position: Int
    ) -> Number? {
        guard position >= 0, position <= count - MemoryLayout<Number>.size else { return nil }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: type))
    }

    /// A length or place of 8 bytes, if it fits `Int`.
    func size(at position: Int) -> Int? {
        number(UInt64.self, at: position).flatMap { Int(exactly: $0) }
    }
}

/// Where an archive's directory stands.
private struct ZipDirectory {
    private(set) var range: Range<Int>
    private(set) var count: Int

    private static let endSignature: UInt32 = 0x0605_4b50
    private static let endSize = 22
    private static let locatorSignature: UInt32 = 0x0706_4b50
    private static let locatorSize = 20
    private static let wideSignature: UInt32 = 0x0606_4b50

    init(_ source: LittleEndianBytes) throws(ZipFault) {
        let end = try Self.end(source)
        guard let disk = source.number(UInt16.self, at: end + 4),
            let count = source.number(UInt16.self, at: end + 10),
            let size = source.number(UInt32.self, at: end + 12),
            let offset = source.number(UInt32.self, at: end + 16)
        else { throw ZipFault(problem: "the end of the archive is cut short") }
        if disk != 0, disk != .max {
            throw ZipFault(problem: "the archive is one part of several")
        }
        var (start, length) = (Int(offset), Int(size))
        self.count = Int(count)
        if count == .max || size == .max || offset == .max {
            (start, length, self.count) = try Self.wide(source, before: end)
        }
        guard length <= end, start <= end - length else {
            throw ZipFault(
                problem: "the archive's directory should be \(length) bytes at \(start), but the "
                    + "archive ends at \(end)")
        }
        range = start..<start + length
    }

    /// The place of the end record, which a comment of up to 65,535 bytes may follow.
    private static func end(_ source: LittleEndianBytes) throws(ZipFault) -> Int {
        var position = source.count - endSize
        let last = max(0, position - Int(UInt16.max))
        while position >= last {
            if source.number(UInt32.self, at: position) == endSignature,
                let comment = source.number(UInt16.self, at: position + 20),
                position + endSize + Int(comment) == source.count
            {
                return position
            }
            position -= 1
        }
        if let count = countBehindEnd(source) {
            throw ZipFault(
                problem: "\(count) bytes follow the end of the archive, which is whole",
                advice:
                    "cut them off with truncate -s -\(count) and the file's name, or copy or download it "
                    + "again")
        }
        throw ZipFault(problem: "cut short: the archive's directory, at its end, is missing")
    }

    /// How far behind a whole archive's end is looked for it.
    private static let farthest = 1 << 24

    /// How many bytes follow the last end record that a directory stands before; nil if there is none.
    private static func countBehindEnd(_ source: LittleEndianBytes) -> Int? {
        let last = max(0, source.count - endSize - farthest)
        for position in stride(from: source.count - endSize, through: last, by: -1)
        where source.number(UInt32.self, at: position) == endSignature {
            guard let comment = source.number(UInt16.self, at: position + 20),
                let size = source.number(UInt32.self, at: position + 12), Int(size) <= position
            else { continue }
            let isWhole =
                size == .max
                || [0, locatorSize + 56].contains { behind in
                    source.number(UInt32.self, at: position - behind - Int(size)) == 0x0201_4b50
                }
            let end = position + endSize + Int(comment)
            if isWhole, end < source.count { return source.count - end }
        }
        return nil
    }

    /// The directory's place, size and number of entries from the records of large archives.
    private static func wide(
        _ source: LittleEndianBytes, before end: Int
    ) throws(ZipFault) -> (start: Int, length: Int, count: Int) {
        let locator = end - locatorSize
        guard source.number(UInt32.self, at: locator) == locatorSignature,
            let record = source.size(at: locator + 8), record <= locator,
            source.number(UInt32.self, at: record) == wideSignature,
            let count = source.size(at: record + 32), let length = source.size(at: record + 40),
            let start = source.size(at: record + 48)
        else { throw ZipFault(problem: "the zip64 records of the archive are damaged") }
        return (start, length, count)
    }
}

/// One record of an archive's directory.
private struct ZipRecord {
    private let name: String
    private let nameBytes: Range<Int>
    private let checksum: UInt32
    private let isStored: Bool
    private let packed: Int
    private let offset: Int
    /// Where the next record begins.
    let end: Int

    private static let signature: UInt32 = 0x0201_4b50
    private static let headSize = 46
    private static let localSignature: UInt32 = 0x0403_4b50
    private static let localSize = 30

    init(_ source: LittleEndianBytes, at position: Int, end limit: Int) throws(ZipFault) {
        guard source.number(UInt32.self, at: position) == Self.signature,
            position <= limit - Self.headSize,
            let flags = source.number(UInt16.self, at: position + 8),
            let method = source.number(UInt16.self, at: position + 10),
            let checksum = source.number(UInt32.self, at: position + 16),
            let packed = source.number(UInt32.self, at: position + 20),
            let size = source.number(UInt32.self, at: position + 24),
            let nameLength = source.number(UInt16.self, at: position + 28),
            let extraLength = source.number(UInt16.self, at: position + 30),
            let commentLength = source.number(UInt16.self, at: position + 32),
            let offset = source.number(UInt32.self, at: position + 42)
        else { throw ZipFault(problem: "the archive's directory is damaged at byte \(position)") }
        let extra = position + Self.headSize + Int(nameLength)
        end = extra + Int(extraLength) + Int(commentLength)
        guard end <= limit else {
            throw ZipFault(problem: "the archive's directory is damaged at byte \(position)")
        }
        nameBytes = position + Self.headSize..<extra
        name = String(decoding: source.bytes[nameBytes], as: UTF8.self)
        self.checksum = checksum
        let wide = try Self.wideSizes(
            source, extra..<extra + Int(extraLength), [size, packed, offset], name)
        self.offset = wide[2]
        self.packed = wide[1]
        isStored = method == 0 && wide[1] == wide[0]
        if flags & 1 == 1 { throw ZipFault(problem: "entry \(name) is encrypted") }
    }

    /// The sizes and the place, from the zip64 field where they do not fit 32 bits.
    private static func wideSizes(
        _ source: LittleEndianBytes, _ extra: Range<Int>, _ narrow: [UInt32], _ name: String
    ) throws(ZipFault) -> [Int] {
        var wide = narrow.map { Int($0) }
        if !narrow.contains(.max) { return wide }
        let damaged = ZipFault(problem: "the zip64 field of entry \(name) is damaged")
        var position = extra.lowerBound
        while let tag = source.number(UInt16.self, at: position),
            let length = source.number(UInt16.self, at: position + 2), position < extra.upperBound
        {
            let fieldEnd = position + 4 + Int(length)
            guard fieldEnd <= extra.upperBound else { throw damaged }
            if tag != 1 {
                position = fieldEnd
                continue
            }
            position += 4
            for index in narrow.indices where narrow[index] == .max {
                guard position + 8 <= fieldEnd, let size = source.size(at: position) else {
                    throw damaged
                }
                wide[index] = size
                position += 8
            }
            return wide
        }
        throw damaged
    }

    /// The entry, if its local header stands where the record says and its bytes end before `dataEnd`.
    func entry(_ source: LittleEndianBytes, dataEnd: Int) throws(ZipFault) -> ZipArchive.Entry {
        guard source.number(UInt32.self, at: offset) == Self.localSignature,
            let nameLength = source.number(UInt16.self, at: offset + 26),
            let extraLength = source.number(UInt16.self, at: offset + 28)
        else { throw ZipFault(problem: "entry \(name) does not stand where the directory says") }
        let nameStart = offset + Self.localSize
        let start = nameStart + Int(nameLength) + Int(extraLength)
        guard start <= dataEnd, packed <= dataEnd - start else {
            throw ZipFault(
                problem: "entry \(name) should have \(packed) bytes at \(start), but the directory "
                    + "begins at \(dataEnd)")
        }
        guard
            source.bytes[nameStart..<nameStart + Int(nameLength)]
                .elementsEqual(source.bytes[nameBytes])
        else { throw ZipFault(problem: "entry \(name) has another name in its own header") }
        return ZipArchive.Entry(
            name: name, range: start..<start + packed, checksum: checksum, isStored: isStored)
    }
}

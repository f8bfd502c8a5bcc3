// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, IV.A

/// What an object header of version 1 says, checked message by message.
///
/// Attributes may be of any kind: nothing but the root's names is looked at, and the library never
/// reads them.
struct HDF5ObjectHeader {
    /// A group or an array.
    enum Object {
        /// Where the tree and the names of a group stand.
        case group(tree: UInt64, heap: UInt64)
        /// An array of numbers.
        case array(HDF5ArrayMessages)
    }

    /// The messages of attributes.
    private(set) var attributes: [HDF5Block] = []
    private let place: UInt64
    private var group: (tree: UInt64, heap: UInt64)?
    private var space: Dataspace?
    private var type: Datatype?
    private var layout: HDF5Block?
    private var filters: HDF5Filters?
    /// The values that stand where nothing was written, of the newer kind of message first.
    private var fills: [[UInt8]] = []
    private var counts: [UInt64: Int] = [:]

    private static let sizeLimit = 1 << 26

    /// Reads the header at an address.
    init(_ file: HDF5Bytes, at address: UInt64) throws(HDF5StructureFault) {
        place = address
        let head = try file.block(at: address, count: 16, "an object header")
        if head.bytes.starts(with: "OHDR".utf8) {
            throw head.form(
                "has an object header of the newer form (h5py: track_order=True)", mend: .copy)
        }
        try head.require(0, 1, is: 1, "the version of an object header")
        let count = Int(try head.number(2, 2))
        let size = try head.number(8, 4)
        guard address <= UInt64.max - 16 else { throw head.fault("an object header is nowhere") }
        var (pieces, total, next, bytes) = ([(address + 16, size)], 0, 0, 0)
        while next < pieces.count {
            let (start, length) = pieces[next]
            next += 1
            guard length <= 1 << 20 else { throw head.fault("a header has \(length) bytes") }
            bytes += Int(length)
            guard bytes <= Self.sizeLimit else { throw head.fault("a header has \(bytes) bytes") }
            let block = try file.block(at: start, count: Int(length), "an object header")
            var offset = 0
            while offset < block.bytes.count {
                total += 1
                guard total <= count else { throw block.fault("a message too many", at: offset) }
                let message = try Message(block, &offset)
                if message.kind == 0x10 {
                    let body = message.body
                    pieces.append((try body.number(0, 8), try body.number(8, 8)))
                } else {
                    try take(message)
                }
            }
        }
        guard total == count else {
            throw head.fault("an object header has \(total) messages instead of \(count)", at: 2)
        }
    }

    private struct Message {
        let kind: UInt64
        let body: HDF5Block
        /// Whether the body is elsewhere, and only its address is here.
        let isShared: Bool

        init(_ block: HDF5Block, _ offset: inout Int) throws(HDF5StructureFault) {
            kind = try block.number(offset, 2)
            let size = Int(try block.number(offset + 2, 2))
            // Constant, elsewhere, not to be put elsewhere.
            let flags = try block.number(offset + 4, 1)
            guard size.isMultiple(of: 8), flags <= 7, flags & 6 != 6 else {
                throw block.fault("a message of a kind that is not read", at: offset)
            }
            isShared = flags & 2 != 0
            body = try block.part(offset + 8, size)
            offset += 8 + size
        }
    }

    private mutating func take(_ message: Message) throws(HDF5StructureFault) {
        let (kind, body) = (message.kind, message.body)
        counts[kind, default: 0] += 1
        // Attributes, and what is not used, may be there several times.
        if kind != 0x0C, kind != 0, counts[kind] != 1 {
            throw body.fault("two messages of the kind \(kind)")
        }
        if message.isShared {
            // An attribute that stands elsewhere is not ours: the writers of shards write none.
            if kind == 0x0C { return }
            throw body.form("is of a type that has a name of its own in the file", mend: .copy)
        }
        switch kind {
        case 0, 0x0D, 0x0E: break
        case 0x01: space = try Dataspace(body)
        case 0x02, 0x06, 0x0A:
            throw body.form(
                "keeps its links in the newer form (h5py: track_order=True, or external links)",
                mend: .copy)
        case 0x03: type = try Datatype(body)
        case 0x04, 0x05: try takeFill(kind, body)
        case 0x07: throw body.form("has its numbers in other files", mend: .copy)
        case 0x08: layout = body
        case 0x0B: filters = try HDF5Filters(body)
        case 0x0C: attributes.append(body)
        case 0x11: group = (try body.number(0, 8), try body.number(8, 8))
        case 0x12: try body.require(0, 1, is: 1, "the version of a time")
        default: throw body.fault("a message of the kind \(kind), which is not read")
        }
    }

    private mutating func takeFill(
        _ kind: UInt64, _ message: HDF5Block
    ) throws(HDF5StructureFault) {
        let fill = try HDF5Fill.value(kind, message)
        if let fill, !fill.isEmpty { fills.insert(fill, at: kind == 5 ? 0 : fills.count) }
    }

    /// What the messages make.
    func object() throws(HDF5StructureFault) -> Object {
        if let group, space == nil, type == nil, layout == nil, fills.isEmpty, filters == nil {
            return .group(tree: group.tree, heap: group.heap)
        }
        guard group == nil, let space, let type, let layout else {
            throw HDF5StructureFault(place: place, problem: "neither a group nor an array")
        }
        guard fills.allSatisfy({ $0.count == type.size }) else {
            throw HDF5StructureFault(
                place: place, problem: "a fill value has another size than the numbers")
        }
        return .array(
            HDF5ArrayMessages(
                header: place, space: space, type: type, layout: layout, filters: filters,
                fill: fills.first))
    }
}

/// The value that stands where nothing was written.
private enum HDF5Fill {
    /// The bytes of the value; nil or none for 0.
    static func value(
        _ kind: UInt64, _ message: HDF5Block
    ) throws(HDF5StructureFault) -> [UInt8]? {
        if kind == 4 { return try bytes(message, sizeAt: 0) }
        switch try message.number(0, 1) {
        case 1, 2: return try older(message)
        case 3:
            let flags = try message.number(1, 1)
            guard flags & 0xC0 == 0, flags & 0x30 != 0x30, flags & 3 != 0, flags >> 2 & 3 <= 2
            else { throw message.fault("a fill value is written at an unknown time", at: 1) }
            return flags & 0x20 == 0 ? nil : try bytes(message, sizeAt: 2)
        case let other:
            throw message.fault("the version of a fill value: \(other) instead of 2")
        }
    }

    private static func older(_ message: HDF5Block) throws(HDF5StructureFault) -> [UInt8]? {
        let times = (try message.number(1, 1), try message.number(2, 1))
        guard (1...3).contains(times.0), times.1 <= 2 else {
            throw message.fault("a fill value is written at an unknown time", at: 1)
        }
        switch try message.number(3, 1) {
        case 0: return nil
        case 1: return try bytes(message, sizeAt: 4)
        case let other: throw message.fault("a fill value is defined as \(other)", at: 3)
        }
    }

    /// The bytes of a value that follow its size of 4 bytes.
    private static func bytes(
        _ message: HDF5Block, sizeAt offset: Int
    ) throws(HDF5StructureFault) -> [UInt8] {
        try message.part(offset + 4, Int(message.number(offset, 4))).bytes
    }
}

// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, IV.A

/// What an object header of version 1 says, checked message by message.
struct HDF5ObjectHeader {
    /// A group or an array.
    enum Object {
        /// Where the tree and the names of a group stand.
        case group(tree: UInt64, heap: UInt64)
        /// An array of numbers.
        case array(HDF5StoredArray)
    }

    private let place: UInt64
    private var group: (tree: UInt64, heap: UInt64)?
    private var space: Dataspace?
    private var type: Datatype?
    private var layout: HDF5Block?
    /// How many bytes the values have that stand where nothing was written; nil for none.
    private var fillSizes: [Int] = []
    private var counts: [UInt64: Int] = [:]

    private static let messageLimit = 4096

    /// Reads the header at an address.
    init(_ file: HDF5Bytes, at address: UInt64) throws(HDF5StructureFault) {
        place = address
        let head = try file.block(at: address, count: 16, "an object header")
        try head.require(0, 1, is: 1, "the version of an object header")
        let count = Int(try head.number(2, 2))
        let size = try head.number(8, 4)
        guard count <= Self.messageLimit, address <= UInt64.max - 16 else {
            throw head.fault("an object header has \(count) messages", at: 2)
        }
        var (pieces, total, next) = ([(address + 16, size)], 0, 0)
        while next < pieces.count {
            let (start, length) = pieces[next]
            next += 1
            guard length <= 1 << 20 else { throw head.fault("a header has \(length) bytes") }
            let block = try file.block(at: start, count: Int(length), "an object header")
            var offset = 0
            while offset < block.bytes.count {
                total += 1
                guard total <= count else { throw block.fault("a message too many", at: offset) }
                let (kind, message) = try Self.message(block, &offset)
                if kind == 0x10 {
                    pieces.append((try message.number(0, 8), try message.number(8, 8)))
                } else {
                    try take(kind, message)
                }
            }
        }
        guard total == count else {
            throw head.fault("an object header has \(total) messages instead of \(count)", at: 2)
        }
    }

    private static func message(
        _ block: HDF5Block, _ offset: inout Int
    ) throws(HDF5StructureFault) -> (kind: UInt64, message: HDF5Block) {
        let size = Int(try block.number(offset + 2, 2))
        guard size.isMultiple(of: 8), try block.number(offset + 4, 1) & 0x02 == 0 else {
            throw block.fault("a message of a kind that is not read", at: offset)
        }
        let message = try block.part(offset + 8, size)
        defer { offset += 8 + size }
        return (try block.number(offset, 2), message)
    }

    private mutating func take(
        _ kind: UInt64, _ message: HDF5Block
    ) throws(HDF5StructureFault) {
        counts[kind, default: 0] += 1
        // Attributes, and what is not used, may be there several times.
        if kind != 0x0C, kind != 0, counts[kind] != 1 {
            throw message.fault("two messages of the kind \(kind)")
        }
        switch kind {
        case 0: break
        case 0x01: space = try Dataspace(message)
        case 0x03: type = try Datatype(message)
        case 0x04: fillSizes.append(try Self.bytes(message, sizeAt: 0))
        case 0x05: try takeFill(message)
        case 0x08: layout = message
        case 0x0C: try Self.checkAttribute(message)
        case 0x11: group = (try message.number(0, 8), try message.number(8, 8))
        case 0x12: try message.require(0, 1, is: 1, "the version of a time")
        default: throw message.fault("a message of the kind \(kind), which is not read")
        }
    }

    /// How many bytes of a value follow a size of 4 bytes.
    private static func bytes(
        _ message: HDF5Block, sizeAt offset: Int
    ) throws(HDF5StructureFault) -> Int {
        let size = Int(try message.number(offset, 4))
        _ = try message.part(offset + 4, size)
        return size
    }

    private mutating func takeFill(_ message: HDF5Block) throws(HDF5StructureFault) {
        try message.require(0, 1, is: 2, "the version of a fill value")
        let times = (try message.number(1, 1), try message.number(2, 1))
        guard (1...3).contains(times.0), times.1 <= 2 else {
            throw message.fault("a fill value is written at an unknown time", at: 1)
        }
        switch try message.number(3, 1) {
        case 0: break
        case 1: fillSizes.append(try Self.bytes(message, sizeAt: 4))
        case let other: throw message.fault("a fill value is defined as \(other)", at: 3)
        }
    }

    private static func checkAttribute(_ message: HDF5Block) throws(HDF5StructureFault) {
        try message.require(0, 1, is: 1, "the version of an attribute")
        try message.require(1, 1, is: 0, "a reserved byte of an attribute")
        let sizes = try [2, 4, 6].map { offset throws(HDF5StructureFault) in
            Int(try message.number(offset, 2))
        }
        let padded = sizes.map { ($0 + 7) / 8 * 8 }
        let name = try message.part(8, sizes[0])
        guard name.bytes.firstIndex(of: 0) == name.bytes.count - 1, name.bytes.count > 1 else {
            throw message.fault("the name of an attribute has no end", at: 8)
        }
        let type = try Datatype(message.part(8 + padded[0], sizes[1]))
        let space = try Dataspace(message.part(8 + padded[0] + padded[1], sizes[2]))
        guard space.dimensions.isEmpty else {
            throw message.fault("an attribute has several values", at: 8)
        }
        _ = try message.part(8 + padded[0] + padded[1] + padded[2], type.size)
    }

    /// What the messages make.
    func object() throws(HDF5StructureFault) -> Object {
        if let group, space == nil, type == nil, layout == nil, fillSizes.isEmpty {
            return .group(tree: group.tree, heap: group.heap)
        }
        guard group == nil, let space, let type, let layout else {
            throw HDF5StructureFault(place: place, problem: "neither a group nor an array")
        }
        guard fillSizes.allSatisfy({ $0 == type.size || $0 == 0 }) else {
            throw HDF5StructureFault(
                place: place, problem: "a fill value has another size than the numbers")
        }
        return .array(try HDF5StoredArray(space: space, type: type, layout: layout))
    }
}

/// The shape of an array or attribute.
struct Dataspace {
    let dimensions: [UInt64]
    /// As far as the array may grow.
    let limits: [UInt64]

    init(_ message: HDF5Block) throws(HDF5StructureFault) {
        try message.require(0, 1, is: 1, "the version of a shape")
        let (rank, flags) = (Int(try message.number(1, 1)), try message.number(2, 1))
        guard rank <= 32, flags <= 1 else {
            throw message.fault("a shape has \(rank) dimensions and the flags \(flags)")
        }
        var (dimensions, limits): ([UInt64], [UInt64]) = ([], [])
        for index in 0..<rank {
            dimensions.append(try message.number(8 + index * 8, 8))
            limits.append(
                flags == 0 ? dimensions[index] : try message.number(8 + (rank + index) * 8, 8))
            guard dimensions[index] <= limits[index] else {
                throw message.fault("an array is larger than it may become")
            }
        }
        (self.dimensions, self.limits) = (dimensions, limits)
    }
}

/// The type of an array's numbers or of an attribute.
struct Datatype {
    /// How many bytes a value has.
    let size: Int

    /// 32 and 64 bits as in IEEE 754, from the class on: bits, size, then where sign, exponent and
    /// mantissa stand.
    private static let floats: [[UInt8]] = [
        [0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0],
        [0x11, 0x20, 63, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xFF, 3, 0, 0],
    ]

    init(_ message: HDF5Block) throws(HDF5StructureFault) {
        let (kind, size) = (try message.number(0, 1), Int(try message.number(4, 4)))
        self.size = size
        switch kind {
        case 0x10:
            let bits = try message.number(1, 3)
            guard [1, 2, 4, 8].contains(size), bits == 0 || bits == 8 else {
                throw message.fault("integers of \(size) bytes with the bits \(bits)")
            }
            try message.require(8, 2, is: 0, "the first bit of integers")
            try message.require(10, 2, is: UInt64(size * 8), "the bits of integers")
        case 0x11:
            guard Self.floats.contains(where: { message.bytes.starts(with: $0) }) else {
                throw message.fault("numbers that are neither of 32 nor of 64 bits")
            }
        case 0x13:
            // Padding of three kinds, ASCII or UTF-8.
            let bits = try message.number(1, 3)
            guard (1...65_535).contains(size), bits & 0xF <= 2, bits >> 4 <= 1 else {
                throw message.fault("a text of \(size) bytes with the bits \(bits)")
            }
        default: throw message.fault("a type of the kind \(kind), which is not read")
        }
    }
}

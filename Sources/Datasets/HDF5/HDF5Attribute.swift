// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, III.E and IV.A.2.m

/// The value of an attribute, as far as it is a single number or text.
package enum HDF5Attribute: Sendable, Equatable {
    case number(Int64)
    case text(String)
    /// Anything else, in words.
    case other(String)

    /// What it is, in words.
    package var words: String {
        switch self {
        case .number(let number): "the number \(number)"
        case .text(let text): "the text '\(text)'"
        case .other(let words): words
        }
    }

    /// Where the parts of an attribute's message stand.
    private struct Parts {
        let name: HDF5Block
        let type: HDF5Block
        let space: HDF5Block
        /// Where the value begins.
        let value: HDF5Block
        /// Whether type or shape stand in an object of their own.
        let isShared: Bool

        init(_ message: HDF5Block) throws(HDF5StructureFault) {
            let version = try message.number(0, 1)
            guard (1...3).contains(version) else {
                throw message.fault("the version of an attribute: \(version) instead of 1 to 3")
            }
            let shared = try message.number(1, 1)
            isShared = version > 1 && shared & 3 != 0
            var sizes: [Int] = []
            for offset in [2, 4, 6] { sizes.append(Int(try message.number(offset, 2))) }
            let padded = version == 1 ? sizes.map { ($0 + 7) / 8 * 8 } : sizes
            let start = version == 3 ? 9 : 8
            name = try message.part(start, sizes[0])
            type = try message.part(start + padded[0], sizes[1])
            space = try message.part(start + padded[0] + padded[1], sizes[2])
            value = try message.rest(start + padded[0] + padded[1] + padded[2])
        }
    }

    /// The name in the message of an attribute, which may be of any kind.
    static func name(_ message: HDF5Block) throws(HDF5StructureFault) -> String {
        let name = try Parts(message).name
        guard name.bytes.firstIndex(of: 0) == name.bytes.count - 1, name.bytes.count > 1 else {
            throw name.fault("the name of an attribute has no end")
        }
        return String(decoding: name.bytes.dropLast(), as: UTF8.self)
    }

    /// The value in the message of an attribute.
    init(_ message: HDF5Block, _ file: HDF5Bytes) throws(HDF5StructureFault) {
        let parts = try Parts(message)
        if parts.isShared {
            self = .other("a value of a type that has a name of its own")
            return
        }
        let (type, space) = (try Datatype(parts.type), try Dataspace(parts.space))
        guard space.isSingle else {
            self = .other("no single value")
            return
        }
        self = try Self.value(parts.value.part(0, type.size), type, file)
    }

    private static func value(
        _ data: HDF5Block, _ type: Datatype, _ file: HDF5Bytes
    ) throws(HDF5StructureFault) -> HDF5Attribute {
        switch type.kind {
        case .integer:
            guard let number = type.integer(data.bytes) else {
                return .other("a number above \(Int64.max)")
            }
            return .number(number)
        case .text(let hasSpaces):
            let end = hasSpaces ? (data.bytes.lastIndex { $0 != 0x20 } ?? -1) + 1 : type.size
            return text(Array(data.bytes[..<end]))
        case .variableText:
            let length = Int(try data.number(0, 4))
            if length == 0 { return .text("") }
            let object = try HDF5GlobalHeap.object(
                file, at: data.number(4, 8), index: data.number(12, 4))
            guard length <= object.bytes.count else {
                throw object.fault("a text has \(length) of \(object.bytes.count) bytes")
            }
            return text(Array(object.bytes[..<length]))
        case .float, .other: return .other(type.name)
        }
    }

    private static func text(_ bytes: [UInt8]) -> HDF5Attribute {
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self).map { .text($0) }
            ?? .other("a text that is not UTF-8")
    }
}

/// Where values of variable length stand.
enum HDF5GlobalHeap {
    private static let sizeLimit: UInt64 = 1 << 26

    /// The bytes of an object of the heap at an address.
    static func object(
        _ file: HDF5Bytes, at address: UInt64, index: UInt64
    ) throws(HDF5StructureFault) -> HDF5Block {
        let head = try file.block(at: address, count: 16, "a heap of values")
        try head.requireSignature("GCOL")
        try head.require(4, 1, is: 1, "the version of a heap of values")
        let size = try head.number(8, 8)
        guard size >= 16, size <= sizeLimit else {
            throw head.fault("a heap of values has \(size) bytes", at: 8)
        }
        let heap = try file.block(at: address, count: Int(size), "a heap of values")
        var offset = 16
        while offset + 16 <= heap.bytes.count {
            let (found, length) = (try heap.number(offset, 2), try heap.number(offset + 8, 8))
            // The free space at the end.
            if found == 0 { break }
            guard length <= size else {
                throw heap.fault("a value has \(length) bytes", at: offset + 8)
            }
            if found == index { return try heap.part(offset + 16, Int(length)) }
            offset += 16 + (Int(length) + 7) / 8 * 8
        }
        throw heap.fault("the heap of values has no value \(index)")
    }
}

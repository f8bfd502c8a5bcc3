// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, IV.A.2.b and d

/// The shape of an array or attribute.
struct Dataspace: Sendable {
    let dimensions: [UInt64]
    /// As far as the array may grow.
    let limits: [UInt64]
    /// Whether there is no value at all, not even a single one.
    let isNull: Bool

    init(_ message: HDF5Block) throws(HDF5StructureFault) {
        let version = try message.number(0, 1)
        guard (1...2).contains(version) else {
            throw message.fault("the version of a shape: \(version) instead of 1 or 2")
        }
        let (rank, flags) = (Int(try message.number(1, 1)), try message.number(2, 1))
        guard rank <= 32, flags <= 1 else {
            throw message.fault("a shape has \(rank) dimensions and the flags \(flags)")
        }
        let kind = version == 2 ? try message.number(3, 1) : rank == 0 ? 0 : 1
        guard kind <= 2, kind == 1 || rank == 0 else {
            throw message.fault("a shape of the kind \(kind) has \(rank) dimensions")
        }
        isNull = kind == 2
        let start = version == 2 ? 4 : 8
        var (dimensions, limits): ([UInt64], [UInt64]) = ([], [])
        for index in 0..<rank {
            dimensions.append(try message.number(start + index * 8, 8))
            limits.append(
                flags == 0
                    ? dimensions[index] : try message.number(start + (rank + index) * 8, 8))
            guard dimensions[index] <= limits[index] else {
                throw message.fault("an array is larger than it may become")
            }
        }
        (self.dimensions, self.limits) = (dimensions, limits)
    }

    /// Whether there is one value.
    var isSingle: Bool { !isNull && dimensions.allSatisfy { $0 == 1 } }
}

/// The type of an array's numbers or of an attribute.
package struct Datatype: Sendable {
    /// The types that are read, and that there are others.
    enum Kind: Sendable, Equatable {
        case integer(isSigned: Bool, isBigEndian: Bool)
        case float(isBigEndian: Bool)
        /// A text of fixed length, filled up with spaces or zeros.
        case text(hasSpaces: Bool)
        /// A text of any length, which stands elsewhere.
        case variableText
        /// Another, in words.
        case other(String)
    }

    /// How many bytes a value has.
    let size: Int
    let kind: Kind

    /// 32 and 64 bits as in IEEE 754, after class and byte order: bits, size, then where sign, exponent
    /// and mantissa stand.
    private static let floats: [[UInt8]] = [
        [31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0],
        [63, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xFF, 3, 0, 0],
    ]
    /// The names of the other classes, by their numbers.
    private static let classes: [UInt64: String] = [
        2: "times", 4: "bit fields", 5: "opaque bytes", 6: "compound values", 7: "references",
        8: "an enumeration, as h5py stores bool", 9: "lists of variable length", 10: "arrays",
        11: "complex numbers",
    ]

    init(_ message: HDF5Block) throws(HDF5StructureFault) {
        let first = try message.number(0, 1)
        let bits = try message.number(1, 3)
        let size = Int(try message.number(4, 4))
        self.size = size
        guard (1...5).contains(first >> 4), size > 0 else {
            throw message.fault("a type of the version \(first >> 4) with \(size) bytes")
        }
        switch first & 0xF {
        case 0:
            let (first, count) = (try message.number(8, 2), try message.number(10, 2))
            let isPlain =
                [1, 2, 4, 8].contains(size) && bits & ~9 == 0 && first == 0
                && count == UInt64(size * 8)
            kind =
                isPlain
                ? .integer(isSigned: bits & 8 != 0, isBigEndian: bits & 1 != 0)
                : .other("integers that do not fill their \(size) bytes")
        case 1:
            kind =
                bits & 0xFE == 0x20
                    && Self.floats.contains { message.bytes.dropFirst(2).starts(with: $0) }
                ? .float(isBigEndian: bits & 1 != 0)
                : .other("numbers that are neither float32 nor float64")
        case 3:
            kind =
                bits & 0xF <= 2
                ? .text(hasSpaces: bits & 0xF == 2) : .other("texts of another kind")
        case 9 where bits & 0xF == 1: kind = .variableText
        case let number: kind = .other(Self.classes[number] ?? "a type of the kind \(number)")
        }
    }

    /// Whether it is one of up to 8 bytes that is read.
    var isNumber: Bool {
        switch kind {
        case .integer, .float: true
        case .text, .variableText, .other: false
        }
    }

    /// The name that NumPy has for it, or other words.
    var name: String {
        switch kind {
        case .integer(let isSigned, let isBigEndian):
            "\(isBigEndian ? "big-endian " : "")\(isSigned ? "int" : "uint")\(size * 8)"
        case .float(let isBigEndian): "\(isBigEndian ? "big-endian " : "")float\(size * 8)"
        case .text: "texts of \(size) bytes"
        case .variableText: "texts of variable length"
        case .other(let words): words
        }
    }
}

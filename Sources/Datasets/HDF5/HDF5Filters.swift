import CZlib

// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, IV.A.2.l

/// What was done to each chunk of an array before it was written, in order.
struct HDF5Filters: Sendable {
    /// One step.
    enum Step: Sendable, Equatable {
        case deflate
        /// The first bytes of all numbers, then the second ones, and so on.
        case shuffle(size: Int)
        /// Four bytes at the end.
        case fletcher32
    }

    let steps: [Step]

    /// No bytes that zlib reads become more than this many times as many.
    static let deflateRatio: UInt64 = 1032
    private static let stepLimit = 8
    /// Filters that are read where they are there once, in words.
    private static let once: [UInt64: String] = [1: "compressed", 2: "shuffled"]
    /// Filters that are not read, by their numbers at the HDF Group.
    private static let others: [UInt64: (name: String, mend: HDF5Mending)] = [
        4: ("szip", .repack), 5: ("nbit", .repack), 6: ("scaleoffset", .repack),
        32000: ("lzf", .copy), 32001: ("blosc", .copyWithFilters),
        32004: ("lz4", .copyWithFilters), 32008: ("bitshuffle", .copyWithFilters),
        32013: ("zfp", .copyWithFilters), 32015: ("zstd", .copyWithFilters),
        32026: ("blosc2", .copyWithFilters), 307: ("bzip2", .copyWithFilters),
    ]

    init(_ message: HDF5Block) throws(HDF5StructureFault) {
        let version = try message.number(0, 1)
        let count = Int(try message.number(1, 1))
        guard (1...2).contains(version), count <= Self.stepLimit else {
            throw message.fault("\(count) filters in a list of the version \(version)")
        }
        var (steps, offset): ([Step], Int) = ([], version == 1 ? 8 : 2)
        var numbers: Set<UInt64> = []
        for _ in 0..<count {
            let number = try message.number(offset, 2)
            // Version 2 leaves the length of the name out where the library knows the filter.
            let named = version == 1 || number >= 256
            let nameSize = named ? Int(try message.number(offset + 2, 2)) : 0
            let values = offset + (named ? 4 : 2)
            let valueCount = Int(try message.number(values + 2, 2))
            let name = try message.part(values + 4, nameSize)
            let padded = version == 1 ? (nameSize + 7) / 8 * 8 : nameSize
            let start = values + 4 + padded
            let parameters = try message.part(start, valueCount * 4)
            // The second has no parameters, and is left out of every chunk, where it is shuffle.
            if !numbers.insert(number).inserted, let twice = Self.once[number] {
                throw message.form("has chunks that are \(twice) twice", mend: .repack)
            }
            steps.append(try Self.step(number, name, parameters))
            offset = start + valueCount * 4
            if version == 1, !valueCount.isMultiple(of: 2) { offset += 4 }
        }
        self.steps = steps
    }

    private static func step(
        _ number: UInt64, _ name: HDF5Block, _ values: HDF5Block
    ) throws(HDF5StructureFault) -> Step {
        switch number {
        case 1: return .deflate
        case 2:
            let size = Int(try values.number(0, 4))
            guard (1...1024).contains(size) else {
                throw values.fault("numbers of \(size) bytes are shuffled")
            }
            return .shuffle(size: size)
        case 3: return .fletcher32
        default:
            let stated = String(
                decoding: name.bytes.prefix { (0x20..<0x7F).contains($0) }, as: UTF8.self)
            let known = others[number]
            let words = known?.name ?? (stated.isEmpty ? "\(number)" : "\(number), \(stated)")
            throw values.form(
                "is compressed with the filter \(words); gzip, shuffle and fletcher32 are read",
                mend: known?.mend ?? .copyWithFilters)
        }
    }

    /// The steps that were taken for a chunk, of which the mask's bits name those left out.
    private func taken(_ mask: UInt32) -> [Step] {
        steps.enumerated().filter { mask & 1 << UInt32($0.offset) == 0 }.map(\.element)
    }

    /// Why no chunk of `size` bytes can be stored in `stored` bytes; nil if one can.
    func misfit(size: UInt64, stored: UInt64, mask: UInt32) -> String? {
        guard mask >> UInt32(steps.count) == 0 else { return "a chunk leaves unknown filters out" }
        let taken = taken(mask)
        let sums = UInt64(taken.count { $0 == .fletcher32 } * 4)
        guard taken.contains(.deflate) else {
            return stored == size + sums ? nil : "a chunk of \(size) bytes is stored in \(stored)"
        }
        // Deflate adds a few bytes to what it cannot compress.
        guard stored >= sums, (stored - sums) <= (size + sums) + (size >> 3) + 1024 else {
            return "a chunk of \(size) bytes is stored in \(stored)"
        }
        return stored * Self.deflateRatio >= size
            ? nil : "\(stored) bytes cannot unpack to a chunk of \(size)"
    }

    /// Undoes the steps.
    ///
    /// - Parameters:
    ///   - packed: the chunk as it is stored; ``misfit(size:stored:mask:)`` finds nothing
    ///   - size: how many bytes it has unpacked
    ///   - mask: a bit for each filter that was left out
    /// - Returns: so many bytes
    /// - Throws: ``HDF5StructureFault`` if they are damaged
    func unpack(
        _ packed: HDF5Block, size: Int, mask: UInt32
    ) throws(HDF5StructureFault) -> [UInt8] {
        var left = taken(mask)
        var bytes = packed.bytes
        while let step = left.popLast() {
            switch step {
            case .deflate:
                let expected = size + 4 * left.count { $0 == .fletcher32 }
                bytes = try Self.inflate(bytes, to: expected, packed)
            case .shuffle(let width): bytes = Self.unshuffle(bytes, width)
            case .fletcher32: bytes = try Self.checkSum(bytes, packed)
            }
        }
        guard bytes.count == size else {
            throw packed.fault("a chunk unpacks to \(bytes.count) bytes instead of \(size)")
        }
        return bytes
    }

    private static func inflate(
        _ bytes: [UInt8], to size: Int, _ packed: HDF5Block
    ) throws(HDF5StructureFault) -> [UInt8] {
        var length = uLongf(size)
        var status = Z_OK
        let result = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            // Never more than there is room for: what is larger is an error.
            status = uncompress(buffer.baseAddress, &length, bytes, uLong(bytes.count))
            initialized = status == Z_OK ? Int(length) : 0
        }
        guard status == Z_OK, result.count == size else {
            throw packed.fault("a compressed chunk does not unpack to its \(size) bytes")
        }
        return result
    }

    private static func unshuffle(_ bytes: [UInt8], _ width: Int) -> [UInt8] {
        let count = bytes.count / width
        guard width > 1, count > 1 else { return bytes }
        // The bytes of an unfinished number stand at the end as they are.
        var result = bytes
        bytes.withUnsafeBufferPointer { from in
            result.withUnsafeMutableBufferPointer { to in
                for byte in 0..<width {
                    for index in 0..<count { to[index * width + byte] = from[byte * count + index] }
                }
            }
        }
        return result
    }

    /// The bytes without their sum.
    private static func checkSum(
        _ bytes: [UInt8], _ packed: HDF5Block
    ) throws(HDF5StructureFault) -> [UInt8] {
        guard bytes.count >= 4 else { throw packed.fault("a chunk is shorter than its checksum") }
        let content = Array(bytes.dropLast(4))
        let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let sum = fletcher32(content)
        // Old versions of the library swapped the bytes of each half.
        let swapped = (sum & 0x00FF_00FF) << 8 | (sum >> 8) & 0x00FF_00FF
        guard stored == sum || stored == swapped else {
            throw packed.fault("the checksum of a chunk is not that of its bytes")
        }
        return content
    }

    /// Fletcher's sum of big-endian words of 16 bits, the last one filled up with 0.
    private static func fletcher32(_ bytes: [UInt8]) -> UInt32 {
        var (first, second): (UInt32, UInt32) = (0, 0)
        func fold(_ sum: UInt32) -> UInt32 { (sum & 0xFFFF) + (sum >> 16) }
        var (index, left) = (0, (bytes.count + 1) / 2)
        while left > 0 {
            // So many sums stay within 32 bits.
            for _ in 0..<min(left, 360) {
                let low = index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
                first &+= UInt32(bytes[index]) << 8 | low
                second &+= first
                index += 2
            }
            left -= min(left, 360)
            (first, second) = (fold(first), fold(second))
        }
        return fold(second) << 16 | fold(first)
    }
}

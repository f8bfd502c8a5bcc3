/// The checksum of zip archives: CRC-32 with the reversed polynomial 0xEDB88320.
enum CRC32 {
    /// Eight tables of 256 entries: entry `b` of table `k` is the checksum of byte `b` and `k` zeros.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0xEDB8_8320 : value >> 1 }
            tables[byte] = value
        }
        for entry in 256..<tables.count {
            let previous = tables[entry - 256]
            tables[entry] = (previous >> 8) ^ tables[Int(previous & 0xFF)]
        }
        return tables
    }()

    /// The checksum of some bytes.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { table in
            var value = UInt32.max
            var position = 0
            while position + 8 <= bytes.count {
                let eight = UInt64(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                let mixed = eight ^ UInt64(value)
                value = 0
                for lane in 0..<8 {
                    value ^= table[(7 - lane) * 256 + Int((mixed >> (8 * UInt64(lane))) & 0xFF)]
                }
                position += 8
            }
            for byte in bytes[position...] {
                value = (value >> 8) ^ table[Int((value ^ UInt32(byte)) & 0xFF)]
            }
            return ~value
        }
    }
}

/// The Castagnoli CRC of bytes (CRC-32C: reflected polynomial 0x82F63B78), as iSCSI, HDF5 shards
/// of this project and TFRecord files use it.
///
/// ```swift
/// CRC32C.checksum(Array("123456789".utf8))  // 0xE3069283
/// ```
public struct CRC32C: Sendable {
    private var state: UInt32 = 0xFFFF_FFFF

    /// The checksum of nothing yet.
    public init() {}

    /// The checksum of the bytes that were added.
    public var value: UInt32 { ~state }

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) {
        state = bytes.withUnsafeBufferPointer { advance(state, over: $0) }
    }

    /// Adds the eight bytes of a number, the lowest first.
    public mutating func update(_ number: UInt64) {
        update((0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) })
    }

    /// The checksum of `bytes`.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes)
        return crc.value
    }
}

// Table `k` at `256 * k`: what a byte does to the CRC when `k` more bytes follow it. Eight
// tables take eight bytes per round.
private let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
        var crc = UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        tables[byte] = crc
    }
    for index in 256..<8 * 256 {
        let previous = tables[index - 256]
        tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
    }
    return tables
}()

private func advance(_ start: UInt32, over bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    tables.withUnsafeBufferPointer { table in
        var crc = start
        var index = 0
        while index + 8 <= bytes.count {
            let low =
                crc
                ^ (UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
                    | UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24)
            let first = table[7 * 256 + Int(low & 0xFF)] ^ table[6 * 256 + Int(low >> 8 & 0xFF)]
            let second = table[5 * 256 + Int(low >> 16 & 0xFF)] ^ table[4 * 256 + Int(low >> 24)]
            let third =
                table[3 * 256 + Int(bytes[index + 4])] ^ table[2 * 256 + Int(bytes[index + 5])]
            let fourth = table[256 + Int(bytes[index + 6])] ^ table[Int(bytes[index + 7])]
            crc = first ^ second ^ third ^ fourth
            index += 8
        }
        while index < bytes.count {
            crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[index])]
            index += 1
        }
        return crc
    }
}

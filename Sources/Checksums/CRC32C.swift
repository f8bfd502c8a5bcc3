import CChecksums

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
        state = cck_crc32c(state, bytes, bytes.count)
    }

    /// Adds the eight bytes of a number, the lowest first.
    public mutating func update(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes in
            state = cck_crc32c(
                state, bytes.bindMemory(to: UInt8.self).baseAddress, MemoryLayout<UInt64>.size)
        }
    }

    /// The checksum of `bytes`.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes)
        return crc.value
    }
}

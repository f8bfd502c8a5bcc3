import Checksums

/// The records of a TFRecord file: the length as eight bytes, its checksum, the bytes, theirs.
///
/// Numbers are little-endian; checksums are CRC-32C, masked as TensorFlow does.
public enum TFRecord {
    private static let headerSize = 12
    private static let checksumSize = 4

    /// The checksum of bytes, masked: a record that holds records would else check its own checksums.
    public static func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
        let crc = CRC32C.checksum(bytes)
        return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
    }

    /// A record as it stands in a file.
    public static func framed(_ payload: [UInt8]) -> [UInt8] {
        let length = little(UInt64(payload.count))
        return length + little(maskedChecksum(length)) + payload + little(maskedChecksum(payload))
    }

    /// Where the contents of whole records stand in the bytes of a file.
    ///
    /// A record that is cut short or damaged ends them: nothing tells where the next one begins.
    public static func payloads(in bytes: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var place = 0
        while let payload = payload(in: bytes, at: place) {
            found.append(payload)
            place = payload.upperBound + checksumSize
        }
        return found
    }

    /// The place of a whole record, from the place of its content.
    static func record(of payload: Range<Int>) -> Range<Int> {
        payload.lowerBound - headerSize..<payload.upperBound + checksumSize
    }

    private static func payload(in bytes: [UInt8], at place: Int) -> Range<Int>? {
        guard bytes.count - place >= headerSize + checksumSize else { return nil }
        let length = bytes[place..<place + 8]
        guard checksum(bytes, at: place + 8) == maskedChecksum(Array(length)) else { return nil }
        let count = length.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let start = place + headerSize
        guard count <= UInt64(bytes.count - start - checksumSize) else { return nil }
        let payload = start..<start + Int(count)
        let sum = maskedChecksum(Array(bytes[payload]))
        return checksum(bytes, at: payload.upperBound) == sum ? payload : nil
    }

    private static func checksum(_ bytes: [UInt8], at place: Int) -> UInt32 {
        bytes[place..<place + checksumSize].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian, Array.init)
    }
}

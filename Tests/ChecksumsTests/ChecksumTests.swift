import CChecksums
import Testing

@testable import Checksums
@testable import Datasets

@Suite struct ChecksumTests {
    @Test("The check value is that of the Castagnoli polynomial")
    func checkValue() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([]) == 0)
    }

    @Test("Instruction and tables agree, whatever the length, the place in memory and the state")
    func sameByTables() {
        var generator = SeededGenerator(seed: 3)
        let bytes = (0..<600).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        bytes.withUnsafeBufferPointer { bytes in
            for start in 0..<9 {
                for count in [0, 1, 7, 8, 9, 63, 64, 65, 500] {
                    let state = UInt32(truncatingIfNeeded: generator.next())
                    let from = bytes.baseAddress.map { $0 + start }
                    #expect(
                        cck_crc32c(state, from, count) == cck_crc32c_tables(state, from, count))
                }
            }
        }
    }

    @Test("Bytes in parts, and a number as its bytes, give the checksum of the whole")
    func parts() {
        let bytes = (0..<100).map { UInt8($0 * 7 % 251) }
        var crc = CRC32C()
        crc.update(Array(bytes[..<33]))
        crc.update(Array(bytes[33...]))
        #expect(crc.value == CRC32C.checksum(bytes))
        var number = CRC32C()
        number.update(0x0102_0304_0506_0708)
        #expect(number.value == CRC32C.checksum([8, 7, 6, 5, 4, 3, 2, 1]))
    }

    @Test("CRC-32C has the published check value, and may be added in pieces")
    func checksum() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([]) == 0)
        let bytes = (0..<100).map { UInt8($0 * 7 % 256) }
        var pieces = CRC32C()
        pieces.update(Array(bytes[..<13]))
        pieces.update(Array(bytes[13...]))
        #expect(pieces.value == CRC32C.checksum(bytes))
        var number = CRC32C()
        number.update(UInt64(0x0807_0605_0403_0201))
        #expect(number.value == CRC32C.checksum([1, 2, 3, 4, 5, 6, 7, 8]))
    }
}

import CZlib
import DatasetsTestSupport
import Foundation
import Imaging
import TestSupport
import Testing

@testable import Datasets
@testable import HDF5
@testable import Shards

/// Compressed chunks: what is unpacked, and what is refused before it takes memory.
@Suite struct PackedArrayTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("a.h5")
    }

    private func words(_ numbers: [UInt64], width: Int = 8) -> [UInt8] {
        numbers.flatMap { number in
            (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
        }
    }

    private func filters(_ steps: [(number: Int, value: UInt32?)]) throws -> HDF5Filters {
        var bytes: [UInt8] = [1, UInt8(steps.count), 0, 0, 0, 0, 0, 0]
        for (number, value) in steps {
            bytes += words([UInt64(number), 0, 0, value == nil ? 0 : 1], width: 2)
            if let value { bytes += words([UInt64(value), 0], width: 4) }
        }
        return try HDF5Filters(HDF5Block(place: 0, bytes: bytes))
    }

    private func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var count = compressBound(uLong(bytes.count))
        var packed = [UInt8](repeating: 0, count: Int(count))
        compress(&packed, &count, bytes, uLong(bytes.count))
        return Array(packed[..<Int(count)])
    }

    @Test("What cannot be the stored form of a chunk is not unpacked")
    func misfits() throws {
        let gzip = try filters([(1, 4)])
        #expect(gzip.misfit(size: 1032 * 50, stored: 50, mask: 0) == nil)
        #expect(gzip.misfit(size: 1032 * 50 + 1, stored: 50, mask: 0) != nil)
        #expect(gzip.misfit(size: 1 << 40, stored: 1 << 20, mask: 0) != nil)
        #expect(gzip.misfit(size: 100, stored: 1 << 20, mask: 0) != nil)
        #expect(gzip.misfit(size: 100, stored: 0, mask: 0) != nil)
        // A filter that made nothing smaller is left out.
        #expect(gzip.misfit(size: 100, stored: 100, mask: 1) == nil)
        #expect(gzip.misfit(size: 100, stored: 101, mask: 1) != nil)
        #expect(gzip.misfit(size: 100, stored: 50, mask: 2) != nil)
        let sums = try filters([(3, nil), (2, 4), (3, nil)])
        #expect(sums.misfit(size: 100, stored: 108, mask: 0) == nil)
        #expect(sums.misfit(size: 100, stored: 104, mask: 0b100) == nil)
        #expect(sums.misfit(size: 100, stored: 104, mask: 0) != nil)
        for (number, value, words) in [(1, 4, "compressed"), (2, nil, "shuffled")]
            as [(Int, UInt32?, String)]
        {
            let twice = try #require(throws: HDF5StructureFault.self) {
                try filters([(number, 4), (number, value)])
            }
            #expect(twice.problem == "has chunks that are \(words) twice")
            guard case .form(.repack?) = twice.kind else { throw twice }
        }
        #expect(throws: HDF5StructureFault.self) { try filters([(2, 0)]) }
    }

    @Test("A stream that is longer, shorter, cut or changed is damage, never more memory")
    func streams() throws {
        let gzip = try filters([(1, 4)])
        let bytes = (0..<200).map { UInt8($0 % 7) }
        func unpack(_ packed: [UInt8], size: Int = 200) throws -> [UInt8] {
            try gzip.unpack(HDF5Block(place: 0, bytes: packed), size: size, mask: 0)
        }
        let packed = deflated(bytes)
        #expect(try unpack(packed) == bytes)
        for (packed, size) in [
            (packed, 199), (packed, 201), (Array(packed.dropLast(5)), 200), ([], 200),
            (packed.enumerated().map { $0.offset == 9 ? ~$0.element : $0.element }, 200),
        ] {
            #expect(throws: HDF5StructureFault.self) { try unpack(packed, size: size) }
        }
        let sum = try filters([(3, nil)])
        #expect(throws: HDF5StructureFault.self) {
            try sum.unpack(HDF5Block(place: 0, bytes: [1, 2, 3, 4, 5, 6, 7, 8]), size: 4, mask: 0)
        }
    }

    /// A compressed shard with other bytes in the place of the only ones like `old`.
    private func patched(_ old: [UInt8], _ new: [UInt8]) throws {
        var bytes = Data(try readBytes(Fixtures.path("shards/read/gzip.h5")))
        let place = try #require(bytes.range(of: Data(old)))
        bytes.replaceSubrange(place, with: new)
        try writeBytes(Array(bytes), to: path)
    }

    @Test("A small file that claims terabytes is refused before memory is taken")
    func claims() throws {
        let plain = try ShardReader(path: Fixtures.path("shards/read/plain.h5"))
        let count = UInt64(plain.summary.imageBytes)
        for claimed in [1 << 41, UInt64(1) << 62] {
            try patched(words([count, .max]), words([claimed, .max]))
            let error = try #require(throws: ShardError.self) { try ShardReader(path: path) }
            #expect(error.message.contains("images/bytes"))
            #expect(error.message.contains("claims \(claimed) bytes and stores"), "\(error)")
        }
        try patched(words([count, .max]), words([.max, .max]))
        let overflow = try #require(throws: ShardError.self) { try ShardReader(path: path) }
        #expect(overflow.message.contains("damaged"), "\(overflow)")
    }

    @Test("Chunks that no stored bytes can unpack to are refused")
    func chunks() throws {
        // The layout of the boxes: chunks of rows of 4 numbers of 8 bytes.
        let bytes = try readBytes(Fixtures.path("shards/read/gzip.h5"))
        let ends = try #require(
            bytes.indices.dropLast(12).first { place in
                bytes[place + 4..<place + 8] == [8, 0, 0, 0] && bytes[place + 1] == 0
                    && bytes[place] == 4 && bytes[place - 15] == 3 && bytes[place - 14] == 2
                    && bytes[place - 13] == 3
            })
        for (edge, words) in [
            (UInt64(1) << 20, "cannot unpack to a chunk"), ((1 << 25) + 1, "compressed chunks of"),
            (0, "chunks have 0 bytes"), ((1 << 32) - 1, "chunks have"),
        ] as [(UInt64, String)] {
            var changed = bytes
            changed.replaceSubrange(ends - 4..<ends, with: self.words([edge], width: 4))
            try writeBytes(changed, to: path)
            let error = try #require(throws: ShardError.self) { try ShardReader(path: path) }
            #expect(error.message.contains(words), "\(error)")
        }
    }

    @Test("Chunks that stay unpacked have one bound, over all arrays of a file")
    func cache() throws {
        let cache = HDF5ChunkCache(limit: 100)
        func key(_ array: UInt64, _ number: UInt64) -> HDF5ChunkCache.Key {
            HDF5ChunkCache.Key(array: array, number: number)
        }
        func keep(_ size: Int, _ key: HDF5ChunkCache.Key, others: Int = 5) {
            cache.keep([UInt8](repeating: 7, count: size), key, others: others)
        }
        keep(60, key(1, 0))
        keep(30, key(2, 0))
        #expect(cache.bytes(key(1, 0))?.count == 60 && cache.byteCount == 90)
        // What was not used for longest goes.
        keep(40, key(3, 0))
        #expect(cache.bytes(key(2, 0)) == nil && cache.byteCount == 100)
        keep(101, key(4, 0))
        #expect(cache.bytes(key(4, 0)) == nil && cache.byteCount == 100)
        keep(10, key(3, 1), others: 0)
        #expect(cache.bytes(key(3, 0)) == nil && cache.byteCount == 70)
    }

    @Test("Of a chunk that reaches beyond its array, only the array's rows stay unpacked")
    func cachedRows() throws {
        let file = try HDF5File.open(Fixtures.path("shards/read/gzip.h5"))
        #expect(try file.array("width", of: Int32.self).readAll() == [6, 7, 8, 9])
        #expect(file.cache.byteCount == 16)
        let boxes = try file.array("instances/boxes", of: Double.self, columns: 4).readAll()
        #expect(file.cache.byteCount == 16 + boxes.count * 8)
    }

    @Test("Damage to a compressed chunk is that of the samples in it, by name")
    func damage() throws {
        let intact = try readBytes(Fixtures.path("shards/read/filters.h5"))
        let plain = try ShardReader(path: Fixtures.path("shards/read/plain.h5"))
        // Level 0 stores bytes as they are; so the first picture can be found.
        var changed = Data(intact)
        let picture = Data(try plain.sample(at: 0).image.prefix(60))
        let place = try #require(changed.range(of: picture)).lowerBound
        changed[place + 30] ^= 4
        try writeBytes(Array(changed), to: path)
        let reader = try ShardReader(path: path)
        let error = try #require(throws: ShardError.self) { try reader.sample(at: 0) }
        #expect(error.kind == .checksum && error.index == 0 && isAboutOneSample(error))
        #expect(error.message.contains("damaged in 'images/bytes'"), "\(error)")
        #expect(try reader.sample(at: 3) == plain.sample(at: 3))
        #expect(reader.verify().first?.index == 0)
    }

    @Test(
        "A compressed or annotated shard damaged anywhere is read or refused, and the process lives",
        arguments: ["gzip", "filters", "attributes", "types"])
    func anywhere(_ form: String) throws {
        let intact = try readBytes(Fixtures.path("shards/read/\(form).h5"))
        let refused = try ShardDamage(intact).refusals(of: 200, at: path)
        #expect((10..<190).contains(refused), "\(refused)")
    }
}

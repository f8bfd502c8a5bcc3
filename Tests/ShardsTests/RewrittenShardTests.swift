import Datasets
import DatasetsTestSupport
import Foundation
import Imaging
import TestSupport
import Testing

@testable import HDF5
@testable import Shards

/// Shards that users rewrote with other programs: fixtures that h5py wrote.
@Suite struct RewrittenShardTests {
    struct Expected: Decodable {
        var id: String
        var width: Int
        var height: Int
        var questions: [String]
        var answers: [String]
        var classes: [String]
    }

    struct Refusal: Decodable {
        var words: [String]
        var mend: String
    }

    let expected: [Expected]

    init() throws { expected = try Fixtures.decode([Expected].self, "shards/expected.json") }

    @Test(
        "A shard has the same samples whatever h5py did to it",
        arguments: ["plain", "gzip", "filters", "attributes", "types"])
    func read(_ form: String) throws {
        let reader = try ShardReader(path: Fixtures.path("shards/read/\(form).h5"))
        #expect(reader.verify() == [])
        #expect(reader.dataset == "Tiny" && reader.split == "train" && reader.version == 1)
        let plain = try ShardReader(path: Fixtures.path("shards/read/plain.h5"))
        try #require(reader.count == expected.count)
        for (index, truth) in expected.enumerated() {
            let sample = try reader.sample(at: index)
            #expect(try sample == plain.sample(at: index))
            #expect(sample.id == truth.id && sample.questions == truth.questions)
            #expect(sample.answers == truth.answers)
            #expect(sample.frame == ImageFrame(width: truth.width, height: truth.height))
            #expect(sample.instances?.map(\.className) == truth.classes)
        }
    }

    @Test("A number that its reader has no place for is named with its array and row")
    func misfit() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        var bytes = Data(try readBytes(Fixtures.path("shards/read/types.h5")))
        let reader = try ShardReader(path: Fixtures.path("shards/read/types.h5"))
        // Eight bytes each, the highest first, where other shards have four.
        let stored = reader.arrays.checksums.map { UInt64($0).bigEndian }
        let place = try #require(bytes.range(of: stored.withUnsafeBytes { Data($0) })).lowerBound
        bytes[place + 2 * 8] = 1
        try writeBytes(Array(bytes), to: path)
        let error = try #require(throws: ShardError.self) { try ShardReader(path: path) }
        #expect(error.kind == .inconsistent && error.index == nil && !isAboutOneSample(error))
        let number = 1 << 56 | UInt64(reader.arrays.checksums[2])
        #expect(
            error.message == "the array 'crc32c' holds \(number) in row 2, which is no uint32")
    }

    @Test("A form that is not read is refused by name, with the command that mends it")
    func refused() throws {
        let refusals = try Fixtures.decode([String: Refusal].self, "shards/refused.json")
        #expect(refusals.count >= 15)
        for (name, refusal) in refusals {
            let path = Fixtures.path("shards/refused/\(name).h5")
            let error = try #require(throws: ShardError.self, "\(name)") {
                try ShardReader(path: path)
            }
            for word in refusal.words {
                #expect(error.message.contains(word), "\(name): \(error.message)")
            }
            for wrong in ["cut off", "damaged"] {
                #expect(!error.message.contains(wrong), "\(name)")
            }
            let copy = path.dropLast(3) + "-plain.h5"
            let repack = "with: h5repack -f NONE -S FSM_AGGR -P 0 --low=0 \(path) \(copy)"
            switch refusal.mend {
            case "h5repack": #expect(error.message.hasSuffix(repack))
            case "python", "either":
                #expect(error.message.contains(repack) == (refusal.mend == "either"), "\(name)")
                #expect(error.message.contains("with: python -c \"import sys, h5py;"))
                #expect(error.message.hasSuffix(" \(path) \(copy)"))
            default: #expect(!error.message.contains("with: "), "\(name)")
            }
        }
    }

    @Test("A filter that nobody here knows is named, and paths are quoted in what mends it")
    func unknownFilter() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("it's mine.h5")
        var bytes = Data(try readBytes(Fixtures.path("shards/refused/lzf.h5")))
        let name = try #require(bytes.range(of: Data("lzf\0".utf8)))
        for (number, words) in [(32015, "the filter zstd;"), (31999, "the filter 31999, xyz;")] {
            bytes.replaceSubrange(name, with: Data("xyz\0".utf8))
            bytes[name.lowerBound - 8] = UInt8(number & 0xFF)
            bytes[name.lowerBound - 7] = UInt8(number >> 8)
            try writeBytes(Array(bytes), to: path)
            let error = try #require(throws: ShardError.self) { try ShardReader(path: path) }
            #expect(error.message.contains(words), "\(error.message)")
            #expect(error.message.contains("h5py, hdf5plugin"))
            #expect(error.message.contains("it'\\''s mine-plain.h5'"))
        }
    }

    @Test("Arrays that are made of other arrays are refused by name")
    func virtual() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("virtual.h5")
        var bytes = Data(try readBytes(Fixtures.path("shards/read/plain.h5")))
        // The first layout: version 3, in one piece.
        let layout = try #require(bytes.range(of: Data([8, 0, 24, 0, 0, 0, 0, 0, 3, 1])))
        bytes.replaceSubrange(layout.upperBound - 2..<layout.upperBound, with: [4, 3])
        try writeBytes(Array(bytes), to: path)
        let error = try #require(throws: ShardError.self) { try ShardReader(path: path) }
        #expect(error.message.contains("has its numbers in other arrays"), "\(error.message)")
        for version in [UInt8(4), 5] {
            bytes.replaceSubrange(layout.upperBound - 2..<layout.upperBound, with: [version, 2])
            try writeBytes(Array(bytes), to: path)
            let error = try #require(throws: ShardError.self) { try ShardReader(path: path) }
            #expect(error.message.contains("newer form of HDF5"), "\(error.message)")
            #expect(error.message.contains("h5repack") && error.message.contains("python -c"))
        }
    }

    @Test("What h5repack keeps, or cannot find alone, is mended in another way")
    func superblockExtension() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        var bytes = try readBytes(Fixtures.path("shards/refused/paged.h5"))
        // The message about free space, the first of the header behind the superblock.
        let header = Int(bytes[20]) | Int(bytes[21]) << 8
        let kind = try #require(bytes[header...].prefix(40).firstIndex(of: 0x17))
        for (value, words, other) in [
            (UInt8(0x0F), "with: python -c", "h5repack"), (0x14, "one of several", "python"),
        ] {
            bytes[kind] = value
            try writeBytes(bytes, to: path)
            let error = try #require(throws: ShardError.self) { try ShardReader(path: path) }
            #expect(error.message.contains(words) && !error.message.contains(other), "\(error)")
        }
    }

    /// Opens a changed copy of a fixture, which has to fail.
    private func refusal(
        of fixture: String = "shards/read/plain.h5", _ change: (inout Data) throws -> Void
    ) throws -> ShardError {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        var bytes = Data(try readBytes(Fixtures.path(fixture)))
        try change(&bytes)
        try writeBytes(Array(bytes), to: path)
        return try #require(throws: ShardError.self) { try ShardReader(path: path) }
    }

    @Test(
        "A second name of an object is told from damage by the count of names that the object has")
    func hardLinks() throws {
        let arrays = try HDF5Structure.check(path: Fixtures.path("shards/read/plain.h5")).arrays
        let (width, height) = try (
            #require(arrays["width"]).header, #require(arrays["height"]).header
        )
        for names in [UInt8(1), 2] {
            let error = try refusal { bytes in
                func words(_ number: UInt64) -> Data { withUnsafeBytes(of: number) { Data($0) } }
                let entry = try #require(bytes.range(of: words(height)))
                bytes.replaceSubrange(entry, with: words(width))
                bytes[Int(width) + 4] = names
            }
            #expect(error.message.contains("damaged") == (names == 1), "\(error)")
            #expect(
                error.message.contains("'width' is the same object as 'height'") == (names == 2))
            #expect(error.message.contains("with: python -c") == (names == 2))
        }
    }

    @Test("A part of an HDF5 file in several files is named")
    func severalFiles() throws {
        let error = try refusal { bytes in
            bytes.replaceSubrange(48..<56, with: withUnsafeBytes(of: bytes.count) { Data($0) })
            bytes += Data([0, 0, 0, 0, 8, 0, 0, 0]) + Data("NCSAfami".utf8)
        }
        #expect(error.message.contains("one of several") && error.message.contains("h5repack"))
        let damaged = try refusal { bytes in bytes[48] = 96 }
        #expect(damaged.message.contains("damaged"), "\(damaged)")
    }

    @Test("Texts that are filled up with spaces end before them, as in h5py")
    func spaces() throws {
        func text(_ text: String, padding: UInt8) throws -> HDF5Attribute {
            let type: [UInt8] = [0x13, padding, 0, 0, UInt8(text.utf8.count), 0, 0, 0]
            let name: [UInt8] = Array("x\0\0\0\0\0\0\0".utf8)
            let bytes: [UInt8] =
                [1, 0, 2, 0, 8, 0, 8, 0] + name + type + [1, 0, 0, 0, 0, 0, 0, 0] + Array(text.utf8)
            let file = try HDF5Bytes(path: Fixtures.path("shards/read/plain.h5"))
            return try HDF5Attribute(HDF5Block(place: 0, bytes: bytes), file)
        }
        #expect(try text("abc  ", padding: 2) == .text("abc"))
        #expect(try text("a c ", padding: 2) == .text("a c"))
        #expect(try text("   ", padding: 2) == .text(""))
        #expect(try text("abc  ", padding: 1) == .text("abc  "))
        #expect(try text("abc\0\0", padding: 0) == .text("abc"))
    }

    @Test("Of the attributes that make a file a shard, those are named that it has not")
    func missingAttributes() throws {
        func rename(_ names: [String]) throws -> ShardError {
            try refusal { bytes in
                for name in names {
                    let place = try #require(bytes.range(of: Data((name + "\0").utf8)))
                    bytes[place.lowerBound] = UInt8(ascii: "X")
                }
            }
        }
        for (names, words) in [
            (
                ["format", "version"],
                "the attributes 'format' = 'think2seg-shard' and 'version' are"
            ),
            (["format"], "the attribute 'format' = 'think2seg-shard' is missing"),
            (["version"], "the attribute 'version' is missing"),
        ] {
            let error = try rename(names)
            #expect(error.kind == .notShard && error.message.contains(words), "\(error)")
        }
        let other = try refusal { bytes in
            let value = try #require(bytes.range(of: Data("think2seg-shard".utf8)))
            bytes[value.lowerBound] = UInt8(ascii: "T")
        }
        #expect(other.message.contains("'format' holds the text 'Think2seg-shard'"), "\(other)")
    }

    @Test("Only a file that is shorter than it says is called cut off")
    func cutOff() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.h5")
        for form in ["read/gzip", "read/types", "read/plain", "refused/latest"] {
            let whole = try readBytes(Fixtures.path("shards/\(form).h5"))
            for count in [60 + (form == "read/types" ? 512 : 0), whole.count / 2, whole.count - 1] {
                try writeBytes(Array(whole[..<count]), to: path)
                let error = try #require(throws: ShardError.self) { try ShardReader(path: path) }
                #expect(error.message.contains("it was cut off"), "\(form) \(count): \(error)")
            }
        }
        let whole = try readBytes(Fixtures.path("shards/read/gzip.h5"))
        for count in 1..<8 {
            try writeBytes(Array(whole[..<count]), to: path)
            let error = try #require(throws: ShardError.self) { try ShardReader(path: path) }
            #expect(error.message.contains("ends after \(count) bytes"), "\(error)")
            #expect(error.message.contains("it was cut off"), "\(error)")
        }
        // What somebody put after the end is nobody's business.
        try writeBytes(whole + [1, 2, 3], to: path)
        #expect(try ShardReader(path: path).verify() == [])
        try writeBytes(Array(whole[..<3000]) + [7, 7, 7] + Array(whole[3000...]), to: path)
        let longer = try #require(throws: ShardError.self) { try ShardReader(path: path) }
        #expect(longer.message.contains("damaged"))
        #expect(longer.message.contains("3 bytes more than by its own account"), "\(longer)")
        #expect(!longer.message.contains("cut off"))
        for (bytes, words) in [
            ([], "the file is empty"), (Array("hello".utf8), "not an HDF5 file"),
            ([0x89] + Array("HDF\n\u{1A}\n".utf8), "line ends were changed"),
        ] as [([UInt8], String)] {
            try writeBytes(bytes, to: path)
            let error = try #require(throws: ShardError.self) { try ShardReader(path: path) }
            #expect(error.kind == .notHDF5 && error.message.contains(words), "\(error)")
        }
    }
}

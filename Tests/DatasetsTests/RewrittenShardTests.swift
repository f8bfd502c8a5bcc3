import Foundation
import Imaging
import TestSupport
import Testing

@testable import Datasets

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
            switch refusal.mend {
            case "h5repack":
                #expect(
                    error.message.hasSuffix(
                        "with: h5repack -f NONE -S FSM_AGGR -P 0 --low=0 \(path) \(copy)"))
            case "python":
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

import Datasets
import DatasetsTestSupport
import Foundation
import Imaging
import Testing

@testable import HDF5
@testable import Shards

/// What must not reach the HDF5 library: it ends the process, or did in the version at hand.
@Suite struct HDF5StructureTests {
    let folder: TemporaryFolder
    let path: String
    let intact: [UInt8]

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("tiny.h5")
        try writeShard((1..<4).map { try makeSample($0, instances: true) }, to: path)
        intact = try readBytes(path)
    }

    private func words(_ numbers: [UInt64], width: Int = 8) -> [UInt8] {
        numbers.flatMap { number in
            (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
        }
    }

    /// The first place of some bytes from a place on.
    private func place(of bytes: [UInt8], from start: Int = 0) throws -> Int {
        try #require(Data(intact).range(of: Data(bytes), in: start..<intact.count)).lowerBound
    }

    /// Why a file with other bytes at a place is not opened.
    private func refusal(_ bytes: [UInt8], at place: Int) throws -> String {
        var changed = intact
        changed.replaceSubrange(place..<place + bytes.count, with: bytes)
        try writeBytes(changed, to: path)
        let error = try #require(throws: ShardError.self) { try ShardReader(path: path) }
        #expect(error.kind == .unreadable)
        return error.message
    }

    /// The place of the layout of an array of 4-byte numbers in chunks of 1024.
    private func layout() throws -> Int {
        try place(of: words([1024, 4], width: 4)) - 11
    }

    @Test("Chunks without dimensions, of no or of too many bytes are refused")
    func chunks() throws {
        let layout = try layout()
        #expect(Array(intact[layout..<layout + 3]) == [3, 2, 2])
        #expect(try refusal([0], at: layout + 2).contains("the dimensions of chunks: 0"))
        #expect(try refusal([0, 0], at: layout + 11).contains("chunks have 0 bytes"))
        #expect(try refusal([255, 255, 255, 255], at: layout + 11).contains("chunks have"))
        #expect(try refusal([3], at: layout + 15).contains("the size of a number in a chunk: 3"))
        #expect(try refusal([2], at: layout).contains("the version of a layout: 2"))
        #expect(try refusal([7], at: layout + 1).contains("a layout of the kind 7"))
    }

    @Test("Addresses outside of the file are refused, whatever they belong to")
    func addresses() throws {
        let far = words([UInt64(intact.count) - 3])
        let layout = try layout()
        #expect(try refusal(far, at: layout + 3).contains("reaches past the end"))
        // The root's object header; the end of the file.
        #expect(try refusal(far, at: 64).contains("reaches past the end"))
        #expect(try refusal(words([UInt64(intact.count) + 1]), at: 40).contains("past the end"))
        // The first child of the root's tree, the names' data.
        let tree = try place(of: Array("TREE".utf8))
        #expect(try refusal(far, at: tree + 32).contains("reaches past the end"))
        let heap = try place(of: Array("HEAP".utf8))
        #expect(try refusal(far, at: heap + 24).contains("reaches past the end"))
        // A chunk.
        let chunks = try place(of: Array("TREE".utf8) + [1])
        #expect(try refusal(far, at: chunks + 24 + 24).contains("reaches past the end"))
    }

    @Test("What points to itself, or to what is another's, is refused")
    func cycles() throws {
        let tree = try place(of: Array("TREE".utf8))
        #expect(try refusal(words([UInt64(tree)]), at: tree + 8).contains("other neighbours"))
        // On level 1 the child of a node is a node.
        #expect(try refusal([1], at: tree + 5).contains("no 'TREE'"))
        var changed = intact
        changed[tree + 5] = 1
        changed.replaceSubrange(tree + 32..<tree + 40, with: words([UInt64(tree)]))
        try writeBytes(changed, to: path)
        #expect(throws: ShardError.self) { try ShardReader(path: path) }
        // Two entries of a list are one object.
        let list = try place(of: Array("SNOD".utf8))
        let second = Array(intact[list + 8 + 40 + 8..<list + 8 + 80])
        #expect(try refusal(second, at: list + 16).contains("belongs to two things"))
        // Free names that come round.
        let heap = try place(of: Array("HEAP".utf8))
        #expect(try refusal(words([UInt64.max - 20]), at: heap + 16).contains("free names"))
    }

    @Test("Counts, kinds and versions that the library does not write are refused")
    func counts() throws {
        let tree = try place(of: Array("TREE".utf8))
        #expect(try refusal([200], at: tree + 6).contains("a node has 200 children"))
        #expect(try refusal([0], at: tree + 6).contains("the root") == false)
        let list = try place(of: Array("SNOD".utf8))
        #expect(try refusal([99], at: list + 6).contains("a list has 99 names"))
        #expect(try refusal([2], at: list + 8 + 16).contains("of the kind 2"))
        #expect(try refusal([0, 0], at: 16).contains("nodes of 0"))
        #expect(try refusal([3], at: 8).contains("newer form"))
        let header = Int(intact[64]) + Int(intact[65]) << 8
        #expect(try refusal([200], at: header + 2).contains("messages"))
        #expect(try refusal([1], at: header + 2).contains("a message too many"))
    }

    @Test("A shard with its structure damaged anywhere is read or refused, and the process lives")
    func anywhere() throws {
        let refused = try ShardDamage(intact).refusals(of: 300, at: path)
        #expect((30..<270).contains(refused), "\(refused)")
    }

    @Test("Trees of several levels, and arrays in one piece, are structures like others")
    func large() throws {
        // More than 64 chunks of 65536 bytes.
        var samples = try (0..<3).map { try makeSample($0, width: 900, height: 700) }
        samples[0].answers = (0..<3000).map { "answer \($0)" }
        try writeShard(samples, to: path)
        try HDF5Structure.check(path: path)
        #expect(try ShardReader(path: path).sample(at: 2) == samples[2])
    }
}

import DatasetsTestSupport
import Foundation
import Imaging
import Testing

@testable import Datasets
@testable import HDF5
@testable import Shards

@Suite struct ShardCorruptionTests {
    let folder: TemporaryFolder
    let path: String
    let samples: [SegmentationSample]

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("tiny.h5")
        samples = try (1..<5).map { try makeSample($0, instances: true) }
        try writeShard(samples, to: path)
    }

    private func openError() throws -> ShardError {
        try #require(throws: ShardError.self) { try ShardReader(path: path) }
    }

    /// Replaces the only place of `old` in the file.
    private func patch(_ old: [UInt8], by new: [UInt8]) throws {
        var data = Data(try readBytes(path))
        let place = try #require(data.range(of: Data(old)))
        try #require(data.range(of: Data(old), in: place.upperBound..<data.endIndex) == nil)
        data.replaceSubrange(place, with: Data(new))
        try writeBytes(Array(data), to: path)
    }

    private func words(_ numbers: [Int64]) -> [UInt8] {
        numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
    }

    private func questionBounds() -> [Int64] {
        samples.reduce(into: [0]) { $0.append(($0.last ?? 0) + Int64($1.questions.count)) }
    }

    @Test("a file that is not there, and one that is no HDF5, are told apart")
    func noShard() throws {
        let missing = try #require(throws: ShardError.self) {
            try ShardReader(path: folder.file("none.h5"))
        }
        #expect(missing.kind == .missing)
        for contents in ["", "PK, a picture of a shard", String(repeating: "x", count: 5000)] {
            try writeBytes(Array(contents.utf8), to: path)
            #expect(try openError().kind == .notHDF5)
        }
    }

    @Test("where no sample has its stored checksum, its writer's differs, and is told once")
    func otherWriter() throws {
        func bytes(_ numbers: [UInt32]) -> [UInt8] {
            numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
        }
        let stored = Array(try ShardReader(path: path).arrays.checksums)
        let other = stored.map { ~$0 }
        try patch(bytes(stored), by: bytes(other))
        let problems = try ShardReader(path: path).verify()
        #expect(problems.count == 1)
        let message = try #require(problems.first?.message)
        #expect(message.contains("all 4 samples: the writer's checksum differs"))
        #expect(message.contains("CRC-32C (Castagnoli)"))
        try patch(bytes(other), by: bytes([stored[0]] + other.dropFirst()))
        let rest = try ShardReader(path: path).verify()
        #expect(rest.map(\.index) == [1, 2, 3])
        #expect(rest.allSatisfy { $0.message.contains("the file is damaged") })
    }

    @Test("another program's HDF5 file is no shard")
    func foreignFile() throws {
        let other = folder.file("other.h5")
        let file = try HDF5File.create(other)
        try file.createGroup("weights")
        try file.flush()
        let error = try #require(throws: ShardError.self) { try ShardReader(path: other) }
        #expect(error.kind == .notShard)
        #expect(error.description.contains(other))
    }

    @Test("a newer version is named with what this program reads")
    func newerVersion() throws {
        let other = folder.file("other.h5")
        let file = try HDF5File.create(other)
        try file.writeAttribute("format", "think2seg-shard")
        try file.writeAttribute("version", 3)
        try file.flush()
        let error = try #require(throws: ShardError.self) { try ShardReader(path: other) }
        #expect(error.kind == .newerVersion)
        #expect(error.message.contains("version 3") && error.message.contains("up to 2"))
    }

    @Test("a shard without its arrays names the first that is missing")
    func missingArray() throws {
        let other = folder.file("other.h5")
        let file = try HDF5File.create(other)
        try file.writeAttribute("format", "think2seg-shard")
        try file.writeAttribute("version", 1)
        try file.writeAttribute("dataset", "")
        try file.writeAttribute("split", "train")
        try file.flush()
        let error = try #require(throws: ShardError.self) { try ShardReader(path: other) }
        #expect(error.kind == .unreadable && error.message.contains("ids/bytes"))
    }

    @Test("a file that was cut off anywhere does not open, or fails at its samples; never traps")
    func truncation() throws {
        let whole = try readBytes(path)
        for length in stride(from: 16, to: whole.count, by: 4099) {
            try writeBytes(Array(whole[..<length]), to: path)
            let error = try openError()
            #expect(error.kind == .unreadable || error.kind == .notHDF5)
        }
    }

    @Test("bounds that fall are an error")
    func fallingBounds() throws {
        var bounds = questionBounds()
        let intact = words(bounds)
        bounds[1] = 6
        try patch(intact, by: words(bounds))
        let error = try openError()
        #expect(error.kind == .inconsistent)
        #expect(error.message.contains("questions/samples") && error.message.contains("falls"))
    }

    @Test("bounds that do not end where the bytes end are an error")
    func wrongEnd() throws {
        var bounds = questionBounds()
        let intact = words(bounds)
        bounds[4] += 1
        try patch(intact, by: words(bounds))
        #expect(try openError().kind == .inconsistent)
    }

    @Test("a sample without questions is an error")
    func noQuestions() throws {
        var bounds = questionBounds()
        let intact = words(bounds)
        bounds[1] = 0
        try patch(intact, by: words(bounds))
        let error = try openError()
        #expect(error.kind == .inconsistent && error.index == 0)
    }

    @Test("a changed byte of an image, mask, text or class is found at its sample, by name")
    func checksums() throws {
        let intact = try readBytes(path)
        let parts: [[UInt8]] = [
            samples[2].image, Array(samples[2].questions[0].utf8), Array("Öltank 3".utf8),
            Array("sample-3".utf8),
        ]
        for part in parts {
            var changed = part
            changed[part.count / 2] ^= 0x04
            try writeBytes(intact, to: path)
            try patch(part, by: changed)
            let reader = try ShardReader(path: path)
            let error = try #require(throws: ShardError.self) { try reader.sample(at: 2) }
            #expect(error.kind == .checksum && error.index == 2 && isAboutOneSample(error))
            #expect(error.description.contains(path))
            #expect(try reader.sample(at: 1) == samples[1])
            let problems = reader.verify()
            #expect(problems.count == 1 && problems.first?.index == 2)
        }
    }

    @Test("a moved bound between two questions is found by the checksum")
    func movedBound() throws {
        let lengths = samples.flatMap { $0.questions.map(\.utf8.count) }
        var offsets = lengths.reduce(into: [Int64(0)]) { $0.append(($0.last ?? 0) + Int64($1)) }
        let intact = words(offsets)
        offsets[1] += 1
        try patch(intact, by: words(offsets))
        let error = try #require(throws: ShardError.self) {
            try ShardReader(path: path).sample(at: 0)
        }
        #expect(error.kind == .checksum)
    }

    @Test("a record whose checksum holds but whose contents do not is refused")
    func wrongContents() throws {
        var record = try ShardRecord(samples[0])
        record.emptyTarget = 1
        #expect(throws: SampleDefect.self) { try record.sample() }
        record.emptyTarget = 0
        record.format = 7
        #expect(throws: SampleDefect.self) { try record.sample() }
        record.format = 0
        record.questions = [[0xFF, 0xFE]]
        #expect(throws: SampleDefect.self) { try record.sample() }
        record.questions = [Array("?".utf8)]
        #expect(try record.sample().questions == ["?"])
        record.mask = try ImageCodec.encodePNG(BinaryMask(width: 2, height: 2))
        #expect(throws: SampleDefect.self) { try record.sample() }
    }

    @Test("a file that is gone, cut off or replaced while it is open is not the fault of a sample")
    func changedWhileOpen() throws {
        let whole = try readBytes(path)
        let reader = try ShardReader(path: path)
        func error() throws -> ShardError {
            try #require(throws: ShardError.self) { try reader.sample(at: 1) }
        }
        try writeBytes(Array(whole[..<(whole.count / 2)]), to: path)
        let cut = try error()
        #expect(cut.kind == .unreadable && cut.path == path && !isAboutOneSample(cut))
        #expect(cut.message.contains("\(whole.count / 2) bytes, and had \(whole.count)"))
        try FileManager.default.removeItem(atPath: path)
        let gone = try error()
        #expect(gone.kind == .missing && gone.path == path && !isAboutOneSample(gone))
        let dataset = try #require(throws: ShardError.self) {
            try ShardedDataset(paths: [path])
        }
        #expect(dataset.kind == .missing)
    }

    @Test("a sample that cannot be read or decoded is about itself, other errors are not")
    func aboutOneSample() {
        let kinds: [ShardError.Kind] = [
            .missing, .notHDF5, .notShard, .newerVersion, .unreadable, .inconsistent, .checksum,
            .invalidSample, .duplicateID, .cannotWrite,
        ]
        let about = kinds.filter { isAboutOneSample(ShardError($0, path: "a.h5", "broken")) }
        #expect(about == [.checksum, .invalidSample])
        for (kind, expected) in [
            (ImageError.Kind.badData, true), (.missing, false), (.cannotWrite, false),
            (.outOfMemory, false),
        ] {
            let error = ImageError(name: "a", what: "broken", hint: "mend it", kind: kind)
            #expect(isAboutOneSample(error) == expected)
        }
        #expect(!isAboutOneSample(CancellationError()))
        let hdf5 = HDF5Error(path: "a.h5", object: "", function: "H5Dread", message: "no")
        #expect(!isAboutOneSample(hdf5))
    }

    @Test("verify reports an image that does not decode although its checksum holds")
    func undecodableImage() throws {
        var bad = try makeSample(9)
        // The header stays whole; the pixels are cut off.
        bad.image.removeLast(bad.image.count / 2)
        try writeShard([makeSample(8), bad], to: path)
        let problems = try ShardReader(path: path).verify()
        #expect(problems.map(\.id) == ["sample-9"])
    }
}

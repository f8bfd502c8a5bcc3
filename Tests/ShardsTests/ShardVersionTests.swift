import DatasetsTestSupport
import Foundation
import Imaging
import Testing

@testable import Datasets
@testable import HDF5
@testable import Shards

/// What version 2 of the format added, and that version 1 is as it was.
@Suite struct ShardVersionTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("tiny.h5")
    }

    /// A sample with ignored pixels in its last row, which none of the masks reach.
    private func ignoring(_ number: Int) throws -> SegmentationSample {
        var sample = try makeSample(number)
        var ignored = BinaryMask(width: sample.frame.width, height: sample.frame.height)
        for x in 3...number % 9 + 4 { ignored[x, sample.frame.height - 1] = true }
        sample.ignored = ignored
        return sample
    }

    /// A sample whose image is turned.
    private func turned(
        _ number: Int, _ orientation: ImageOrientation
    ) throws -> SegmentationSample {
        var sample = try makeSample(number)
        sample.orientation = orientation
        sample.frame = orientation.symmetry(sample.frame)
        sample.mask = orientation.symmetry(sample.mask)
        return sample
    }

    private func write(_ samples: [SegmentationSample], notes: ShardNotes = ShardNotes()) throws {
        let writer = try ShardWriter(path: path, dataset: "Tiny", split: "train")
        for sample in samples { try writer.append(sample) }
        writer.notes = notes
        try writer.finish()
    }

    @Test("ignored pixels and orientations come out of a shard as they went in")
    func roundTrip() throws {
        let samples = try [
            makeSample(0), makeSample(1), ignoring(2), makeSample(3), turned(5, .turnedLeft),
            ignoring(6), turned(7, .upsideDown),
        ]
        try write(samples)
        let reader = try ShardReader(path: path)
        #expect(reader.version == 2)
        for index in samples.indices { #expect(try reader.sample(at: index) == samples[index]) }
        #expect(reader.verify() == [])
        #expect(reader.summary.withIgnored == 2 && reader.summary.turned == 2)
        #expect(reader.frame(at: 4) == ImageFrame(width: 9, height: 13))
        let picture = try ImageCodec.decode(samples[4].image, name: "a")
        #expect(try reader.sample(at: 4).picture() == SquareSymmetry(6)(picture))
    }

    @Test(
        "a shard in which nothing is ignored, turned or noted is of version 1, without new arrays")
    func plain() throws {
        var samples = try (0..<3).map { try makeSample($0) }
        // An empty set of ignored pixels is none.
        samples[1].ignored = BinaryMask(width: 13, height: 9)
        try write(samples)
        let reader = try ShardReader(path: path)
        #expect(reader.version == 1 && reader.notes.isEmpty)
        let file = try HDF5File.open(path)
        #expect(try !file.contains("ignored") && !file.contains("orientation"))
        #expect(try reader.sample(at: 1).ignored == nil)
    }

    @Test("what an import decided is kept, and makes version 2 of the shard")
    func notes() throws {
        var notes = ShardNotes()
        notes.stretch = "0,4095"
        notes.labelValues = "1,2"
        notes.ignoreValues = "255"
        notes.exif = "apply"
        try write([makeSample(1)], notes: notes)
        let reader = try ShardReader(path: path)
        #expect(reader.version == 2 && reader.notes == notes)
        #expect(reader.notes.attributes.map(\.name).contains("label_values"))
        #expect(reader.verify() == [])
    }

    @Test("a changed orientation or ignored pixel is found by the checksum")
    func checksums() throws {
        try write([ignoring(2), turned(5, .turnedLeft)])
        let record = try ShardRecord(ignoring(2))
        var without = record
        without.ignored = []
        #expect(without.checksum == (try ShardRecord(makeSample(2))).checksum)
        #expect(record.checksum != without.checksum)
        var bytes = Data(try readBytes(path))
        let file = Data(record.ignored)
        let place = try #require(bytes.range(of: file)).lowerBound
        bytes[place + file.count - 10] ^= 1
        try writeBytes(Array(bytes), to: path)
        let reader = try ShardReader(path: path)
        let error = try #require(throws: ShardError.self) { try reader.sample(at: 0) }
        #expect(error.kind == .checksum)
        var turned = try ShardRecord(turned(5, .turnedLeft))
        let before = turned.checksum
        turned.orientation = 8
        #expect(turned.checksum != before)
    }

    @Test(
        "a sample with pixels that are target and ignored, or ignored in another frame, is refused")
    func contradictions() throws {
        let writer = try ShardWriter(path: path, dataset: "Tiny", split: "train")
        var both = try makeSample(2)
        both.ignored = both.mask
        var other = try makeSample(3)
        other.ignored = BinaryMask(width: 9, height: 13)
        var sideways = try makeSample(4)
        sideways.orientation = .turnedLeft
        for (sample, part) in [
            (both, "target and ignored"), (other, "9 x 13"), (sideways, "the image is 9 x 13"),
        ] {
            let error = try #require(throws: ShardError.self) { try writer.append(sample) }
            #expect(error.kind == .invalidSample && error.message.contains(part), "\(error)")
        }
    }

    @Test("arrays of version 2 that do not fit the samples are an inconsistent shard")
    func inconsistent() throws {
        try write([ignoring(2), turned(5, .turnedLeft)])
        var record = try ShardRecord(turned(5, .turnedLeft))
        record.orientation = 9
        #expect(throws: (any Error).self) { try record.sample() }
        // Nothing of it is looked at in a shard that says that it is of version 1.
        let bytes = try readBytes(path)
        let place = try #require(Data(bytes).range(of: Data("version\0".utf8))).upperBound
        let value = try #require(bytes[place...].firstIndex(of: 2))
        var older = bytes
        older[value] = 1
        try writeBytes(older, to: path)
        let reader = try? ShardReader(path: path)
        if let reader {
            #expect(throws: ShardError.self) { try reader.sample(at: 0) }
        }
    }
}

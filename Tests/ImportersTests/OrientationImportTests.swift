import Datasets
import DatasetsTestSupport
import Foundation
import Imaging
import TestSupport
import Testing

@testable import Importers
@testable import Shards

/// What imports do with the orientations that files state.
@Suite struct OrientationImportTests {
    let folder: TemporaryFolder
    let source: String
    let output: String

    init() throws {
        folder = try TemporaryFolder()
        source = folder.file("source")
        output = folder.file("shards")
    }

    /// Writes samples of 13 × 9 pixels whose images state orientations, and whose labels are as a
    /// viewer shows the image.
    private func write(_ orientations: [UInt8]) throws {
        let writer = try EarthReasonLayoutWriter(root: source, split: "train")
        for (number, orientation) in orientations.enumerated() {
            var sample = try makeSample(number, jpeg: true)
            sample.image = stating(orientation, sample.image)
            let turn = ImageOrientation(rawValue: orientation) ?? .upright
            sample.mask = turn.symmetry(sample.mask)
            try writer.write(sample)
        }
    }

    private func run(_ exif: ExifPolicy) throws -> ImportReport {
        var importer = EarthReasonImporter(source: source)
        importer.choices.exif = exif
        return try importer.run(output: output)
    }

    @Test("ignored orientations are one warning with their count and the first of them")
    func ignored() throws {
        try write([1, 3, 2, 3, 9])
        let report = try run(.ignore)
        try #require(report.problems.count == 1)
        let problem = report.problems[0]
        #expect(problem.severity == .warning && problem.file.hasSuffix("images/sample-1.jpg"))
        #expect(problem.message.contains("EXIF orientation is 3"))
        #expect(problem.message.contains("3 images") && problem.message.contains("--exif apply"))
        let reader = try ShardReader(path: output + "/train.h5")
        #expect(reader.version == 1 && reader.count == 5)
        #expect(try reader.sample(at: 1).orientation == .upright)
    }

    @Test("a size that an orientation explains names it and the option")
    func sizes() throws {
        try write([1, 6])
        let report = try run(.ignore)
        #expect(report.splits[0].rejected == 1)
        let error = try #require(report.splits[0].problems.first)
        #expect(error.message.contains("the label is 9 x 13, the image is 13 x 9"))
        #expect(
            error.message.contains("orientation is 6") && error.message.contains("--exif apply"))
    }

    @Test("a size that the label's own orientation explains names it")
    func ownSize() throws {
        try write([1, 1])
        // A label as JPEG, which applying turns away from its image's size.
        try writeBytes(
            stating(6, makeSample(1, jpeg: true).image), to: source + "/train/labels/sample-1.png")
        let report = try run(.apply)
        #expect(report.splits[0].rejected == 1)
        let error = try #require(report.splits[0].problems.first)
        #expect(error.message.contains("the label is 9 x 13, the image is 13 x 9"))
        #expect(error.message.contains("turned as its own EXIF orientation 6"))
    }

    @Test("applied orientations are in the shard, and the picture comes out turned")
    func applied() throws {
        try write((1...8).map { $0 })
        let report = try run(.apply)
        #expect(report.problems == [] && report.splits[0].samples == 8)
        let reader = try ShardReader(path: output + "/train.h5")
        #expect(reader.version == 2 && reader.notes.exif == "apply" && reader.verify() == [])
        for (index, orientation) in ImageOrientation.allCases.enumerated() {
            let sample = try reader.sample(at: index)
            #expect(sample.orientation == orientation)
            let stored = try ImageCodec.decode(sample.image, name: sample.id)
            #expect(try sample.picture() == orientation.symmetry(stored))
            #expect(sample.frame == orientation.symmetry(stored.frame))
            #expect(try sample.mask == orientation.symmetry(makeSample(index, jpeg: true).mask))
        }
    }

    @Test("with nothing to turn, applying orientations changes the note only")
    func nothingToApply() throws {
        try write([1, 1])
        _ = try run(.apply)
        let reader = try ShardReader(path: output + "/train.h5")
        #expect(reader.summary.turned == 0 && reader.notes.exif == "apply")
    }

    @Test("a label of the stored size does not fit an image that is turned, and the error says so")
    func labelOfStoredPixels() throws {
        let writer = try EarthReasonLayoutWriter(root: source, split: "train")
        var sample = try makeSample(1, jpeg: true)
        sample.image = stating(8, sample.image)
        try writer.write(sample)
        let error = try #require(throws: ImportError.self) { try run(.apply) }
        #expect(error.message.contains("the label is 13 x 9, the image is 9 x 13"))
        #expect(error.message.contains("--exif ignore"))
    }

    @Test("ignored pixels and turned images that the layout writer wrote come back with options")
    func layoutRoundTrip() throws {
        var sample = try makeSample(2, jpeg: true)
        sample.image = stating(6, sample.image)
        sample.orientation = .turnedLeft
        sample.frame = ImageFrame(width: 9, height: 13)
        sample.mask = ImageOrientation.turnedLeft.symmetry(sample.mask)
        var ignored = BinaryMask(width: 9, height: 13)
        for y in 0..<13 {
            for x in 0..<9 where !sample.mask[x, y] && x + y > 15 { ignored[x, y] = true }
        }
        sample.ignored = ignored
        try EarthReasonLayoutWriter(root: source, split: "train").write(sample)
        var importer = EarthReasonImporter(source: source)
        importer.choices.exif = .apply
        importer.choices.labels = try LabelRule(ignoreValues: LabelValues("128"))
        #expect(try importer.run(output: output).problems == [])
        #expect(try ShardReader(path: output + "/train.h5").sample(at: 0) == sample)
    }

    @Test("a TIFF image becomes the PNG of its turned pixels, and is upright then")
    func tiff() throws {
        let cases = try Fixtures.decode([TIFFCase].self, "imaging/orientation.json")
        let item = try #require(cases.first { $0.name == "tiff-6.tif" })
        let path = folder.file("six.tif")
        try item.file.write(to: URL(fileURLWithPath: path))
        var choices = ImportChoices()
        #expect(throws: ImportDefect.self) { try StoredImage(path: path, ImportReader(choices)) }
        choices.exif = .apply
        let stored = try StoredImage(path: path, ImportReader(choices))
        #expect(stored.orientation == .upright && stored.stated == .turnedLeft)
        #expect(stored.frame == ImageFrame(width: item.width, height: item.height))
        #expect(Data(try ImageCodec.decode(stored.bytes, name: "a").pixels) == item.rgb)
    }
}

private struct TIFFCase: Decodable {
    var name: String
    var file: Data
    var width: Int
    var height: Int
    var rgb: Data
}

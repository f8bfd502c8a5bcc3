import Datasets
import DatasetsTestSupport
import Foundation
import Imaging
import TestSupport
import Testing

@testable import Importers
@testable import Shards

@Suite("Importing images of other depths than 8 bits")
struct ImportStretchTests {
    let folder: TemporaryFolder
    let source: String
    let output: String

    init() throws {
        folder = try TemporaryFolder()
        source = folder.file("source")
        output = folder.file("shards")
        for name in ["images", "labels", "QAs"] {
            try FileManager.default.createDirectory(
                atPath: source + "/train/" + name, withIntermediateDirectories: true)
        }
    }

    /// Writes a sample of the split `train`; its label has the first pixel.
    private func write(
        _ id: String, _ image: [UInt8], suffix: String = "png", label: [UInt8]? = nil,
        labelSuffix: String = "png"
    ) throws {
        var mask = BinaryMask(width: 13, height: 11)
        mask[0, 0] = true
        let train = source + "/train"
        try writeBytes(image, to: "\(train)/images/\(id).\(suffix)")
        try writeBytes(
            label ?? ImageCodec.encodePNG(mask), to: "\(train)/labels/\(id).\(labelSuffix)")
        try writeBytes(
            Array(#"{"questions": ["where?"], "answer": ["there"]}"#.utf8),
            to: "\(train)/QAs/\(id).json")
    }

    private func importAll(_ stretch: String? = nil) throws -> (ImportReport, ShardReader) {
        var importer = EarthReasonImporter(source: source)
        importer.choices.stretch = try stretch.map { try #require(Stretch($0)) }
        let report = try importer.run(output: output)
        return (report, try ShardReader(path: output + "/train.h5"))
    }

    private func expected(_ name: String, _ stretch: String) throws -> [UInt8] {
        let found = DepthFixtures.all.pictures.first { $0.name == name && $0.stretch == stretch }
        return [UInt8](try #require(found).rgb)
    }

    @Test("without a stretch an image of 16 bits is left out, with the range of its values")
    func refused() throws {
        try write("a", DepthFixtures.file("png rgb"))
        try write("b", DepthFixtures.file("tiff < rgb"), suffix: "tif")
        let error = try #require(throws: ImportError.self) { try importAll() }
        let problems = error.report.splits.flatMap(\.problems)
        #expect(problems.count == 2)
        for problem in problems {
            #expect(problem.message.contains("samples of 16 bits, values from "))
            #expect(problem.message.contains("--stretch LOW,HIGH"))
        }
    }

    @Test("with values the shard has the stretched picture, and says by what")
    func values() throws {
        try write("a", DepthFixtures.file("png rgb"))
        try write("b", DepthFixtures.file("png gray"))
        try write("c", DepthFixtures.file("tiff 12 bits"), suffix: "tiff")
        let (report, reader) = try importAll("0,3000")
        #expect(report.splits[0].samples == 3 && report.allProblems == [])
        #expect(report.stretch == "0,3000" && reader.notes.stretch == "0,3000")
        for (index, name) in ["png rgb", "png gray", "tiff 12 bits"].enumerated() {
            let picture = try reader.sample(at: index).picture()
            #expect(picture.pixels == (try expected(name, "0,3000")))
        }
        #expect(reader.verify() == [])
    }

    @Test("percentiles are those of all images of all splits together")
    func percentiles() throws {
        let example = DepthFixtures.all.percentiles[0]
        for (index, file) in example.files.enumerated() {
            let bytes = [UInt8](file)
            try write("\(index)", bytes, suffix: ImageCodec.isTIFF(bytes) ? "tif" : "png")
        }
        let manager = FileManager.default
        for (name, suffix) in [("images", "png"), ("labels", "png"), ("QAs", "json")] {
            try manager.createDirectory(
                atPath: "\(source)/val/\(name)", withIntermediateDirectories: true)
            try manager.moveItem(
                atPath: "\(source)/train/\(name)/0.\(suffix)",
                toPath: "\(source)/val/\(name)/0.\(suffix)")
        }
        let (report, _) = try importAll(example.stretch)
        var ranges = StretchRanges(gray: StretchRange(low: example.gray[0], high: example.gray[1]))
        ranges.colors = example.colors.map { StretchRange(low: $0[0], high: $0[1]) }
        #expect(report.stretch == "\(example.stretch) = \(ranges)")
        for split in ["train", "val"] {
            let reader = try ShardReader(path: "\(output)/\(split).h5")
            #expect(reader.notes.stretch == report.stretch)
            for index in 0..<reader.count {
                let sample = try reader.sample(at: index)
                let file = [UInt8](example.files[try #require(Int(sample.id))])
                let alone = try ImageCodec.decode(
                    file, name: "a", stretch: Stretch(example.stretch), measured: ranges)
                #expect(try sample.picture() == alone.image)
            }
        }
    }

    @Test("images of 8 bits stay byte for byte, and a stretch for nothing is said")
    func eightBits() throws {
        let image = try ImageCodec.encodePNG(RGBImage(width: 13, height: 11, fill: (1, 2, 3)))
        try write("a", image)
        let (plain, _) = try importAll()
        let bytes = try readBytes(output + "/train.h5")
        #expect(plain.allProblems == [] && plain.stretch == nil)
        for stretch in ["none", "p2,p98", "0,10"] {
            let (report, reader) = try importAll(stretch)
            #expect(report.allProblems.count == 1 && report.stretch == nil)
            #expect(report.allProblems[0].message.contains("--stretch \(stretch) changed nothing"))
            #expect(reader.notes.isEmpty)
            #expect(try readBytes(output + "/train.h5") == bytes)
        }
    }

    @Test("alpha that is left out is said once, with the number of images and the first")
    func alpha() throws {
        for (id, name) in [("a", "png rgb"), ("b", "png rgba"), ("c", "png rgba")] {
            try write(id, DepthFixtures.file(name))
        }
        let (report, _) = try importAll("none")
        #expect(report.allProblems.count == 1)
        let problem = report.allProblems[0]
        #expect(problem.severity == .warning && problem.file.hasSuffix("images/b.png"))
        #expect(problem.message.contains("alpha is not full at"))
        #expect(problem.message.contains("2 images"))
    }

    @Test("a block that a label leaves out is no target, nor is the file's own header")
    func sparseLabels() throws {
        let image = try ImageCodec.encodePNG(RGBImage(width: 13, height: 11, fill: (1, 2, 3)))
        for name in ["strips of 1, nodata None", "strips of 1, nodata None, packed"] {
            let example = try #require(DepthFixtures.all.pictures.first { $0.name == name })
            try write("a", image, label: example.bytes, labelSuffix: "tif")
            let (report, reader) = try importAll()
            #expect(report.splits[0].samples == 1)
            #expect(try reader.sample(at: 0).mask.bytes(value: 1) == [UInt8](example.label))
        }
    }

    @Test("a picture of 16 bits that another program put into a shard is named by its sample")
    func foreignShard() throws {
        var sample = try makeSample(1, width: 13, height: 11)
        sample.image = DepthFixtures.file("png gray")
        try writeShard([sample], to: folder.file("foreign.h5"))
        let reader = try ShardReader(path: folder.file("foreign.h5"))
        let problems = reader.verify()
        #expect(problems.count == 1 && problems[0].id == "sample-1")
        #expect(problems[0].message.contains("values from 0 to 65535"))
        let error = try #require(throws: ImageError.self) { try reader.sample(at: 0).picture() }
        #expect(error.name == "sample-1" && error.hint.contains("import the data again"))
    }
}

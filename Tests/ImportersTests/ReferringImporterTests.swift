import DatasetsTestSupport
import Foundation
import Imaging
import TestSupport
import Testing

@testable import Datasets
@testable import Importers
@testable import Shards

/// The small data sets of the fixtures.
struct ReferringFixture: Decodable {
    var id: String
    var text: String
    var `class`: String?
    var width: Int
    var height: Int
    var rgb: String
    var mask: String

    static func expected(_ set: String) throws -> [String: [ReferringFixture]] {
        let all = try Fixtures.decode(
            [String: [String: [ReferringFixture]]].self, "importing/trees/expected.json")
        return try #require(all[set])
    }

    func check(_ sample: SegmentationSample) throws {
        #expect(sample.id == id && sample.questions == [text] && sample.answers.isEmpty)
        let picture = try ImageCodec.decode(sample.image, name: id)
        #expect(picture.frame == ImageFrame(width: width, height: height))
        #expect(Data(picture.pixels) == Data(base64Encoded: rgb), "\(id)")
        #expect(try sample.mask == unpackedMask(mask, width: width, height: height), "\(id)")
        #expect(sample.instances?.map(\.className) == self.class.map { [$0] }, "\(id)")
        for instance in sample.instances ?? [] {
            #expect(instance.isTarget && instance.mask == sample.mask)
            #expect(instance.box == sample.mask.boundingBox)
        }
    }
}

extension ImportReport {
    /// All problems but the warnings about all files together.
    var ownProblems: [ImportProblem] {
        problems.filter { $0.severity == .error } + splits.flatMap(\.problems)
    }
}

/// A copy of a fixture's tree that a test may damage, and the folder for its shards.
struct ReferringTree {
    let folder: TemporaryFolder
    var source: String { folder.file("source") }
    var output: String { folder.file("shards") }

    init(_ set: String) throws {
        folder = try TemporaryFolder()
        try FileManager.default.copyItem(
            atPath: Fixtures.path("importing/trees/" + set), toPath: folder.file("source"))
    }

    func write(_ text: String, to path: String) throws {
        try writeBytes(Array(text.utf8), to: source + "/" + path)
    }

    func remove(_ path: String) throws {
        try FileManager.default.removeItem(atPath: source + "/" + path)
    }

    var shards: [String] { folder.files.filter { $0.hasPrefix("shards/") } }
}

@Suite struct ReferringImporterTests {
    private func importer(_ set: String, _ source: String, strict: Bool = false)
        -> any ShardImporter
    {
        switch set {
        case "rrsis-d": RRSISDImporter(source: source, strict: strict)
        case "refsegrs": PhraseImporter(.refSegRS, source: source, strict: strict)
        default: PhraseImporter(.risBench, source: source, strict: strict)
        }
    }

    private func importAll(_ set: String, _ tree: ReferringTree) throws -> ImportReport {
        try importer(set, tree.source).run(output: tree.output) { _ in }
    }

    /// What is odd about the fixtures: channels at other pixels, and other values in each mask.
    ///
    /// How many rectangles are as large as the picture depends on the seed.
    static let warnings = [
        "refsegrs": "6 of 6 labels have more than two values",
        "risbench": "all 9 together have: 0 (",
    ]

    static let sets = [("rrsis-d", "RRSIS-D"), ("refsegrs", "RefSegRS"), ("risbench", "RISBench")]

    @Test(
        "a whole tree becomes shards of the expected pixels, texts, ids and classes",
        arguments: sets)
    func wholeTree(set: String, dataset: String) throws {
        let tree = try ReferringTree(set)
        var steps: [String] = []
        let report = try importer(set, tree.source).run(output: tree.output) {
            steps.append("\($0.split) \($0.done)/\($0.total)")
        }
        #expect(report.ownProblems == [] && report.rejected == 0)
        var full = 0
        #expect(report.splits.map(\.split) == ["train", "val", "test"])
        #expect(tree.shards == ["shards/test.h5", "shards/train.h5", "shards/val.h5"])
        let expected = try ReferringFixture.expected(set)
        for split in report.splits {
            let samples = try #require(expected[split.split])
            let reader = try ShardReader(path: split.shard)
            #expect(reader.dataset == dataset && reader.split == split.split)
            try #require(reader.count == samples.count && split.samples == samples.count)
            #expect(split.questions == samples.count && split.emptyTargets == 0)
            for (index, sample) in samples.enumerated() {
                try sample.check(reader.sample(at: index))
            }
            #expect(reader.verify() == [])
            #expect(steps.contains("\(split.split) \(samples.count)/\(samples.count)"))
            for index in samples.indices {
                let mask = try reader.sample(at: index).mask
                if mask.count == mask.width * mask.height { full += 1 }
            }
        }
        let warning =
            Self.warnings[set] ?? (full > 0 ? "covers every pixel of \(full) of" : nil)
        #expect(report.problems.count == (warning == nil ? 0 : 1))
        if let warning { #expect(report.problems.first?.message.contains(warning) == true) }
    }

    @Test("the same source gives the same bytes", arguments: sets)
    func stable(set: String, dataset: String) throws {
        let tree = try ReferringTree(set)
        _ = try importAll(set, tree)
        let first = try readBytes(tree.output + "/train.h5")
        _ = try importAll(set, tree)
        #expect(try readBytes(tree.output + "/train.h5") == first)
    }

    @Test("JPEG bytes stay as they are, and TIFF files become PNG")
    func storedForms() throws {
        let jpeg = try ReferringTree("rrsis-d")
        _ = try importAll("rrsis-d", jpeg)
        let sample = try ShardReader(path: jpeg.output + "/val.h5").sample(at: 0)
        let file = jpeg.source + "/images/rrsisd/JPEGImages/11001.jpg"
        #expect(try sample.format == .jpeg && sample.image == readBytes(file))
        let tiff = try ReferringTree("refsegrs")
        _ = try importAll("refsegrs", tiff)
        #expect(try ShardReader(path: tiff.output + "/val.h5").sample(at: 0).format == .png)
    }

    @Test("a folder without the files says which it looked for", arguments: sets)
    func noSource(set: String, dataset: String) throws {
        let folder = try TemporaryFolder()
        let missing = try #require(throws: ImportError.self) {
            try importer(set, folder.file("none")).run(output: folder.file("out")) { _ in }
        }
        #expect(missing.description == folder.file("none") + ": no such folder")
        let empty = try #require(throws: ImportError.self) {
            try importer(set, folder.path).run(output: folder.file("out")) { _ in }
        }
        #expect(
            empty.description.contains(set == "rrsis-d" ? "refs(unc).p" : "output_phrase_val.txt"))
        #expect(folder.files == [])
    }

    @Test("a strict import of a source with a bad sample writes nothing", arguments: sets)
    func strict(set: String, dataset: String) throws {
        let tree = try ReferringTree(set)
        switch set {
        case "rrsis-d": try tree.remove("images/rrsisd/JPEGImages/11000.jpg")
        case "refsegrs": try tree.remove("masks/2.tif")
        default: try tree.remove("img_rgb/00001_train.png")
        }
        let error = try #require(throws: ImportError.self) {
            try importer(set, tree.source, strict: true).run(output: tree.output) { _ in }
        }
        #expect(error.report.rejected >= 1 && error.message.contains("strict"))
        #expect(error.report.ownProblems.allSatisfy { $0.message.contains("cannot be opened") })
        #expect(tree.shards == [])
        #expect(try importAll(set, tree).rejected == error.report.rejected)
        #expect(tree.shards.count == 3)
    }

    // MARK: - Lists of phrases

    @Test("splits without a list are left out")
    func someSplits() throws {
        let tree = try ReferringTree("risbench")
        try tree.remove("output_phrase_train.txt")
        #expect(try importAll("risbench", tree).splits.map(\.split) == ["val", "test"])
        #expect(tree.shards == ["shards/test.h5", "shards/val.h5"])
    }

    @Test("lines keep their numbers whatever stands between them, and bad ones are named")
    func lines() throws {
        let tree = try ReferringTree("refsegrs")
        let bytes =
            [0xEF, 0xBB, 0xBF] + Array("\n  1\tthe road  here \r\n\n2\n../3 a car\n".utf8)
            + [0xFF, 0x0A] + Array("1 a car\n9 nothing".utf8)
        try writeBytes(bytes, to: tree.source + "/output_phrase_train.txt")
        let report = try importAll("refsegrs", tree).splits[0]
        let reader = try ShardReader(path: report.shard)
        #expect((0..<reader.count).map(reader.id(at:)) == ["1-2", "1-7"])
        #expect(try reader.sample(at: 0).questions == ["the road  here"])
        #expect(report.rejected == 4)
        #expect(report.problems.map(\.id) == ["2-4", "../3-5", nil, "9-8"])
        for (problem, part) in zip(
            report.problems,
            [
                "line 4: there is no phrase", "no file's name", "line 6 is not UTF-8",
                "cannot be opened",
            ])
        {
            #expect(problem.message.contains(part), "\(problem)")
        }
        #expect(report.problems[3].file == tree.source + "/images/9.tif")
    }

    @Test("lists may be UTF-16 and have marks, and only a picture's ending is no part of an id")
    func encodings() throws {
        let tree = try ReferringTree("risbench")
        let name = try String(
            contentsOfFile: tree.source + "/output_phrase_val.txt", encoding: .utf8
        ).split(separator: " ")[0]
        let ending = (String(name) as NSString).pathExtension
        for (number, stem) in ["x.tile.1", "x.tile.2"].enumerated() {
            for folder in ["img_rgb", "mask"] {
                try FileManager.default.copyItem(
                    atPath: "\(tree.source)/\(folder)/\(name)",
                    toPath: "\(tree.source)/\(folder)/\(stem).\(number == 0 ? ending : "")"
                        + (number == 0 ? "" : ending.uppercased()))
            }
        }
        let text = "\u{FEFF}x.tile.1.\(ending) a car\n\u{FEFF}x.tile.2.\(ending.uppercased()) où\n"
        for encoding in [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian] {
            let data = try #require(text.data(using: encoding))
            try writeBytes([UInt8](data), to: tree.source + "/output_phrase_train.txt")
            let report = try importAll("risbench", tree).splits[0]
            let reader = try ShardReader(path: report.shard)
            #expect((0..<reader.count).map(reader.id(at:)) == ["x.tile.1-1", "x.tile.2-2"])
            #expect(try reader.sample(at: 1).questions == ["où"], "\(encoding)")
        }
    }

    /// A problem of the first sample of val after its mask was replaced.
    private func maskProblem(_ set: String, _ mask: [UInt8]) throws -> ImportProblem? {
        let tree = try ReferringTree(set)
        let path = set == "refsegrs" ? "masks/3.tif" : "mask/00004_val.png"
        try writeBytes(mask, to: tree.source + "/" + path)
        let report = try importAll(set, tree)
        #expect(report.ownProblems.allSatisfy { $0.file == tree.source + "/" + path })
        return report.ownProblems.first
    }

    @Test("masks of another size, kind or no pixels are reported")
    func masks() throws {
        let small = try ImageCodec.encodePNG(BinaryMask(width: 9, height: 8))
        #expect(
            try maskProblem("refsegrs", small)?.message
                == "the mask is 9 x 8, the image is 24 x 20; import with --resize-masks to resize masks "
                + "to their images")
        #expect(
            try maskProblem("risbench", small)?.message
                == "the mask is 9 x 8, the image is 22 x 26; import with --resize-masks to resize masks "
                + "to their images")
        let palette = [UInt8](try Fixtures.data("importing/tiff/palette.tif"))
        #expect(try maskProblem("refsegrs", palette)?.message.contains("has a palette") == true)
        let alpha = [UInt8](try Fixtures.data("importing/tiff/rgba.tif"))
        #expect(try maskProblem("risbench", alpha)?.message.contains("alpha channel") == true)
        var colors = RGBImage(width: 22, height: 26, fill: (0, 0, 0))
        colors[3, 3] = (9, 9, 0)
        let colorful = try ImageCodec.encodePNG(colors)
        #expect(try maskProblem("risbench", colorful)?.message.contains("channels") == true)
        #expect(try maskProblem("risbench", Array("junk".utf8))?.severity == .error)
        let empty = try ImageCodec.encodePNG(BinaryMask(width: 22, height: 26))
        let warning = try #require(try maskProblem("risbench", empty))
        #expect(warning.severity == .warning && warning.message.contains("has no target"))
    }

    @Test("a split without a usable line stops the import, and nothing is written")
    func emptySplit() throws {
        let tree = try ReferringTree("refsegrs")
        try tree.write("3\n", to: "output_phrase_val.txt")
        let error = try #require(throws: ImportError.self) { try importAll("refsegrs", tree) }
        #expect(error.path == tree.source + "/output_phrase_val.txt")
        #expect(error.message.contains("no sample of 1 can be used"))
        #expect(error.message.contains("no phrase") && tree.shards == [])
    }
}

import DatasetsTestSupport
import Foundation
import Imaging
import Testing

@testable import Datasets
@testable import Importers
@testable import Shards

@Suite struct EarthReasonImporterTests {
    let folder: TemporaryFolder
    let source: String
    let output: String

    init() throws {
        folder = try TemporaryFolder()
        source = folder.file("source")
        output = folder.file("shards")
    }

    private func write(_ samples: [SegmentationSample], split: String = "train") throws {
        let writer = try EarthReasonLayoutWriter(root: source, split: split)
        for sample in samples { try writer.write(sample) }
    }

    private func write(_ text: String, to path: String) throws {
        try writeBytes(Array(text.utf8), to: source + "/" + path)
    }

    private func importAll(strict: Bool = false) throws -> ImportReport {
        try EarthReasonImporter(source: source, strict: strict).run(output: output)
    }

    private func importError(strict: Bool = false) throws -> ImportError {
        try #require(throws: ImportError.self) { try importAll(strict: strict) }
    }

    /// The only problem that one more file or one changed file causes.
    private func onlyProblem(of report: ImportReport) throws -> ImportProblem {
        let problems = report.splits.flatMap(\.problems)
        try #require(problems.count == 1, "\(problems)")
        return problems[0]
    }

    @Test("what the layout writer wrote comes back in a shard per split, sorted by id")
    func roundTrip() throws {
        let train = try [3, 1, 2].map { try makeSample($0, jpeg: $0 == 2, empty: $0 == 1) }
        let test = try [makeSample(7)]
        try write(train)
        try write(test, split: "test")
        let report = try importAll()
        #expect(report.splits.map(\.split) == ["train", "test"])
        #expect(report.splits[0].samples == 3 && report.splits[0].emptyTargets == 1)
        #expect(report.splits[0].questions == 4 + 2 + 3)
        let reader = try ShardReader(path: output + "/train.h5")
        #expect(reader.dataset == "EarthReason" && reader.split == "train")
        for (index, sample) in [train[1], train[2], train[0]].enumerated() {
            #expect(try reader.sample(at: index) == sample)
        }
        #expect(try ShardReader(path: output + "/test.h5").sample(at: 0) == test[0])
        #expect(
            folder.files.filter { $0.hasPrefix("shards/") } == [
                "shards/test.h5", "shards/train.h5",
            ])
    }

    @Test("names with dots are samples of their own, whatever comes after the dots")
    func dots() throws {
        let ids = ["x.tile.1", "x.tile.2", "x", "photo.png", "a.jpg.rf.0123"]
        try write(ids.enumerated().map { try makeSample($0.offset, id: $0.element) })
        let report = try importAll()
        #expect(report.splits[0].problems == [])
        let reader = try ShardReader(path: output + "/train.h5")
        #expect(
            (0..<reader.count).map(reader.id(at:))
                == ["a.jpg.rf.0123", "photo.png", "x", "x.tile.1", "x.tile.2"])
        for index in 0..<reader.count {
            let place = ids.firstIndex(of: reader.id(at: index)) ?? 0
            #expect(try reader.sample(at: index) == makeSample(place, id: ids[place]))
        }
    }

    @Test("a label that has its image's name only up to the first dot is taken where that is plain")
    func shortNames() throws {
        try write([makeSample(1, id: "a"), makeSample(2, id: "b.1"), makeSample(3, id: "b.2")])
        let train = source + "/train"
        let manager = FileManager.default
        try manager.moveItem(atPath: train + "/labels/b.2.png", toPath: train + "/labels/b.png")
        try manager.moveItem(atPath: train + "/labels/a.png", toPath: train + "/labels/a.mask.png")
        let report = try importAll()
        // Which of the two the label is of cannot be told.
        let problems = report.splits[0].problems
        #expect(problems.map(\.id) == [nil, "b.2"])
        #expect(
            problems[0].file.hasSuffix("labels/b.png") && problems[1].message.contains("no label"))
        let reader = try ShardReader(path: output + "/train.h5")
        #expect((0..<reader.count).map(reader.id(at:)) == ["a", "b.1"])
    }

    @Test(
        "questions are read in UTF-8 with a mark and in UTF-16, and bytes that are neither are named"
    )
    func encodings() throws {
        try write([makeSample(1), makeSample(2), makeSample(3), makeSample(4)])
        let json = "\u{FEFF}{\"questions\": [\"où?\"], \"answer\": [\"là\"]}"
        for (number, encoding) in [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian]
            .enumerated()
        {
            let data = try #require(json.data(using: encoding))
            try writeBytes([UInt8](data), to: source + "/train/QAs/sample-\(number + 1).json")
        }
        try writeBytes(Array("{\n\"".utf8) + [0xE9], to: source + "/train/QAs/sample-4.json")
        let report = try importAll()
        let problem = try onlyProblem(of: report)
        #expect(problem.id == "sample-4")
        #expect(
            problem.message
                == "not UTF-8 at byte 3 (line 2): 0xE9; save the file as UTF-8"
        )
        let reader = try ShardReader(path: output + "/train.h5")
        for index in 0..<3 { #expect(try reader.sample(at: index).questions == ["où?"]) }
    }

    @Test("labels of another size are resized where the import is told so, and every one is told")
    func resizing() throws {
        var near = try makeSample(2)
        near.mask = BinaryMask(width: 14, height: 9)
        near.mask[13, 8] = true
        var turned = try makeSample(3)
        turned.mask = BinaryMask(width: 9, height: 13)
        try write([makeSample(1), near, turned])
        let refused = try importAll().splits[0]
        #expect(refused.samples == 1)
        #expect(
            refused.problems.map(\.message) == [
                "the label is 14 x 9, the image is 13 x 9; import with --resize-masks to resize masks "
                    + "to their images", "the label is 9 x 13, the image is 13 x 9",
            ])
        #expect(try ShardReader(path: output + "/train.h5").summary.notes.isEmpty)
        var importer = EarthReasonImporter(source: source)
        importer.choices.resizesMasks = true
        let report = try importer.run(output: output)
        #expect(report.splits[0].samples == 2)
        #expect(
            report.splits[0].problems.map(\.message) == [
                "the mask is 14 x 9, and was resized to the image's 13 x 9",
                "the label is 9 x 13, the image is 13 x 9",
            ])
        #expect(
            report.problems.map(\.message) == [
                "1 of 2 masks were resized to their images, 'sample-2' first, by 1 pixel of a side at "
                    + "most"
            ])
        let reader = try ShardReader(path: output + "/train.h5")
        let found = try reader.sample(at: 1)
        #expect(found.mask == near.mask.resized(to: found.frame) && !found.mask.isEmpty)
        #expect(reader.summary.notes.attributes.map(\.name) == ["resize_masks"])
    }

    @Test(
        "endings count in any case, hidden files do not, and ids end at the first dot where they must"
    )
    func names() throws {
        try write([makeSample(1, id: "a", jpeg: true), makeSample(2, id: "b")])
        let train = source + "/train"
        let manager = FileManager.default
        try manager.moveItem(
            atPath: train + "/images/a.jpg", toPath: train + "/images/a.tile.2.JPEG")
        try manager.moveItem(atPath: train + "/labels/a.png", toPath: train + "/labels/a.mask.PNG")
        try write("junk", to: "train/images/.DS_Store")
        let report = try importAll()
        #expect(report.splits[0].problems == [])
        #expect(
            try ShardReader(path: output + "/train.h5").sample(at: 0)
                == makeSample(1, id: "a", jpeg: true))
    }

    @Test(
        "warnings that differ in names and numbers are one for people, with their count and first file"
    )
    func missingAnswers() throws {
        try write([makeSample(1), makeSample(2), makeSample(3)])
        for number in 1...3 {
            try write(#"{"questions": ["where?"]}"#, to: "train/QAs/sample-\(number).json")
        }
        try write("{}", to: "train/QAs/alone.json")
        let problems = try importAll().splits[0].problems
        #expect(problems.count == 4)
        let shown = problems.grouped
        #expect(shown.count == 2)
        let missing = try #require(shown.first { $0.message.contains("there is no 'answer'") })
        #expect(missing.file.hasSuffix("QAs/sample-1.json"))
        #expect(missing.message.contains("3 files have this, this one first"))
        var split = SplitReport(split: "train", shard: "train.h5")
        split.problems = problems
        let two = ImportReport(splits: [split, split])
        #expect(two.shownProblems == shown + shown, "each split has its own lines")
        let error = ImportProblem(severity: .error, id: "a", file: "a", message: "no label")
        #expect([error, error].grouped == [error, error])
    }

    @Test("the key 'answers' is read where there is no 'answer'")
    func answersKey() throws {
        try write([makeSample(1)])
        try write(
            #"{"answers": ["two tanks"], "questions": ["where?"]}"#, to: "train/QAs/sample-1.json")
        #expect(try importAll().splits[0].problems == [])
        let sample = try ShardReader(path: output + "/train.h5").sample(at: 0)
        #expect(sample.answers == ["two tanks"] && sample.questions == ["where?"])
    }

    /// Each defect: the file it is put into, its contents (nil removes the file), and a part of
    /// the message.
    static let defects: [(String, String?, String)] = [
        ("images/sample-2.png", "not a picture", "not a PNG, JPEG or TIFF"),
        ("labels/sample-2.png", nil, "no label"),
        ("labels/sample-2.png", "junk", "not a PNG, JPEG or TIFF"),
        ("QAs/sample-2.json", nil, "no questions QAs/sample-2.json"),
        ("QAs/sample-2.json", #"{"questions": ["a"#, "not valid JSON"),
        ("QAs/sample-2.json", "[1]", "not a JSON object"),
        ("QAs/sample-2.json", #"{"answer": []}"#, "'questions' is missing"),
        ("QAs/sample-2.json", #"{"questions": "a", "answer": []}"#, "'questions' is not what"),
        ("QAs/sample-2.json", #"{"questions": ["a"], "answer": "b"}"#, "'answer' is not what"),
        ("QAs/sample-2.json", #"{"questions": ["", " "], "answer": []}"#, "no question that"),
    ]

    @Test(
        "a sample that cannot be used is named with its reason, and the others are imported",
        arguments: defects)
    func defect(file: String, contents: String?, message: String) throws {
        try write([makeSample(1), makeSample(2), makeSample(3)])
        if let contents {
            try write(contents, to: "train/" + file)
        } else {
            try FileManager.default.removeItem(atPath: source + "/train/" + file)
        }
        let report = try importAll()
        let problem = try onlyProblem(of: report)
        #expect(problem.severity == .error && problem.id == "sample-2")
        #expect(problem.message.contains(message), "\(problem)")
        #expect(problem.file.hasPrefix(source + "/train/") && problem.file.contains("/sample-2."))
        #expect(report.splits[0].samples == 2 && report.rejected == 1)
        let reader = try ShardReader(path: output + "/train.h5")
        #expect((0..<reader.count).map(reader.id(at:)) == ["sample-1", "sample-3"])
    }

    @Test("a label of another size and an image that is cut off are errors")
    func sizes() throws {
        var cut = try makeSample(2, width: 40, height: 40)
        cut.image.removeLast(cut.image.count / 2)
        var turned = try makeSample(3)
        turned.mask = BinaryMask(width: 9, height: 13)
        try write([makeSample(1), cut, turned])
        let problems = try importAll().splits[0].problems
        #expect(problems.map(\.id) == ["sample-2", "sample-3"])
        #expect(problems[1].message == "the label is 9 x 13, the image is 13 x 9")
    }

    @Test("two files of one id are named in one problem, and the sample is left out")
    func duplicates() throws {
        try write([makeSample(1), makeSample(2)])
        try write([makeSample(2, jpeg: true)])
        let report = try importAll()
        #expect(report.rejected == 1 && report.splits[0].samples == 1)
        let problem = try onlyProblem(of: report)
        #expect(problem.file == source + "/train/images/sample-2.jpg")
        #expect(
            problem.message
                == "sample-2.jpg, sample-2.png have the id 'sample-2', the name without its ending: "
                + "leave one, or rename them")
    }

    @Test("where answers and label disagree, the label counts and the report says so")
    func disagreement() throws {
        var noAnswer = try makeSample(2)
        noAnswer.answers = []
        var noTarget = try makeSample(4, empty: true)
        noTarget.answers = ["the tanks"]
        try write([noAnswer, noTarget])
        let report = try importAll()
        let problems = report.splits[0].problems
        #expect(problems.map(\.severity) == [.warning, .warning])
        #expect(problems[0].message.contains("has a target"))
        #expect(problems[1].message.contains("has no target"))
        let reader = try ShardReader(path: output + "/train.h5")
        #expect(!reader.isEmptyTarget(at: 0) && reader.isEmptyTarget(at: 1))
    }

    @Test("files that belong to no sample, blank questions and a missing answer are warnings")
    func warnings() throws {
        try write([makeSample(1)])
        try write(#"{"questions": ["where?", " "]}"#, to: "train/QAs/sample-1.json")
        try write("{}", to: "train/QAs/lonely.json")
        try write("BM", to: "train/images/scan.bmp")
        let report = try importAll(strict: true)
        let problems = report.splits[0].problems
        #expect(problems.count == 4 && problems.allSatisfy { $0.severity == .warning })
        #expect(report.splits[0].samples == 1 && report.splits[0].questions == 1)
    }

    @Test("a strict import writes nothing if one sample of any split cannot be used")
    func strict() throws {
        try write([makeSample(1)])
        try write([makeSample(2), makeSample(3)], split: "val")
        try write("{", to: "val/QAs/sample-3.json")
        let error = try importError(strict: true)
        #expect(error.report.rejected == 1)
        #expect(error.report.splits[1].problems.map(\.id) == ["sample-3"])
        #expect(!folder.files.contains { $0.hasPrefix("shards/") })
    }

    @Test("a split without a usable sample stops the import, and nothing is written")
    func emptySplit() throws {
        try write([makeSample(1)])
        try write([makeSample(2)], split: "val")
        try write("{", to: "val/QAs/sample-2.json")
        let error = try importError()
        #expect(error.path == source + "/val" && error.message.contains("not valid JSON"))
        #expect(!folder.files.contains { $0.hasPrefix("shards/") })
    }

    @Test("a source without splits says which folders it looked for")
    func noSplits() throws {
        #expect(try importError().message == "no such folder")
        try FileManager.default.createDirectory(
            atPath: source + "/training", withIntermediateDirectories: true)
        #expect(try importError().message.contains("train, val, test"))
    }

    @Test("progress counts every sample of every split")
    func progress() throws {
        try write([makeSample(1), makeSample(2)])
        try write([makeSample(3)], split: "val")
        var steps: [String] = []
        _ = try EarthReasonImporter(source: source).run(output: output) {
            steps.append("\($0.split) \($0.done)/\($0.total)")
        }
        #expect(steps == ["train 1/2", "train 2/2", "val 1/1"])
    }

    @Test("an id that is no file name in the layout is refused")
    func layoutNames() throws {
        let writer = try EarthReasonLayoutWriter(root: source, split: "train")
        for id in ["", ".a", "../a", "a/b", ".", "a\0"] {
            let error = try #require(throws: ShardError.self) {
                try writer.write(makeSample(1, id: id))
            }
            #expect(error.kind == .invalidSample)
        }
    }
}

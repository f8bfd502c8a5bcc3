import Datasets
import DatasetsTestSupport
import Foundation
import Imaging
import TestSupport
import Testing

@testable import Importers
@testable import Shards

@Suite struct RRSISDImporterTests {
    let tree: ReferringTree

    init() throws { tree = try ReferringTree("rrsis-d") }

    /// An entry of refs(unc).p, of the first image and annotation of the fixture.
    private func entry(_ changes: [String: [UInt8]?] = [:]) -> [UInt8] {
        let sentence = Pickle.dictionary([("sent", Pickle.text("the plane"))])
        var fields: [String: [UInt8]?] = [
            "ref_id": Pickle.integer(1), "ann_id": Pickle.integer(900),
            "image_id": Pickle.integer(500), "category_id": Pickle.integer(3),
            "split": Pickle.text("train"), "sentences": list([sentence]),
        ]
        fields.merge(changes) { $1 }
        return Pickle.dictionary(
            fields.sorted { $0.key < $1.key }.compactMap { key, value in value.map { (key, $0) } })
    }

    private func list(_ items: [[UInt8]]) -> [UInt8] { [0x5D, 0x28] + items.joined() + [0x65] }

    private func importEntries(_ entries: [[UInt8]]) throws -> ImportReport {
        try writeBytes(Pickle.whole(list(entries)), to: tree.source + "/rrsisd/refs(unc).p")
        return try RRSISDImporter(source: tree.source).run(output: tree.output)
    }

    /// The problem of an entry beside one that is right.
    private func problem(_ changes: [String: [UInt8]?]) throws -> ImportProblem {
        let good = entry(["ref_id": Pickle.integer(7)])
        let report = try importEntries([good, entry(changes)])
        try #require(report.ownProblems.count == 1, "\(report.ownProblems)")
        #expect(report.rejected == 1 && report.splits[0].samples == 1)
        return report.ownProblems[0]
    }

    private func editAnnotations(_ edit: (inout [String: Any]) -> Void) throws {
        let path = tree.source + "/rrsisd/instances.json"
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        var contents = try #require(
            try JSONSerialization.jsonObject(with: data) as? [String: Any])
        edit(&contents)
        try JSONSerialization.data(withJSONObject: contents).write(to: URL(fileURLWithPath: path))
    }

    private func edit(_ list: String, _ index: Int, _ key: String, _ value: Any?) throws {
        try editAnnotations { contents in
            guard var items = contents[list] as? [[String: Any]] else { return }
            items[index][key] = value
            contents[list] = items
        }
    }

    @Test("entries that cannot be used are named with their reason and their id")
    func entries() throws {
        let sentence = { (text: String) in
            self.list([Pickle.dictionary([("sent", Pickle.text(text))])])
        }
        let cases: [([String: [UInt8]?], String)] = [
            (["ann_id": nil], "'ann_id' is missing"),
            (["image_id": Pickle.text("5")], "'image_id' is a text, not an integer"),
            (["sentences": list([])], "'sentences' is empty"),
            (["sentences": Pickle.integer(3)], "'sentences' is not a list"),
            (["sentences": list([Pickle.dictionary([])])], "no text 'sent'"),
            (["sentences": sentence(" \t")], "the first sentence is empty"),
            (["ann_id": Pickle.integer(1)], "there is no annotation of the id 1"),
            (["image_id": Pickle.integer(1)], "there is no image of the id 1"),
            (["image_id": Pickle.integer(501)], "of image 500, the reference of image 501"),
        ]
        for (changes, part) in cases {
            let problem = try problem(changes)
            #expect(problem.severity == .error && problem.id == "1", "\(problem)")
            #expect(problem.message.contains(part), "\(problem)")
        }
        let nameless = try problem(["ref_id": nil])
        #expect(nameless.id == nil && nameless.message == "entry 2: 'ref_id' is missing")
    }

    @Test("an unknown split belongs to no shard, and is reported")
    func unknownSplit() throws {
        let report = try importEntries([
            entry(), entry(["ref_id": Pickle.integer(2), "split": Pickle.text("testA")]),
            Pickle.integer(4),
        ])
        #expect(report.rejected == 2 && report.splits.map(\.rejected) == [0])
        #expect(report.problems.map(\.id) == ["2", nil])
        #expect(report.problems[0].message.contains("the split 'testA' is unknown"))
        #expect(report.problems[1].message == "entry 3: an integer, not a dictionary")
        let none = try #require(throws: ImportError.self) {
            try importEntries([entry(["split": Pickle.text("testA")])])
        }
        #expect(none.message.contains("no reference of a known split"))
        #expect(none.message.contains("testA"))
    }

    @Test("references of one ref_id are all left out, whatever their splits")
    func duplicates() throws {
        let report = try importEntries([
            entry(), entry(["split": Pickle.text("val")]), entry(["ref_id": Pickle.integer(5)]),
            entry(["ref_id": Pickle.integer(6), "split": Pickle.text("val")]),
        ])
        #expect(report.splits.map(\.rejected) == [1, 1])
        #expect(
            report.ownProblems.map(\.message)
                == [String](repeating: "2 entries have the ref_id 1: leave one", count: 2))
    }

    /// Segmentations of the first annotation that are none, and a part of the message.
    static let segmentations: [(String, String)] = [
        ("[]", "'segmentation' is empty"), ("[[1, 2, 3, 4, 5]]", "has no y"),
        ("[[1, 2, 3, 4]]", "2 corners"), ("[[1, 2, 1e9, 4, 5, 6]]", "beyond any picture"),
        ("[5]", "neither polygons"), ("\"x\"", "neither polygons"), ("{\"size\": [1]}", "neither"),
        ("{\"size\": [3, 4], \"counts\": [12]}", "the RLE is 4 x 3, the image is"),
        ("{\"size\": [3], \"counts\": \"0\"}", "1 numbers"),
        ("[{\"size\": [HH, WW], \"counts\": \"04\"}]", "the RLE has 4 pixels"),
        ("[{\"size\": [HH, WW], \"counts\": \"é\"}]", "stands for nothing"),
        ("{\"size\": [HH, WW], \"counts\": [9000]}", "more than the"),
    ]

    @Test("segmentations that are none are named with the annotation", arguments: segmentations)
    func segmentation(text: String, part: String) throws {
        let first = try readBytes(tree.source + "/images/rrsisd/JPEGImages/11000.jpg")
        let frame = try ImageCodec.header(first, name: "11000.jpg").frame
        let json = text.replacingOccurrences(of: "HH", with: "\(frame.height)")
            .replacingOccurrences(of: "WW", with: "\(frame.width)")
        let value = try JSONSerialization.jsonObject(
            with: Data(json.utf8), options: .fragmentsAllowed)
        try edit("annotations", 0, "segmentation", value)
        let report = try RRSISDImporter(source: tree.source).run(output: tree.output)
        try #require(report.ownProblems.count == 1, "\(report.ownProblems)")
        let problem = report.ownProblems[0]
        #expect(problem.id == "100" && problem.file == tree.source + "/rrsisd/instances.json")
        #expect(problem.message.hasPrefix("annotation 900: "), "\(problem)")
        #expect(problem.message.contains(part), "\(problem)")
    }

    @Test("images that are missing, broken or of another size are named")
    func images() throws {
        let good = entry([
            "ref_id": Pickle.integer(7), "ann_id": Pickle.integer(903),
            "image_id": Pickle.integer(501),
        ])
        func problem() throws -> ImportProblem {
            let report = try importEntries([good, entry()])
            return try #require(report.ownProblems.first { $0.severity == .error })
        }
        try edit("images", 0, "width", 999)
        #expect(try problem().message.contains("its masks are of 999 x"))
        #expect(try problem().file.hasSuffix("JPEGImages/11000.jpg"))
        try edit("images", 0, "file_name", "../11000.jpg")
        #expect(try problem().message.contains("'../11000.jpg' is no file's name"))
        try edit("images", 0, "file_name", "none.jpg")
        #expect(try problem().message.contains("cannot be opened"))
        try edit("images", 0, "id", 502)
        #expect(try problem().message == "there is no image of the id 500")
        try edit("images", 0, "id", 501)
        let both = try #require(throws: ImportError.self) { try importEntries([good]) }
        #expect(both.message.contains("2 images have the id 501"))
    }

    /// The first sample with a segmentation in a frame that is `wider` pixels wider than its image.
    private func resized(
        _ segmentation: String, statedWider: Int, resizing: Bool
    ) throws -> (report: ImportReport, mask: BinaryMask?, image: ImageFrame) {
        let first = try readBytes(tree.source + "/images/rrsisd/JPEGImages/11000.jpg")
        let image = try ImageCodec.header(first, name: "11000.jpg").frame
        try edit("images", 0, "width", image.width + statedWider)
        try edit("images", 0, "height", image.height)
        let text = segmentation.replacingOccurrences(of: "HH", with: "\(image.height)")
            .replacingOccurrences(of: "WIDE", with: "\(image.width + 1)")
            .replacingOccurrences(of: "REST", with: "\((image.width + 1) * image.height - 40)")
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        try edit("annotations", 0, "segmentation", value)
        let other = entry([
            "ref_id": Pickle.integer(7), "ann_id": Pickle.integer(903),
            "image_id": Pickle.integer(501),
        ])
        try writeBytes(
            Pickle.whole(list([entry(), other])), to: tree.source + "/rrsisd/refs(unc).p")
        var importer = RRSISDImporter(source: tree.source)
        importer.resizesMasks = resizing
        let report = try importer.run(output: tree.output)
        let reader = try ShardReader(path: report.splits[0].shard)
        let mask =
            (0..<reader.count).first { reader.id(at: $0) == "1" }
            .map { try? reader.sample(at: $0).mask } ?? nil
        return (report, mask, image)
    }

    @Test("masks of another size are left out with the option's name, and resized with the option")
    func resizing() throws {
        let polygon = "[[2, 2, 9, 2, 9, 8, 2, 8]]"
        let left = try resized(polygon, statedWider: 1, resizing: false)
        #expect(left.mask == nil && left.report.rejected == 1)
        #expect(
            left.report.ownProblems[0].message.hasSuffix(
                "; import with --resize-masks to resize masks to their images"))
        let polygons = try resized(polygon, statedWider: 1, resizing: true)
        let stated = ImageFrame(width: polygons.image.width + 1, height: polygons.image.height)
        let outline = try COCOSegmentation.polygons([[2, 2, 9, 2, 9, 8, 2, 8]]).mask(in: stated)
        #expect(polygons.mask == outline.resized(to: polygons.image))
        #expect(polygons.report.rejected == 0)
        #expect(
            polygons.report.problems.map(\.message).contains(
                "1 of 2 masks were resized to their images, '1' first, by 1 pixel of a side at most"
            ))

        let runs = #"[{"size": [HH, WIDE], "counts": [30, 10, REST]}]"#
        let refused = try resized(runs, statedWider: 0, resizing: false)
        #expect(refused.mask == nil)
        #expect(refused.report.ownProblems[0].message.contains("import with --resize-masks"))
        for wider in [0, 1] {
            let found = try resized(runs, statedWider: wider, resizing: true)
            let own = try COCORuns(
                size: [stated.height, stated.width],
                counts: .list([30, 10, stated.area - 40])
            ).mask(in: stated)
            #expect(found.mask == own.resized(to: found.image), "\(wider)")
        }
        // Sides the other way round, and sizes of no image.
        for size in ["[WIDE, HH]", "[0, 3]", "[3]", "[1, 99999999]"] {
            let odd = try resized(
                "[{\"size\": \(size), \"counts\": [1]}]", statedWider: 0, resizing: true)
            #expect(odd.report.rejected == 1 && odd.mask == nil, "\(size)")
        }
    }

    @Test("a category that differs or has no name is a warning")
    func categories() throws {
        let report = try importEntries([
            entry(["category_id": Pickle.integer(11)]),
            entry(["ref_id": Pickle.integer(2), "category_id": Pickle.integer(77)]),
        ])
        #expect(report.rejected == 0)
        #expect(report.ownProblems.map(\.id) == ["1", "2", "2"])
        let reader = try ShardReader(path: tree.output + "/train.h5")
        #expect(try reader.sample(at: 0).instances?.map(\.className) == ["storage tank"])
        #expect(try reader.sample(at: 1).instances == [])
    }

    @Test("an annotation without a pixel is a sample without a target, and a warning")
    func emptyMask() throws {
        try edit("annotations", 0, "segmentation", [[900, 900, 910, 900, 910, 910]])
        let report = try importEntries([entry()])
        #expect(report.splits[0].emptyTargets == 1 && report.rejected == 0)
        #expect(report.ownProblems.map(\.severity) == [.warning])
        #expect(try ShardReader(path: tree.output + "/train.h5").sample(at: 0).instances == [])
    }

    @Test("files that are not what they should be stop the import, and nothing is written")
    func wholeFiles() throws {
        func error() throws -> ImportError {
            try #require(throws: ImportError.self) {
                try RRSISDImporter(source: tree.source).run(output: tree.output)
            }
        }
        try editAnnotations { $0["images"] = [["id": 3, "width": 5, "height": 4]] }
        let place = try error().message
        #expect(place.contains("images[0]: no 'file_name'"), "\(place)")
        try tree.write("{", to: "rrsisd/instances.json")
        #expect(try error().message.contains("not valid JSON"))
        try tree.remove("rrsisd/instances.json")
        #expect(try error().message.contains("cannot be opened"))
        let path = tree.source + "/rrsisd/refs(unc).p"
        try writeBytes(Pickle.whole(Pickle.global("os", "system")), to: path)
        #expect(try error().path == path)
        #expect(try error().message.contains("os.system is not a plain value"))
        try writeBytes(Pickle.whole(Pickle.integer(3)), to: path)
        #expect(try error().message == "the pickle is an integer, not a list of references")
        #expect(tree.shards == [])
    }
}

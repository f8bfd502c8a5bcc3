import DatasetsTestSupport
import Foundation
import Imaging
import Testing

@testable import Datasets
@testable import Importers
@testable import Shards

/// Which pixels of a label are target, and what is said about labels that are not two-valued.
@Suite struct LabelRuleTests {
    let folder: TemporaryFolder
    let source: String
    let output: String

    init() throws {
        folder = try TemporaryFolder()
        source = folder.file("source")
        output = folder.file("shards")
    }

    /// Writes samples whose labels are gray pictures of one row.
    private func write(_ labels: [[UInt8]]) throws {
        try write(
            files: labels.map {
                try ImageCodec.encodePNG(GrayImage(width: $0.count, height: 1, pixels: $0))
            }, width: labels[0].count)
    }

    private func write(files: [[UInt8]], width: Int) throws {
        for kind in ["images", "labels", "QAs"] {
            try FileManager.default.createDirectory(
                atPath: "\(source)/train/\(kind)", withIntermediateDirectories: true)
        }
        for (number, label) in files.enumerated() {
            let picture = RGBImage(width: width, height: 1, fill: (1, 2, 3))
            try writeBytes(
                ImageCodec.encodePNG(picture), to: "\(source)/train/images/s\(number).png")
            try writeBytes(label, to: "\(source)/train/labels/s\(number).png")
            try writeBytes(
                Array(#"{"questions": ["where?"], "answer": ["there"]}"#.utf8),
                to: "\(source)/train/QAs/s\(number).json")
        }
    }

    /// The samples of an import with options, and its warnings about all labels.
    private func run(
        values: String? = nil, ignore: String? = nil, threshold: Int? = nil
    ) throws -> (samples: [SegmentationSample], warnings: [ImportProblem]) {
        var importer = EarthReasonImporter(source: source)
        importer.choices.labels = try LabelRule(
            labelValues: values.map { try LabelValues($0) },
            ignoreValues: ignore.map { try LabelValues($0) }, threshold: threshold)
        let report = try importer.run(output: output)
        let reader = try ShardReader(path: output + "/train.h5")
        return (try (0..<reader.count).map { try reader.sample(at: $0) }, report.problems)
    }

    private func pixels(_ mask: BinaryMask?) -> [UInt8] { mask?.bytes(value: 1) ?? [] }

    @Test("a label of two values, one of them 0, is taken without a word, whatever the other is")
    func twoValues() throws {
        for value: UInt8 in [1, 128, 255] {
            try write([[0, 0, value, value]])
            let (samples, warnings) = try run()
            #expect(pixels(samples[0].mask) == [0, 0, 1, 1] && samples[0].ignored == nil)
            #expect(warnings == [])
            #expect(try ShardReader(path: output + "/train.h5").version == 1)
        }
    }

    @Test("more than two values are a warning with the levels, their shares and the first label")
    func manyValues() throws {
        try write([[0, 0, 255, 255], [0, 0, 1, 255], [0, 1, 1, 255]])
        let (samples, warnings) = try run()
        #expect(pixels(samples[1].mask) == [0, 0, 1, 1])
        try #require(warnings.count == 1)
        #expect(warnings[0].file.hasSuffix("labels/s1.png") && warnings[0].severity == .warning)
        let message = warnings[0].message
        #expect(message.hasPrefix("2 of 3 labels have more than two values"))
        #expect(message.contains("0 (41.67 %), 255 (33.33 %), 1 (25.00 %)"))
        for option in ["--label-values", "--ignore-values", "--threshold"] {
            #expect(message.contains(option))
        }
    }

    @Test("labels of two values each that have three together are a warning")
    func together() throws {
        try write([[0, 1], [0, 255], [0, 1]])
        let warnings = try run().warnings
        try #require(warnings.count == 1)
        #expect(warnings[0].file.hasSuffix("s1.png"))
        #expect(warnings[0].message.contains("all 3 together have"))
    }

    @Test("a warning names a few levels, however many there are")
    func bounded() throws {
        try write([(0...255).map { $0 }])
        let message = try run().warnings[0].message
        #expect(message.contains("and 248 more") && message.count < 500)
    }

    @Test("a target that covers everything is a warning with the values of the label")
    func coversAll() throws {
        try write([[1, 255, 255], [255, 255, 255], [0, 0, 255]])
        let warnings = try run().warnings
        let full = try #require(warnings.first { $0.message.contains("covers every pixel") })
        #expect(full.id == "s0" && full.message.contains("2 of 3 samples"))
        #expect(full.message.contains("255 (66.67 %), 1 (33.33 %)"))
    }

    @Test("listed values are target and nothing else is")
    func labelValues() throws {
        try write([[255, 1, 255, 2], [255, 7, 3, 4]])
        #expect(
            try run(values: "1").samples.map { pixels($0.mask) } == [[0, 1, 0, 0], [0, 0, 0, 0]])
        #expect(try run(values: "0, 2-4").samples[1].mask.bytes(value: 1) == [0, 0, 1, 1])
        let notes = try ShardReader(path: output + "/train.h5").notes
        #expect(notes.labelValues == "0,2-4" && notes.ignoreValues == nil)
        let (_, warnings) = try run(values: "1,9")
        try #require(warnings.count == 1)
        #expect(warnings[0].message.contains("the value 9 of --label-values"))
    }

    @Test("ignored values are neither target nor background, and do not count as a third value")
    func ignoreValues() throws {
        try write([[0, 1, 255, 255], [0, 1, 1, 0], [255, 255, 255, 255], [255, 1, 1, 1]])
        let (samples, warnings) = try run(ignore: "255")
        #expect(pixels(samples[0].mask) == [0, 1, 0, 0])
        #expect(pixels(samples[0].ignored) == [0, 0, 1, 1])
        #expect(samples[1].ignored == nil)
        #expect(samples[2].isEmptyTarget)
        #expect(warnings.count == 2)
        #expect(warnings[0].message.contains("every pixel that counts") && warnings[0].id == "s3")
        #expect(warnings[1].message.contains("is ignored") && warnings[1].id == "s2")
        #expect(try ShardReader(path: output + "/train.h5").verify() == [])
        #expect(pixels(try run(values: "0", ignore: "255").samples[0].mask) == [1, 0, 0, 0])
    }

    @Test("a threshold is the least value of the target")
    func threshold() throws {
        try write([[0, 3, 127, 128], [0, 255, 250, 1]])
        let (samples, warnings) = try run(threshold: 128)
        #expect(samples.map { pixels($0.mask) } == [[0, 0, 0, 1], [0, 1, 1, 0]])
        #expect(warnings == [])
        #expect(try ShardReader(path: output + "/train.h5").notes.threshold == "128")
        #expect(try run(threshold: 300).warnings[0].message.contains("--threshold 300 or more"))
    }

    @Test("colours are values like numbers, and a gray colour is its number")
    func colors() throws {
        var label = RGBImage(width: 4, height: 1, fill: (255, 255, 255))
        label[1, 0] = (255, 0, 0)
        label[2, 0] = (0, 0, 0)
        try write(files: [ImageCodec.encodePNG(label)], width: 4)
        let (samples, warnings) = try run()
        #expect(pixels(samples[0].mask) == [1, 1, 0, 1])
        #expect(warnings[0].message.contains("255 (50.00 %), 0 (25.00 %), #ff0000 (25.00 %)"))
        let chosen = try run(values: "#FF0000", ignore: "0").samples[0]
        #expect(pixels(chosen.mask) == [0, 1, 0, 0] && pixels(chosen.ignored) == [0, 0, 1, 0])
        #expect(try ShardReader(path: output + "/train.h5").notes.labelValues == "#ff0000")
        #expect(pixels(try run(threshold: 10).samples[0].mask) == [1, 1, 0, 1])
    }

    @Test("values that contradict each other, or are none, are errors that say so")
    func contradictions() throws {
        for (text, part) in [
            ("", "''"), ("1,,2", "''"), ("a", "'a'"), ("-1", "'-1'"), ("65536", "'65536'"),
            ("5-3", "'5-3'"), ("1-2-3", "'1-2-3'"), ("#ff", "'#ff'"), ("#gggggg", "'#gggggg'"),
            ("1.5", "'1.5'"), ("+1", "'+1'"),
        ] {
            let error = #expect(throws: LabelRuleError.self) { try LabelValues(text) }
            #expect(error?.description.contains(part) == true, "\(text)")
        }
        #expect(try LabelValues("0,100-65535, #00ff00").description == "0,100-65535,#00ff00")
        func rule(_ values: String?, _ ignore: String?, _ threshold: Int?) throws {
            _ = try LabelRule(
                labelValues: values.map { try LabelValues($0) },
                ignoreValues: ignore.map { try LabelValues($0) }, threshold: threshold)
        }
        #expect(throws: LabelRuleError.self) { try rule("1", nil, 128) }
        #expect(throws: LabelRuleError.self) { try rule(nil, nil, 0) }
        #expect(throws: LabelRuleError.self) { try rule(nil, nil, 65536) }
        #expect(throws: LabelRuleError.self) { try rule("1,5-9", "9", nil) }
        #expect(throws: LabelRuleError.self) { try rule("#ffffff", "255", nil) }
        #expect(throws: LabelRuleError.self) { try rule("#ff0000", "#ff0000", nil) }
        try rule("1", "255", nil)
        try rule(nil, "255", 128)
    }

    @Test(
        "a label with values that are no whole numbers up to 65535 is refused with the first of them"
    )
    func unheldValues() throws {
        // A gray row of four floats, as TIFF.
        func little(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(number >> (8 * $0) & 255) } }
        func tiff(_ values: [Float]) -> [UInt8] {
            let entries: [(UInt32, UInt32)] = [
                (256, 4), (257, 1), (258, 32), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1),
                (279, 16), (339, 3),
            ]
            var bytes: [UInt8] = [0x49, 0x49, 0x2A, 0] + little(24)
            bytes += values.flatMap { little($0.bitPattern) } + [UInt8(entries.count), 0]
            for (tag, value) in entries {
                bytes += little(tag | 4 << 16) + little(1) + little(value)
            }
            return bytes + [0, 0, 0, 0]
        }
        try write(files: [tiff([0, 1, 1, 0]), tiff([0, 0.4, 1, -1])], width: 4)
        let report = try EarthReasonImporter(source: source).run(output: output)
        #expect(report.rejected == 1 && report.splits[0].samples == 1)
        let problem = try #require(report.splits[0].problems.first)
        #expect(problem.message.contains("it has 0.4 at 2 of 4 pixels"))
    }

    @Test("a palette that shows index 0 brighter than the target is a warning")
    func brightBackground() throws {
        // Indices 0 and 1; the first palette shows 0 black, the second white.
        func label(_ palette: [UInt8]) -> [UInt8] {
            Self.png(width: 4, row: [0, 0, 0, 1], color: 3, more: ("PLTE", palette))
        }
        try write(files: [label([0, 0, 0, 255, 255, 255])], width: 4)
        #expect(try run().warnings == [])
        try write(files: [label([255, 255, 255, 0, 0, 0])], width: 4)
        let (samples, warnings) = try run()
        #expect(pixels(samples[0].mask) == [0, 0, 0, 1])
        try #require(warnings.count == 1)
        #expect(warnings[0].message.contains("brighter") && warnings[0].message.contains("1 of 1"))
        #expect(pixels(try run(values: "0").samples[0].mask) == [1, 1, 1, 0])
    }

    @Test("a label of one value whose mask may be in its alpha channel is a warning")
    func alpha() throws {
        // Gray and alpha of four pixels.
        let row: [UInt8] = [255, 0, 255, 0, 255, 255, 255, 255]
        try write(files: [Self.png(width: 4, row: row, color: 4)], width: 4)
        let warnings = try run().warnings
        #expect(warnings.contains { $0.message.contains("alpha channel, which does not count") })
    }

    /// A PNG file of one row of 8-bit samples, stored without compression.
    private static func png(
        width: UInt8, row: [UInt8], color: UInt8, more: (kind: String, data: [UInt8])? = nil
    ) -> [UInt8] {
        func big(_ number: UInt32) -> [UInt8] {
            (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
        }
        func crc(_ bytes: [UInt8]) -> UInt32 {
            var crc = UInt32.max
            for byte in bytes {
                crc ^= UInt32(byte)
                for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0xEDB8_8320 as UInt32 : 0) }
            }
            return ~crc
        }
        func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
            let body = Array(kind.utf8) + data
            return big(UInt32(data.count)) + body + big(crc(body))
        }
        let raw = [0] + row
        let (a, b) = raw.reduce((UInt32(1), UInt32(0))) { sums, byte in
            let a = (sums.0 + UInt32(byte)) % 65521
            return (a, (sums.1 + a) % 65521)
        }
        let count = UInt8(raw.count)
        let data = [0x78, 0x01, 1, count, 0, ~count, 0xFF] + raw + big(b << 16 | a)
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", [0, 0, 0, width, 0, 0, 0, 1, 8, color, 0, 0, 0])
            + (more.map { chunk($0.kind, $0.data) } ?? []) + chunk("IDAT", data)
            + chunk("IEND", [])
    }
}

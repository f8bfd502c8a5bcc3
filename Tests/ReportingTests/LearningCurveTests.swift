import FilesTestSupport
import Foundation
import Imaging
import Reporting
import Testing

@Suite struct LearningCurveTests {
    @Test("A learning curve is one SVG with the mean of the seeds, their range, and the controls")
    func picture() throws {
        try withFolder { folder in
            for (name, level) in [("a", 0.2), ("b", 0.6), ("c", 0.1)] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
                let lines = (1...4).map {
                    "{\"step\": \($0), \"rewards/mask_iou/mean\": \(level)}\n"
                }
                try Data(lines.joined().utf8).write(
                    to: URL(fileURLWithPath: "\(folder)/\(name)/metrics.jsonl"))
            }
            var curve = LearningCurve(runs: [folder + "/a", folder + "/b"])
            curve.controls = [("shuffled <rewards>", folder + "/c")]
            curve.window = 2
            try curve.write(to: folder + "/curve.svg")
            let svg = String(decoding: try contents(folder + "/curve.svg"), as: UTF8.self)
            #expect(svg.contains("mean of 2 seeds") && svg.contains("shuffled &lt;rewards&gt;"))
            #expect(svg.contains("class=\"band c0\"") && svg.contains("line dash c1"))
            // Mean 0.4 and control 0.1 stand at two heights, each the same throughout.
            let parser = XMLParserProbe(svg)
            #expect(parser.isWellFormed)
            // A step in which no completion has a reward takes no part in the mean of its window.
            for (name, second) in [("d", "null"), ("e", "0.2")] {
                try makeFolder("\(folder)/\(name)")
                let lines = ["0.2", second, "0.6", "0.6"].enumerated().map {
                    "{\"step\": \($0 + 1), \"rewards/mask_iou/mean\": \($1)}\n"
                }
                try Data(lines.joined().utf8).write(
                    to: URL(fileURLWithPath: "\(folder)/\(name)/metrics.jsonl"))
                var gaps = LearningCurve(runs: ["\(folder)/\(name)"])
                gaps.window = 2
                try gaps.write(to: "\(folder)/\(name).svg")
            }
            #expect(try contents(folder + "/d.svg") == contents(folder + "/e.svg"))
            curve.controls = [("x", folder + "/none")]
            #expect(message { try curve.write(to: folder + "/other.svg") }.contains("none"))
            #expect(!exists(folder + "/other.svg"))
        }
    }
}

/// Whether every element of a text is closed, in order.
private struct XMLParserProbe {
    let isWellFormed: Bool

    init(_ text: String) {
        var open: [Substring] = []
        var isFine = true
        for piece in text.split(separator: "<").filter({ !$0.isEmpty }) {
            let name = piece.prefix { $0.isLetter || $0.isNumber || $0 == "/" }
            if piece.split(separator: ">").first?.hasSuffix("/") == true { continue }
            if name.hasPrefix("/") {
                isFine = isFine && open.popLast() == name.dropFirst()
            } else {
                open.append(name)
            }
        }
        isWellFormed = isFine && open.isEmpty
    }
}

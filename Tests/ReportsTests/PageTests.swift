import Foundation
import Imaging
import Reports
import TestSupport
import Testing

@Suite struct PageTests {
    @Test("A page is well-formed and refers to nothing outside itself, whatever its texts are")
    func page() throws {
        let hostile = "</p></section><img src=\"http://x.test/a.png\" onerror='a()'>&\u{0}"
        var page = HTMLPage(title: hostile, kicker: hostile)
        let picture = try SamplePicture(
            RGBImage(width: 40, height: 30, fill: (1, 2, 3)), id: "s0")
        var mask = BinaryMask(width: 40, height: 30)
        mask[3, 4] = true
        let overlay = SamplePicture.Overlay(
            mask: mask, truth: mask,
            boxes: [Box(x1: .nan, y1: 0, x2: 1, y2: 1), Box(x1: 9, y1: 8, x2: 1, y2: 2)],
            positivePoints: [Point(x: 1, y: 2), Point(x: 1e300, y: 0)])
        let card = GalleryCard(
            question: hostile, score: [.text(hostile)],
            shots: [
                .init(
                    caption: hostile,
                    picture: picture.drawn(overlay, label: hostile, isFirst: true)),
                .init(
                    caption: "", picture: picture.drawn(overlay, label: hostile, isFirst: false)),
            ], statements: [(hostile, hostile)])
        page.addSection(
            hostile, id: "a", lead: hostile,
            [
                GalleryCard.grid([card]), GalleryCard.legend(),
                htmlTable([hostile], rows: [[.text(hostile)]], highlighted: 1),
            ])
        let read = XMLReading(page.source)
        #expect(read.problem == nil)
        #expect(read.elements["img"] == nil && read.elements["script"] == nil)
        #expect(read.elements["section"] == 1 && read.elements["figure"] == 2)
        // Hostile texts are there as texts: the address is no attribute of anything.
        #expect(read.text.contains("http://x.test/a.png"))
        #expect(read.outsideAddresses.isEmpty)
        let style = try #require(page.source.firstRange(of: "<style>"))
        let end = try #require(page.source.firstRange(of: "</style>"))
        let rules = page.source[style.upperBound..<end.lowerBound]
        #expect(!rules.contains("url(") && !rules.contains("@import") && !rules.contains("http"))
    }

    @Test("A picture is stored once, at most 320 pixels a side, and its overlays are scaled to it")
    func picture() throws {
        let picture = try SamplePicture(
            RGBImage(width: 1280, height: 640, fill: (9, 9, 9)), id: "p")
        #expect(picture.frame == ImageFrame(width: 320, height: 160))
        let overlay = SamplePicture.Overlay(boxes: [Box(x1: 400, y1: 80, x2: 40, y2: 200)])
        let first = XMLReading(picture.drawn(overlay, label: "", isFirst: true).source)
        let second = XMLReading(picture.drawn(overlay, label: "", isFirst: false).source)
        #expect(first.elements["image"] == 1 && second.elements["image"] == nil)
        #expect(second.attributes["href"] == ["#p"])
        for read in [first, second] {
            let sides = ["x", "y", "width", "height"].map { read.attributes[$0]?.last }
            #expect(sides == ["10", "20", "90", "30"])
        }
    }

    @Test(
        "An outline, filled by the rule evenodd, is the mask: holes, touching corners and borders")
    func outline() throws {
        var mask = BinaryMask(width: 4, height: 3)
        #expect(mask.outlinePath == "")
        mask[1, 1] = true
        #expect(mask.outlinePath == "M1 1h1v1h-1v-1z")
        for seed in 0..<20 {
            let (width, height) = (7 + seed % 3, 6)
            let bytes = hashedNumbers("outline \(seed)", width * height)
                .map { $0 > 0 ? UInt8(1) : 0 }
            let mask = BinaryMask(width: width, height: height, bytes: bytes)
            #expect(filled(mask.outlinePath, width: width, height: height) == mask)
        }
    }

    /// Fills a path of `M x y`, `h n`, `v n` and `z`: a pixel is inside if an odd number of
    /// vertical edges is to its left.
    private func filled(_ path: String, width: Int, height: Int) -> BinaryMask {
        var crossings = [Int](repeating: 0, count: (width + 1) * height)
        var (x, y) = (0, 0)
        for loop in path.split(separator: "z") {
            var part = loop.dropFirst()
            let start = part.prefix { !"hv".contains($0) }.split(separator: " ")
            (x, y) = (Int(start[0]) ?? -1, Int(start[1]) ?? -1)
            let first = (x, y)
            part = part.drop { !"hv".contains($0) }
            while let kind = part.first {
                let digits = part.dropFirst().prefix { !"hv".contains($0) }
                part = part.dropFirst(1 + digits.count)
                let length = Int(digits) ?? 0
                if kind == "h" {
                    x += length
                } else {
                    for row in min(y, y + length)..<max(y, y + length) {
                        crossings[row * (width + 1) + x] += 1
                    }
                    y += length
                }
            }
            #expect((x, y) == first, "a loop does not close")
        }
        var mask = BinaryMask(width: width, height: height)
        for row in 0..<height {
            var count = 0
            for column in 0..<width {
                count += crossings[row * (width + 1) + column]
                mask[column, row] = count % 2 == 1
            }
        }
        return mask
    }

    @Test("Bytes become a URL in base 64")
    func urls() {
        #expect(dataURL([0x4D, 0x61, 0x6E], type: "image/png") == "data:image/png;base64,TWFu")
    }

    @Test(
        "A table of many columns keeps its headings in its cells, for screens that it is too wide for"
    )
    func stackedTable() {
        func table(_ count: Int) -> String {
            let columns = (0..<count).map { "c\($0)" }
            return htmlTable(columns, rows: [columns.map { HTML.text("\($0) & more") }]).source
        }
        let headings = XMLReading(table(9)).attributes["data-heading"] ?? []
        #expect(headings == (1..<9).map { "c\($0)" })
        #expect(XMLReading(table(3)).attributes["data-heading"] == nil)
        #expect(table(3).contains("class=\"scroll\""))
    }

    @Test("Of a long answer a card shows the beginning, and all of it on demand")
    func longAnswers() {
        func card(_ text: String) -> XMLReading {
            XMLReading(
                GalleryCard(question: "Q?", score: [], shots: [], statements: [("after:", text)])
                    .html.source)
        }
        let noise = String(repeating: "0123456789", count: 300)
        let read = card(noise)
        #expect(read.problem == nil && read.elements["details"] == 1)
        #expect(read.text.contains(noise) && read.text.contains("(2820 more characters)"))
        let words = card(String(repeating: "seven ponds ", count: 100))
        #expect(words.text.contains("ponds… ") || words.text.contains("seven… "))
        #expect(card("short").elements["details"] == nil)
    }
}

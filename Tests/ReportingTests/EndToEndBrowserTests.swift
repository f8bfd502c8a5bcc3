import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Reporting
import Reports
import Testing
import TrainingTestSupport

/// A headless browser, if there is one.
private enum Browser {
    static let program: String? = {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        let names = ["chromium", "chromium-browser", "google-chrome", "chrome"]
        return names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// What a page measures of itself in a window of a width.
    struct Measures: Decodable {
        /// How many pixels the content is wider than the window.
        let overflow: Int
        /// Elements that stick out of the window and cannot be scrolled to.
        let cut: [String]
        /// Tables with columns out of sight.
        let hidden: [String]
        /// Those of them in which nothing shows that there is more.
        let silent: [String]
        /// Texts of drawings that lie on each other, or on an upright or level line.
        let touching: [String]
        /// Drawings without any size.
        let empty: Int
        /// Drawings in all.
        let drawings: Int
        /// What the page would fetch from elsewhere.
        let fetched: [String]
        /// The colour behind the text.
        let ground: String
    }

    private static let script = """
        <script>
        window.addEventListener("load", () => {
          const wide = document.documentElement.clientWidth;
          const inScroll = e => e.closest(".scroll, pre, details, svg");
          const all = [...document.querySelectorAll("main *")];
          const cut = all.filter(e => e.getBoundingClientRect().right > wide + 1 && !inScroll(e));
          // What a narrow screen leaves out has no rectangles.
          const drawings = [...document.querySelectorAll("svg")]
            .filter(e => e.getClientRects().length > 0);
          const tables = [...document.querySelectorAll(".scroll")]
            .filter(e => e.scrollWidth > e.clientWidth + 1);
          // Shadows at both sides, under covers that move with the table.
          const isSigned = e => {
            const style = getComputedStyle(e);
            return style.backgroundAttachment.includes("local")
              && style.backgroundImage.split("linear-gradient").length > 4;
          };
          const touching = [];
          const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
            && a.top < b.bottom - 1 && b.top < a.bottom - 1;
          for (const drawing of document.querySelectorAll("svg.plot")) {
            const texts = [...drawing.querySelectorAll("text")];
            const boxes = texts.map(e => e.getBoundingClientRect());
            const lines = [...drawing.querySelectorAll("line")].map(e => {
              const box = e.getBoundingClientRect();
              return { left: box.left - 1, right: box.right + 1, top: box.top - 1, bottom: box.bottom + 1 };
            });
            texts.forEach((e, i) => {
              const others = boxes.slice(i + 1).concat(lines);
              if (others.some(other => meet(boxes[i], other))) touching.push(e.textContent);
            });
          }
          const name = e => e.textContent.slice(0, 61);
          const found = {
            hidden: tables.map(name), silent: tables.filter(e => !isSigned(e)).map(name), touching,
            overflow: document.documentElement.scrollWidth - wide,
            cut: cut.map(e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40)),
            empty: drawings.filter(e => e.getBoundingClientRect().width < 10).length,
            drawings: drawings.length,
            fetched: performance.getEntriesByType("resource").map(e => e.name)
              .filter(name => !name.startsWith("data:")),
            ground: getComputedStyle(document.body).backgroundColor,
          };
          parent.document.title = "measured " + JSON.stringify(found);
        });
        </script>
        """

    /// Opens a page.
    static func measure(_ page: String, width: Int, dark: Bool, in folder: String) throws
        -> Measures
    {
        let file = "\(folder)/page-\(width)-\(dark).html"
        // The script comes last, so that the page is as it is without it. A window is never as narrow as a
        // phone, a frame is.
        let source = (page + script).replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
        try """
        <!DOCTYPE html><body style="margin: 0">
        <iframe style="border: 0; width: \(width)px; height: 2000px" srcdoc="\(source)"></iframe>
        """.write(toFile: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(program))
        process.arguments =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--user-data-dir=\(folder)/profile", "--virtual-time-budget=5000",
                "--window-size=\(max(width, 600)),2000", "--dump-dom",
            ] + (dark ? ["--blink-settings=preferredColorScheme=0"] : []) + ["file://" + file]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let dom = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let title = try #require(
            dom.firstMatch(of: #/<title>measured (.*?)<\/title>/#), "the page was not measured")
        let json = String(title.1).replacing("&amp;", with: "&").replacing("&lt;", with: "<")
            .replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
        return try JSONDecoder().decode(Measures.self, from: Data(json.utf8))
    }
}

extension EndToEnd {
    /// Reports as a browser shows them.
    @Suite(
        .serialized,
        .enabled(if: Browser.program != nil, "there is no Chromium here; scripts/setup --browser")
    )
    struct BrowserTests {
        let fixture: EndToEndFixture

        init() throws {
            fixture = try EndToEndFixture.shared.get()
        }

        @Test("Pages about runs fit a desk and a phone, light and dark, and fetch nothing")
        func pages() throws {
            try withFolder { folder in
                let runs = try [
                    fixture.evaluatedRun(folder + "/first-run-with-a-long-name", beta: 0),
                    fixture.evaluatedRun(folder + "/second", beta: 0.5),
                ]
                let pages = [
                    try RunReport(run: runs[0]).html(), try RunsReport(runs: runs).html(),
                    Self.crowdedPage,
                ]
                for page in pages {
                    for (width, dark) in [(1280, false), (390, false), (390, true)] {
                        let found = try Browser.measure(page, width: width, dark: dark, in: folder)
                        #expect(found.overflow <= 0, "\(width) px: \(found.cut)")
                        #expect(found.cut.isEmpty, "\(width) px")
                        #expect(found.silent.isEmpty, "\(width) px")
                        #expect(found.touching.isEmpty, "\(width) px")
                        if width < 500 { #expect(found.hidden == Self.expectedToScroll(page)) }
                        #expect(found.drawings > 3 && found.empty == 0)
                        #expect(found.fetched.isEmpty)
                        #expect((found.ground == "rgb(255, 255, 255)") != dark)
                    }
                }
            }
        }

        /// A table of few columns that no narrow screen has room for.
        private static let broad = htmlTable(
            ["broad", "numbers"],
            rows: [[.text("row"), .text(String(repeating: "123456789", count: 9))]])

        /// Such a table may have columns out of sight.
        private static func expectedToScroll(_ page: String) -> [String] {
            page == crowdedPage
                ? ["broadnumbers\nrow" + String(repeating: "123456789", count: 5)] : []
        }

        /// More of everything than a narrow screen likes.
        private static let crowdedPage: String = {
            let name = "a variant whose name has more words than any line of a chart has room for"
            var chart = IntervalChart(
                title: "Differences",
                rows: [-0.4, 0, 0.25].enumerated().map { place, value in
                    IntervalChart.Row(
                        place == 1 ? String(repeating: "x", count: 150) : "\(name), \(value)",
                        value: value, low: value - 1, high: value + 1, parts: [value])
                }, reference: 0)
            chart.bounds = -1...1
            let long = LineChart(
                title: "Many steps",
                series: [
                    ChartSeries(
                        "", (0...40).map { ChartPoint(x: Double($0) * 31_250, y: Double($0)) })
                ])
            let noise = GalleryCard(
                question: "Where?", score: [.text("mask IoU 0.000")],
                shots: [],
                statements: [("after:", String(repeating: "184220", count: 500))])
            let columns = (0..<9).map { "column \($0)" }
            var page = HTMLPage(title: "Crowded")
            page.body = [
                .element(
                    "div", ["class": "charts"],
                    [chart.figure, long.figure, long.figure, long.figure]),
                htmlTable(
                    columns,
                    rows: [columns.map { HTML.text("\($0) 0.123") }]), broad,
                GalleryCard.grid([noise, noise]),
            ]
            return page.source
        }()
    }
}

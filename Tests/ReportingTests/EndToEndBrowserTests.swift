import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Reporting
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
          const found = {
            overflow: document.documentElement.scrollWidth - wide,
            cut: cut.map(e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40)),
            empty: drawings.filter(e => e.getBoundingClientRect().width < 10).length,
            drawings: drawings.length,
            fetched: performance.getEntriesByType("resource").map(e => e.name)
              .filter(name => !name.startsWith("data:")),
            ground: getComputedStyle(document.body).backgroundColor,
          };
          document.title = "measured " + JSON.stringify(found);
        });
        </script>
        """

    /// Opens a page.
    static func measure(_ page: String, width: Int, dark: Bool, in folder: String) throws
        -> Measures
    {
        let file = "\(folder)/page-\(width)-\(dark).html"
        // The script comes last, so that the page is as it is without it.
        try (page + script).write(toFile: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(program))
        process.arguments =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--user-data-dir=\(folder)/profile", "--virtual-time-budget=5000",
                "--window-size=\(width),2000", "--dump-dom",
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
                ]
                for page in pages {
                    for (width, dark) in [(1280, false), (390, false), (390, true)] {
                        let found = try Browser.measure(page, width: width, dark: dark, in: folder)
                        #expect(found.overflow <= 0, "\(width) px: \(found.cut)")
                        #expect(found.cut.isEmpty, "\(width) px")
                        #expect(found.drawings > 3 && found.empty == 0)
                        #expect(found.fetched.isEmpty)
                        #expect((found.ground == "rgb(255, 255, 255)") != dark)
                    }
                }
            }
        }
    }
}

import FilesTestSupport
import Foundation
import Reporting
import Reports
import Testing

@testable import Runs
@testable import Watching

typealias RunRecordStep = RunRecord.Step

@Suite struct WatchViewTests {
    private static let hostile = "a\u{1B}[2J\u{9B}31m\r\n\u{202E}b\u{7}\t \u{2028}c\u{7F}"

    @Test("What a policy wrote moves no cursor, whatever it is")
    func harmless() {
        let frame = TerminalFrame(width: 80)
        let said = frame.harmless(Self.hostile)
        #expect(said == "a\\u{1B}[2J\\u{9B}31m \\u{202E}b\\u{7} c\\u{7F}")
        #expect(frame.harmless("é 海 👩‍🚀") == "é 海 👩‍🚀")
        let ascii = TerminalFrame(width: 80, isUnicode: false)
        #expect(ascii.harmless("é海") == "\\u{E9}\\u{6D77}")
        let lines = frame.harmless("a\n\tb\u{1B}\r\n", keepsLines: true)
        #expect(lines == "a\n b\\u{1B}\\u{D}\n")
    }

    @Test("No line is wider than the terminal, and there are no more than it has")
    func fits() throws {
        try withFolder { folder in
            let run = try WatchFixture(folder + "/run")
            let wide = String(repeating: "海 in the harbour 👩‍🚀 ", count: 40)
            try run.writeRollouts(
                (0..<8).map { WatchFixture.rollout("s", Self.hostile + wide, reward: Double($0)) },
                step: 10)
            try RunWarnings.append(
                [RunWarning(step: 7, name: "x", message: "Every\u{1B} group", hint: wide)],
                run: run.path)
            for width in [20, 39, 79, 120, 200] {
                for height in [4, 10, 23, 40, 100] {
                    for isUnicode in [true, false] {
                        let lines = try run.view(
                            TerminalFrame(width: width, height: height, isUnicode: isUnicode))
                        #expect(lines.count <= height)
                        #expect(lines.allSatisfy { TerminalFrame.columns($0) <= width })
                        let scalars = lines.joined().unicodeScalars
                        #expect(!scalars.contains { $0.properties.generalCategory == .control })
                        #expect(isUnicode || scalars.allSatisfy(\.isASCII))
                    }
                }
            }
        }
    }

    @Test("A view has the last steps, evaluations, warnings, curve, and answers with rewards")
    func content() throws {
        try withFolder { folder in
            let run = try WatchFixture(folder + "/run")
            try run.writeRollouts(
                [
                    WatchFixture.rollout("same", reward: 1),
                    WatchFixture.rollout("same", reward: 1),
                    WatchFixture.rollout("apart", "<think>no", reward: 0, parseError: "no answer"),
                    WatchFixture.rollout("apart", "<think>yes", reward: 2),
                    WatchFixture.rollout("other", reward: nil),
                ], step: 10)
            try run.write(
                "{\"step\": 3, \"kind\": \"sample\", \"ids\": [], \"message\": \"sample x is bad\"}\n",
                to: "faults.jsonl")
            try RunWarnings.append(
                [RunWarning(step: 7, name: "x", message: "All alike", hint: "Look")], run: run.path)
            let text = try run.view().joined(separator: "\n")
            for part in [
                "step 12  reward 2.120  mask IoU 0.120  valid format 0.75  tokens per answer 36",
                "step 10  held-out gIoU 0.10", "warning: step 7: All alike. Look",
                "warning: 1 fault in step 3: sample x is bad",
                "mask IoU, smoothed  0.01 → 0.12", "step 10, sample apart: What of apart?",
                " 1. reward 0.000  advantage +0.25  mask IoU 0.500  mine 1.00  cannot be read: no answer",
                "    <think>yes",
            ] {
                #expect(text.contains(part), "\(part)")
            }
        }
    }

    @Test("A curve is drawn from its lowest to its highest value, in braille and in stars")
    func chart() {
        let points = (0...40).map { ChartPoint(x: Double($0), y: Double($0) / 40) }
        func chart(_ points: [ChartPoint], _ isUnicode: Bool) -> [String] {
            TerminalChart(
                title: "t", points: points, width: 50, height: 4, isUnicode: isUnicode
            ).lines
        }
        let stars = chart(points, false)
        #expect(stars.count == 7 && stars[0] == "t  0 -> 1")
        #expect(stars[1].hasPrefix("       1 |") && stars[1].hasSuffix("*"))
        #expect(stars[4].hasPrefix("       0 |*") && stars[6].hasSuffix("step 40"))
        let dots = chart(points, true)
        #expect(dots[4].contains("│⣀") || dots[4].contains("│⡠"))
        #expect(dots[1].last == "⠉" || dots[1].last == "⠊")
        #expect(chart([points[0]], true).isEmpty)
        let flat = chart(points.map { ChartPoint(x: $0.x, y: 3) }, false)
        #expect(flat.count == 7 && flat.contains { $0.contains("***") })
        let gaps = points.map { ChartPoint(x: $0.x, y: $0.x == 20 ? .nan : $0.y) }
        #expect(chart(gaps, false).count == 7)
    }

    @Test("A long run's curve is of means, and no longer than a terminal is wide")
    func thinned() {
        let points = (1...1000).map { ChartPoint(x: Double($0), y: 2 * Double($0)) }
        let thin = WatchView.thinned(points)
        #expect(thin.count == 334 && thin[0] == ChartPoint(x: 1, y: 4))
        #expect(thin.last == ChartPoint(x: 1000, y: 2000))
        #expect(WatchView.thinned(Array(points.prefix(400))) == Array(points.prefix(400)))
    }

    @Test("A terminal without UTF-8 in its locale, or a dumb one, is one of ASCII")
    func locale() {
        #expect(TerminalFrame.isUnicode(["LANG": "en_US.UTF-8"]))
        #expect(TerminalFrame.isUnicode(["LC_ALL": "", "LANG": "C.utf8"]))
        #expect(!TerminalFrame.isUnicode(["LC_ALL": "C", "LANG": "en_US.UTF-8"]))
        #expect(!TerminalFrame.isUnicode([:]))
        #expect(!TerminalFrame.isUnicode(["LANG": "en_US.UTF-8", "TERM": "dumb"]))
    }
}

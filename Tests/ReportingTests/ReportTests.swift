import Datasets
import Evaluation
import FilesTestSupport
import Foundation
import Imaging
import RLTrainer
import Reports
import Segmentation
import TestSupport
import Testing

@testable import Evaluating
@testable import Reporting

/// A made-up run: what a report needs, with numbers that the tests know.
struct ReportFixture {
    static let hostile = "<think>ship</think></p><script src=\"http://x.test/a.js\">\u{1B}&'"
    let samples: InMemoryDataset
    let before: EvaluationResult
    let after: EvaluationResult

    /// Twelve samples of 40 × 30 pixels; the last has no target.
    init() throws {
        let picture = RGBImage(width: 40, height: 30, pixels: patternPixels(width: 40, height: 30))
        let bytes = try ImageCodec.encodePNG(picture)
        samples = InMemoryDataset(
            (0..<12).map { index in
                var mask = BinaryMask(width: 40, height: 30)
                if index < 11 { for x in 5..<15 { for y in 5..<15 { mask[x, y] = true } } }
                return SegmentationSample(
                    id: "s\(index)", image: bytes, format: .png, frame: picture.frame,
                    questions: ["Where & what is <\(index)>?"], answers: [], mask: mask)
            })
        before = Self.result(samples, intersections: [10, 20, 90, 0, 0, 50, 60, 70, 5, 5, 5, 0])
        after = Self.result(samples, intersections: [90, 80, 10, 0, 60, 50, 65, 70, 95, 40, 6, 0])
    }

    private static func result(
        _ samples: InMemoryDataset, intersections: [Int]
    ) -> EvaluationResult {
        let answers = zip(samples.samples, intersections).map { sample, pixels in
            var mask = BinaryMask(width: 40, height: 30)
            for place in 0..<pixels { mask[5 + place % 10, 5 + place / 10] = true }
            let isNothing = sample.isEmptyTarget
            return EvaluatedAnswer(
                outcome: SampleOutcome(
                    id: sample.id, overlap: MaskOverlap(prediction: mask, truth: sample.mask),
                    objectCount: isNothing ? 0 : 1, length: 10 + pixels,
                    targetClass: isNothing ? nil : "ship",
                    thoughtNamesTarget: isNothing ? nil : pixels > 9),
                question: sample.questions[0], completion: hostile, stopReason: .endOfSequence,
                parseError: nil, policyFrame: .square(56),
                prompts: isNothing
                    ? []
                    : [
                        SegmentationPrompt(
                            box: Box(x1: 7, y1: 9, x2: 21, y2: 28),
                            positivePoints: [Point(x: 10, y: 20)])
                    ],
                mask: MaskRuns(mask))
        }
        return EvaluationResult(
            setup: EvaluationResult.Setup(),
            summary: EvaluationSummary(
                answers.map(\.outcome), bootstrap: Bootstrap(seed: 1, resamples: 200)),
            seconds: 1, answers: answers)
    }

    /// Writes a run's folder.
    func writeRun(_ folder: String, steps: Int = 40) throws {
        try makeFolder(folder)
        let lines = (1...steps).map { step in
            "{\"step\": \(step), \"reward\": \(Double(step) / 10), \"parse_failure_rate\": 0.25, "
                + "\"rewards/mask_iou/mean\": 0.\(step + 10), \"rewards/odd_term/mean\": \(step), "
                + "\"completions/mean_length\": \(30 + step), \"entropy\": null, "
                + "\"step_time\": 2, \"timing_s/gen\": 1.5, \"timing_s/reward\": 0.25}"
        }
        for (name, text) in [
            ("metrics.jsonl", lines.joined(separator: "\n") + "\n"),
            ("config.yaml", "seed: 7 # <b>\n"),
            (
                "run.json",
                "{\"version\": \"9.9\", \"seed\": 7, \"command\": [\"think2seg\", \"<x>\"]}"
            ),
        ] {
            try ImageCodec.write(Array(text.utf8), path: "\(folder)/\(name)")
        }
    }

    func report(_ folder: String) throws -> RunReport {
        try writeRun(folder)
        var report = RunReport(run: folder)
        report.paragraphs = ["The scenario & <what> it shows."]
        report.comparisons = [
            RunReport.Comparison("implicit questions", before: before, after: after)
        ]
        report.samples = samples
        report.heldOut = [
            RunReport.Curve(
                "three seeds",
                meanOf: [
                    [.init(step: 0, gIoU: 0.2), .init(step: 20, gIoU: 0.4)],
                    [.init(step: 0, gIoU: 0.2), .init(step: 20, gIoU: 0.5)],
                    [
                        .init(step: 0, gIoU: 0.2), .init(step: 10, gIoU: 0.3),
                        .init(step: 20, gIoU: 0.6),
                    ],
                ])
        ]
        report.controls = [
            RunReport.Control(
                "rewards shuffled", note: "no signal",
                points: [.init(step: 0, gIoU: 0.2), .init(step: 20, gIoU: 0.0625)])
        ]
        return report
    }
}

@Suite struct ReportTests {
    @Test("A report is one well-formed file without outside addresses, whatever completions say")
    func selfContained() throws {
        try withTemporaryFolder { folder in
            let path = try ReportFixture().report(folder + "/run").write()
            #expect(path == folder + "/run/report.html")
            let source = String(decoding: try contents(path), as: UTF8.self)
            let read = XMLReading(source)
            #expect(read.problem == nil && read.outsideAddresses.isEmpty)
            #expect(read.elements["script"] == nil && read.elements["b"] != nil)
            #expect(read.text.contains("The scenario & <what> it shows."))
            #expect(read.text.contains("Where & what is <3>?"))
            // The thought is shown, what the completion smuggles behind it is not.
            #expect(!source.contains("x.test"))
            #expect(read.text.contains("seed: 7 # <b>") && read.text.contains("think2seg <x>"))
        }
    }

    @Test("The page has curves, controls, costs, numbers and pictures")
    func content() throws {
        try withTemporaryFolder { folder in
            let read = XMLReading(try ReportFixture().report(folder).html())
            for text in [
                "gIoU on held-out samples", "three seeds", "rewards shuffled", "no signal",
                "valid format 0.75", "Reward term: odd_term", "answering (generation)", "75 %",
                "Chosen at random", "The biggest gains", "Failures", "Before and after",
            ] { #expect(read.text.contains(text), "\(text)") }
            #expect(!read.text.contains("Entropy"))
            let ids = Set(read.attributes["id"] ?? [])
            #expect(
                ids.isSuperset(of: ["numbers-1", "held-out", "training", "gallery", "cost", "run"]))
            // Six random, gained and failed ones; a picture that comes twice is stored once.
            let uses = read.elements["use"] ?? 0
            let images = read.elements["image"] ?? 0
            #expect(images <= 12 && (uses + images) % 3 == 0 && uses + images > 36)
            #expect((read.attributes["id"] ?? []).count == Set(read.attributes["id"] ?? []).count)
        }
    }

    @Test("The table's numbers are those of evaluation.json, intervals and paired change included")
    func numbers() throws {
        try withTemporaryFolder { folder in
            let fixture = try ReportFixture()
            try fixture.before.write(to: folder + "/before")
            try fixture.after.write(to: folder + "/after")
            let text = XMLReading(try fixture.report(folder + "/run").html()).text
            func metrics(_ name: String) throws -> [String: [String: Any]] {
                let document = try object(contents("\(folder)/\(name)/evaluation.json"))
                let summary = try #require(document["summary"] as? [String: Any])
                return try #require(summary["metrics"] as? [String: [String: Any]])
            }
            let (old, new) = (try metrics("before"), try metrics("after"))
            for metric in Metric.allCases where metric != .meanLength {
                let row = [old, new].map { file -> String in
                    func number(_ key: String) -> String {
                        (file[metric.rawValue]?[key] as? Double)
                            .map { String(format: "%.3f", $0) } ?? ""
                    }
                    // One sample has no target.
                    // Of a share that is 0 or 1 in all answers, drawing again tells nothing.
                    let numbers = ["low", "high"].map { file[metric.rawValue]?[$0] as? Double }
                    let interval =
                        numbers[0] == nil
                        ? "too few"
                        : numbers[0] == numbers[1] ? "–" : "\(number("low"))–\(number("high"))"
                    return "\(number("value")) \(interval)"
                }
                let cells = " \(metric.title)  \(row[0])  \(row[1])"
                #expect(squeezed(text).contains(squeezed(cells)), "\(cells)")
            }
            let change = try EvaluationComparison(
                from: fixture.before.outcomes, to: fixture.after.outcomes,
                bootstrap: fixture.after.summary.bootstrap)[.gIoU]
            let value = try #require(change.value)
            let interval = try #require(change.interval)
            #expect(text.contains(signedText(value, .gIoU)))
            let range = signedText(interval, .gIoU)
            #expect(text.contains(range))
        }
    }

    private func squeezed(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test("The gallery shows the largest gains, the worst failures, and a random choice from all")
    func selection() {
        let before = [0.1, 0.9, 0.2, 0.3, 0.0, 0.7]
        let after = [0.8, 0.0, 0.3, 0.9, 0.0, 0.7]
        let choice = GallerySelection(before: before, after: after, count: 3, seed: 5)
        #expect(choice.gains == [0, 3, 2])
        // Equal IoUs: the one that lost most first. 0.7 is no failure.
        #expect(choice.failures == [1, 4, 2])
        #expect(choice.random.count == 3 && choice.random == choice.random.sorted())
        #expect(choice == GallerySelection(before: before, after: after, count: 3, seed: 5))
        let seen = Set(
            (0..<100).flatMap { seed in
                GallerySelection(before: before, after: after, count: 3, seed: seed).random
            })
        #expect(seen == Set(0..<6))
    }

    @Test("A result that the samples do not show is not called learning")
    func verdicts() throws {
        try withTemporaryFolder { folder in
            let fixture = try ReportFixture()
            try fixture.writeRun(folder)
            func text(_ before: EvaluationResult, _ after: EvaluationResult) throws -> String {
                var report = RunReport(run: folder)
                report.comparisons = [.init("q", before: before, after: after)]
                return XMLReading(try report.html()).text
            }
            #expect(try text(fixture.before, fixture.before).contains("do not show"))
            #expect(!(try text(fixture.before, fixture.before).contains("The policy learnt")))
            var good = fixture.after
            for index in good.answers.indices {
                good.answers[index].outcome.overlap =
                    MaskOverlap(intersection: 100, union: 100, isEmptyTarget: false)
            }
            good.summary = EvaluationSummary(good.outcomes, bootstrap: Bootstrap(resamples: 200))
            #expect(try text(fixture.before, good).contains("The policy learnt"))
            #expect(try text(good, fixture.before).contains("got worse"))
        }
    }

    @Test("Both protocols stand side by side where both evaluations have them, and only there")
    func protocols() throws {
        try withTemporaryFolder { folder in
            let fixture = try ReportFixture()
            try fixture.writeRun(folder)
            func text(_ before: EvaluationResult, _ after: EvaluationResult) throws -> String {
                var report = RunReport(run: folder)
                report.comparisons = [.init("q", before: before, after: after)]
                return XMLReading(try report.html()).text
            }
            func withPaper(_ result: EvaluationResult, _ intersection: Int) -> EvaluationResult {
                var result = result
                result.paper = PaperSummary(
                    result.outcomes.map {
                        PaperOutcome(
                            id: $0.id, objectCount: 1, truth: 1000, intersection: intersection,
                            union: 1000)
                    }, questionSeed: 1, bootstrap: Bootstrap(resamples: 20))
                return result
            }
            let (before, after) = (withPaper(fixture.before, 123), withPaper(fixture.after, 456))
            let both = try text(before, after)
            #expect(both.contains("after, paper"))
            #expect(both.contains("0.123") && both.contains("0.456"))
            #expect(!(try text(fixture.before, after).contains("after, paper")))
        }
    }

    @Test("A page about a run that goes on renews itself, and says so; no other does")
    func renewal() throws {
        try withTemporaryFolder { folder in
            try ReportFixture().writeRun(folder)
            var report = RunReport(run: folder)
            #expect(!(try report.html()).contains("http-equiv"))
            report.renewal = 7
            let html = try report.html()
            #expect(html.contains("http-equiv=\"refresh\"") && html.contains("content=\"7\""))
            let read = XMLReading(html)
            #expect(read.problem == nil && read.text.contains("renews itself every 7 seconds"))
            var several = RunsReport(runs: [folder, folder])
            several.renewal = 1
            #expect(XMLReading(try several.html()).text.contains("renews itself every second"))
        }
    }

    @Test("Charts of shares stay within 0 and 1, also of several runs")
    func shareAxes() throws {
        try withTemporaryFolder { folder in
            try makeFolder(folder)
            let lines = (1...30).map { step in
                "{\"step\": \(step), \"parse_failure_rate\": \(step % 7 == 0 ? 0.4 : 0), "
                    + "\"rewards/mask_iou/mean\": \(step > 20 ? 1 : 0), "
                    + "\"rewards/box_iou/mean\": \(step % 2), \"kl\": \(step > 28 ? 0.5 : 0)}\n"
            }
            try ImageCodec.write(Array(lines.joined().utf8), path: folder + "/metrics.jsonl")
            let record = try RunRecord(path: folder)
            let several = RunCurves(groups: [("a", [record]), ("b", [record])]).charts
            #expect(several.count == 4)
            for chart in several {
                let axis = ChartScale(
                    covering: chart.series.flatMap(\.points).map(\.y), bounds: chart.bounds)
                #expect(axis.low >= 0, "\(chart.title)")
                if chart.title != "KL" { #expect(axis.high <= 1, "\(chart.title)") }
            }
            let page = try RunReport(run: folder).html()
            let labels = page.matches(of: #/<text [^>]*text-anchor="end"[^>]*>([^<]+)</#).compactMap
            {
                Double($0.1)
            }
            #expect(labels.count > 8 && labels.allSatisfy { (0...1).contains($0) })
        }
    }

    @Test("A run that was not evaluated gets curves and answers, and no claim")
    func curvesOnly() throws {
        try withTemporaryFolder { folder in
            try ReportFixture().writeRun(folder)
            try makeFolder(folder + "/rollouts")
            let line =
                "{\"id\": \"a\", \"question\": \"Q?\", \"completion\": \"<i>said</i>\", "
                + "\"reward\": 1.5, \"rewards\": {\"mask_iou\": 0.5}}"
            for step in [3, 20] {
                try ImageCodec.write(
                    Array((line + "\n").utf8), path: "\(folder)/rollouts/step-\(step).jsonl")
            }
            let read = XMLReading(try RunReport(run: folder).html())
            #expect(read.problem == nil && read.text.contains("Answers of step 20"))
            #expect(read.text.contains("<i>said</i>") && !read.text.contains("learnt:"))
            #expect(read.text.contains("only an evaluation on held-out samples can tell"))
            // People read names, not the keys of files.
            #expect(read.text.contains("mask IoU 0.50") && !read.text.contains("mask_iou"))
            #expect(!read.text.contains("parse_failure_rate"))
            // A completion that a term failed for.
            let faulty = line.replacing(
                "\"reward\": 1.5, \"rewards\": {\"mask_iou\": 0.5}",
                with:
                    "\"rewards\": {}, \"fault\": \"the reward term 'x' failed\"")
            try ImageCodec.write(
                Array((faulty + "\n").utf8), path: folder + "/rollouts/step-21.jsonl")
            let other = XMLReading(try RunReport(run: folder).html())
            #expect(other.text.contains("Answers of step 21") && other.text.contains("no reward"))
        }
    }

    @Test("What terms abstained from is a dash, a gap in curves, and counted; never a 0")
    func abstentions() throws {
        try withTemporaryFolder { folder in
            try ReportFixture().writeRun(folder)
            try makeFolder(folder + "/rollouts")
            let rollout =
                "{\"id\": \"a\", \"question\": \"Q?\", \"completion\": \"said\", "
                + "\"reward\": null, \"rewards\": {\"judge\": null, \"mask_iou\": 0.5}, "
                + "\"advantage\": null}\n"
            try ImageCodec.write(Array(rollout.utf8), path: folder + "/rollouts/step-1.jsonl")
            let metrics = (1...30).map { step in
                let judged = step % 3 == 0 ? "null" : "0.\(step)"
                return "{\"step\": \(step), \"reward\": \(judged), "
                    + "\"rewards/judge/mean\": \(judged), "
                    + "\"rewards/judge/abstained\": \(step % 3 == 0 ? 8 : step % 5), "
                    + "\"completions/without_reward\": \(step % 3 == 0 ? 8 : 0), "
                    + "\"loss\": null, \"grad_norm\": null}\n"
            }
            try ImageCodec.write(Array(metrics.joined().utf8), path: folder + "/metrics.jsonl")
            let record = try RunRecord(path: folder)
            #expect(record.rewardTerms == ["judge"] && record.abstainingTerms == ["judge"])
            #expect(
                record.newestRollouts()?.rollouts.first?.rewards == ["judge": nil, "mask_iou": 0.5])
            let report = XMLReading(try RunReport(run: folder).html())
            #expect(report.problem == nil)
            for words in ["judge —", "no reward", "Abstentions: judge", "Answers without a reward"]
            {
                #expect(report.text.contains(words), "\(words)")
            }
            #expect(!report.text.contains("judge 0.00") && !report.text.contains("nan"))
        }
    }

    @Test("What a killed run left half written does not count; any other bad line is named")
    func damagedMetrics() throws {
        try withTemporaryFolder { folder in
            #expect(message { _ = try RunReport(run: folder).html() }.contains("metrics.jsonl"))
            try ReportFixture().writeRun(folder, steps: 3)
            let path = folder + "/metrics.jsonl"
            let whole = String(decoding: try contents(path), as: UTF8.self)
            try ImageCodec.write(Array((whole + "{\"step\": 4, \"rew").utf8), path: path)
            #expect(XMLReading(try RunReport(run: folder).html()).problem == nil)
            try ImageCodec.write(Array((whole + "{\"stop\": 4}\n" + whole).utf8), path: path)
            #expect(
                message { _ = try RunReport(run: folder).html() }.contains("metrics.jsonl:4"))
        }
    }

    @Test("The mean of several curves stands at the steps that all have, with their range")
    func meanCurve() throws {
        let curve = try withTemporaryFolder { try ReportFixture().report($0).heldOut[0] }
        #expect(curve.points.map(\.step) == [0, 20])
        #expect(abs(curve.points[1].gIoU - 0.5) < 1e-12)
        #expect(curve.points[1].range == Interval(low: 0.4, high: 0.6))
    }

    @Test("Answers about samples that are not there are refused, and so are unequal questions")
    func mismatches() throws {
        try withTemporaryFolder { folder in
            var report = try ReportFixture().report(folder)
            report.samples = InMemoryDataset([])
            #expect(message { _ = try report.html() }.contains("'s0'"))
            report.comparisons[0].after.answers.swapAt(0, 1)
            #expect(throws: EvaluationComparison.Mismatch.self) { try report.html() }
        }
    }

    @Test("A strip has a column per sample, before above after, at the size that was asked for")
    func strip() throws {
        let fixture = try ReportFixture()
        var strip = SceneStrip(
            before: fixture.before.answers, after: fixture.after.answers, samples: fixture.samples)
        strip.side = 100
        let one = try strip.picture(of: [0])
        let two = try strip.picture(of: [0, 8])
        #expect(two.width == one.width + 106 && two.height == one.height)
        // The first column is the same, and the rows differ, because the answers do.
        let left = 48
        func cell(_ picture: RGBImage, _ x: Int, _ y: Int) -> [UInt8] {
            (0..<100).flatMap { (row: Int) -> [UInt8] in
                let start = ((y + row) * picture.width + x) * 3
                return Array(picture.pixels[start..<start + 300])
            }
        }
        let top = one.height - 2 * (100 + 16) + 6
        #expect(cell(one, left, top) == cell(two, left, top))
        #expect(cell(one, left, top) != cell(one, left, top + 116))
        var wrong = strip
        wrong.after.swapAt(0, 1)
        #expect(message { _ = try wrong.picture(of: [0]) }.contains("'s1'"))
    }
}

import Foundation
import TestSupport
import Testing

@testable import Files
@testable import Reporting
@testable import Runs
@testable import Trackers

/// Lines in a run's folder that are not as they were written.
@Suite struct DamagedLineTests {
    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    private static func lines(_ steps: [Int]) -> String {
        steps.map { "{\"step\": \($0), \"loss\": 1}\n" }.joined()
    }

    @Test("A damaged line costs no other line, wherever it is; a half-written last one is none")
    func middle() {
        for damage in ["garbage", "{\"step\": 3, \"lo", "[]", "\u{0}\u{0}", "{\"step\": 99}"] {
            for place in 0...4 {
                var parts = [1, 2, 3, 4, 5].map { "{\"step\": \($0)}" }
                parts[place] = damage
                let all = parts.joined(separator: "\n") + "\n{\"step\": 6}\n{\"st"
                let cut = StepLines(Data(all.utf8), upTo: 5)
                // A later step in the last place is what comes after the checkpoint.
                let isLater = place == 4 && damage.contains("99")
                #expect(cut.damaged == (isLater ? [] : [place + 1]), "\(damage) at \(place)")
                parts.remove(at: place)
                #expect(cut.kept == Data((parts.joined(separator: "\n") + "\n").utf8))
            }
        }
        let whole = StepLines(Data((Self.lines([1, 2]) + "{\"step\": 3").utf8), upTo: 5)
        #expect(whole.damaged == [] && whole.kept == Data(Self.lines([1, 2]).utf8))
        #expect(lastStep(of: Data((Self.lines([1, 2]) + "garbage\n").utf8)) == 2)
    }

    @Test("A file that is cut keeps what was damaged beside it, once, and says so by file and line")
    func aside() throws {
        try withTemporaryFolder { run in
            let file = run + "/metrics.jsonl"
            let damaged = Self.lines([1]) + "garbage\n" + Self.lines([2, 3])
            for time in 1...2 {
                try write(damaged, file)
                let notes = RunDirectory.damagedLines(in: run, upTo: 2)
                #expect(notes.count == 1)
                #expect(notes.first?.hasPrefix("\(file):2: the line is damaged") == true)
                #expect(notes.first?.hasSuffix("kept as metrics.jsonl.damaged") == true)
                try StepLines.cut(file, to: 2)
                #expect(try text(file) == Self.lines([1, 2]))
                #expect(try text(file + ".damaged") == damaged)
                #expect(
                    !FileManager.default.fileExists(atPath: file + ".damaged-1"), "time \(time)")
            }
            try write("other\n" + damaged, file)
            try StepLines.cut(file, to: 2)
            #expect(try text(file + ".damaged") == damaged)
            #expect(try text(file + ".damaged-1") == "other\n" + damaged)
            #expect(RunDirectory.damagedLines(in: run, upTo: 2) == [])
        }
    }

    @Test("Warnings and faults of earlier steps stay where a line before them is damaged")
    func faults() throws {
        try withTemporaryFolder { run in
            for name in ["warnings.jsonl", "faults.jsonl"] {
                try write("garbage\n" + Self.lines([1, 5]), "\(run)/\(name)")
            }
            #expect(RunDirectory.damagedLines(in: run, upTo: 3).count == 2)
            try RunDirectory.cutFaults(run, to: 3)
            for name in ["warnings.jsonl", "faults.jsonl"] {
                #expect(try text("\(run)/\(name)") == Self.lines([1]))
                #expect(try text("\(run)/\(name).damaged").hasPrefix("garbage\n"))
            }
        }
    }

    @Test("A damaged record of trackers costs no other record")
    func records() throws {
        try withTemporaryFolder { run in
            do {
                let journal = try TrackerJournal(run: run)
                for step in 1...4 {
                    var numbers = StepMetrics(step: step)
                    numbers.append("loss", 1)
                    journal.add(numbers)
                }
            }
            let file = run + "/trackers/records.jsonl"
            var parts = try text(file).split(separator: "\n").map(String.init)
            let whole = parts
            parts[1] = "garbage"
            let damaged = parts.joined(separator: "\n") + "\n"
            try write(damaged, file)
            let note = RunDirectory.damagedLines(in: run, upTo: 9).first
            #expect(note?.hasPrefix("\(file):2: ") == true)
            #expect(try TrackerJournal(run: run).last == 4)
            #expect(try text(file) == [whole[0], whole[2], whole[3], ""].joined(separator: "\n"))
            #expect(try text(file + ".damaged") == damaged)
        }
    }

    @Test("What a page leaves out of a run's folder is named; what is being written is not")
    func pages() throws {
        try withTemporaryFolder { run in
            try FileManager.default.createDirectory(
                atPath: run + "/rollouts", withIntermediateDirectories: true)
            let description = try RunDirectory.description(
                device: "cpu", threads: 1, workers: 1, seed: 1, command: ["x"], resumedFrom: nil)
            let good = [
                "run.json": description, "config.yaml": "seed: 1\n",
                "warnings.jsonl":
                    "{\"step\":1,\"name\":\"a\",\"message\":\"b\",\"hint\":\"c\"}\n{\"st",
                "faults.jsonl": "{\"step\":1,\"message\":\"b\"}\n{\"st",
                "rollouts/step-2.jsonl":
                    "{\"id\":\"a\",\"question\":\"b\",\"completion\":\"c\",\"rewards\":{}}\n{\"i",
            ]
            for (name, content) in good { try write(content, "\(run)/\(name)") }
            func warnings() -> [String] { RunDamage.warnings(run: run, readsRollouts: true) }
            #expect(warnings() == [])
            for (name, content) in good {
                let isLines = name.hasSuffix(".jsonl")
                for bad in isLines ? ["garbage\n" + content] : ["{", "\n- [\n"] {
                    try write(bad, "\(run)/\(name)")
                    let found = warnings()
                    #expect(found.count == 1, "\(name): \(bad)")
                    let place = found.first?.dropFirst("\(run)/\(name):".count).first
                    #expect(place?.isNumber == true, "\(found)")
                }
                try write(content, "\(run)/\(name)")
            }
            try write("{}", run + "/run.json")
            #expect(warnings().first?.contains("not as a run of think2seg writes it") == true)
        }
    }
}

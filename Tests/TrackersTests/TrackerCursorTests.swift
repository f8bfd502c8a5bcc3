import Files
import FilesTestSupport
import Foundation
import Testing

@testable import Trackers

/// A line of a journal.
func line(_ n: Int, _ step: Int, _ kind: String = "metrics", index: Int = 0) throws -> TrackerLine {
    try #require(
        TrackerLine(
            Data(
                "{\"n\": \(n), \"type\": \"\(kind)\", \"step\": \(step), \"index\": \(index)}".utf8)
        ))
}

/// How far a tracker is, without programs.
@Suite struct TrackerCursorTests {
    @Test("A record is sent until it is taken, and marked once it was sent without an answer")
    func order() throws {
        var cursor = TrackerCursor()
        #expect(try cursor.decision(line(1, 1)) == .send(isRepeated: false))
        cursor.send(try line(1, 1))
        #expect(try cursor.decision(line(1, 1)) == .send(isRepeated: true))
        cursor.take(try line(1, 1))
        #expect(try cursor.decision(line(1, 1)) == .skip)
        #expect(try cursor.decision(line(2, 1, "completions")) == .send(isRepeated: false))
        #expect(cursor.lastStep == 1)
    }

    @Test("What a tracker has of steps that are made again is not sent again, whatever its number")
    func cut() throws {
        var cursor = TrackerCursor()
        let journal = try (1...4).map { try line($0, $0) }
        for line in journal.prefix(3) { cursor.take(line) }
        cursor.send(journal[3])
        cursor.cutBack(journal, to: 1)
        // Once more: a process may be killed between the cursors and the journal.
        cursor.cutBack(journal, to: 1)
        #expect(try cursor.decision(line(6, 2)) == .skip)
        #expect(try cursor.decision(line(7, 2, "picture")) == .send(isRepeated: false))
        cursor.take(try line(6, 2))
        #expect(try cursor.decision(line(8, 3)) == .skip)
        #expect(try cursor.decision(line(9, 4)) == .send(isRepeated: true))
        cursor.take(try line(9, 4))
        #expect(try cursor.decision(line(10, 4)) == .send(isRepeated: false))
    }

    @Test("What a tracker says it has counts, between nothing and all that it was sent")
    func follow() throws {
        var cursor = TrackerCursor()
        for n in 1...3 { cursor.take(try line(n, n)) }
        cursor.send(try line(4, 4))
        let before = cursor
        for number in [-1, 5] {
            let follows = cursor.follow(number)
            #expect(!follows && cursor == before)
        }
        var further = cursor
        let hasAll = further.follow(4)
        #expect(hasAll)
        #expect(try further.decision(line(4, 4)) == .skip)
        let hasOne = cursor.follow(1)
        #expect(hasOne)
        #expect(try cursor.decision(line(1, 1)) == .skip)
        #expect(try cursor.decision(line(2, 2)) == .send(isRepeated: false))
        #expect(try cursor.decision(line(4, 4)) == .send(isRepeated: false))
    }

    @Test("A cursor's file reads back equal, and one that is damaged is named with what to do")
    func file() throws {
        try withFolder { folder in
            let path = folder + "/a.cursor.json"
            #expect(try TrackerCursor(file: path) == TrackerCursor())
            var cursor = TrackerCursor()
            cursor.take(try line(1, 1))
            cursor.cutBack([try line(1, 1)], to: 0)
            try cursor.write(path)
            #expect(try TrackerCursor(file: path) == cursor)
            try Data("{".utf8).write(to: URL(fileURLWithPath: path))
            #expect(message { _ = try TrackerCursor(file: path) }.contains("\(path): is damaged"))
        }
    }
}

/// What trackers are told, on the disk.
@Suite struct TrackerJournalTests {
    private func records(_ run: String) throws -> [[String: Any]] {
        try lines(run + "/trackers/records.jsonl").map { try object($0) }
    }

    @Test(
        "A line of metrics becomes a record with its names; a record that is there is not added again"
    )
    func records() throws {
        try withFolder { run in
            let journal = try TrackerJournal(run: run)
            let line = "{\"step\": 12, \"reward\": 1.5, \"kl\": null}"
            for _ in 0..<2 {
                journal.add(try #require(TrackerRecord(metricsLine: line)), time: 1.25)
            }
            journal.add(
                try #require(TrackerRecord(metricsLine: "{\"step\": 12, \"eval_iou\": 0.5}")))
            journal.add(try #require(TrackerRecord(metricsLine: "{\"step\": 13}")))
            #expect(TrackerRecord(metricsLine: "{\"reward\": 1}") == nil)
            let found = try lines(run + "/trackers/records.jsonl")
            #expect(
                found[0]
                    == "{\"n\": 1, \"type\": \"metrics\", \"step\": 12, \"time\": 1.25, "
                    + "\"metrics\": {\"reward\": 1.5, \"kl\": null}}")
            #expect(
                try records(run).map { $0["type"] as? String } == [
                    "metrics", "evaluation", "metrics",
                ])
            #expect(try records(run).map { $0["n"] as? Int } == [1, 2, 3])
        }
    }

    @Test("A journal goes on where it ended, without what a killed process left half written")
    func reopened() throws {
        try withFolder { run in
            let first = try TrackerJournal(run: run)
            first.add(.completions(step: 1))
            let path = run + "/trackers/records.jsonl"
            let whole = try contents(path)
            try (whole + Data("{\"n\": 2, \"ty".utf8)).write(to: URL(fileURLWithPath: path))
            let torn = run + "/trackers/pictures/.dat.nosync1.a"
            try Data([0xFF]).write(to: URL(fileURLWithPath: torn))
            let second = try TrackerJournal(run: run)
            #expect(second.id == first.id)
            #expect(!exists(torn))
            second.add(.completions(step: 1))
            second.add(.completions(step: 2))
            #expect(try records(run).map { $0["n"] as? Int } == [1, 2])
        }
    }

    @Test("A run that goes on after its end, and ends after the same step, tells of both ends")
    func ends() throws {
        try withFolder { run in
            let journal = try TrackerJournal(run: run)
            journal.add(.completions(step: 3))
            journal.add(.end(step: 3, ending: "stopped", message: nil))
            #expect(journal.hasEnded)
            var cursor = TrackerCursor()
            for (n, kind) in [(1, "completions"), (2, "end")] {
                cursor.take(try line(n, 3, kind, index: kind == "end" ? n : 0))
            }
            try cursor.write(run + "/trackers/mine.cursor.json")
            for step in [3, 2] {
                try TrackerJournal.cutBack(run, to: step)
                let again = try TrackerJournal(run: run)
                #expect(!again.hasEnded)
                again.add(.end(step: 3, ending: "finished", message: nil))
                cursor = try TrackerCursor(file: run + "/trackers/mine.cursor.json")
                let text = try #require(try lines(run + "/trackers/records.jsonl").last)
                let last = try #require(TrackerLine(Data(text.utf8)))
                #expect(last.text.contains("finished"))
                #expect(cursor.decision(last) == .send(isRepeated: false))
                #expect(try TrackerJournal(run: run).hasEnded)
            }
        }
    }

    @Test(
        "No number is given again of which a tracker had the record, whatever became of the lines")
    func lostLines() throws {
        try withFolder { run in
            let path = run + "/trackers/records.jsonl"
            let journal = try TrackerJournal(run: run)
            for step in 1...4 { journal.add(.completions(step: step)) }
            var cursor = TrackerCursor()
            for step in 1...3 { cursor.take(try line(step, step, "completions")) }
            cursor.send(try line(4, 4, "completions"))
            try cursor.write(run + "/trackers/mine.cursor.json")
            let whole = try lines(path)
            let damaged = whole.prefix(3).joined(separator: "\n") + "\nnonsense\n"
            for text in [damaged, nil] {
                try FileManager.default.removeItem(atPath: path)
                if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
                let again = try TrackerJournal(run: run)
                again.add(.completions(step: 4))
                #expect(try records(run).last?["n"] as? Int == 5)
            }
            try Data(damaged.utf8).write(to: URL(fileURLWithPath: path))
            try TrackerJournal.cutBack(run, to: 2)
            #expect(try records(run).map { $0["n"] as? Int } == [1, 2, 5])
        }
    }

    @Test(
        "Brought back to a step, a journal gives no number twice and remembers what trackers have")
    func cutBack() throws {
        try withFolder { run in
            let journal = try TrackerJournal(run: run)
            for step in 1...3 { journal.add(.completions(step: step)) }
            journal.add(picture: [0xFF, 0xD8], text: "a", step: 3, index: 0)
            var cursor = TrackerCursor()
            for (n, step) in [(1, 1), (2, 2)] { cursor.take(try line(n, step, "completions")) }
            try cursor.write(run + "/trackers/mine.cursor.json")
            try TrackerJournal.cutBack(run, to: 1)
            #expect(!exists(run + "/trackers/pictures/step-3-0.jpg"))
            let again = try TrackerJournal(run: run)
            for step in 2...3 { again.add(.completions(step: step)) }
            let found = try records(run)
            #expect(found.map { $0["n"] as? Int } == [1, 5, 6, 7])
            #expect(found.map { $0["step"] as? Int } == [1, 1, 2, 3])
            cursor = try TrackerCursor(file: run + "/trackers/mine.cursor.json")
            #expect(try cursor.decision(line(6, 2, "completions")) == .skip)
            #expect(try cursor.decision(line(7, 3, "completions")) == .send(isRepeated: false))
        }
    }
}

import Files
import FilesTestSupport
import Foundation
import Testing

@testable import Trackers

/// A program of `/bin/sh` that keeps each line in `$1`, and answers it; what `before` says comes first.
private func keeping(_ file: String, before: String = ":") -> [String] {
    let script = #"""
        while read -r line; do
          n=${line#*'"n": '}; n=${n%%,*}
          \#(before)
          printf '%s\n' "$line" >> "$1"
          printf '{"ack": %s}\n' "$n"
        done
        """#
    return ["/bin/sh", "-c", script, "sh", file]
}

/// Programs that are told of a run, and how they end.
@Suite struct TrackerProcessTests {
    private let patience = TrackerSender.Patience(pause: { _ in 0.01 }, secondsToEnd: 60)

    private func trackers(
        _ run: String, _ command: [String], timeout: Double = 600, wait: Double = 600,
        journal: TrackerJournal? = nil
    ) throws -> RunTrackers {
        var mine = TrackerSpecification("mine", command: command)
        (mine.timeout, mine.wait) = (timeout, wait)
        return try RunTrackers(
            [mine], journal: journal ?? TrackerJournal(run: run),
            introduction: TrackerIntroduction(
                run: run, command: "train", version: "1", step: 0,
                configuration: "{\"seed\": 7}"), patience: patience)
    }

    /// What a program kept, but for the lines that tell which run it is.
    private func kept(_ file: String) throws -> [[String: Any]] {
        try lines(file).map { try object($0) }.filter { $0["type"] as? String != "run" }
    }

    private func add(_ steps: ClosedRange<Int>, to journal: TrackerJournal) throws {
        for step in steps {
            journal.add(
                try #require(TrackerRecord(metricsLine: "{\"step\": \(step), \"loss\": 2}")))
        }
    }

    @Test("A program gets the run first, then every record in order, and the end")
    func everything() throws {
        try withFolder { run in
            let file = run + "/kept"
            let trackers = try trackers(run, keeping(file))
            trackers.start()
            try add(1...5, to: trackers.journal)
            try trackers.end(step: 5, ending: "finished", onNote: { Issue.record("\($0)") })
            let first = try object(lines(file)[0])
            #expect(first["type"] as? String == "run" && first["protocol"] as? Int == 1)
            #expect(first["id"] as? String == trackers.journal.id)
            #expect((first["configuration"] as? [String: Any])?["seed"] as? Int == 7)
            let kept = try kept(file)
            #expect(kept.map { $0["n"] as? Int } == Array(1...6))
            #expect(kept.last?["ending"] as? String == "finished")
            #expect(trackers.progress[0].left == 0)
        }
    }

    @Test("Completions come as their file has them, and noise between answers is kept in the log")
    func completions() throws {
        try withFolder { run in
            try FileManager.default.createDirectory(
                atPath: run + "/rollouts", withIntermediateDirectories: true)
            try "{\"id\": \"a\"}\n{\"id\": \"b\"}\n".write(
                toFile: run + "/rollouts/step-1.jsonl", atomically: true, encoding: .utf8)
            let file = run + "/kept"
            let trackers = try trackers(
                run, keeping(file, before: #"echo "* a banner"; echo '{"ack": 99}'; echo oh >&2"#))
            trackers.journal.add(.completions(step: 1))
            trackers.start()
            #expect(trackers.finish().isEmpty)
            let texts = try #require(try kept(file)[0]["completions"] as? [[String: Any]])
            #expect(texts.map { $0["id"] as? String } == ["a", "b"])
            let log = try lines(run + "/trackers/mine.log")
            #expect(Set(log) == ["* a banner", "{\"ack\": 99}", "oh"])
        }
    }

    @Test(
        "A program that ends is started again, and gets the record in doubt marked and no other twice"
    )
    func ends() throws {
        try withFolder { run in
            let file = run + "/kept"
            // Keeps the third record and is gone before it answers; once.
            let before = #"""
                if [ "$n" = 3 ] && [ ! -e "$1.died" ]; then
                  : > "$1.died"; printf '%s\n' "$line" >> "$1"; echo no room >&2; exit 3
                fi
                """#
            let trackers = try trackers(run, keeping(file, before: before))
            trackers.start()
            try add(1...4, to: trackers.journal)
            let notes = trackers.finish()
            let kept = try kept(file)
            #expect(kept.map { $0["n"] as? Int } == [1, 2, 3, 3, 4])
            #expect(kept.map { $0["repeated"] as? Bool } == [nil, nil, nil, true, nil])
            // People are told unless the run had ended by then.
            #expect(
                notes.allSatisfy { $0.contains("ended with exit status 3 instead of answering") })
            #expect(try lines(run + "/trackers/mine.log").contains("no room"))
        }
    }

    @Test("A session goes on where the one before was killed, and sends nothing again")
    func sessions() throws {
        try withFolder { run in
            let file = run + "/kept"
            let first = try trackers(run, keeping(file))
            first.start()
            try add(1...3, to: first.journal)
            _ = first.finish()
            // Steps 2 and 3 are made again, and another one.
            try TrackerJournal.cutBack(run, to: 1)
            let second = try trackers(run, keeping(file))
            second.start()
            try add(2...4, to: second.journal)
            #expect(second.finish().isEmpty)
            let steps = try kept(file).filter { $0["type"] as? String == "metrics" }
            #expect(steps.map { $0["step"] as? Int } == [1, 2, 3, 4])
            let marks = try kept(file).filter { $0["type"] as? String == "resumed" }
            #expect(marks.map { $0["step"] as? Int } == [1])
        }
    }

    @Test(
        "A program that ends at once, is no program or only prints costs no more than the wait, and what is left is told",
        arguments: [
            ["/bin/sh", "-c", "exit 7"], ["/nowhere/program"], ["/bin/sh", "-c", "echo {; exit 0"],
            ["/bin/sh", "-c", "while :; do echo x; done"],
        ])
    func useless(command: [String]) throws {
        try withFolder { run in
            let trackers = try trackers(run, command)
            trackers.start()
            try add(1...2, to: trackers.journal)
            let notes = trackers.finish()
            let last = try #require(notes.last)
            #expect(last.contains("the tracker mine has nothing, and misses 2 records: it "))
            #expect(last.contains("`think2seg track \(run)`"))
            // They are still there for a program that works.
            let file = run + "/kept"
            let other = try self.trackers(run, keeping(file))
            other.start()
            #expect(other.finish().isEmpty)
            #expect(try kept(file).map { $0["step"] as? Int } == [1, 2])
        }
    }

    @Test("A program that hangs is waited for as long as its wait says, and then ended")
    func hangs() throws {
        try withFolder { run in
            let trackers = try trackers(run, ["/bin/sh", "-c", "sleep 1000"], wait: 0.2)
            trackers.start()
            try add(1...1, to: trackers.journal)
            #expect(
                trackers.finish().last?.contains("misses 1 record: it did not answer by then")
                    == true)
            let other = try self.trackers(
                run, ["/bin/sh", "-c", "sleep 1000"], timeout: 0.05, journal: trackers.journal)
            other.start()
            let last = try #require(other.finish().last)
            #expect(last.contains("did not answer within 0.05 s (a Python program must flush"))
        }
    }

    @Test("A record that a program refuses is told once, counted, and not sent again")
    func refused() throws {
        try withFolder { run in
            let file = run + "/kept"
            let before = #"case $n in 2|3) echo '{"error": "too long"}'; continue;; esac"#
            let trackers = try trackers(run, keeping(file, before: before))
            trackers.start()
            try add(1...4, to: trackers.journal)
            let notes = trackers.finish()
            #expect(notes.count == 1)
            #expect(notes[0].contains("refused line 2, metrics of step 2: too long"))
            #expect(try kept(file).map { $0["n"] as? Int } == [1, 4])
            #expect(trackers.progress[0].refused == 2)
        }
    }

    @Test("A program that knows what it has says so, and gets the rest or what it lost")
    func ownMemory() throws {
        try withFolder { run in
            let file = run + "/kept"
            let first = try trackers(run, keeping(file))
            try add(1...3, to: first.journal)
            first.start()
            _ = first.finish()
            // Its store is gone: it says that it has the first record only.
            let forgetful = #"case "$line" in *'"type": "run"'*) n=1;; esac"#
            let second = try trackers(run, keeping(file, before: forgetful))
            second.start()
            #expect(second.finish().isEmpty)
            #expect(try kept(file).map { $0["n"] as? Int } == [1, 2, 3, 2, 3])
        }
    }
}

/// What can be told of a program before it is started.
@Suite struct TrackerSpecificationTests {
    @Test("A program or script that is not there is named, with where a relative path counts from")
    func missing() throws {
        func problem(_ command: String...) -> String? {
            TrackerSpecification("mine", command: command).problem
        }
        #expect(problem("sh", "-c", "exit") == nil)
        #expect(problem("sh", "--version") == nil)
        #expect(problem("/bin/sh") == nil)
        #expect(problem()?.hasPrefix("is empty") == true)
        #expect(
            problem("no-such-program")?.contains("PATH leads to no program no-such-program") == true
        )
        #expect(
            problem("./no/program")?.contains("./no/program does not exist; a relative path")
                == true)
        #expect(problem("sh", "no-tracker.py")?.contains("no-tracker.py does not exist") == true)
        #expect(problem("sh", "-x", "no.sh")?.contains("no.sh does not exist") == true)
        #expect(problem("/etc/passwd")?.contains("is not executable") == true)
    }
}

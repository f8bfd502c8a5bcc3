import FilesTestSupport
import Foundation
import Reporting
import Testing

@testable import Evaluating
@testable import Files
@testable import Runs
@testable import Watching

@Suite struct WatchedRunTests {
    /// Everything of a folder that a look could change.
    private func state(_ folder: String) throws -> [String: [String]] {
        var result: [String: [String]] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) + ["."] {
            let path = "\(folder)/\(name)"
            let found = try FileManager.default.attributesOfItem(atPath: path)
            let bytes = FileManager.default.contents(atPath: path)?.base64EncodedString() ?? ""
            result[name] = ["\(found[.modificationDate] ?? "")", "\(found[.size] ?? "")", bytes]
        }
        return result
    }

    @Test("Watching a run changes no byte and no time of its folder")
    func changesNothing() throws {
        try withFolder { folder in
            let run = try WatchFixture(folder + "/run")
            try run.writeRollouts([WatchFixture.rollout("a", reward: 1)], step: 10)
            try run.append("{\"step\": 13, \"rew")
            let before = try state(folder)
            _ = try run.view()
            _ = try RolloutSelection(run: run.path, step: nil, .all)
            let lock = try FolderLock(run.path)
            _ = try run.view()
            #expect(try state(folder) == before)
            _ = lock
        }
    }

    @Test("A run can begin while somebody looks at its folder again and again")
    func looksLockNobodyOut() throws {
        try withFolder { folder in
            let run = try WatchFixture(folder + "/run")
            let looks = Thread {
                while !Thread.current.isCancelled { _ = FolderLock.holder(of: run.path) }
            }
            looks.start()
            defer { looks.cancel() }
            for _ in 0..<200 {
                let lock = try FolderLock(run.path)
                #expect(FolderLock.holder(of: run.path) == .somebody)
                _ = lock
            }
        }
    }

    @Test("Two who look are not taken for a run by each other")
    func twoLook() throws {
        try withFolder { folder in
            let descriptor = open(folder, O_RDONLY)
            defer { close(descriptor) }
            #expect(flock(descriptor, LOCK_SH | LOCK_NB) == 0)
            #expect(FolderLock.holder(of: folder) == .nobody && !FolderLock.isHeld(folder))
        }
    }

    @Test("The first line tells a run that goes on from one that ended, stopped, or was cut")
    func states() throws {
        try withFolder { folder in
            let run = try WatchFixture(folder + "/run")
            #expect(try run.view()[1].hasPrefix("was cut after step 12 of 40: killed, or failed"))
            #expect(try run.view()[1].contains("the same command begins anew"))
            try run.writeCheckpoint(10)
            #expect(try run.view()[1].contains("the same command goes on after step 10"))
            do {
                let lock = try FolderLock(run.path)
                let words = try run.view()[1]
                #expect(words.hasPrefix("goes on: step 12 of 40, 0.50 s/step, ETA 14 s"))
                _ = lock
            }
            try run.writeCheckpoint(12)
            #expect(try WatchedRun.state(run.path) == .stopped)
            // Whether the same command goes on depends on why it ended, which its files do not tell.
            #expect(try run.view()[1].hasPrefix("has ended after step 12 of 40, with a checkpoint"))
            #expect(try !run.view()[1].contains("the same command"))
            try run.append((13...40).map { WatchFixture.line($0) + "\n" }.joined())
            #expect(try WatchedRun.state(run.path) == .cut(newestCheckpoint: 12))
            #expect(RunState.running.words(step: 40, total: 40).contains("all 40 steps are done"))
            #expect(RunState.running.words(step: 0, total: 40).hasSuffix("before its first step"))
            #expect(
                RunState.unknown.words(step: 3, total: nil).hasPrefix("step 3; the file system"))
            try run.writeCheckpoint(40)
            #expect(try run.view()[1].hasPrefix("has ended: all 40 steps are done"))
        }
    }

    @Test("A line that is being written waits; a damaged one is named with its place")
    func tornLine() throws {
        try withFolder { folder in
            let run = try WatchFixture(folder + "/run", steps: 3, evaluations: [])
            var watched = try WatchedRun(run.path)
            try run.append("{\"step\": 4, \"rew")
            #expect(try watched.look().lastStep == 3)
            try run.append("ard\": 1}\n")
            #expect(try watched.look().steps.map(\.number) == [1, 2, 3, 4])
            try run.append("nonsense\n")
            let error = #expect(throws: EvaluationError.self) { try watched.look() }
            #expect(error?.description.contains("metrics.jsonl:5") == true)
        }
    }

    @Test("Metrics that were cut back for a run that goes on are read anew")
    func cutBack() throws {
        try withFolder { folder in
            let run = try WatchFixture(folder + "/run", steps: 9, evaluations: [5])
            var watched = try WatchedRun(run.path)
            let first = try watched.look()
            let told = first.news(after: nil)
            #expect(told.steps.count == 10)
            try DurableFiles.write(
                Data((WatchFixture.line(1) + "\n").utf8), to: run.path + "/metrics.jsonl")
            let second = try watched.look()
            #expect(second.steps.map(\.number) == [1] && second.evaluations.isEmpty)
            #expect(second.news(after: told).steps.map(\.number) == [1])
            try run.append(WatchFixture.line(2) + "\n")
            let third = try watched.look()
            #expect(third.news(after: second.news(after: told)).steps.map(\.number) == [2])
        }
    }

    @Test("What is no run's folder is named, with the runs that are near")
    func noRun() throws {
        try withFolder { folder in
            _ = try WatchFixture(folder + "/runs/one")
            func words(_ path: String) -> String {
                let error = #expect(throws: MissingInputError.self) { try WatchedRun(path) }
                return error?.description ?? ""
            }
            #expect(words(folder + "/runs").hasSuffix("such as \(folder)/runs/one"))
            try FileManager.default.createDirectory(
                atPath: folder + "/runs/one/checkpoints", withIntermediateDirectories: false)
            #expect(words(folder + "/runs/one/checkpoints").hasSuffix("such as \(folder)/runs/one"))
            #expect(words(folder + "/none").contains("no such folder"))
            #expect(words(folder + "/runs/one/config.yaml").contains("is a file"))
        }
    }

    @Test("Steps that do not say what they took have the pace of their session")
    func sessionPace() throws {
        let begin = Date(timeIntervalSince1970: 1000)
        let session = RunSession(
            begin: begin, firstStep: 20, lastWrite: begin.addingTimeInterval(30))
        let steps = (1...30).compactMap {
            RunRecordStep(line: Data("{\"step\": \($0), \"loss\": 1}".utf8))
        }
        let pace = RunPace(steps, RunLength(steps: 50), session: session)
        #expect(pace.secondsPerStep == 3 && pace.secondsLeft == 60)
        let limited = RunPace(steps, RunLength(steps: 50, seconds: 45), session: session)
        #expect(limited.secondsLeft == 45)
        #expect(RunPace(steps, RunLength(steps: nil), session: nil).secondsLeft == nil)
    }

    @Test("A limit of minutes counts, whole or not")
    func minutes() throws {
        try withFolder { folder in
            let run = try WatchFixture(folder + "/run")
            for (text, seconds) in [("30", 1800.0), ("0.5", 30), ("null", nil)] {
                try run.write(
                    "training:\n  max_steps: 40\n  max_minutes: \(text)\n", to: "config.yaml")
                #expect(RunLength(run: run.path) == RunLength(steps: 40, seconds: seconds))
            }
        }
    }

    @Test("A damaged line of the newest completions costs only itself, and is told")
    func damagedRollout() throws {
        try withFolder { folder in
            let run = try WatchFixture(folder + "/run")
            try run.writeRollouts(
                [
                    WatchFixture.rollout("a", reward: 1), "nonsense",
                    WatchFixture.rollout("a", reward: 2),
                ],
                step: 10)
            var watched = try WatchedRun(run.path)
            let moment = try watched.look()
            #expect(moment.group?.answers.count == 2)
            #expect(
                moment.damage.contains {
                    $0.contains("rollouts/step-10.jsonl:2: the line is damaged")
                })
        }
    }

    @Test("Stages are told by their numbers")
    func stages() throws {
        func stage(_ numbers: String) -> RunStage {
            RunStage(RunRecordStep(line: Data("{\"step\": 1, \(numbers)}".utf8)))
        }
        #expect(stage("\"reward\": null, \"loss\": 1") == .training)
        #expect(stage("\"loss\": 1, \"mean_token_accuracy\": 0.5") == .teaching)
        #expect(stage("\"loss\": 1, \"iou\": 0.5") == .segmenter)
        #expect(RunStage(nil) == .training)
    }
}

extension WatchedRun {
    static func state(_ path: String) throws -> RunState {
        var run = try WatchedRun(path)
        return try run.look().state
    }
}

import FilesTestSupport
import Foundation
import Reporting
import Testing

@testable import Evaluating
@testable import Files
@testable import Watching

@Suite struct RolloutTests {
    private func withRun(_ body: (WatchFixture) throws -> Void) throws {
        try withFolder { folder in
            let run = try WatchFixture(folder + "/run")
            try run.writeRollouts(
                [
                    WatchFixture.rollout("a", "one", reward: 2),
                    WatchFixture.rollout("a", "two", reward: 1),
                    WatchFixture.rollout("b", "three", reward: nil),
                    WatchFixture.rollout("b", "four\n\u{1B}[31mred", reward: 1),
                    WatchFixture.rollout("b", "five", reward: 2, epoch: 1),
                ], step: 4)
            try run.writeRollouts([WatchFixture.rollout("a", "six", reward: 3)], step: 8)
            try body(run)
        }
    }

    private func said(_ run: WatchFixture, _ step: Int?, _ choice: RolloutChoice) throws -> [String]
    {
        try RolloutSelection(run: run.path, step: step, choice).chosen.map {
            String($0.rollout.completion.prefix { $0 != "\n" })
        }
    }

    private func expect(
        _ run: WatchFixture, _ step: Int?, _ choice: RolloutChoice, _ expected: [String]
    ) throws {
        let found = try said(run, step, choice)
        #expect(found == expected)
    }

    @Test("Worst and best are by reward, equal ones in order, those without one last")
    func order() throws {
        try withRun { run in
            try expect(run, 4, .worst(3), ["two", "four", "one"])
            try expect(run, 4, .best(3), ["one", "five", "two"])
            let worst = try said(run, 4, .worst(9)).last
            let best = try said(run, 4, .best(9)).last
            #expect(worst == "three" && best == "three")
            try expect(run, nil, .all, ["six"])
            try expect(run, nil, .sample("a"), ["one", "two", "six"])
            try expect(run, 4, .sample("a"), ["one", "two"])
        }
    }

    @Test("No two completions of a run have one picture's name, whatever their samples are called")
    func names() throws {
        try withRun { run in
            let long = String(repeating: "a", count: 80)
            try run.writeRollouts(
                [
                    WatchFixture.rollout("a", reward: 1), WatchFixture.rollout("a", reward: 1),
                    WatchFixture.rollout("a", reward: 1, epoch: 1),
                    WatchFixture.rollout("é", reward: 1), WatchFixture.rollout("ü", reward: 1),
                    WatchFixture.rollout(long + "b", reward: 1),
                    WatchFixture.rollout(long + "c", reward: 1),
                ], step: 9)
            let chosen = try RolloutSelection(run: run.path, step: 9, .all).chosen
            let names = chosen.map(RolloutPictures.name)
            #expect(Set(names).count == 7)
            #expect(
                names.prefix(3) == ["step-9-1-a-1.png", "step-9-2-a-2.png", "step-9-3-a-1.png"])
        }
    }

    @Test("A step or sample that is not there is told with those that are")
    func missing() throws {
        try withRun { run in
            func words(_ step: Int?, _ choice: RolloutChoice) -> String {
                let error = #expect(throws: MissingInputError.self) {
                    try RolloutSelection(run: run.path, step: step, choice)
                }
                return error?.description ?? ""
            }
            #expect(
                words(5, .all).hasSuffix(
                    "step-5.jsonl: no such file of completions; steps that have one: 4, 8"))
            #expect(words(nil, .sample("aa")).contains("no such sample 'aa'"))
            #expect(words(nil, .sample("aa")).hasSuffix("the nearest: 'a', 'b'"))
            for step in 10..<40 {
                try run.writeRollouts([WatchFixture.rollout("a", reward: 1)], step: step)
            }
            #expect(
                words(50, .all).hasSuffix(
                    "32 steps have one, from 4 to 39; the nearest are 36, 37, 38, 39"))
            try FileManager.default.removeItem(atPath: run.path + "/rollouts")
            #expect(words(nil, .all).contains("logging.log_completions_steps"))
            try run.writeRollouts([WatchFixture.rollout("a", reward: 1), "{}"], step: 2)
            let error = #expect(throws: EvaluationError.self) {
                try RolloutSelection(run: run.path, step: nil, .all)
            }
            #expect(error?.description.contains("step-2.jsonl:2") == true)
        }
    }

    @Test("The JSON is an array of the lines, as they are in the run's files")
    func document() throws {
        try withRun { run in
            let selection = try RolloutSelection(run: run.path, step: 4, .worst(2))
            let lines = try lines(run.path + "/rollouts/step-4.jsonl")
            let text = String(decoding: selection.document, as: UTF8.self)
            #expect(text == "[\n\(lines[1]),\n\(lines[3])\n]\n")
        }
    }

    @Test("The text has prompt, whole completions and rewards, and moves no cursor")
    func text() throws {
        try withRun { run in
            let selection = try RolloutSelection(run: run.path, step: 4, .all)
            let lines = RolloutText(selection, TerminalFrame(width: 40)).lines
            #expect(lines[0] == "step 4: 5 answers")
            #expect(lines[2] == "step 4, sample a, pass 1: What of a?")
            #expect(lines[3...5] == ["  prompt:", "    Find it.", "    Answer."])
            #expect(lines[6].hasPrefix("  1 of 2  reward 2.000  advantage +0.25  mask IoU 0.500"))
            #expect(lines[7] == "    one" && lines.contains("    \\u{1B}[31mred"))
            #expect(lines.filter { $0.hasPrefix("step 4, ") }.count == 3)
            #expect(lines.contains { $0.contains("no reward") })
            // Its words are the same for all questions.
            #expect(lines.filter { $0 == "  prompt:" }.count == 1)
            let worst = try RolloutSelection(run: run.path, step: 4, .worst(1))
            #expect(
                RolloutText(worst, TerminalFrame(width: 40)).lines[0]
                    == "step 4: 1 answer of 5, those that earned least")
        }
    }
}

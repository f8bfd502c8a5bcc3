import Foundation
import Terminals
import TestSupport
import Testing

@testable import Files
@testable import think2seg

@Suite struct WatchCommandTests {
    private static let completion =
        "{\"step\": 1, \"id\": \"a\", \"epoch\": 0, \"question\": \"Q?\", \"completion\": "
        + "\"\\u001b[2Jsaid é\", \"reward\": 1.5, \"rewards\": {\"mask_iou\": 0.5}, \"advantage\": 1}\n"

    /// A run of two steps, killed.
    private func writeRun(_ walk: Walk) throws {
        for folder in ["run", "run/rollouts"] { try walk.makeFolder(folder) }
        try walk.write("training: {max_steps: 9}\n", to: "run/config.yaml")
        try walk.write(
            "{\"step\": 1, \"reward\": 1}\n{\"step\": 2, \"reward\": 2}\n{\"st",
            to: "run/metrics.jsonl")
        try walk.write(Self.completion, to: "run/rollouts/step-1.jsonl")
    }

    @Test("Where nobody can move a cursor, a run is shown once, in ASCII without a UTF-8 locale")
    func once() throws {
        try withTemporaryFolder { folder in
            var walk = Walk(folder)
            try writeRun(walk)
            for words in [
                ["watch", "run"], ["watch", "run/", "--every", "1"], ["rollouts", "run"],
            ] {
                #expect(try walk.run(words) == 0)
            }
            #expect(walk.said.contains("was cut after step 2 of 9"))
            #expect(walk.said.contains("step 2  reward 2.000"))
            #expect(walk.said.contains("\\u{1B}[2Jsaid \\u{E9}"))
            #expect(
                walk.said.unicodeScalars.allSatisfy { $0 == "\n" || (32..<127).contains($0.value) })
            #expect(try walk.run("watch", "none") == 66)
            #expect(try walk.run("watch", ".") == 66)
            #expect(walk.said.contains("such as ./run"))
            #expect(try walk.run("watch", "run", "--every", "0") == 64)
            #expect(try walk.run("rollouts", "run", "--step", "2") == 66)
            #expect(try walk.run("rollouts", "run", "--best", "1", "--worst", "1") == 64)
            #expect(try walk.run("rollouts", "run", "--json", "out.json") == 0)
            let json = try Data(contentsOf: URL(fileURLWithPath: folder + "/out.json"))
            #expect(String(decoding: json, as: UTF8.self) == "[\n\(Self.completion)]\n")
            #expect(try walk.names("run") == ["config.yaml", "metrics.jsonl", "rollouts"])
        }
    }

    @Test("A page that follows a run renews itself until the run has ended, and then no more")
    func follow() throws {
        try withTemporaryFolder { folder in
            let walk = Walk(folder)
            try writeRun(walk)
            var lock: FolderLock? = try FolderLock(folder + "/run")
            var renewals: [Int?] = []
            try FollowedPage(runs: [folder + "/run"], seconds: 0.1) { renewal in
                renewals.append(renewal)
                if renewals.count < 3 {
                    try walk.write(
                        String(repeating: "{\"step\": 1}\n", count: renewals.count),
                        to: "run/metrics.jsonl")
                } else {
                    lock = nil
                }
                // What is just being replaced is tried again.
                if renewals.count == 2 { throw FileError(path: "x", message: "is not there") }
            }.run()
            #expect(renewals == [1, 1, 1, nil] && lock == nil)
            #expect(throws: FileError.self) {
                try FollowedPage(runs: [folder + "/run"], seconds: 0.1) { _ in
                    throw FileError(path: "x", message: "is not there")
                }.run()
            }
        }
    }

    @Test("The page of a run that has ended does not load itself again")
    func ended() throws {
        try withTemporaryFolder { folder in
            var walk = Walk(folder)
            try writeRun(walk)
            #expect(try walk.run("report", "run", "--follow", "--output", "page.html") == 0)
            let page = try Data(contentsOf: URL(fileURLWithPath: folder + "/page.html"))
            #expect(!String(decoding: page, as: UTF8.self).contains("http-equiv"))
            #expect(try walk.run("report", "run", "--every", "5") == 64)
            #expect(try walk.run("report", "run", "--follow", "--curve", "a.svg") == 64)
        }
    }
}

import Configuration
import Foundation
import Settings
import SharedSettings
import Testing
import Trackers

/// How the table of trackers is read, and what is said of one that is wrong.
@Suite struct TrackerTableTests {
    private func table(_ text: String) throws -> TrackerTable {
        try RunConfiguration.load(
            file: nil,
            overrides: [
                "policy.path=p", "segmenter.path=s", "data.train=[a.h5]",
                "logging.trackers=\(text)",
            ]
        ).logging.trackers
    }

    private func problem(_ text: String) -> String {
        do {
            _ = try table(text)
            return "nothing"
        } catch {
            return "\(error)".components(separatedBy: ": logging.trackers").last ?? ""
        }
    }

    @Test("A table reads back equal, with its times, and may be empty")
    func values() throws {
        let text =
            "{a: {command: [python3, \"x y.py\", \"-1\"], timeout: 2.5, wait: 0}, b_2: {command: [c]}}"
        let found = try table(text)
        #expect(found.entries.map(\.name) == ["a", "b_2"])
        #expect(found.entries[0].command == ["python3", "x y.py", "-1"])
        #expect((found.entries[0].timeout, found.entries[0].wait) == (2.5, 0))
        #expect(try table(found.yaml) == found)
        #expect(try table("{}") == TrackerTable())
        #expect(try table("null") == TrackerTable())
    }

    @Test(
        "What is wrong is named, with what is meant",
        arguments: [
            (
                "{a: {command: python3 my.py}}",
                ".a.command: is one text, which would be the name of a program; write the program and each "
                    + "argument as an entry of a list: [python3, my.py]"
            ),
            ("{a: {comand: [x]}}", ".a.comand: is no key of a tracker; did you mean command?"),
            (
                "{a: {command: [x], timeuot: 3}}",
                ".a.timeuot: is no key of a tracker; did you mean timeout?"
            ),
            (
                "{a: {command: [x], url: y}}",
                ".a.url: is no key of a tracker; it has command, timeout, wait"
            ),
            ("{a: {timeout: 3}}", ".a: needs command, a list: the program and its arguments"),
            (
                "{a: {command: []}}", ".a.command: expected a list of texts: program, arguments"
            ),
            (
                "{a: {command: [[x]]}}",
                ".a.command: entry 1: expected a text, found a list"
            ),
            ("{a: python3 my.py}", ".a: expected a table: {command: [python3, my.py]}"),
            ("{a: [python3, my.py]}", ".a: expected a table: {command: [python3, my.py]}"),
            (
                "{a/b: {command: [x]}}",
                ".a/b: is no name of a tracker: letters, digits and _.- only"
            ),
            (
                "{a: {command: [x], timeout: 0}}",
                ".a.timeout: expected seconds, above 0 to 86400, found 0"
            ),
            (
                "{a: {command: [x], wait: soon}}",
                ".a.wait: expected seconds, from 0 to 86400, found \"soon\""
            ),
            (
                "wandb",
                ": expected a table of trackers, a name with a table each: {mine: {command: [python3, tracker.py]}}"
            ),
        ])
    func problems(text: String, said: String) {
        #expect(problem(text) == said)
    }

    @Test("The schema takes an empty table, and knows the keys of a tracker")
    func schema() throws {
        let text = try RunConfiguration.schema()
        let root = try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let logging = (root["properties"] as? [String: Any])?["logging"] as? [String: Any]
        let trackers = (logging?["properties"] as? [String: Any])?["trackers"] as? [String: Any]
        #expect(trackers?["minProperties"] == nil && trackers != nil)
        let tracker = trackers?["additionalProperties"] as? [String: Any]
        #expect(
            Set((tracker?["properties"] as? [String: Any] ?? [:]).keys) == [
                "command", "timeout", "wait",
            ])
    }
}

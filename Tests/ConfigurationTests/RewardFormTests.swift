import Configuration
import FilesTestSupport
import Foundation
import Settings
import TestSupport
import Testing

/// What is said of rewards that are not written as a table of terms.
@Suite struct RewardFormTests {
    private func problems(_ rewards: String) -> [String] {
        do {
            _ = try RunConfiguration.load(file: nil, overrides: ["rewards=\(rewards)"])
            return []
        } catch let error as ConfigurationError {
            return error.problems.filter { $0.key.hasPrefix("rewards") }
                .map { "\($0.key): \($0.message)" }
        } catch {
            return ["\(error)"]
        }
    }

    @Test(
        "A mistyped command, and what stands for a table, are told once and with the form to write")
    func forms() {
        for word in ["comand", "cmd", "program"] {
            #expect(
                problems("{mine: {\(word): [python3, x.py]}}") == [
                    "rewards.mine.\(word): is no parameter of a term; did you mean command?"
                ])
        }
        for (written, said) in [
            ("{mine: [python3, x.py]}", "mine: {command: [python3, x.py]}"),
            ("{mine: x.py}", "mine: {command: [python3, x.py]}"),
            ("{mask_iou: [1]}", "; write mask_iou: 1"),
            ("[mask_iou]", "; write {mask_iou: 1}"), ("mask_iou", "; write {mask_iou: 1}"),
            ("[{mask_iou: 2}, sam_json_format]", "; write {mask_iou: 2, sam_json_format: 1}"),
        ] {
            let found = problems(written)
            #expect(found.count == 1 && found[0].hasSuffix(said), "\(written): \(found)")
        }
    }

    @Test("A reward's program or script that is not there is told before anything runs")
    func programs() throws {
        try withFolder { folder in
            for (command, said) in [
                ("[nosuchprog]", "mine.command: PATH leads to no program nosuchprog"),
                ("[sh, \(folder)/no.py]", "mine.command: \(folder)/no.py does not exist"),
                ("[/bin/sh, -x, \(folder)/no.sh]", "mine.command: \(folder)/no.sh does not exist"),
            ] {
                let rewards = "{mine: {command: \(command)}}"
                let told = message {
                    _ = try RewardTable(argument: rewards, option: "--rewards")
                }
                #expect(told.contains("--rewards") && told.contains(said))
                let file = folder + "/c.yaml"
                try "rewards: \(rewards)\n".write(toFile: file, atomically: true, encoding: .utf8)
                let start = message {
                    _ = try RunConfiguration.load(file: file, requiresInputs: true)
                }
                #expect(start.contains("rewards: \(said)"))
            }
        }
    }

    @Test("What other programs than interpreters are given, and texts of programs, are not judged")
    func commandsBehindOthers() throws {
        for command in [
            "[sh, -c, exit]", "[env, sh, no.py]", "[nice, no.sh]",
            "[bash, -lc, 'cd r && python3 no.py']", "[sh, -ec, no.sh]",
        ] {
            let table = try RewardTable(
                argument: "{mine: {command: \(command)}}", option: "--rewards")
            #expect(table.names == ["mine"], "\(command)")
        }
    }
}

import FilesTestSupport
import Foundation
import Testing

@testable import Runs

@Suite struct RunWarningTests {
    private func warning(_ step: Int, _ name: String) -> RunWarning {
        RunWarning(step: step, name: name, message: "Zahl \"\(step)\"", hint: "look at a/b")
    }

    @Test("Warnings are read as they were added, and a line that is being written does not count")
    func reading() throws {
        try withFolder { run in
            #expect(RunWarnings.read(run: run) == [])
            try RunWarnings.append([], run: run)
            #expect(!FileManager.default.fileExists(atPath: run + "/warnings.jsonl"))
            try RunWarnings.append([warning(3, "all_cut"), warning(3, "b")], run: run)
            try RunWarnings.append([warning(9, "c")], run: run)
            let all = [warning(3, "all_cut"), warning(3, "b"), warning(9, "c")]
            #expect(RunWarnings.read(run: run) == all)
            #expect(all[0].description == "Zahl \"3\". look at a/b")
            let file = run + "/warnings.jsonl"
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try (text + "{\"step\": 12, \"na").write(
                toFile: file, atomically: true, encoding: .utf8)
            #expect(RunWarnings.read(run: run) == all)
            try RunDirectory.cutFaults(run, to: 3)
            #expect(RunWarnings.read(run: run) == Array(all.prefix(2)))
            try RunDirectory.cutFaults(run, to: 2)
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }
}

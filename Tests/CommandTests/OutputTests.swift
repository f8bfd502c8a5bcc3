import ArgumentParser
import Foundation
import Terminals
import TestSupport
import Testing

@testable import Files
@testable import Runs
@testable import TrainingRuns
@testable import think2seg

@Suite struct OutputTests {
    /// Commands in which an output is an input or a second output; `@` is the folder that they run in.
    private static let clashes = [
        "evaluate --predictions @/ev --json @/ev/predictions.jsonl",
        "evaluate --predictions @/ev --json @/hard",
        "evaluate --predictions @/ev --json @/soft/evaluation.json",
        "compare @/ev @/ev2 --json @/ev/evaluation.json",
        "compare @/ev @/ev2 --json @/ev2/../ev2/predictions.jsonl",
        "report @/run --output @/run/metrics.jsonl", "report @/run --output @/run/config.yaml",
        "report @/run --output @/run/rollouts/step-1.jsonl",
        "report @/run --output @/run/warnings.jsonl",
        "checkpoint list @/run --json @/run/metrics.jsonl",
        "report @/run --output @/run/checkpoints/step-1/state.json",
        "report @/run @/run2 --output @/run2/metrics.jsonl",
        "report @/run --curve @/run/report.html",
        "report @/run --output @/new.html --curve @/new.html",
        "report @/run --curve @/new.svg --seeds @/run2 --output @/run2/metrics.jsonl",
        "report @/run --curve @/new.svg --controls x=@/run2 --output @/run2/metrics.jsonl",
        "rollouts @/run --json @/run/rollouts/step-1.jsonl",
        "rollouts @/run --json @/run/metrics.jsonl",
        "report @/run --before @/ev --after @/ev2 --output @/ev2/evaluation.json",
        "data import earthreason @/set --output @/o --json @/o/train.h5",
        "data import rrsis-d @/set --output @/o --json @/o/val.h5",
        "data import earthreason @/set --output @/o --json @/set/train/QAs/a.json",
        "data import refsegrs @/set --output @/o --json @/set/output_phrase_val.txt",
        "predict --policy @/p --image @/a.png --question x --output @/pp --json @/pp/mask.png",
        "predict --policy @/p --image @/a.png --question x --json @/a.png",
        "predict --policy @/p --image @/pp/overlay.png --question x --output @/pp",
        "predict --policy @/p --image @/a.png --question x --chat-template @/t --json @/t",
        "segment --segmenter @/s.pt --image @/a.png --point 1,1 --output @/a.png",
        "segment --segmenter @/s.pt --image @/a.png --point 1,1 --output @/m.png --json @/m.png",
        "segment --segmenter @/s.pt --image @/a.png --point 1,1 --output @/m.png --json @/s.pt",
        "verify losses @/t --json @/t", "benchmark loader --data @/t --json @/t",
        "benchmark segmenter --segmenter @/s.pt --json @/s.pt",
        "score --completions @/t --no-segmenter --json @/t",
    ]

    private static let files = [
        "ev/predictions.jsonl", "ev/evaluation.json", "ev2/predictions.jsonl",
        "ev2/evaluation.json", "run/metrics.jsonl", "run/config.yaml", "run/rollouts/step-1.jsonl",
        "run/warnings.jsonl",
        "run/checkpoints/step-1/state.json", "run2/metrics.jsonl", "set/train/QAs/a.json",
        "set/output_phrase_val.txt", "a.png", "t", "s.pt", "pp/overlay.png", "p/config.json",
    ]

    @Test("An output that is an input, or another output, is refused before anything is done")
    func clashes() throws {
        try withTemporaryFolder { folder in
            for name in Self.files { try write(name, to: "\(folder)/\(name)") }
            #expect(link("\(folder)/ev/predictions.jsonl", "\(folder)/hard") == 0)
            #expect(symlink("ev", "\(folder)/soft") == 0)
            let before = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
            for line in Self.clashes {
                let call = CommandCall(line, in: folder)
                let (status, said) = (call.status, call.said)
                #expect(status == 64, "\(line): \(said)")
                #expect(
                    said.contains("in use as another") || said.contains("two outputs"), "\(said)")
            }
            let after = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
            #expect(before == after)
            for name in Self.files { #expect(try text("\(folder)/\(name)") == name) }
        }
    }

    @Test("Reports may stand beside what they are about, and are written anew")
    func beside() throws {
        try withTemporaryFolder { folder in
            for name in Self.files { try write(name, to: "\(folder)/\(name)") }
            try write("{}", to: folder + "/ev/difference.json")
            try write("<svg>", to: folder + "/run/evaluation/step-1/x.html")
            try requireWritable(
                [
                    .json("\(folder)/ev/difference.json"),
                    .page("\(folder)/run/evaluation/step-1/x.html"), .json("-"), nil,
                ],
                inputs: [
                    .run(folder + "/run"), .evaluation(folder + "/ev"), .dataSet(folder + "/set"),
                ])
        }
    }

    @Test(
        "A file may go to a folder that the command makes itself, and to no other that is missing")
    func made() throws {
        try withTemporaryFolder { folder in
            try requireWritable([.json("\(folder)/new/x.json")], makes: ["\(folder)/./new/"])
            #expect(throws: (any Error).self) {
                try requireWritable(
                    [.json("\(folder)/new/er/x.json")], makes: ["\(folder)/new"])
            }
        }
    }

    @Test("An import that fails leaves no folder that it made")
    func importLeavesNothing() throws {
        try withTemporaryFolder { folder in
            try write("no phrase of a picture\n", to: folder + "/set/output_phrase_val.txt")
            let line = "data import refsegrs @/set --strict --quiet --output"
            #expect(CommandCall("\(line) @/new/er", in: folder).status == 65)
            #expect(!FileManager.default.fileExists(atPath: folder + "/new"))
            try FileManager.default.createDirectory(
                atPath: folder + "/old", withIntermediateDirectories: false)
            #expect(CommandCall("\(line) @/old", in: folder).status == 65)
            #expect(FileManager.default.fileExists(atPath: folder + "/old"))
        }
    }

    @Test("An import that fails lists in its JSON all that it found")
    func importListsAll() throws {
        try withTemporaryFolder { folder in
            try write("no phrase of a picture\n", to: folder + "/set/output_phrase_val.txt")
            let line = "data import refsegrs @/set --strict --quiet --output @/new --json"
            #expect(CommandCall("\(line) @/report.json", in: folder).status == 65)
            let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/report.json"))
            let report = try #require(
                try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let splits = report["splits"] as? [[String: Any]] ?? []
            let found = ([report] + splits).flatMap { $0["problems"] as? [Any] ?? [] }
            #expect(!found.isEmpty)
            let call = CommandCall("\(line) @/new/report.json", in: folder)
            #expect(call.status == 65, "the folder that the JSON was for is gone, the error is not")
            #expect(!FileManager.default.fileExists(atPath: folder + "/new"))
        }
    }

    @Test("A new folder is none among checkpoints, and none that a link leads to in vain")
    func newFolders() throws {
        try withTemporaryFolder { folder in
            for name in ["run/run.json", "run/checkpoints/step-1/manifest.json"] {
                try write("{}", to: "\(folder)/\(name)")
            }
            #expect(symlink("nowhere", folder + "/link") == 0)
            for (name, words) in [
                ("run/checkpoints/step-7", "inside of a run's checkpoints"),
                ("run/checkpoints/step-1/policy2", "inside of the checkpoint"),
                ("link", "is a link to nowhere, which is not there"),
            ] {
                do {
                    _ = try NewFolder("\(folder)/\(name)")
                    Issue.record("\(name) is taken")
                } catch let error as FileError {
                    #expect(error.kind == .unusable && error.message.contains(words), "\(error)")
                }
            }
            #expect(try FileManager.default.subpathsOfDirectory(atPath: folder).count == 6)
        }
    }

    private func write(_ text: String, to path: String) throws {
        let place = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: place)
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }
}

import FilesTestSupport
import Foundation
import TestSupport
import Testing

@testable import Evaluating
@testable import Files
@testable import Reporting
@testable import Runs
@testable import TrainingRuns

@Suite struct CheckpointTests {
    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// A checkpoint of two files, written as runs do.
    private func checkpoint(_ folder: CheckpointFolder, step: Int) throws {
        try folder.write(step: step) { path in
            try FileManager.default.createDirectory(
                atPath: path + "/policy", withIntermediateDirectories: true)
            try write("weights of \(step)", path + "/policy/model")
            try write("{}", path + "/state.json")
        }
    }

    @Test("A checkpoint verifies until any one byte of any file is another, or is missing")
    func everyByte() throws {
        try withTemporaryFolder { run in
            let folder = CheckpointFolder(run: run)
            try checkpoint(folder, step: 3)
            let path = folder.step(3)
            try CheckpointManifest(folder: path).verify(path)
            for name in ["policy/model", "state.json", "manifest.json"] {
                let file = "\(path)/\(name)"
                let data = try Data(contentsOf: URL(fileURLWithPath: file))
                for place in data.indices {
                    var changed = data
                    changed[place] ^= 1 << UInt8(place % 8)
                    try changed.write(to: URL(fileURLWithPath: file))
                    let error = #expect(throws: FileError.self, "\(name), byte \(place)") {
                        try CheckpointManifest(folder: path).verify(path)
                    }
                    #expect(
                        error?.description.contains("damaged") == true || name == "manifest.json")
                }
                try FileManager.default.removeItem(atPath: file)
                let error = #expect(throws: FileError.self) {
                    try CheckpointManifest(folder: path).verify(path)
                }
                #expect(error?.path == file && error?.message.hasPrefix("is missing") == true)
                try data.write(to: URL(fileURLWithPath: file))
            }
            try CheckpointManifest(folder: path).verify(path)
        }
    }

    @Test(
        "A checkpoint of sft or of pretrain-segmenter is whole until a byte changes, and is named")
    func stages() throws {
        try withTemporaryFolder { run in
            let folder = CheckpointFolder(run: run)
            for (step, part) in [(1, "policy"), (2, "segmenter")] {
                try folder.write(step: step) { path in
                    try FileManager.default.createDirectory(
                        atPath: "\(path)/\(part)", withIntermediateDirectories: true)
                    try write("weights", "\(path)/\(part)/model")
                    try write(
                        "{\"cursor\": {\"count\": 4, \"epoch\": 0, \"position\": 1, \"seed\": 7}}",
                        path + "/state.json")
                }
            }
            let listed = try CheckpointRecipe.list(run, readingAll: true)
            #expect(listed.map(\.command) == ["sft", "pretrain-segmenter"])
            #expect(listed.allSatisfy { $0.problem == nil && $0.bytes > 0 })
            #expect(listed.map(\.step) == [1, 2])
            let error = #expect(throws: FileError.self) {
                try CheckpointRecipe.export(run, .newest, to: run + "/out", dtype: nil)
            }
            #expect(error?.message.contains("of pretrain-segmenter") == true)
            #expect(error?.message.hasSuffix("step-2/segmenter") == true)
            #expect(!FileManager.default.fileExists(atPath: run + "/out"))
            let opened = #expect(throws: FileError.self) {
                try RunCheckpoint(path: folder.step(1))
            }
            #expect(opened?.message.contains("of sft, and not of train") == true)
            try write("weightz", folder.step(1) + "/policy/model")
            let damaged = try CheckpointRecipe.list(run, readingAll: true)
            #expect(damaged[0].problem?.contains("damaged") == true && damaged[1].problem == nil)
        }
    }

    @Test("What says that a folder is a run's is named by file, line and byte where it is no text")
    func foreignBytes() throws {
        try withTemporaryFolder { run in
            try write("{\n}\n", run + "/run.json")
            try RunDirectory.requireText(run)
            try (Data("seed: 1\n# caf".utf8) + Data([0xE9]) + Data("\n".utf8)).write(
                to: URL(fileURLWithPath: run + "/config.yaml"))
            let error = #expect(throws: FileError.self) {
                try RunDirectory.requireText(run)
            }
            #expect(error?.path == run + "/config.yaml:2")
            #expect(error?.message.contains("not UTF-8 at byte 13") == true)
            try (Data("{\"step\": 1}\n{\"step\": ".utf8) + Data([0xE9]) + Data("}\n".utf8)).write(
                to: URL(fileURLWithPath: run + "/metrics.jsonl"))
            let metrics = #expect(throws: EvaluationError.self) { try RunRecord(path: run) }
            #expect(metrics?.place == run + "/metrics.jsonl:2")
            #expect(metrics?.message.contains("not UTF-8 at byte 21") == true)
        }
    }

    @Test("The SHA-256 of a file is the one that everybody computes")
    func knownHash() throws {
        try withTemporaryFolder { run in
            try write("abc", run + "/abc")
            let entry = try CheckpointManifest(describing: run).files["abc"]
            #expect(entry?.bytes == 3)
            #expect(
                entry?.sha256
                    == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        }
    }

    @Test("A fingerprint reads small files whole, and both ends of large ones and places between")
    func fingerprintRanges() {
        #expect(InputFingerprint.ranges(0).isEmpty)
        #expect(InputFingerprint.ranges(3) == [0..<3])
        let small = InputFingerprint.ranges(64 << 20)
        #expect(small.count == 64 && small.last?.upperBound == 64 << 20)
        let size = 7_500_000_001
        let large = InputFingerprint.ranges(size)
        #expect(large.first?.lowerBound == 0 && large.last?.upperBound == size)
        #expect(zip(large, large.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
        #expect(large.reduce(0) { $0 + $1.count } == 64 << 20 + 256 * 64 << 10)
    }

    @Test("A fingerprint tells contents and names apart, and follows links to files")
    func fingerprint() throws {
        try withTemporaryFolder { folder in
            for name in ["a", "b"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            try write("weights", folder + "/a/model")
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/b/model", withDestinationPath: "../a/model")
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/b/elsewhere", withDestinationPath: "..")
            let first = try InputFingerprint.digest([folder + "/a"])
            #expect(try InputFingerprint.digest([folder + "/b"]) == first)
            try write("weighty", folder + "/a/model")
            #expect(try InputFingerprint.digest([folder + "/a"]) != first)
            try write("weights", folder + "/a/model")
            #expect(try InputFingerprint.digest([folder + "/a"]) == first)
            try write("weights", folder + "/a/other")
            #expect(try InputFingerprint.digest([folder + "/a"]) != first)
            #expect(throws: MissingInputError.self) {
                try InputFingerprint.digest([folder + "/none"])
            }
        }
    }

    @Test("The newest checkpoints stay, and the best one with them; best leads to it")
    func retention() throws {
        try withTemporaryFolder { run in
            let folder = CheckpointFolder(run: run)
            for step in 1...5 { try checkpoint(folder, step: step) }
            try folder.link(best: 2)
            try folder.removeAll(butNewest: 2, best: 2)
            #expect(folder.steps == [5, 4, 2])
            let link = try Data(
                contentsOf: URL(fileURLWithPath: folder.path + "/best/policy/model"))
            #expect(String(decoding: link, as: UTF8.self) == "weights of 2")
            try folder.link(best: 4)
            try folder.removeAll(butNewest: 1, best: 4)
            #expect(folder.steps == [5, 4])
            try folder.link(best: 9)
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/best"))
            try folder.removeAll(butNewest: nil, best: nil)
            #expect(folder.steps == [5, 4])
        }
    }

    @Test(
        "What fails while a checkpoint is written leaves nothing, and the ones before as they are")
    func failure() throws {
        struct Broken: Error {}
        try withTemporaryFolder { run in
            let folder = CheckpointFolder(run: run)
            try checkpoint(folder, step: 1)
            let error = #expect(throws: FileError.self) {
                try folder.write(step: 2) { path in
                    try write("half", path + "/policy")
                    throw Broken()
                }
            }
            #expect(error?.kind == .cannotWrite)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names == ["step-1"])
            try FileManager.default.createDirectory(
                atPath: folder.path + "/.step-7.tmp/policy", withIntermediateDirectories: true)
            try folder.clear()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["step-1"])
        }
    }

    @Test("A line that the file system does not take is an error, and adds nothing")
    func fullDisk() throws {
        let full = try LineFile("/dev/full")
        let error = #expect(throws: FileError.self) { try full.append("a line") }
        #expect(error?.kind == .cannotWrite)
        #expect(error?.description.hasPrefix("/dev/full: cannot write: No space left") == true)
        try withTemporaryFolder { folder in
            let file = try LineFile(folder + "/lines")
            for line in ["one", "two"] { try file.append(line) }
            try file.synchronize()
            try LineFile(folder + "/lines").append("three")
            let text = try String(contentsOfFile: folder + "/lines", encoding: .utf8)
            #expect(text == "one\ntwo\nthree\n")
        }
    }

    @Test("The writer works beside its caller, one job after the other, and tells a failure once")
    func writer() throws {
        struct Broken: Error {}
        let (writer, gate, log) = (CheckpointWriter(), DispatchSemaphore(value: 0), Log())
        try writer.begin {
            gate.wait()
            log.add(1)
        }
        #expect(log.numbers.isEmpty)
        try writer.check()
        gate.signal()
        try writer.begin {
            log.add(2)
            throw Broken()
        }
        #expect(throws: Broken.self) { try writer.begin { log.add(3) } }
        #expect(log.numbers == [1, 2])
        try writer.begin { log.add(4) }
        try writer.finish()
        #expect(log.numbers == [1, 2, 4])
    }

    @Test(
        "Metrics are cut after a step; the numbers of an evaluation go by the last one that counts")
    func cutMetrics() {
        let text = Data(
            """
            {"step": 0, "eval_giou": 0.1}
            {"step": 1, "loss": 2}
            {"step": 2, "loss": 1}
            {"step": 2, "eval_giou": 0.2}
            {"step": 3, "loss": 1}
            {"step": 4, "lo
            """.utf8)
        func steps(_ step: Int, _ evaluated: Int) -> Int {
            StepLines(text, upTo: step, evaluated: evaluated).kept.split(separator: 0x0A).count
        }
        #expect(steps(2, 2) == 4)
        #expect(steps(2, 0) == 3)
        #expect(steps(9, 9) == 5)
        #expect(steps(0, -1) == 0)
    }

    @Test("Metrics of a run with a mark before them lose no step when the run goes on")
    func metrics() {
        let text = Data("\u{FEFF}{\"step\": 1}\n{\"step\": 2}\n{\"step\": 3}\n".utf8)
        #expect(StepLines(text, upTo: 2).kept == text.prefix(text.count - 12))
        #expect(lastStep(of: Data("\u{FEFF}{\"step\": 7}\n".utf8)) == 7)
    }
}

/// Numbers from several threads; unchecked, because every access is under `lock`.
private final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var added: [Int] = []
    var numbers: [Int] { lock.withLock { added } }
    func add(_ number: Int) { lock.withLock { added.append(number) } }
}

@Suite struct EvaluationProgressTests {
    @Test(
        "The best value is kept with its step; patience runs out after so many without a better one"
    )
    func patience() {
        var progress = EvaluationProgress()
        func add(_ value: Double?, _ step: Int) -> Bool {
            progress.add(value, step: step, threshold: 0.1)
        }
        #expect(add(0.5, 0))
        #expect(!add(0.5, 10))
        #expect(progress.isStalled(patience: 1) && !progress.isStalled(patience: 2))
        // Better, but not by as much as counts.
        #expect(add(0.55, 20))
        #expect(progress.best == 0.55 && progress.bestStep == 20 && progress.sinceBest == 2)
        #expect(progress.isStalled(patience: 2) && !progress.isStalled(patience: nil))
        #expect(add(0.7, 30))
        #expect(progress.sinceBest == 0 && progress.lastStep == 30)
        #expect(!add(nil, 40))
        #expect(progress.bestStep == 30 && progress.lastStep == 40 && progress.sinceBest == 1)
    }

    @Test("A session ends while the longest step and two saves still fit before its time limit")
    func timeLimit() {
        var limit = TimeLimit(limit: 1000)
        #expect(!limit.isDue(elapsed: 979, longestSave: 0))
        limit.add(step: 100)
        limit.add(step: 20)
        #expect(!limit.isDue(elapsed: 789, longestSave: 20))
        #expect(limit.isDue(elapsed: 790, longestSave: 20))
        #expect(!TimeLimit(limit: nil).isDue(elapsed: 1e9, longestSave: 1e9))
    }
}

import Evaluation
import Files
import Foundation
import Imaging
import Runs
import SystemErrors
import TextFiles
import Torch

/// The folder of an evaluation, from the first answer to the metrics.
///
/// `predictions.jsonl.partial` gets a line per sample as it is done, after one that says what is
/// evaluated. A line counts when its line feed is there, so that a process may end at any moment.
/// `predictions.jsonl` and `evaluation.json` appear when all is done, the latter last.
final class EvaluationFolder {
    /// The folder.
    let path: String
    /// The evaluation that was finished here before.
    let finished: EvaluationResult?
    /// The samples that were done before.
    private(set) var samples: [EvaluatedSample] = []
    /// Threads of an operation of the evaluation that goes on here.
    private(set) var recordedThreads: Int?
    private let setup: EvaluationResult.Setup
    private let overwrites: Bool
    private var lock: FolderLock?
    private var lines: LineFile?

    private struct Header: Codable {
        let setup: EvaluationResult.Setup
    }

    /// Looks at a folder, which need not exist; changes nothing.
    ///
    /// - Parameters:
    ///   - path: the folder
    ///   - setup: what is to be evaluated
    ///   - overwrites: whether what is finished or of another setup is to be replaced
    /// - Throws: ``FileError`` where another process evaluates into the folder, or it holds an
    ///   evaluation with another setup; the errors of reading
    init(_ path: String, setup: EvaluationResult.Setup, overwrites: Bool) throws {
        self.path = path
        self.setup = setup
        self.overwrites = overwrites
        if FileManager.default.fileExists(atPath: path) { lock = try Self.lock(path) }
        let isDone = FileManager.default.fileExists(atPath: EvaluationResult.document(path))
        if isDone, overwrites {
            finished = nil
        } else if isDone {
            let result = try EvaluationResult.load(folder: path)
            try Self.require(result.setup, fits: setup, path)
            finished = result
        } else {
            finished = nil
            try readPartial(overwrites: overwrites)
        }
    }

    private static func lock(_ path: String) throws -> FolderLock {
        try FolderLock(path, hint: "choose another --output")
    }

    private static func partial(_ folder: String) -> String {
        EvaluationResult.predictions(folder) + ".partial"
    }

    /// Refuses an evaluation that was begun and not finished.
    static func requireFinished(_ folder: String) throws {
        let files = FileManager.default
        if files.fileExists(atPath: EvaluationResult.document(folder)) { return }
        if files.fileExists(atPath: partial(folder)) {
            throw EvaluationError(
                place: folder,
                message: "this evaluation is not finished: run the command again that began it")
        }
    }

    private static func require(
        _ then: EvaluationResult.Setup, fits now: EvaluationResult.Setup, _ path: String
    ) throws {
        let differences = then.differences(from: now)
        if differences.isEmpty { return }
        throw FileError(
            path: path,
            message: (["holds an evaluation with another setup:"]
                + differences.map { "  \($0)" }
                + ["choose another --output, or replace it with --overwrite"])
                .joined(separator: "\n"))
    }

    /// Reads what was done before it was interrupted.
    private func readPartial(overwrites: Bool) throws {
        let file = Self.partial(path)
        guard let data = FileManager.default.contents(atPath: file) else { return }
        // What comes after the last line feed was being written.
        let whole = data.prefix((data.lastIndex(of: 0x0A) ?? -1) + 1)
        let decoder = JSONDecoder.answers
        let lines = whole.split(separator: 0x0A, omittingEmptySubsequences: true)
        do {
            guard let first = lines.first else { return }
            let header = try decoder.decode(Header.self, file: Data(first))
            try Self.require(header.setup, fits: setup, path)
            recordedThreads = header.setup.threads
            for (index, line) in lines.enumerated().dropFirst() {
                do {
                    samples.append(try decoder.decode(EvaluatedSample.self, file: Data(line)))
                } catch let error as DecodingError {
                    throw EvaluationError(
                        place: "\(file):\(index + 1)",
                        message: "damaged: \(systemReason(error)); begin anew with --overwrite")
                }
            }
        } catch let error as DecodingError {
            if !overwrites {
                throw EvaluationError(
                    place: "\(file):1",
                    message: "damaged: \(systemReason(error)); begin anew with --overwrite")
            }
            samples = []
        } catch {
            if !overwrites { throw error }
            samples = []
        }
    }

    /// Takes the folder, makes it if need be, and opens it for answers.
    ///
    /// What is to be replaced is removed now, not before. Answers without an `evaluation.json`, which
    /// nobody asked to replace, are put aside.
    ///
    /// - Returns: what was put aside, in a line for people; nil if nothing
    /// - Throws: ``FileError`` or `ImageError` where the folder cannot be used
    func begin() throws -> String? {
        try makeFolder(path)
        if lock == nil { lock = try Self.lock(path) }
        let file = Self.partial(path)
        let note = try putAnswersAside()
        if samples.isEmpty {
            for old in [
                EvaluationResult.document(path), EvaluationResult.predictions(path), file,
            ] where FileManager.default.fileExists(atPath: old) {
                do {
                    try FileManager.default.removeItem(atPath: old)
                } catch { throw FileError.writing(old, error) }
            }
        } else {
            try cutBack(file)
        }
        let lines = try LineFile(file)
        if samples.isEmpty {
            var setup = setup
            setup.threads = TorchRuntime.threadCount
            try lines.append(try Self.line(Header(setup: setup)))
        }
        self.lines = lines
        return note
    }

    private func putAnswersAside() throws -> String? {
        let answers = EvaluationResult.predictions(path)
        let files = FileManager.default
        // Those of an evaluation that goes on are in the other file too.
        guard !overwrites, samples.isEmpty, files.fileExists(atPath: answers) else { return nil }
        let aside = freeName("\(path)/without-evaluation")
        do {
            try files.createDirectory(atPath: aside, withIntermediateDirectories: true)
            try files.moveItem(atPath: answers, toPath: "\(aside)/predictions.jsonl")
        } catch { throw FileError.writing(aside, error) }
        return "\(answers) has no evaluation.json beside it: put aside in \(aside)"
    }

    /// Leaves whole lines only.
    private func cutBack(_ file: String) throws {
        guard let data = FileManager.default.contents(atPath: file),
            let end = data.lastIndex(of: 0x0A), end + 1 < data.count
        else { return }
        do {
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
            try handle.truncate(atOffset: UInt64(end + 1))
            try handle.close()
        } catch { throw FileError.writing(file, error) }
    }

    /// Adds the answers about a sample; they are on the disk when this returns.
    func append(_ sample: EvaluatedSample) throws {
        guard let lines else { preconditionFailure("begin() comes first") }
        try lines.append(try Self.line(sample))
        try lines.synchronize()
    }

    private static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder.answers
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Writes `predictions.jsonl` and `evaluation.json`, and removes what they were made from.
    func finish(_ result: EvaluationResult) throws {
        try result.write(to: path)
        // The answers must not be gone before what was made from them is on the disk.
        for file in [EvaluationResult.predictions(path), EvaluationResult.document(path), path] {
            try DurableFiles.synchronize(file)
        }
        lines = nil
        try? FileManager.default.removeItem(atPath: Self.partial(path))
    }

    /// The metrics of a finished evaluation with seed and resamples of now; `evaluation.json` is written
    /// anew where they are others.
    func bringUpToDate(
        _ result: EvaluationResult, _ settings: EvaluateRecipe.Settings
    ) throws -> EvaluationResult {
        try? FileManager.default.removeItem(atPath: Self.partial(path))
        if result.isComputed(seed: settings.seed, resamples: settings.resamples) { return result }
        let fresh = result.recomputed(seed: settings.seed, resamples: settings.resamples)
        try ImageCodec.write(Array(fresh.document()), path: EvaluationResult.document(path))
        return fresh
    }
}

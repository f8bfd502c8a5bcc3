package import Files
import Foundation
import SystemErrors
import TextFiles
import Torch
import Trackers

extension RunDirectory {
    /// What a run's `run.json` says; encoded when it begins, read when it is continued.
    private struct Description: Codable {
        var program = "think2seg"
        var version = Think2Seg.version
        var libtorch = TorchRuntime.version
        let device: String
        let threads: Int
        /// Threads that groups are given to; nil in runs from before they were chosen.
        let workers: Int?
        let seed: Int
        let command: [String]
        /// The checkpoint that the session began with; nil at the beginning.
        let resumedFrom: String?

        enum CodingKeys: String, CodingKey {
            case program, version, libtorch, device, threads, workers, seed, command
            case resumedFrom = "resumed_from"
        }
    }

    /// The text of `run.json`.
    package static func description(
        device: String, threads: Int, workers: Int, seed: Int, command: [String],
        resumedFrom checkpoint: String?
    ) throws -> String {
        let run = Description(
            device: device, threads: threads, workers: workers, seed: seed,
            command: command, resumedFrom: checkpoint)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(run), as: UTF8.self) + "\n"
    }

    /// How many threads the run that a folder holds computed with, in its last session.
    package static func recordedThreads(of path: String) -> RecordedThreads {
        guard let json = FileManager.default.contents(atPath: path + "/run.json"),
            let run = try? JSONDecoder().decode(Description.self, file: json)
        else { return RecordedThreads() }
        return RecordedThreads(threads: run.threads, workers: run.workers)
    }

    /// The file with the configuration of the run that a folder holds; nil if it holds none.
    package static func configurationFile(of path: String) -> String? {
        guard let json = FileManager.default.contents(atPath: path + "/run.json"),
            let run = try? JSONDecoder().decode(Description.self, file: json),
            run.program == "think2seg"
        else { return nil }
        return path + "/config.yaml"
    }

    /// Fails if what says that a folder holds a run is no text.
    ///
    /// - Throws: ``FileError`` that names the file, the line and the byte
    package static func requireText(_ path: String) throws {
        for name in ["run.json", "config.yaml"] {
            let file = "\(path)/\(name)"
            guard let data = FileManager.default.contents(atPath: file) else { continue }
            do throws(TextFault) {
                _ = try TextContents(data)
            } catch {
                throw FileError.damaged("\(file):\(error.line)", error.description)
            }
        }
    }

    /// What is wrong with a folder's `run.json`; nil if nothing is, or the folder has none.
    ///
    /// - Returns: an error that names file and line, of the kind `damaged` where it is no JSON
    package static func descriptionFault(of path: String) -> FileError? {
        let file = path + "/run.json"
        guard let json = FileManager.default.contents(atPath: file) else { return nil }
        let hint = "; bring it back from a copy of the run, or take that of a run like it"
        func damaged(_ line: Int?, _ what: String) -> FileError {
            .damaged("\(file):\(line ?? 1)", "is damaged: \(what)\(hint)")
        }
        do {
            _ = try JSONSerialization.jsonObject(file: json)
        } catch let fault as TextFault {
            return damaged(fault.line, fault.description)
        } catch let fault as JSONFault {
            return damaged(fault.line, fault.description)
        } catch {
            return damaged(nil, systemReason(error))
        }
        let run = try? JSONDecoder().decode(Description.self, file: json)
        if run?.program == "think2seg" { return nil }
        return FileError(path: file, message: "is not as a run of think2seg writes it" + hint)
    }

    /// Brings a folder to the state of the step that a run continues after: later metrics, faults,
    /// events and rollouts go, damaged checkpoints get out of the way, and what a killed process left half done goes too.
    package static func cutBack(_ path: String, to start: ResumePoint) throws {
        let step = start.step
        let checkpoints = CheckpointFolder(run: path)
        try checkpoints.clear()
        for damaged in start.damaged { try checkpoints.putAside(damaged) }
        let evaluation = start.evaluation
        try checkpoints.link(best: evaluation?.bestStep)
        try removeSteps(after: step, in: path + "/rollouts", suffix: ".jsonl")
        try removeSteps(after: evaluation?.lastStep ?? -1, in: path + "/evaluation", suffix: "")
        try RunEvents.cutBack(path, to: step)
        try TrackerJournal.cutBack(path, to: step)
        let metrics = path + "/metrics.jsonl"
        let hasMetrics = try StepLines.cut(
            metrics, to: step, evaluated: evaluation?.lastStep ?? -1)
        if !hasMetrics { try DurableFiles.write(Data(), to: metrics) }
        try cutFaults(path, to: step)
    }

    /// Removes what is named `step-N` with a later N.
    private static func removeSteps(after step: Int, in folder: String, suffix: String) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: folder) {
            guard let number = stepNumber(name, suffix: suffix), number > step else { continue }
            try files.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}

/// How many threads a run that goes on began with, where that was chosen.
package struct RecordedThreads: Sendable, Hashable {
    /// Threads of an operation.
    package var threads: Int?
    /// Threads that have prompts or samples of their own.
    package var workers: Int?

    /// A value from its parts.
    package init(threads: Int? = nil, workers: Int? = nil) {
        self.threads = threads
        self.workers = workers
    }
}

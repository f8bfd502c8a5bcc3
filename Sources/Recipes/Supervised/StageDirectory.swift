import Foundation
import Imaging
import RLTrainer

/// The files of a run that comes before reinforcement learning.
///
/// `config.yaml`, `run.json`, `metrics.jsonl`, `checkpoints/step-N/`. A checkpoint is written beside its place and appears by a rename.
final class StageDirectory {
    /// What a folder holds before a run begins or goes on.
    struct Opening {
        /// The folder.
        let path: String
        /// The newest checkpoint, if the run goes on.
        let checkpoint: String?
        /// The steps that it holds; 0 without one.
        let step: Int

        /// Looks at a folder.
        ///
        /// - Throws: ``RunDirectoryError`` if it holds another run, or nothing to go on from
        init(_ path: String, resumes: Bool) throws {
            self.path = path
            if !resumes {
                try RunDirectory.requireFree(path)
                (checkpoint, step) = (nil, 0)
                return
            }
            let folder = path + "/checkpoints"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let steps = names.compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5)) : nil }
            guard let newest = steps.max() else {
                throw RunDirectoryError(
                    path: path, message: "holds no checkpoint to go on from; start without --resume"
                )
            }
            step = newest
            checkpoint = "\(folder)/step-\(newest)"
        }
    }

    private let path: String
    private let metrics: FileHandle

    /// Makes the folder, or cuts its metrics back to the checkpoint that the run goes on from.
    init(
        _ opening: Opening, configuration: String, command: [String], device: String, seed: Int
    ) throws {
        path = opening.path
        do {
            try FileManager.default.createDirectory(
                atPath: path + "/checkpoints", withIntermediateDirectories: true)
            try RunDirectory.write(configuration, to: path + "/config.yaml")
            try RunDirectory.write(
                RunDirectory.description(
                    device: device, seed: seed, command: command,
                    resumedFrom: opening.checkpoint),
                to: path + "/run.json")
            let file = path + "/metrics.jsonl"
            let old = FileManager.default.contents(atPath: file) ?? Data()
            let kept = opening.checkpoint == nil ? Data() : linesUpTo(opening.step, of: old)
            try DurableFiles.write(kept, to: file)
            metrics = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
            try metrics.seekToEnd()
        } catch let error as RunDirectoryError {
            throw error
        } catch {
            throw RunDirectoryError(path: path, message: "cannot write: \(systemReason(error))")
        }
    }

    deinit { try? metrics.close() }

    /// Where a step's checkpoint stands.
    func checkpoint(step: Int) -> String { "\(path)/checkpoints/step-\(step)" }

    /// Adds a line of numbers to `metrics.jsonl`.
    func append(_ numbers: StepMetrics) throws {
        do {
            try metrics.write(contentsOf: Data((numbers.jsonLine + "\n").utf8))
        } catch {
            throw RunDirectoryError(
                path: path + "/metrics.jsonl", message: "cannot write: \(systemReason(error))")
        }
    }

    /// Writes a checkpoint, and removes all but the newest `keep`.
    func writeCheckpoint(step: Int, keep: Int?, fill: (String) throws -> Void) throws {
        try RunDirectory.writeCheckpoint(in: path, step: step, keep: keep, fill: fill)
    }
}

/// Whether something that happens every `interval` steps, never if 0, happens after step `step`.
func isDue(_ step: Int, every interval: Int) -> Bool { interval > 0 && step % interval == 0 }

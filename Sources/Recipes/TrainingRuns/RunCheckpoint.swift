import Files
package import Foundation
import Policies
package import RLTrainer
package import Runs
package import Settings
import TextFiles
package import Threads
package import VisionLanguage

/// What a checkpoint's `state.json` holds.
package struct CheckpointState: Codable {
    /// The value of every key of the configuration.
    package var configuration: [String: String]
    /// Threads of an operation: as configured, or as chosen when the run began.
    package var threads: Int
    /// Threads that groups were given to, likewise; nil in checkpoints from before they were chosen.
    package var workers: Int?
    /// Seconds of training so far, in all sessions.
    package var seconds: Double
    /// Counters, place in the data, rollouts in use.
    package var trainer: TrainerState
    /// What evaluations found so far; nil in a run without them.
    package var evaluation: EvaluationProgress?
    /// What tells the files that the run works with from others, by key.
    package var inputs: [String: String]

    private static let notFinite = (positive: "inf", negative: "-inf", nan: "nan")

    package init(
        _ configuration: RunConfiguration, _ plan: ThreadPlan, seconds: Double,
        trainer: TrainerState,
        evaluation: EvaluationProgress?, inputs: [String: String]
    ) {
        self.configuration = Self.values(of: configuration)
        threads = plan.threads
        workers = plan.workers
        self.seconds = seconds
        self.trainer = trainer
        self.evaluation = evaluation
        self.inputs = inputs
    }

    /// Reads the state of a checkpoint's folder.
    package init(folder: String) throws {
        let file = URL(fileURLWithPath: "\(folder)/\(RunCheckpoint.stateFile)")
        try self.init(json: Data(contentsOf: file))
    }

    package init(json: Data) throws {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: Self.notFinite.positive, negativeInfinity: Self.notFinite.negative,
            nan: Self.notFinite.nan)
        self = try decoder.decode(CheckpointState.self, file: json)
    }

    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: Self.notFinite.positive, negativeInfinity: Self.notFinite.negative,
            nan: Self.notFinite.nan)
        return try encoder.encode(self)
    }
}

/// What a checkpoint is written from: in memory, and as it is while training goes on.
package struct RunSnapshot: Sendable {
    package let policy: VisionLanguageFiles
    package let trainer: TrainerSnapshot
    package let state: Data

    /// A value from its parts.
    package init(policy: VisionLanguageFiles, trainer: TrainerSnapshot, state: Data) {
        self.policy = policy
        self.trainer = trainer
        self.state = state
    }
    /// The optimizer step.
    package var step: Int { trainer.state.step }

    /// Writes the checkpoint's files to an existing folder.
    package func write(to folder: String) throws {
        try policy.write(to: "\(folder)/\(RunCheckpoint.policyFolder)")
        try trainer.write(to: folder)
        try DurableFiles.write(state, to: "\(folder)/\(RunCheckpoint.stateFile)")
    }
}

/// A checkpoint of a run that is as it was written: `manifest.json`, `policy/` in the hub's layout,
/// `optimizer.safetensors`, `state.json`, and `rollouts.safetensors` in the middle of a batch.
package struct RunCheckpoint {
    package static let stateFile = "state.json"
    static let policyFolder = "policy"

    /// The folder.
    package let path: String
    package let manifest: CheckpointManifest
    /// What `state.json` holds.
    package var state: CheckpointState
    package var policy: String { "\(path)/\(Self.policyFolder)" }
    package var step: Int { state.trainer.step }

    /// Opens a checkpoint.
    ///
    /// - Parameters:
    ///   - path: its folder
    ///   - readingAll: whether every byte is held to the manifest, or sizes only
    /// - Throws: ``FileError`` that names the file that is missing, cut short or damaged, or
    ///   says which other command's checkpoint it is
    package init(path: String, readingAll: Bool = true) throws {
        self.path = path
        manifest = try CheckpointManifest(folder: path)
        if let stage = StageCheckpoint(path: path, manifest: manifest) { throw stage.refusal }
        try manifest.verify(path, readingAll: readingAll)
        let file = "\(path)/\(Self.stateFile)"
        guard manifest.files[Self.stateFile] != nil,
            let json = FileManager.default.contents(atPath: file)
        else { throw FileError.damaged(file, "is missing") }
        do {
            state = try CheckpointState(json: json)
        } catch {
            throw FileError.damaged(file, "is as it was written, by another version")
        }
        var needed = [GRPOTrainer<VisionLanguagePolicy>.optimizerFile]
        if state.trainer.batch != nil {
            needed.append(GRPOTrainer<VisionLanguagePolicy>.rolloutsFile)
        }
        if let missing = needed.first(where: { manifest.files[$0] == nil }) {
            throw FileError.damaged("\(path)/\(missing)", "is missing")
        }
    }
}

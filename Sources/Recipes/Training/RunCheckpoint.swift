import Foundation
import NN
import RLTrainer
import Torch

/// What a checkpoint's `state.json` holds.
struct CheckpointState: Codable {
    /// The value of every key of the configuration.
    var configuration: [String: String]
    /// Threads of an operation, when `threads` is 0 a property of the machine.
    var threads: Int
    /// Seconds of training so far, in all sessions.
    var seconds: Double
    /// Counters, place in the data, rollouts in use.
    var trainer: TrainerState

    private static let notFinite = (positive: "inf", negative: "-inf", nan: "nan")

    init(_ configuration: RunConfiguration, seconds: Double, trainer: TrainerState) {
        self.configuration = Self.values(of: configuration)
        threads = TorchRuntime.threadCount
        self.seconds = seconds
        self.trainer = trainer
    }

    init(json: Data) throws {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: Self.notFinite.positive, negativeInfinity: Self.notFinite.negative,
            nan: Self.notFinite.nan)
        self = try decoder.decode(CheckpointState.self, from: json)
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: Self.notFinite.positive, negativeInfinity: Self.notFinite.negative,
            nan: Self.notFinite.nan)
        return try encoder.encode(self)
    }
}

/// A checkpoint of a run, whose files have been checked: `policy/` in the hub's layout,
/// `optimizer.safetensors`, `state.json`, and `rollouts.safetensors` in the middle of a batch.
struct RunCheckpoint {
    static let stateFile = "state.json"

    /// The folder.
    let path: String
    let state: CheckpointState
    var policy: String { path + "/policy" }
    var step: Int { state.trainer.step }

    /// Opens a checkpoint.
    ///
    /// - Throws: ``RunDirectoryError`` that names the file that is missing, cut short or damaged
    init(path: String) throws {
        self.path = path
        let file = "\(path)/\(Self.stateFile)"
        guard let json = FileManager.default.contents(atPath: file) else {
            throw RunDirectoryError(path: file, message: "is missing")
        }
        do {
            state = try CheckpointState(json: json)
        } catch {
            throw RunDirectoryError(path: file, message: "is cut short or damaged")
        }
        do {
            _ = try SafetensorsFile(path: "\(path)/\(GRPOTrainer<QwenPolicy>.optimizerFile)")
            if state.trainer.batch != nil {
                _ = try SafetensorsFile(path: "\(path)/\(GRPOTrainer<QwenPolicy>.rolloutsFile)")
            }
            _ = try SafetensorsCheckpoint(path: path + "/policy")
        } catch let error as CheckpointError {
            throw RunDirectoryError(path: error.path, message: error.problem)
        }
    }

    /// The steps of a run's checkpoints, the newest first, whatever they hold.
    static func steps(ofRun path: String) -> [Int] {
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: path + "/checkpoints")) ?? []
        return names.compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5)) : nil }
            .sorted(by: >)
    }
}

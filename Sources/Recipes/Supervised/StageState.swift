import Datasets
import Foundation
import Torch

/// What a checkpoint keeps beside weights and optimizer; all else that is random is a function of the
/// seed and the step.
struct StageState: Codable {
    /// How far the order of the data was used.
    let cursor: EpochSampler.Cursor

    private static let name = "state.json"

    init(cursor: EpochSampler.Cursor) {
        self.cursor = cursor
    }

    /// Reads the state of a checkpoint's folder.
    ///
    /// - Throws: `CheckpointError` if it is missing or damaged
    init(folder: String) throws {
        let path = folder + "/" + Self.name
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CheckpointError(path: path, problem: "no such file", isMissing: true)
        }
        do {
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch {
            throw CheckpointError(
                path: path, problem: "is damaged", advice: "resume from an older checkpoint")
        }
    }

    func write(folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try RunDirectory.write(
            String(decoding: try encoder.encode(self), as: UTF8.self) + "\n",
            to: folder + "/" + Self.name)
    }
}

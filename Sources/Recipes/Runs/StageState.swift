package import Datasets
import Foundation
import TextFiles
import Torch

/// What a checkpoint keeps beside weights and optimizer; all else that is random is a function of the
/// seed and the step.
package struct StageState: Codable {
    /// How far the order of the data was used.
    package let cursor: EpochSampler.Cursor
    /// What tells the prompts of the run from others; nil for the default ones, or without prompts.
    package let prompts: String?

    private static let name = "state.json"

    package init(cursor: EpochSampler.Cursor, prompts: String? = nil) {
        self.cursor = cursor
        self.prompts = prompts
    }

    /// Reads the state of a checkpoint's folder.
    ///
    /// - Throws: `CheckpointError` if it is missing or damaged
    package init(folder: String) throws {
        let path = folder + "/" + Self.name
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CheckpointError(path: path, problem: "no such file", isMissing: true)
        }
        do {
            self = try JSONDecoder().decode(Self.self, file: data)
        } catch {
            throw CheckpointError(
                path: path, problem: "is damaged", advice: "resume from an older checkpoint")
        }
    }

    package func write(folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try RunDirectory.write(
            String(decoding: try encoder.encode(self), as: UTF8.self) + "\n",
            to: folder + "/" + Self.name)
    }
}

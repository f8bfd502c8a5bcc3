import Files
import Foundation
import TextFiles

/// One thing that a run has told its user: what its numbers say of how it goes, and what to look at.
package struct RunWarning: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The optimizer step after which it was said.
    package let step: Int
    /// What it is about, in one word for machines: `equal_rewards`.
    package let name: String
    /// What was seen, in a sentence without its full stop.
    package let message: String
    /// What to look at, in a sentence without its full stop.
    package let hint: String

    /// A warning from its parts.
    package init(step: Int, name: String, message: String, hint: String) {
        self.step = step
        self.name = name
        self.message = message
        self.hint = hint
    }

    /// Message and hint, as the terminal shows them.
    package var description: String { "\(message). \(hint)" }
}

/// The warnings that a run's folder keeps, in `warnings.jsonl`: one line of JSON each, with `step`,
/// `name`, `message` and `hint`.
///
/// A run says each of them once, however often it is continued. There is no file while nothing was said.
package enum RunWarnings {
    /// The name of the file in a run's folder.
    package static let file = "warnings.jsonl"

    /// The warnings in a run's folder, in the order in which they were said; none without a file.
    ///
    /// A line that is no warning, such as a last one that is being written, does not count: what reads
    /// here may do so while the run goes on.
    package static func read(run: String) -> [RunWarning] {
        let data = FileManager.default.contents(atPath: "\(run)/\(file)") ?? Data()
        return data.split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONDecoder().decode(RunWarning.self, file: Data($0))
        }
    }

    /// Adds warnings to the file of a run's folder.
    ///
    /// - Throws: ``FileError`` if it cannot be written
    package static func append(_ warnings: [RunWarning], run: String) throws {
        if warnings.isEmpty { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try LineFile("\(run)/\(file)")
        for warning in warnings {
            try lines.append(String(decoding: try encoder.encode(warning), as: UTF8.self))
        }
        try lines.synchronize()
    }
}

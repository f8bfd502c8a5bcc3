import ArgumentParser
import Foundation
import Terminals

@testable import think2seg

/// A command that was run in this process.
struct CommandCall {
    /// What it ended with.
    let status: Int32
    /// What it said where it failed; empty where it did not.
    let said: String

    /// Runs a command.
    init(_ words: [String]) {
        do {
            var command = try Think2SegCommand.parseAsRoot(words)
            try command.run()
            (status, said) = (0, "")
        } catch {
            if let status = exitStatus(of: error) {
                self.status = status
                said = "error: \(Terminals.words(of: error))"
            } else {
                status = Think2SegCommand.exitCode(for: error).rawValue
                said = "\(ParserMessage(error, ["think2seg"] + words))"
            }
        }
    }

    /// The folder of the carried models.
    static let models =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path + "/Resources"

    /// Runs a command whose words stand between spaces, with `@` for a folder, `^` for a place and
    /// `R/` for the carried models.
    init(_ line: String, in folder: String, place: String = "") {
        self.init(
            line.split(separator: " ").map { word in
                let text = String(word).replacing("@", with: folder)
                    .replacing("^", with: place)
                return text.hasPrefix("R/") ? Self.models + text.dropFirst() : text
            })
    }
}

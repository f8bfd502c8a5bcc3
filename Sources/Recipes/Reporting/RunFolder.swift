import Files
import Foundation
import Runs

/// What tells a run's folder from others.
package enum RunFolder {
    /// Fails where a path is no run's folder.
    ///
    /// - Parameter path: the folder
    /// - Throws: ``MissingInputError`` that names the runs that are near, if there are any
    package static func require(_ path: String) throws {
        try refuseFile(path, inPlaceOf: "run")
        guard FileManager.default.fileExists(atPath: path) else {
            throw MissingInputError(
                path: path, what: "folder; a run makes it when its models are loaded")
        }
        if isRun(path) { return }
        let near = near(path)
        throw MissingInputError(
            path: path + "/metrics.jsonl",
            what: "file; a run's folder has one"
                + (near.isEmpty ? "" : ", such as " + near.joined(separator: ", ")))
    }

    private static func isRun(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path + "/metrics.jsonl")
    }

    /// Up to three runs in a folder, in its `run/`, or that it lies in.
    private static func near(_ path: String) -> [String] {
        let folder = path.withoutSlashes
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let below = names.sorted().map { "\(folder)/\($0)" }
        let parent = folder.parentFolder
        return Array((below + [parent, parent.parentFolder]).filter(isRun).prefix(3))
    }
}

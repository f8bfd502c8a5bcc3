import Files
import Foundation
import Runs

/// What of a run's files changes while it goes on; two of them are equal where a page about the run would
/// say the same.
package struct RunMark: Sendable, Hashable {
    /// Whether a process has the folder; asked before the rest.
    package let isHeld: Bool
    private let files: [FileMark?]
    private let evaluations: [String]

    private struct FileMark: Hashable {
        let size: Int
        let date: Date
    }

    /// The mark of a run's folder, now.
    package init(run: String) {
        isHeld = FolderLock.isHeld(run)
        files = ["metrics.jsonl", RunWarnings.file, RunDirectory.faultsFile].map { name in
            guard let found = try? FileManager.default.attributesOfItem(atPath: "\(run)/\(name)"),
                let size = found[.size] as? Int, let date = found[.modificationDate] as? Date
            else { return nil }
            return FileMark(size: size, date: date)
        }
        let folders = ["evaluation", "rollouts"]
        evaluations = folders.flatMap { folder in
            (try? FileManager.default.contentsOfDirectory(atPath: "\(run)/\(folder)")) ?? []
        }.sorted()
    }
}

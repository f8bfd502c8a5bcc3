import Files
import Foundation

/// What a run's folder holds of steps that no checkpoint leads to, and where a start that does not go on
/// from them puts it.
package struct AbandonedSteps: Sendable, Hashable {
    /// The run's folder.
    package let run: String
    /// The names of what is put aside, in alphabetic order; at least one.
    package let names: [String]
    /// The folder that they go to, which is not there yet.
    package let aside: String

    /// What a folder holds; nil if there is nothing of any step.
    package init?(run: String) {
        let files = FileManager.default
        func holdsSomething(_ name: String) -> Bool {
            let path = "\(run)/\(name)"
            if let contents = try? files.contentsOfDirectory(atPath: path) {
                return !contents.isEmpty
            }
            return (try? files.attributesOfItem(atPath: path))?[.size] as? Int ?? 0 > 0
        }
        let names =
            (RunDirectory.namesOfSteps.filter(holdsSomething) + RunEvents.files(in: run)).sorted()
        if names.isEmpty { return nil }
        self.run = run
        self.names = names
        aside = freeName("\(run)/without-checkpoint")
    }

    /// The sentence for people.
    package var note: String {
        "\(run) has no checkpoint, but \(names.joined(separator: ", ")) of an earlier start: put aside in "
            + aside
    }

    /// Moves it, with copies of what tells about the run.
    ///
    /// What is killed meanwhile has moved some, and loses nothing.
    ///
    /// - Throws: ``FileError`` if that cannot be
    func putAside() throws {
        let files = FileManager.default
        do {
            try files.createDirectory(atPath: aside, withIntermediateDirectories: true)
            for name in ["config.yaml", "run.json"]
            where files.fileExists(atPath: "\(run)/\(name)") {
                try files.copyItem(atPath: "\(run)/\(name)", toPath: "\(aside)/\(name)")
            }
            for name in names {
                try files.moveItem(atPath: "\(run)/\(name)", toPath: "\(aside)/\(name)")
            }
            for path in [aside, run] { try DurableFiles.synchronize(path) }
        } catch let error as FileError {
            throw error
        } catch {
            throw FileError.writing(aside, error)
        }
    }
}

extension RunDirectory {
    /// What steps leave besides checkpoints and event files.
    static let namesOfSteps = [
        "metrics.jsonl", faultsFile, RunWarnings.file, "rollouts", "evaluation", RunEvents.folder,
    ]
}

/// The first of `path-1`, `path-2`, … that is not there.
package func freeName(_ path: String) -> String {
    var number = 1
    while FileManager.default.fileExists(atPath: "\(path)-\(number)") { number += 1 }
    return "\(path)-\(number)"
}

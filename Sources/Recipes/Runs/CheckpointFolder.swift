import Files
import Foundation
import Torch

/// The N of a name `step-N` with a suffix; nil if it is another one.
package func stepNumber(_ name: String, suffix: String = "") -> Int? {
    guard name.hasPrefix("step-"), name.hasSuffix(suffix) else { return nil }
    return Int(name.dropFirst(5).dropLast(suffix.count))
}

/// The folder `checkpoints/` of a run: `step-N/` each, and `best`, a link to one of them.
///
/// What begins with a dot is being written or removed, and is no checkpoint.
package struct CheckpointFolder: Sendable {
    /// The folder.
    package let path: String

    /// The folder of a run's checkpoints.
    package init(run: String) { path = run + "/checkpoints" }

    /// Where a step's checkpoint stands.
    package func step(_ step: Int) -> String { "\(path)/step-\(step)" }

    /// The steps of all checkpoints, the newest first, whatever they hold.
    package var steps: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.compactMap { stepNumber($0) }.sorted(by: >)
    }

    /// The step that `best` leads to; nil without a link.
    package var best: Int? {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: path + "/best"))
            .flatMap { stepNumber($0) }
    }

    /// Writes a checkpoint: `fill` gets a folder beside its place, which is hashed, synced and renamed.
    ///
    /// - Parameters:
    ///   - step: the optimizer step
    ///   - fill: writes the files
    /// - Throws: what `fill` throws, or ``FileError``; nothing is left behind then
    package func write(step: Int, fill: (_ folder: String) throws -> Void) throws {
        let files = FileManager.default
        let final = self.step(step)
        let temporary = "\(path)/.step-\(step).tmp"
        try? files.removeItem(atPath: temporary)
        do {
            try files.createDirectory(atPath: temporary, withIntermediateDirectories: true)
            try fill(temporary)
            let manifest = try CheckpointManifest(describing: temporary)
            try DurableFiles.write(
                manifest.json(), to: "\(temporary)/\(CheckpointManifest.file)")
            try DurableFiles.synchronizeTree(temporary)
            try DurableFiles.publish(temporary, as: final)
        } catch {
            try? files.removeItem(atPath: temporary)
            throw failure(error, final)
        }
    }

    /// Lets `best` lead to a step's checkpoint, or to none if that is not there.
    ///
    /// - Throws: ``FileError``
    package func link(best step: Int?) throws {
        let link = path + "/best"
        guard let step, FileManager.default.fileExists(atPath: self.step(step)) else {
            if unlink(link) != 0, errno != ENOENT {
                throw FileError.writing(link, reason: String(cString: strerror(errno)))
            }
            return
        }
        let temporary = path + "/.best.tmp"
        unlink(temporary)
        guard symlink("step-\(step)", temporary) == 0 else {
            throw FileError.writing(link, reason: String(cString: strerror(errno)))
        }
        try DurableFiles.publish(temporary, as: link)
    }

    /// Removes all checkpoints but the newest `count` and the best.
    ///
    /// - Parameters:
    ///   - count: how many stay; all if nil
    ///   - best: the step that stays in any case
    /// - Throws: ``FileError``
    package func removeAll(butNewest count: Int?, best: Int?) throws {
        guard let count else { return }
        for step in steps.dropFirst(count).reversed() where step != best {
            do {
                // Out of sight first: what is killed while it removes leaves no half of a checkpoint.
                let doomed = "\(path)/.step-\(step).old"
                try? FileManager.default.removeItem(atPath: doomed)
                try FileManager.default.moveItem(atPath: self.step(step), toPath: doomed)
                try FileManager.default.removeItem(atPath: doomed)
            } catch {
                throw failure(error, self.step(step))
            }
        }
    }

    /// Moves a checkpoint that is no good out of the way, to `damaged-step-N`; where one of that name is,
    /// to `damaged-step-N-2` and so on.
    func putAside(_ step: Int) throws {
        var aside = "\(path)/damaged-step-\(step)"
        var number = 2
        while FileManager.default.fileExists(atPath: aside) {
            aside = "\(path)/damaged-step-\(step)-\(number)"
            number += 1
        }
        try FileManager.default.moveItem(atPath: self.step(step), toPath: aside)
    }

    /// Removes what a process left that was killed while it wrote or removed.
    package func clear() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: path)
        where name.hasPrefix(".step-") || name == ".best.tmp" {
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }

    private func failure(_ error: any Error, _ path: String) -> any Error {
        if error is FileError { return error }
        if let error = error as? CheckpointError, error.isWriteFailure { return error }
        return FileError.writing(path, error)
    }
}

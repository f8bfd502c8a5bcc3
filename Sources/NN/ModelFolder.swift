import Foundation
import Torch

/// What is looked at in a model's folder before any of its files is read.
public enum ModelFolder {
    /// Fails if the weights of a folder are of a form that is not read: of other programs, parts that are
    /// not merged, quantised, or pointers to files that were not fetched.
    ///
    /// A folder that is not there, or has nothing that is known, is left to those who read it.
    ///
    /// - Parameters:
    ///   - folder: a folder in the hub's layout, as a user gave it
    ///   - takesOtherNames: whether weights are read from it that transformers does not look for
    /// - Throws: `CheckpointError` that names the form and the way out
    public static func requireReadable(
        _ folder: String, takesOtherNames: Bool = false
    ) throws {
        guard let present = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            return
        }
        let names = present.sorted()
        try requireFiles(folder, names)
        try requireWhole(folder, names)
        try requireFetched(folder, names)
        if let shard = names.first(where: ForeignWeights.isDistributed) {
            throw ForeignWeights.distributed(folder, shard)
        }
        _ = try requirePlainWeights(folder)
        if WeightFiles.areIn(folder) { return }
        let known =
            takesOtherNames
            ? ForeignForm.certain(names, folder)?.error(folder)
            : ForeignWeights.knownError(folder, names: names)
        if let known { throw known }
    }

    /// Fails if a folder's configuration says that its weights are quantised, unless all of them are plain
    /// numbers.
    ///
    /// - Returns: what the configuration says against the weights
    /// - Throws: `CheckpointError`
    static func requirePlainWeights(_ folder: String) throws -> QuantizationStatement? {
        guard let statement = QuantizationStatement.find(folder) else { return nil }
        guard let entries = try? WeightFiles(folder: folder).open().flatMap(\.entries) else {
            throw statement.error()
        }
        let sign = QuantizedTensors.sign(entries)
        guard entries.allSatisfy(\.type.isFloatingPoint), sign == nil else {
            throw statement.error(sign)
        }
        return statement
    }

    /// What the names of a model's files end in.
    private static let endings = [".safetensors", ".bin", ".json", ".pt", ".txt", ".model"]

    /// Fails if pipes, sockets or devices stand where files should be.
    private static func requireFiles(_ folder: String, _ names: [String]) throws {
        for name in names where (endings + [".jinja"]).contains(where: name.hasSuffix) {
            let path = "\(folder)/\(name)"
            guard FileKind(path) == .special else { continue }
            throw CheckpointError(
                path: path, problem: "is not a file", advice: "put the file itself in its place",
                isMissing: true)
        }
    }

    /// Fails if files that every model has are links to nothing, or empty.
    private static func requireWhole(_ folder: String, _ names: [String]) throws {
        for name in ["config.json", "tokenizer.json"] where names.contains(name) {
            let path = "\(folder)/\(name)"
            let kind = FileKind(path)
            if kind == .regular {
                let attributes = try? FileManager.default.attributesOfItem(atPath: path)
                guard attributes?[.size] as? Int == 0 else { continue }
                throw CheckpointError(
                    path: path, problem: "the file is empty", advice: "copy or download it again")
            }
            throw CheckpointError(
                path: path, problem: kind.fault ?? "is not a file",
                advice: UnfinishedWeights.advice(kind, folder), isMissing: true)
        }
    }

    /// Fails if files are pointers of Git LFS.
    private static func requireFetched(_ folder: String, _ names: [String]) throws {
        let pointers = names.filter { name in
            endings.contains { name.hasSuffix($0) } && isPointer("\(folder)/\(name)")
        }
        guard let first = pointers.first else { return }
        let what =
            pointers.count > 1
            ? " and \(pointers.count - 1) more are pointers of Git LFS, not the files themselves"
            : " is a pointer of Git LFS, not the file itself"
        throw CheckpointError(
            path: folder, problem: first + what,
            advice: "run git lfs pull in the folder")
    }

    private static func isPointer(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        // A link has the size of its name; what it leads to is looked at all the same.
        guard let size = attributes?[.size] as? Int, size < 1024 else { return false }
        return startsAsPointer(path)
    }

    private static func startsAsPointer(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        let start = (try? file.read(upToCount: 19)) ?? Data()
        return start == Data("version https://git".utf8)
    }
}

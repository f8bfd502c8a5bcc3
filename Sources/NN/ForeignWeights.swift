import FileSystem
import Foundation
import Torch

/// Weights in forms that are not read, and the way out of each.
enum ForeignWeights {
    /// Whether a name is that of a shard of transformers' and torch's distributed checkpoints.
    static func isDistributed(_ name: String) -> Bool {
        name.hasPrefix("shard-") && name.hasSuffix(".safetensors") && name.contains("-model-")
    }

    /// That a folder holds a distributed checkpoint, which transformers takes before all else.
    ///
    /// - Parameters:
    ///   - folder: the folder
    ///   - shard: the name of one of its shards
    ///   - asked: the folder that was given, if it is another one
    /// - Returns: the error
    static func distributed(
        _ folder: String, _ shard: String, asked: String? = nil
    ) -> CheckpointError {
        CheckpointError(
            path: asked ?? folder,
            problem:
                "\(asked == nil ? shard : folder + "/" + shard) is one rank's part of a distributed checkpoint of torch, which is not read",
            advice:
                "consolidate the parts: cd \(quoted(folder)) && mkdir OUTPUT && python -c \"import "
                + "glob, safetensors, torch.distributed.checkpoint._consolidate_hf_safetensors as c; "
                + "c.consolidate_safetensors_files('.', 'OUTPUT', {k: 1 for f in glob.glob('shard-*') "
                + "for k in safetensors.safe_open(f, 'pt').keys()})\"; " + companions)
    }

    /// Why a folder without weights of the usual names cannot be read.
    ///
    /// - Parameters:
    ///   - folder: the folder
    ///   - names: what is in it, sorted
    /// - Returns: the error, which names what is there instead
    static func error(_ folder: String, names: [String]) -> CheckpointError {
        knownError(folder, names: names)
            ?? CheckpointError(
                path: folder,
                problem:
                    "neither model.safetensors nor pytorch_model.bin, nor an index of either, is here",
                advice: "give the folder of a downloaded checkpoint", isMissing: true)
    }

    /// The same, if what is there, or in the folders above and below, is known; else nil.
    static func knownError(_ folder: String, names: [String]) -> CheckpointError? {
        if let error = UnfinishedWeights.misplaced(folder, WeightFiles.usual) { return error }
        if isOptimizer(folder, names) { return optimizer(folder) }
        let neighbours = NeighbouringFolders(folder, names: names)
        if let form = ForeignForm.certain(names, folder) {
            return neighbours.merged.map { given(folder, below: $0) } ?? form.error(folder)
        }
        if let snapshot = neighbours.snapshot {
            return CheckpointError(
                path: folder, problem: "is a folder of the hub's cache, and no checkpoint itself",
                advice: "give \(snapshot)", isMissing: true)
        }
        if let below = neighbours.merged { return given(folder, below: below) }
        if let error = UnfinishedWeights.download(folder, names: names) { return error }
        for other in neighbours.below + neighbours.above {
            let names = NeighbouringFolders.contents(other)
            if isOptimizer(other, names) { continue }
            if let shard = names.first(where: isDistributed) {
                return distributed(other, shard, asked: folder)
            }
            guard let form = ForeignForm.certain(names, other) else { continue }
            return form.error(other, asked: folder)
        }
        for other in neighbours.below {
            // The newest of what Lightning keeps.
            let names = NeighbouringFolders.contents(other).filter { $0.hasSuffix(".ckpt") }
                .sorted { $0.compare($1, options: .numeric) == .orderedDescending }
            if let form = ForeignForm.possible(names, other) {
                return form.error(other, asked: folder)
            }
        }
        return ForeignForm.possible(names, folder)?.error(folder)
    }

    /// Whether a folder has the optimizer's part of a distributed checkpoint.
    private static func isOptimizer(_ folder: String, _ names: [String]) -> Bool {
        let name = ((folder as NSString).standardizingPath as NSString).lastPathComponent
        return name.hasPrefix("optimizer") && names.contains { $0.hasSuffix(".distcp") }
    }

    private static func optimizer(_ folder: String) -> CheckpointError {
        let parent = namedParentFolder(of: (folder as NSString).standardizingPath) ?? ""
        let model = NeighbouringFolders.contents(parent).first {
            $0.hasPrefix("pytorch_model_fsdp")
        }
        return CheckpointError(
            path: folder, problem: "holds the state of an optimizer, and no weights",
            advice: "give the folder of the model's"
                + (model.map { ", \(parent)/\($0)" } ?? ", which trainers put beside it"),
            isMissing: true)
    }

    private static func given(_ folder: String, below: String) -> CheckpointError {
        CheckpointError(
            path: folder, problem: "the weights are not here, but in a folder below",
            advice: "give \(below)", isMissing: true)
    }

    /// What a merged checkpoint needs beside its weights.
    static let companions =
        "config.json and the tokenizer's files belong beside what it writes"

    /// A command that runs a line of Python, as a shell takes it.
    static func python(_ code: String) -> String {
        "python -c "
            + (code.contains(where: { "\"$`\\!".contains($0) }) ? quoted(code) : "\"\(code)\"")
    }

    /// A text as Python has it between quotes.
    static func literal(_ text: String) -> String {
        if !text.contains(where: { "'\"$`\\!".contains($0) || $0.isNewline }) { return "'\(text)'" }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // A text has no value that JSON cannot hold.
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "'PATH'"
    }

    /// A path as a shell takes it.
    static func quoted(_ path: String) -> String {
        let plain = path.unicodeScalars.allSatisfy {
            $0.isASCII
                && ($0.properties.isAlphabetic
                    || "0123456789/._-+=:,@%".unicodeScalars.contains($0))
        }
        return plain && !path.isEmpty ? path : "'" + path.replacing("'", with: "'\\''") + "'"
    }
}

import Files
public import Foundation
import Policies
import RLTrainer
import Runs
import Segmentation
public import Torch
import VisionLanguage

/// What is known of one checkpoint of a run.
public struct CheckpointListing: Sendable {
    /// The folder.
    public let path: String
    /// The optimizer step; nil if its state cannot be read.
    public let step: Int?
    /// When it was written.
    public let date: Date?
    /// Bytes of all files.
    public let bytes: Int
    /// What the evaluation of its step found; nil if there was none.
    public let heldOut: [HeldOutFigure]?
    /// Whether it is the run's best, and found anything.
    public let isBest: Bool
    /// What is wrong with it; nil if nothing is.
    public let problem: String?
    /// The command that wrote it: `train`, `sft` or `pretrain-segmenter`.
    public var command = "train"
    /// What the best checkpoint is told by, as in `metrics.jsonl` without `eval_`; nil where none is.
    public var metric: String?
}

/// Checkpoints of runs: the `checkpoint` commands.
public enum CheckpointRecipe {
    /// The checkpoints of a run, the oldest first, or the one checkpoint that `path` is.
    ///
    /// - Parameters:
    ///   - path: a run's folder, or a checkpoint's
    ///   - readingAll: whether every byte is held to the manifest, or sizes only
    /// - Returns: one entry each, those that are damaged among them
    /// - Throws: `MissingInputError` if there is none
    public static func list(_ path: String, readingAll: Bool) throws -> [CheckpointListing] {
        let folder = CheckpointFolder(run: path)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            guard FileManager.default.fileExists(atPath: path + "/" + CheckpointManifest.file)
            else {
                if let none = noCheckpoint(ofRun: path) { throw none }
                throw MissingInputError(path: path, what: "run with checkpoints, or checkpoint")
            }
            let run = HeldOutFigures.run(of: path)
            return [
                listing(
                    path, HeldOutFigures(run: run),
                    best: run.flatMap { CheckpointFolder(run: $0).best }, readingAll)
            ]
        }
        let best = folder.best
        let steps = folder.steps.sorted()
        if steps.isEmpty { throw noCheckpoint(in: path) }
        let figures = HeldOutFigures(run: path)
        return steps.map { listing(folder.step($0), figures, best: best, readingAll) }
    }

    private static func listing(
        _ path: String, _ figures: HeldOutFigures, best: Int?, _ readingAll: Bool
    ) -> CheckpointListing {
        let date =
            try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        do {
            let manifest = try CheckpointManifest(folder: path)
            if let stage = StageCheckpoint(path: path, manifest: manifest) {
                try manifest.verify(path, readingAll: readingAll)
                let step = stepNumber(URL(fileURLWithPath: path).lastPathComponent)
                return CheckpointListing(
                    path: path, step: step, date: date, bytes: manifest.totalBytes,
                    heldOut: step.flatMap { figures[$0] }, isBest: false, problem: nil,
                    command: stage.command)
            }
            let checkpoint = try RunCheckpoint(path: path, readingAll: readingAll)
            let metric = checkpoint.state.configuration["evaluation.metric_for_best_model"]
            return CheckpointListing(
                path: path, step: checkpoint.step, date: date,
                bytes: checkpoint.manifest.totalBytes, heldOut: figures[checkpoint.step],
                isBest: figures.isBest(checkpoint.step, linked: best, by: metric),
                problem: nil, metric: metric)
        } catch {
            return CheckpointListing(
                path: path, step: nil, date: date, bytes: 0, heldOut: nil, isBest: false,
                problem: "\(error)")
        }
    }

    /// Which checkpoint of a run is meant.
    public enum Choice: Sendable, Hashable {
        /// The newest one that is whole.
        case newest
        /// The one that evaluations liked best.
        case best
        /// The one of a step.
        case step(Int)
    }

    /// Writes a checkpoint's policy as a folder in the hub's layout, which transformers loads, with a card
    /// of what it is.
    ///
    /// - Parameters:
    ///   - path: a run's folder, a checkpoint's, or an adapter's
    ///   - choice: which one of a run
    ///   - output: the folder, which does not exist or is empty
    ///   - dtype: the element type in the files; that of the run if nil, whose weights are copied then
    ///   - merging: whether an adapter becomes part of its base's weights, and the folder a whole policy; else
    ///     the folder is one in PEFT's layout
    ///   - base: the folder of an adapter's base, where it is not where the adapter says
    ///   - onNote: is told what merging changes, in lines for people
    ///   - onWarning: gets a line for each newer checkpoint that is damaged and left out
    /// - Returns: the checkpoint that was taken
    /// - Throws: `MissingInputError` or `FileError` if there is no such checkpoint or it is
    ///   damaged, and the errors of writing
    public static func export(
        _ path: String, _ choice: Choice, to output: String, dtype: DType?,
        merging: Bool = false, base: String? = nil,
        onNote: (String) -> Void = { _ in }, onWarning: (String) -> Void = { _ in }
    ) throws -> String {
        let isFolder = PolicySource.isAdapter(path)
        let checkpoint = isFolder ? path : try chosen(path, choice, onWarning: onWarning)
        let policy = isFolder ? path : try policy(of: checkpoint)
        let isAdapter = PolicySource.isAdapter(policy)
        if merging, !isAdapter {
            throw CheckpointError(
                path: policy, problem: "is a whole policy: there is no adapter to merge",
                advice: "leave --merge out")
        }
        let source = isAdapter ? try PolicySource.find(policy, base: base) : nil
        try NewFolder.write(output) { folder in
            if let source, merging {
                try AdapterMerge(source, dtype: dtype).write(into: folder, onNote: onNote)
            } else {
                try write(policy, into: folder, dtype, source)
            }
            try PolicyRecord.writeIfMissing(into: folder, of: checkpoint)
            let card = ModelCard(checkpoint: checkpoint, policy: folder)
            try DurableFiles.write(Data(card.text.utf8), to: "\(folder)/\(ModelCard.file)")
        }
        return checkpoint
    }

    /// The policy's folder of a checkpoint of any command that has one, all of whose bytes are verified.
    ///
    /// - Parameters:
    ///   - checkpoint: the checkpoint's folder
    ///   - readingAll: whether every byte is held to the manifest, or sizes only
    /// - Returns: the folder
    /// - Throws: `FileError` if the checkpoint is damaged, or has no policy
    package static func policy(of checkpoint: String, readingAll: Bool = true) throws -> String {
        let manifest = try CheckpointManifest(folder: checkpoint)
        guard let stage = StageCheckpoint(path: checkpoint, manifest: manifest) else {
            return try RunCheckpoint(path: checkpoint, readingAll: readingAll).policy
        }
        guard let policy = stage.policy else { throw stage.refusal }
        try manifest.verify(checkpoint, readingAll: readingAll)
        return policy
    }

    /// Writes a checkpoint's policy into an empty folder.
    private static func write(
        _ policy: String, into folder: String, _ dtype: DType?, _ source: PolicySource?
    ) throws {
        if let source {
            try AdapterMerge(source, dtype: dtype).writeAdapter(into: folder)
        } else if let dtype {
            let loaded = try VisionLanguagePolicy.load(
                path: policy, dtype: dtype, device: .cpu, template: PromptTemplate())
            try loaded.model.save(directory: folder, dtype: dtype)
        } else {
            let files = FileManager.default
            // Checkpoints of earlier versions hold what spoke of the weights that the run began with.
            for name in try files.contentsOfDirectory(atPath: policy)
            where CompanionFile.isPart(name) || name.hasPrefix("model") {
                try files.copyItem(
                    atPath: "\(policy)/\(name)", toPath: "\(folder)/\(name)")
            }
            // Checkpoints of earlier versions state the type of the weights that the run began with.
            try VisionLanguageModel.restateElementType(directory: folder)
        }
        if !PromptFiles.areComplete(folder) {
            // Checkpoints of older versions, which knew the built-in way alone.
            try PromptFiles(PromptTemplate()).write(into: folder)
        }
    }

    /// The folder of the checkpoint that is meant.
    ///
    /// - Parameters:
    ///   - path: a run's folder, or a checkpoint's
    ///   - choice: which one of a run
    ///   - onWarning: gets a line for each checkpoint that is newer than the newest whole one
    /// - Returns: the folder
    /// - Throws: `MissingInputError` or `FileError` if there is none
    package static func chosen(
        _ path: String, _ choice: Choice, onWarning: (String) -> Void
    ) throws -> String {
        let folder = CheckpointFolder(run: path)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            if !FileManager.default.fileExists(atPath: "\(path)/\(CheckpointManifest.file)"),
                let none = noCheckpoint(ofRun: path)
            {
                throw none
            }
            if path.isFolder { return path }
            throw MissingInputError(notFolder: path, what: "run or checkpoint")
        }
        if folder.steps.isEmpty { throw noCheckpoint(in: path) }
        switch choice {
        case .step(let step):
            guard folder.steps.contains(step) else {
                let known = folder.steps.sorted().map(String.init).joined(separator: ", ")
                throw MissingInputError(
                    path: folder.step(step), what: "checkpoint; the run has those of \(known)")
            }
            return folder.step(step)
        case .best:
            guard let step = folder.best else {
                throw MissingInputError(
                    path: folder.path + "/best",
                    what: "link: the run was not evaluated, or its best checkpoint is gone")
            }
            guard folder.steps.contains(step) else {
                throw MissingInputError(
                    path: folder.step(step), what: "checkpoint, to which checkpoints/best leads")
            }
            return folder.step(step)
        case .newest:
            let all = try list(path, readingAll: false)
            guard let newest = all.last(where: { $0.problem == nil }) else {
                throw FileError.damaged(
                    folder.path, "no checkpoint is whole: \(all[0].problem ?? "")")
            }
            for damaged in all.reversed() {
                guard let problem = damaged.problem else { break }
                let name = URL(fileURLWithPath: damaged.path).lastPathComponent
                onWarning("checkpoint \(name) is left out: \(problem)")
            }
            return newest.path
        }
    }
}

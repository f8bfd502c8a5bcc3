import Datasets
import Foundation
import Imaging
import Shards
import SystemErrors

/// What makes shards of a data set's own files.
public protocol ShardImporter: Sendable {
    /// Writes `SPLIT.h5` into the folder `output`, which is made if need be, for every split that
    /// the source has. The shards appear together at the end, or none does.
    ///
    /// - Parameters:
    ///   - output: The folder for the shards; shards of the same names are replaced.
    ///   - progress: Called after each sample.
    /// - Returns: What was written and what was left out.
    /// - Throws: ``ImportError`` if there is no split, a split has no usable sample, or, when the
    ///   import is strict, a sample is unusable; `ShardError` if a shard cannot be written.
    ///   Nothing is left behind.
    func run(output: String, progress: (ImportProgress) -> Void) throws -> ImportReport
}

/// Why a sample cannot be imported.
struct ImportDefect: Error {
    var file: String
    var message: String
}

/// A sample that is not read yet.
struct PlannedSample {
    var id: String
    /// The file that a refusal by the shard is reported about.
    var file: String
    /// The file that has its mask; nil where that is `file`.
    var label: String?
    /// Its image file, if it is known before anything is read.
    var image: String?
    /// Reads the sample's files; throws ``ImportDefect`` if they are not a sample.
    var read: () throws -> (sample: SegmentationSample, warnings: [ImportProblem])
}

/// The samples of a split, before their files are read.
struct PlannedSplit {
    /// The splits that are looked for, in their usual order.
    static let names = ["train", "val", "test"]

    var name: String
    /// The folder or file that an error of the whole split is about.
    var path: String
    var samples: [PlannedSample] = []
    /// What was found without reading the samples' files.
    var problems: [ImportProblem] = []
    /// How many samples were left out already.
    var rejected = 0
}

/// Writes planned splits as shards, together or not at all.
struct ShardImport {
    /// The data set's folder.
    var source: String
    /// The data set's name, which the shards keep.
    var dataset: String
    /// Whether one unusable sample stops the import.
    var strict: Bool
    /// What belongs to no split.
    var problems: [ImportProblem] = []
    /// Reads the source's pictures, and counts what is odd about them.
    let reader: ImportReader

    /// An import that was told something about the source's files.
    init(source: String, dataset: String, strict: Bool, choices: ImportChoices) {
        self.source = source
        self.dataset = dataset
        self.strict = strict
        reader = ImportReader(choices)
    }

    /// Writes the splits in their order, once all of them are planned.
    func run(
        _ splits: [() throws -> PlannedSplit], output: String,
        progress: (ImportProgress) -> Void
    ) throws -> ImportReport {
        let made = missingFolders(output)
        do {
            try makeFolder(output)
            return try writeAll(splits, output: output, progress: progress)
        } catch {
            // Nothing is left of them but where others have put something there.
            for folder in made { rmdir(folder) }
            throw error
        }
    }

    private func writeAll(
        _ splits: [() throws -> PlannedSplit], output: String,
        progress: (ImportProgress) -> Void
    ) throws -> ImportReport {
        var report = ImportReport(splits: [], problems: problems)
        let planned = try splits.map { try $0() }
        measure(planned, progress: progress)
        let pictures = reader.pictures
        var writers: [ShardWriter] = []
        for split in planned {
            let shard = output + "/" + split.name + ".h5"
            let writer = try ShardWriter(path: shard, dataset: dataset, split: split.name)
            writer.notes = reader.choices.notes
            let before = pictures.stretchedCount
            let resized = reader.survey.resizedCount
            let splitReport = try write(split, into: writer, progress: progress)
            if pictures.stretchedCount > before { writer.notes.stretch = pictures.note }
            if reader.survey.resizedCount > resized { writer.notes.resizedMasks = "nearest" }
            report.splits.append(splitReport)
            try check(splitReport, of: split, report)
            try writer.seal()
            writers.append(writer)
        }
        report.problems += reader.survey.problems + pictures.problems(source)
        if pictures.stretchedCount > 0 { report.stretch = pictures.note }
        guard !strict || report.rejected == 0 else {
            throw ImportError(
                path: source,
                message: "\(report.rejected) samples cannot be used, and the import is strict: "
                    + "mend them, or import without --strict", report: report)
        }
        for writer in writers { try writer.publish() }
        return report
    }

    /// Looks at all images once more where their values decide about each.
    private func measure(_ splits: [PlannedSplit], progress: (ImportProgress) -> Void) {
        let images = splits.flatMap(\.samples).compactMap(\.image)
        reader.pictures.measure(images) { done, total in
            progress(ImportProgress(split: "percentiles", done: done, total: total))
        }
    }

    private func write(
        _ split: PlannedSplit, into writer: ShardWriter, progress: (ImportProgress) -> Void
    ) throws -> SplitReport {
        var report = SplitReport(split: split.name, shard: writer.path)
        report.problems = split.problems
        report.rejected = split.rejected
        for (index, planned) in split.samples.enumerated() {
            do {
                let (sample, warnings) = try planned.read()
                try append(sample, to: writer, planned)
                reader.survey.addSample(sample, file: planned.label ?? planned.file)
                report.problems += warnings + reader.survey.takeResized(planned.id)
                report.samples += 1
                report.emptyTargets += sample.isEmptyTarget ? 1 : 0
                report.questions += sample.questions.count
            } catch let defect as ImportDefect {
                _ = reader.survey.takeResized(nil)
                report.rejected += 1
                report.problems.append(
                    ImportProblem(
                        severity: .error, id: planned.id, file: defect.file,
                        message: defect.message))
            }
            progress(
                ImportProgress(split: split.name, done: index + 1, total: split.samples.count))
        }
        return report
    }

    private func append(
        _ sample: SegmentationSample, to writer: ShardWriter, _ planned: PlannedSample
    ) throws {
        do {
            try writer.append(sample)
        } catch let error as ShardError where error.kind != .cannotWrite {
            throw ImportDefect(file: planned.file, message: error.message)
        }
    }

    private func check(
        _ report: SplitReport, of split: PlannedSplit, _ whole: ImportReport
    ) throws {
        guard report.samples == 0 else { return }
        var whole = whole
        whole.problems += reader.survey.problems + reader.pictures.problems
        let first =
            (report.problems.first { $0.severity == .error } ?? report.problems.first)
            .map { "; the first is \($0)" } ?? ""
        throw ImportError(
            path: split.path, message: "no sample of \(report.rejected) can be used\(first)",
            report: whole)
    }
}

/// The folder `path` and those above it that do not exist, the innermost first.
private func missingFolders(_ path: String) -> [String] {
    var missing: [String] = []
    var folder = URL(fileURLWithPath: path)
    while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) {
        missing.append(folder.path)
        folder.deleteLastPathComponent()
    }
    return missing
}

/// Makes the folder `path` and those above it, unless they exist.
func makeFolder(_ path: String) throws {
    do {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    } catch {
        throw ShardError(.cannotWrite, path: path, "cannot make the folder: \(systemReason(error))")
    }
}

/// Whether a text has nothing but white space.
func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

/// The order of the UTF-8 bytes: the same in every locale and on every file system.
func precedes(_ one: String, _ other: String) -> Bool {
    one.utf8.lexicographicallyPrecedes(other.utf8)
}

/// The whole of a file of the source.
///
/// - Throws: ``ImportError``, as nothing can be imported without it.
func readWhole(_ path: String) throws -> [UInt8] {
    do {
        return try ImageCodec.read(path: path)
    } catch {
        throw ImportError(path: path, message: "\(error.what); \(error.hint)")
    }
}

import Foundation
import Imaging

/// Makes shards of EarthReason, or of a data set in its layout.
///
/// ```
/// ROOT/{train,val,test}/images/ID.{jpg,jpeg,png}
/// ROOT/{train,val,test}/labels/ID.png               any value above 0 is target
/// ROOT/{train,val,test}/QAs/ID.json                 {"questions": [...], "answer": [...]}
/// ```
///
/// Samples are sorted by the bytes of their ids. A sample that cannot be used is reported and left
/// out. Whether a sample has a target is what its label says, even where the answers disagree.
/// The shards appear together at the end, or none does.
public struct EarthReasonImporter: Sendable {
    /// The folder that has the splits.
    public var source: String
    /// Whether one unusable sample stops the import.
    public var strict: Bool
    /// The data set's name, which the shards keep.
    public var dataset: String

    /// An importer of the folder `source`.
    public init(source: String, strict: Bool = false, dataset: String = "EarthReason") {
        self.source = source
        self.strict = strict
        self.dataset = dataset
    }

    /// Writes `SPLIT.h5` into the folder `output`, which is made if need be, for every split that
    /// the source has.
    ///
    /// - Parameters:
    ///   - output: The folder for the shards; shards of the same names are replaced.
    ///   - progress: Called after each sample.
    /// - Returns: What was written and what was left out.
    /// - Throws: ``ImportError`` if there is no split, a split has no usable sample, or, when
    ///   `strict`, a sample is unusable; ``ShardError`` if a shard cannot be written. Nothing is
    ///   left behind.
    public func run(
        output: String, progress: (ImportProgress) -> Void = { _ in }
    ) throws -> ImportReport {
        var report = ImportReport(splits: [])
        let splits = EarthReasonLayout.splits.filter { isFolder(source + "/" + $0) }
        guard !splits.isEmpty else {
            throw ImportError(
                path: source,
                message: isFolder(source)
                    ? "none of the folders \(EarthReasonLayout.splits.joined(separator: ", ")) "
                        + "is here; give the folder that has them" : "no such folder",
                report: report)
        }
        try makeFolder(output)
        var writers: [ShardWriter] = []
        for split in splits {
            let shard = output + "/" + split + ".h5"
            let writer = try ShardWriter(path: shard, dataset: dataset, split: split)
            let splitReport = try read(split, into: writer, progress: progress)
            report.splits.append(splitReport)
            try check(splitReport, report)
            try writer.seal()
            writers.append(writer)
        }
        guard !strict || report.rejected == 0 else {
            throw ImportError(
                path: source,
                message: "\(report.rejected) samples cannot be used, and the import is strict: "
                    + "mend them, or import without --strict", report: report)
        }
        for writer in writers { try writer.publish() }
        return report
    }

    private func read(
        _ split: String, into writer: ShardWriter, progress: (ImportProgress) -> Void
    ) throws -> SplitReport {
        var report = SplitReport(split: split, shard: writer.path)
        let folder: EarthReasonFolder
        do {
            folder = try EarthReasonFolder(source + "/" + split)
        } catch {
            throw ImportError(
                path: source + "/" + split,
                message: "cannot list the folder: \(systemReason(error))",
                report: ImportReport(splits: []))
        }
        report.problems = folder.problems
        report.rejected = folder.rejected
        for (index, files) in folder.samples.enumerated() {
            do {
                let read = try EarthReasonSample(files)
                try writer.append(read.sample)
                report.problems += read.warnings
                report.samples += 1
                report.emptyTargets += read.sample.isEmptyTarget ? 1 : 0
                report.questions += read.sample.questions.count
            } catch let defect as EarthReasonDefect {
                report.rejected += 1
                report.problems.append(
                    ImportProblem(
                        severity: .error, id: files.id, file: defect.file, message: defect.message))
            }
            progress(
                ImportProgress(split: split, done: index + 1, total: folder.samples.count))
        }
        return report
    }

    private func check(_ split: SplitReport, _ report: ImportReport) throws {
        guard split.samples == 0 else { return }
        let first =
            (split.problems.first { $0.severity == .error } ?? split.problems.first)
            .map { "; the first is \($0)" } ?? ""
        throw ImportError(
            path: source + "/" + split.split,
            message: "no sample of \(split.rejected) can be used\(first)", report: report)
    }

    private func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            && isFolder.boolValue
    }
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

import Files
import Foundation
import Imaging
import SystemErrors

/// Makes shards of EarthReason, or of a data set in its layout.
///
/// ```
/// ROOT/{train,val,test}/images/ID.{jpg,jpeg,png,tif,tiff}
/// ROOT/{train,val,test}/labels/ID.{png,tif,tiff}    any value above 0 is target
/// ROOT/{train,val,test}/QAs/ID.json                 {"questions": [...], "answer": [...]}
/// ```
///
/// Samples are sorted by the bytes of their ids. A sample that cannot be used is reported and left
/// out. Whether a sample has a target is what its label says, even where the answers disagree.
/// The shards appear together at the end, or none does.
public struct EarthReasonImporter: ShardImporter {
    /// The folder that has the splits.
    public var source: String
    /// Whether one unusable sample stops the import.
    public var strict: Bool
    /// The data set's name, which the shards keep.
    public var dataset: String
    /// What is told about the files.
    public var choices = ImportChoices()

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
    ///   `strict`, a sample is unusable; `ShardError` if a shard cannot be written. Nothing is
    ///   left behind.
    public func run(
        output: String, progress: (ImportProgress) -> Void = { _ in }
    ) throws -> ImportReport {
        let splits = PlannedSplit.names.filter { (source + "/" + $0).isFolder }
        guard !splits.isEmpty else {
            throw ImportError(
                path: source,
                message: source.isFolder
                    ? "none of the folders \(PlannedSplit.names.joined(separator: ", ")) "
                        + "is here; give the folder that has them" : "no such folder")
        }
        let job = ShardImport(source: source, dataset: dataset, strict: strict, choices: choices)
        return try job.run(
            splits.map { split in { try plan(split, job.reader) } }, output: output,
            progress: progress)
    }

    private func plan(_ split: String, _ reader: ImportReader) throws -> PlannedSplit {
        let path = source + "/" + split
        let folder: EarthReasonFolder
        do {
            folder = try EarthReasonFolder(path)
        } catch {
            throw ImportError(
                path: path, message: "cannot list the folder: \(systemReason(error))")
        }
        return PlannedSplit(
            name: split, path: path,
            samples: folder.samples.map { files in
                PlannedSample(
                    id: files.id, file: files.image, label: files.label, image: files.image
                ) {
                    let read = try EarthReasonSample(files, reader)
                    return (read.sample, read.warnings)
                }
            }, problems: folder.problems, rejected: folder.rejected)
    }
}

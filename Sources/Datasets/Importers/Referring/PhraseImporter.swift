import Datasets
import Files
import Foundation

/// Makes shards of a data set in a ``PhraseLayout``.
///
/// Every line of its lists is a sample, whose id ends with the line's number, from 1. Samples are
/// sorted by the bytes of their ids. A sample that cannot be used is reported and left out.
public struct PhraseImporter: ShardImporter {
    /// Which data set it is.
    public var layout: PhraseLayout
    /// The folder that has the lists of phrases.
    public var source: String
    /// Whether one unusable sample stops the import.
    public var strict: Bool
    /// What is told about the files.
    public var choices = ImportChoices()

    /// An importer of the folder `source`.
    public init(_ layout: PhraseLayout, source: String, strict: Bool = false) {
        self.layout = layout
        self.source = source
        self.strict = strict
    }

    /// Writes `SPLIT.h5` into the folder `output`; see
    /// ``ShardImporter/run(output:progress:)``.
    public func run(
        output: String, progress: (ImportProgress) -> Void = { _ in }
    ) throws -> ImportReport {
        let splits = PlannedSplit.names.filter {
            FileManager.default.fileExists(atPath: source + "/" + PhraseLayout.list($0))
        }
        guard !splits.isEmpty else {
            let lists = PlannedSplit.names.map(PhraseLayout.list).joined(separator: ", ")
            throw ImportError(
                path: source,
                message: source.isFolder
                    ? "none of the files \(lists) is here; give the folder that has them"
                    : "no such folder")
        }
        let job = ShardImport(
            source: source, dataset: layout.dataset, strict: strict, choices: choices)
        return try job.run(
            splits.map { split in { try plan(split, job.reader) } }, output: output,
            progress: progress)
    }

    private func plan(_ name: String, _ reader: ImportReader) throws -> PlannedSplit {
        let file = source + "/" + PhraseLayout.list(name)
        let list = try PhraseList(readWhole(file), file: file) { "\(layout.stem($0))-\($1)" }
        let files = LastFiles(reader: reader)
        var split = PlannedSplit(name: name, path: file, problems: list.problems)
        split.rejected = list.problems.count
        split.samples = list.lines.map { line in
            let id = "\(layout.stem(line.name))-\(line.number)"
            return PlannedSample(
                id: id, file: file, label: path(layout.masks, line),
                image: path(layout.images, line)
            ) {
                let sample = try sample(line, id: id, files)
                let warnings =
                    sample.isEmptyTarget
                    ? [
                        ImportProblem(
                            severity: .warning, id: id, file: path(layout.masks, line),
                            message: "the mask is empty: the sample has no target")
                    ] : []
                return (sample, warnings)
            }
        }
        split.samples.sort { precedes($0.id, $1.id) }
        return split
    }

    private func path(_ folder: String, _ line: PhraseList.Line) -> String {
        "\(source)/\(folder)/\(line.name)\(layout.suffix)"
    }

    /// What of the files was read last, and what reads them.
    private struct LastFiles {
        let reader: ImportReader
        let images = LastRead<StoredImage>()
        let masks = LastRead<LabelMasks>()
    }

    private func sample(
        _ line: PhraseList.Line, id: String, _ files: LastFiles
    ) throws -> SegmentationSample {
        let reader = files.reader
        let image = try files.images.value(path(layout.images, line)) {
            try StoredImage(path: $0, reader)
        }
        let label = path(layout.masks, line)
        let mask = try reader.fitted(
            try files.masks.value(label) { try reader.label($0, layout.target) }, "mask",
            path: label, image: image.frame, stated: image.stated)
        return image.sample(id: id, questions: [line.phrase], mask)
    }
}

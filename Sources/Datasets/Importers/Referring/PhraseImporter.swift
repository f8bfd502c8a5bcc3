import Datasets
import Foundation
import Imaging

/// What RefSegRS and RISBench have in common: lists of phrases, a folder of images, one of masks.
struct PhraseLayout: Sendable {
    /// The folder of the images.
    var images: String
    /// The folder of the masks.
    var masks: String
    /// What follows an image's name in the lists to make a file's name.
    var suffix: String
    /// What of a name in the lists is the beginning of an id.
    var stem: @Sendable (String) -> String
    /// The target's pixels, or why the label has none.
    var target: @Sendable (LabelPlanes) -> Result<BinaryMask, LabelFault>

    static let splits = ["train", "val", "test"]

    static func list(_ split: String) -> String { "output_phrase_\(split).txt" }

    static let refSegRS = PhraseLayout(
        images: "images", masks: "masks", suffix: ".tif", stem: { $0 },
        target: { planes in
            guard !planes.isPalette else {
                return .failure(
                    LabelFault(
                        "the mask has a palette; red, green and blue are expected, or --label-values "
                            + "that says which indices are target"))
            }
            return .success(planes.channels[0])
        })

    static let risBench = PhraseLayout(
        images: "img_rgb", masks: "mask", suffix: "",
        stem: { PictureName.stem($0) },
        target: { planes in
            guard !planes.hasAlpha else {
                return .failure(
                    LabelFault("the mask has an alpha channel; save it without one"))
            }
            guard planes.channels.allSatisfy({ $0 == planes.channels[0] }) else {
                return .failure(
                    LabelFault(
                        "the channels of the mask are above 0 at different pixels; save it as gray, or "
                            + "say with --threshold or --label-values what is target")
                )
            }
            return .success(planes.channels[0])
        })
}

/// Imports a data set in a ``PhraseLayout``.
struct PhraseImporter {
    var source: String
    var layout: PhraseLayout
    var job: ShardImport

    private var reader: ImportReader { job.reader }

    func run(output: String, progress: (ImportProgress) -> Void) throws -> ImportReport {
        let splits = PhraseLayout.splits.filter {
            FileManager.default.fileExists(atPath: source + "/" + PhraseLayout.list($0))
        }
        guard !splits.isEmpty else {
            let lists = PhraseLayout.splits.map(PhraseLayout.list).joined(separator: ", ")
            throw ImportError(
                path: source,
                message: isFolder(source)
                    ? "none of the files \(lists) is here; give the folder that has them"
                    : "no such folder")
        }
        return try job.run(
            splits.map { split in { try plan(split) } }, output: output, progress: progress)
    }

    private func plan(_ name: String) throws -> PlannedSplit {
        let file = source + "/" + PhraseLayout.list(name)
        let list = try PhraseList(readWhole(file), file: file) { "\(layout.stem($0))-\($1)" }
        let images = LastRead<StoredImage>()
        let masks = LastRead<LabelMasks>()
        var split = PlannedSplit(name: name, path: file, problems: list.problems)
        split.rejected = list.problems.count
        split.samples = list.lines.map { line in
            let id = "\(layout.stem(line.name))-\(line.number)"
            return PlannedSample(
                id: id, file: file, label: path(layout.masks, line),
                image: path(layout.images, line)
            ) {
                let sample = try sample(line, id: id, images: images, masks: masks)
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

    private func sample(
        _ line: PhraseList.Line, id: String, images: LastRead<StoredImage>,
        masks: LastRead<LabelMasks>
    ) throws -> SegmentationSample {
        let image = try images.value(path(layout.images, line)) {
            try StoredImage(path: $0, reader)
        }
        let label = path(layout.masks, line)
        let mask = try reader.fitted(
            try masks.value(label) { try reader.label($0, layout.target) }, "mask", path: label,
            image: image.frame, stated: image.stated)
        return SegmentationSample(
            id: id, image: image.bytes, format: image.format, frame: image.frame,
            questions: [line.phrase], answers: [], mask: mask.target, ignored: mask.ignored,
            orientation: image.orientation)
    }
}

/// Makes shards of RefSegRS.
///
/// ```
/// ROOT/output_phrase_{train,val,test}.txt     lines "ID phrase"
/// ROOT/images/ID.tif
/// ROOT/masks/ID.tif                           target where the first channel is above 0
/// ```
///
/// Every line is a sample; its id is `ID-LINE`, and its line's number counts from 1. Samples are
/// sorted by the bytes of their ids. Images become PNG files of the same pixels. A sample that
/// cannot be used is reported and left out.
public struct RefSegRSImporter: ShardImporter {
    /// The folder that has the lists of phrases.
    public var source: String
    /// Whether one unusable sample stops the import.
    public var strict: Bool
    /// What is told about the files.
    public var choices = ImportChoices()

    /// An importer of the folder `source`.
    public init(source: String, strict: Bool = false) {
        self.source = source
        self.strict = strict
    }

    /// Writes `SPLIT.h5` into the folder `output`; see
    /// ``ShardImporter/run(output:progress:)``.
    public func run(
        output: String, progress: (ImportProgress) -> Void = { _ in }
    ) throws -> ImportReport {
        try PhraseImporter(
            source: source, layout: .refSegRS,
            job: ShardImport(
                source: source, dataset: "RefSegRS", strict: strict, choices: choices)
        ).run(output: output, progress: progress)
    }
}

/// Makes shards of RISBench.
///
/// ```
/// ROOT/output_phrase_{train,val,test}.txt     lines "FILE phrase"
/// ROOT/img_rgb/FILE
/// ROOT/mask/FILE                              target where the value is above 0
/// ```
///
/// Every line is a sample; its id is `NAME-LINE`: the file's name without the picture's ending, and the
/// line's number, from 1. Samples are sorted by the bytes of their ids. A mask is gray or has a
/// palette, whose indices count; red, green and blue must agree. A sample that cannot be used is
/// reported and left out.
public struct RISBenchImporter: ShardImporter {
    /// The folder that has the lists of phrases.
    public var source: String
    /// Whether one unusable sample stops the import.
    public var strict: Bool
    /// What is told about the files.
    public var choices = ImportChoices()

    /// An importer of the folder `source`.
    public init(source: String, strict: Bool = false) {
        self.source = source
        self.strict = strict
    }

    /// Writes `SPLIT.h5` into the folder `output`; see
    /// ``ShardImporter/run(output:progress:)``.
    public func run(
        output: String, progress: (ImportProgress) -> Void = { _ in }
    ) throws -> ImportReport {
        try PhraseImporter(
            source: source, layout: .risBench,
            job: ShardImport(
                source: source, dataset: "RISBench", strict: strict, choices: choices)
        ).run(output: output, progress: progress)
    }
}

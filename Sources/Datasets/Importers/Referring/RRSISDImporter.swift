import Datasets
import Files
import Foundation
public import Imaging
import SystemErrors
import TextFiles

/// Makes shards of RRSIS-D.
///
/// ```
/// ROOT/rrsisd/refs(unc).p                     a pickle: the list of references
/// ROOT/rrsisd/instances.json                  images, annotations, categories in COCO's format
/// ROOT/images/rrsisd/JPEGImages/FILE
/// ```
///
/// Every reference is a sample; its id is the `ref_id`. Samples are sorted by the bytes of their
/// ids. The question is the first sentence with a full stop after it. The mask is what pycocotools
/// decodes of the annotation, all parts together. The object and its category are the sample's one
/// instance. A sample that cannot be used is reported and left out.
public struct RRSISDImporter: ShardImporter {
    /// The folder that has `rrsisd` and `images`.
    public var source: String
    /// Whether one unusable sample stops the import.
    public var strict: Bool
    /// What is done with the orientations that image files state.
    public var exif = ExifPolicy.ignore
    /// Which values of images of more than 8 bits are black and white; nil refuses such images.
    public var stretch: Stretch?
    /// Whether masks of another size than their image are resized to it, instead of left out.
    public var resizesMasks = false

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
        guard source.isFolder else { throw ImportError(path: source, message: "no such folder") }
        let file = source + "/rrsisd/refs(unc).p"
        let references = try RRSISDReferences(try readWhole(file), file: file)
        var choices = ImportChoices()
        choices.exif = exif
        choices.stretch = stretch
        choices.resizesMasks = resizesMasks
        var job = ShardImport(
            source: source, dataset: "RRSIS-D", strict: strict, choices: choices)
        let annotations = try RRSISDAnnotations(source: source, reader: job.reader)
        job.problems = references.problems.filter { $0.split == nil }.map(\.problem)
        let splits = PlannedSplit.names.compactMap {
            plan($0, of: references, in: file, annotations)
        }
        guard !splits.isEmpty else {
            let first = job.problems.first.map { "; the first problem is \($0)" } ?? ""
            throw ImportError(
                path: file, message: "there is no reference of a known split\(first)",
                report: ImportReport(splits: [], problems: job.problems))
        }
        return try job.run(splits.map { split in { split } }, output: output, progress: progress)
    }

    /// The samples of a split; nil where no reference names it.
    private func plan(
        _ name: String, of references: RRSISDReferences, in file: String,
        _ annotations: RRSISDAnnotations
    ) -> PlannedSplit? {
        let problems = references.problems.filter { $0.split == name }.map(\.problem)
        let entries = references.entries.filter { $0.split == name }
        guard !problems.isEmpty || !entries.isEmpty else { return nil }
        let samples = entries.map { entry in
            PlannedSample(
                id: String(entry.id), file: file, label: annotations.file,
                image: annotations.path(of: entry.image)
            ) {
                try annotations.sample(of: entry)
            }
        }
        return PlannedSplit(
            name: name, path: file, samples: samples.sorted { precedes($0.id, $1.id) },
            problems: problems, rejected: problems.count)
    }
}

/// The images and annotations that references name.
private struct RRSISDAnnotations {
    private let source: String
    /// The file `instances.json`.
    let file: String
    private let reader: ImportReader
    private let images: [Int: [COCOFile.Image]]
    private let annotations: [Int: [COCOFile.Annotation]]
    private let categories: [Int: String]

    /// Reads `instances.json`.
    ///
    /// - Throws: ``ImportError`` if the file is not in COCO's format.
    init(source: String, reader: ImportReader) throws {
        self.source = source
        self.reader = reader
        file = source + "/rrsisd/instances.json"
        let contents: COCOFile
        do {
            contents = try JSONDecoder().decode(COCOFile.self, file: Data(readWhole(file)))
        } catch let error as DecodingError {
            throw ImportError(
                path: file,
                message: "not annotations in COCO's format: \(DecodingProblem(error))")
        }
        images = Dictionary(grouping: contents.images, by: \.id)
        annotations = Dictionary(grouping: contents.annotations, by: \.id)
        categories = Dictionary(
            contents.categories.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// The sample that a reference is.
    ///
    /// - Throws: ``ImportDefect``
    func sample(
        of entry: RRSISDReference
    ) throws -> (sample: SegmentationSample, warnings: [ImportProblem]) {
        let image = try one(images[entry.image], "image", entry.image)
        let annotation = try one(annotations[entry.annotation], "annotation", entry.annotation)
        guard annotation.imageID == image.id else {
            throw ImportDefect(
                file: file,
                message: "annotation \(annotation.id) is of image \(annotation.imageID), the "
                    + "reference of image \(image.id)")
        }
        let stored = try read(image)
        let mask: BinaryMask
        do throws(COCOFault) {
            mask = try self.mask(annotation.segmentation.get(), of: image, stored)
        } catch {
            throw ImportDefect(
                file: file, message: "annotation \(annotation.id): \(error.problem)")
        }
        var sample = stored.sample(
            id: String(entry.id), questions: [entry.sentence + "."], LabelMasks(target: mask))
        sample.instances = []
        let warnings = addInstance(to: &sample, entry, annotation)
        return (sample, warnings)
    }

    /// The only thing of an id.
    private func one<Value>(_ found: [Value]?, _ kind: String, _ id: Int) throws -> Value {
        guard let found, found.count == 1 else {
            throw ImportDefect(
                file: file,
                message: found.map { "\($0.count) \(kind)s have the id \(id)" }
                    ?? "there is no \(kind) of the id \(id)")
        }
        return found[0]
    }

    /// The file of an image; nil where the id is no image's, or several'.
    func path(of id: Int) -> String? {
        guard let found = images[id], found.count == 1, isPlainName(found[0].fileName) else {
            return nil
        }
        return path(found[0])
    }

    private func path(_ image: COCOFile.Image) -> String {
        source + "/images/rrsisd/JPEGImages/" + image.fileName
    }

    private func read(_ image: COCOFile.Image) throws -> StoredImage {
        guard isPlainName(image.fileName) else {
            throw ImportDefect(
                file: file, message: "image \(image.id): '\(image.fileName)' is no file's name")
        }
        let path = path(image)
        let stored = try StoredImage(path: path, reader)
        if stored.frame.width == image.width, stored.frame.height == image.height { return stored }
        let stated = ImageFrame(stated: image.width, image.height)
        if reader.choices.resizesMasks, let stated, !reader.isTurned(stated, stored.frame) {
            return stored
        }
        throw ImportDefect(
            file: path,
            message: "the image is \(stored.frame.text), its masks are of "
                + "\(image.width) x \(image.height) (image \(image.id) of instances.json)"
                + reader.orientationHint(stored.stated)
                + (stated.map { reader.resizeHint($0, stored.frame) } ?? ""))
    }

    /// The mask of a segmentation in the frame of its image, resized to it if the import was told so.
    private func mask(
        _ segmentation: COCOSegmentation, of image: COCOFile.Image, _ stored: StoredImage
    ) throws(COCOFault) -> BinaryMask {
        guard reader.choices.resizesMasks,
            let stated = ImageFrame(stated: image.width, image.height)
        else {
            do throws(COCOFault) {
                return try segmentation.mask(in: stored.frame)
            } catch {
                throw COCOFault(error.problem + hint(segmentation, stored.frame))
            }
        }
        let (mask, frames) = try segmentation.mask(resizedTo: stored.frame, from: stated)
        for frame in frames where frame != stored.frame {
            guard !reader.isTurned(frame, stored.frame) else {
                throw COCOFault("the RLE is \(frame.text), the image is \(stored.frame.text)")
            }
            reader.survey.addResized(file: path(image), from: frame, to: stored.frame)
            break
        }
        return mask
    }

    /// The option that helps where runs are of another size than their image.
    private func hint(_ segmentation: COCOSegmentation, _ frame: ImageFrame) -> String {
        guard case .runs(let parts) = segmentation else { return "" }
        for part in parts {
            if let own = try? part.frame, own != frame { return reader.resizeHint(own, frame) }
        }
        return ""
    }

    /// Makes the object the sample's instance, if it has pixels and its category a name.
    private func addInstance(
        to sample: inout SegmentationSample, _ entry: RRSISDReference,
        _ annotation: COCOFile.Annotation
    ) -> [ImportProblem] {
        var warnings: [String] = []
        if annotation.categoryID != entry.category {
            warnings.append(
                "annotation \(annotation.id) is of category \(annotation.categoryID), the "
                    + "reference of \(entry.category), which counts")
        }
        let name = categories[entry.category]
        if name == nil {
            warnings.append("category \(entry.category) has no name: the sample has no class")
        }
        let box = sample.mask.boundingBox
        if box == nil {
            warnings.append(
                "annotation \(annotation.id) has no pixels: the sample has no target")
        }
        if let name, let box {
            sample.instances = [
                InstanceTruth(className: name, isTarget: true, box: box, mask: sample.mask)
            ]
        }
        return warnings.map {
            ImportProblem(severity: .warning, id: sample.id, file: file, message: $0)
        }
    }
}

import Datasets
import Imaging

/// An image as a shard keeps it.
struct StoredImage {
    var bytes: [UInt8]
    var format: ImageFormat
    /// The size after turning.
    var frame: ImageFrame
    /// The orientation that the file states.
    var stated: ImageOrientation
    /// How the stored bytes are to be turned.
    var orientation: ImageOrientation

    /// Reads and checks an image file.
    ///
    /// PNG and JPEG files stay as they are; a TIFF file becomes a PNG file of the same pixels, which
    /// are turned before if they are to be, and so does one of more than 8 bits with a stretch.
    ///
    /// - Throws: ``ImportDefect`` if it is none of them, or damaged, or has more than 8 bits per sample
    ///   and there is no stretch.
    init(path: String, _ reader: ImportReader) throws(ImportDefect) {
        do {
            let file = try ImageCodec.read(path: path)
            let isTIFF = ImageCodec.isTIFF(file)
            stated = reader.orientation(of: file, path: path)
            orientation = isTIFF ? .upright : reader.choices.exif.applied(stated)
            let kept = try reader.pictures.keep(
                file, path: path, turning: reader.choices.exif == .apply)
            (bytes, format) = (kept.bytes, kept.format)
            frame = orientation.symmetry(kept.frame)
        } catch {
            throw ImportDefect(file: path, message: "\(error.what); \(error.hint)")
        }
    }

    /// The sample that asks for `masks` in the image.
    func sample(
        id: String, questions: [String], answers: [String] = [], _ masks: LabelMasks
    ) -> SegmentationSample {
        SegmentationSample(
            id: id, image: bytes, format: format, frame: frame, questions: questions,
            answers: answers, mask: masks.target, ignored: masks.ignored,
            orientation: orientation)
    }
}

/// Whether a name is that of a file in a folder, and not a way out of it.
func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == 0x2F || $0 == 0 }
}

/// Keeps what was read last: samples beside each other often share their image.
final class LastRead<Value> {
    private var last: (path: String, value: Value)?

    /// What `read` makes of the file, unless it was the last one.
    func value(_ path: String, _ read: (String) throws -> Value) throws -> Value {
        if let last, last.path == path { return last.value }
        let value = try read(path)
        last = (path, value)
        return value
    }
}

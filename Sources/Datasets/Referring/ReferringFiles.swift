import Imaging

/// An image as a shard keeps it.
struct StoredImage {
    var bytes: [UInt8]
    var format: ImageFormat
    var frame: ImageFrame

    /// Reads and checks an image file.
    ///
    /// PNG and JPEG files stay as they are; a TIFF file becomes a PNG file of the same pixels.
    ///
    /// - Throws: ``ImportDefect`` if it is none of them, or damaged.
    init(path: String) throws(ImportDefect) {
        do {
            let file = try ImageCodec.read(path: path)
            if ImageCodec.isTIFF(file) {
                let picture = try ImageCodec.decodeTIFF(file, name: path)
                bytes = try ImageCodec.encodePNG(picture)
                (format, frame) = (.png, picture.frame)
            } else {
                let header = try ImageCodec.header(file, name: path)
                // A header can be whole where the pixels are not: decode them once, here.
                _ = try ImageCodec.decode(file, name: path)
                (bytes, format, frame) = (file, header.format, header.frame)
            }
        } catch {
            throw ImportDefect(file: path, message: "\(error.what); \(error.hint)")
        }
    }
}

/// The channels of the label file at `path`.
///
/// - Throws: ``ImportDefect``
func readPlanes(_ path: String) throws(ImportDefect) -> LabelPlanes {
    do {
        return try ImageCodec.decodeLabelPlanes(ImageCodec.read(path: path), name: path)
    } catch {
        throw ImportDefect(file: path, message: "\(error.what); \(error.hint)")
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

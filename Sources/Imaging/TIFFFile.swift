import CImageCodecs

/// A TIFF file of which the first page's description has been read.
struct TIFFFile {
    private let bytes: [UInt8]
    private let name: String
    private let info: CICTIFFHeader

    /// How a TIFF file begins: little-endian or big-endian, the usual or the large variant.
    static func isOne(_ bytes: [UInt8]) -> Bool {
        [
            [0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A], [0x49, 0x49, 0x2B, 0],
            [0x4D, 0x4D, 0, 0x2B],
        ]
        .contains { bytes.starts(with: $0) }
    }

    init(_ bytes: [UInt8], name: String) throws(ImageError) {
        var info = CICTIFFHeader()
        var message = CICMessage()
        let status = cic_tiff_read_header(
            bytes, bytes.count, UInt64(ImageCodec.maximumPixels), &info, &message)
        guard status == CIC_OK else {
            throw ImageError(name: name, format: "TIFF", status: status, message: message)
        }
        self.bytes = bytes
        self.name = name
        self.info = info
    }

    private var width: Int { Int(info.width) }
    private var height: Int { Int(info.height) }

    /// How the rows and columns of the file are to be turned.
    var orientation: ImageOrientation { ImageOrientation(rawValue: info.orientation) ?? .upright }

    /// R, G, B of every index.
    private var palette: [UInt8] { withUnsafeBytes(of: info.palette) { Array($0) } }

    /// Fails if rows and columns are not in the usual order: programs do not agree on what they look
    /// like then.
    private func requireUpright() throws(ImageError) {
        guard orientation != .upright else { return }
        throw ImageError(
            name: name,
            what: "TIFF: its orientation is \(orientation.rawValue), to be "
                + "\(orientation.words): some programs turn such files, others do not",
            hint: "give --exif apply, or save it with rows from the top left")
    }

    /// The picture as Pillow converts it to RGB, which turns it as its orientation says.
    ///
    /// - Parameter turning: whether another orientation than the usual one is undone, or an error
    /// - Returns: the picture
    /// - Throws: ``ImageError``
    func image(turning: Bool) throws(ImageError) -> RGBImage {
        if !turning { try requireUpright() }
        return orientation.symmetry(try storedImage())
    }

    private func storedImage() throws(ImageError) -> RGBImage {
        let samples = try samples()
        guard info.channels == 1 else {
            return RGBImage(width: width, height: height, pixels: samples)
        }
        let palette = palette
        let isPalette = info.is_palette != 0
        let pixels = [UInt8](unsafeUninitializedCapacity: samples.count * 3) { buffer, used in
            used = samples.count * 3
            for (index, sample) in samples.enumerated() {
                for channel in 0..<3 {
                    buffer[index * 3 + channel] =
                        isPalette ? palette[Int(sample) * 3 + channel] : sample
                }
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// The stored samples; another orientation than the usual one is an error unless `turning`.
    func labelSamples(turning: Bool) throws(ImageError) -> LabelSamples {
        if !turning { try requireUpright() }
        return LabelSamples(
            frame: ImageFrame(width: width, height: height), channels: Int(info.channels),
            palette: info.is_palette != 0 ? palette : nil, hasAlpha: info.has_alpha != 0,
            values: try samples().map(UInt16.init))
    }

    private func samples() throws(ImageError) -> [UInt8] {
        let count = width * height * Int(info.channels)
        var message = CICMessage()
        var status = CIC_OK
        let values = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            status = cic_tiff_decode(bytes, bytes.count, buffer.baseAddress, count, &message)
            used = status == CIC_OK ? count : 0
        }
        guard status == CIC_OK else {
            throw ImageError(name: name, format: "TIFF", status: status, message: message)
        }
        return values
    }
}

import CImageCodecs

/// The file formats that ``ImageCodec`` reads.
public enum ImageFormat: String, Hashable, Sendable {
    /// Portable Network Graphics.
    case png
    /// JPEG with 8 bits per sample, baseline or progressive.
    case jpeg
}

/// What an image file says about itself before its pixels.
public struct ImageHeader: Hashable, Sendable {
    /// How the file is encoded.
    public let format: ImageFormat
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int

    /// The frame of the picture's coordinates.
    public var frame: ImageFrame { ImageFrame(width: width, height: height) }
}

/// Pictures and labels from the bytes of PNG and JPEG files, and back.
///
/// Pixels of 8 bits per sample come out as Pillow 13 gives them for `Image.open(file).convert("RGB")`. Those
/// of more are read with a ``Stretch`` only.
public enum ImageCodec {
    /// The most pixels that a file may claim to have: a few bytes of file can ask for gigabytes.
    public static let maximumPixels = 400_000_000

    /// The picture in a PNG or JPEG file, with the same bytes as Pillow's `convert("RGB")`.
    ///
    /// Alpha and a transparent colour are dropped, not blended. Gray of 1, 2 or 4 bits is spread
    /// over 0...255. A CMYK JPEG is taken as inverted, as Adobe writes it. The orientation in EXIF data
    /// and colour profiles are ignored.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - name: The file or sample id, for the error.
    /// - Returns: The picture.
    /// - Throws: ``ImageError`` for another format, a truncated or damaged file, samples of 16 bits, or
    ///   more than ``maximumPixels`` pixels.
    public static func decode(_ bytes: [UInt8], name: String) throws(ImageError) -> RGBImage {
        switch try format(of: bytes, name: name) {
        case .png: try PNGFile(bytes, name: name).image()
        case .jpeg: try JPEGFile(bytes, name: name).image()
        }
    }

    /// Format and size of a PNG or JPEG file, without decoding its pixels.
    ///
    /// - Parameters:
    ///   - bytes: The file, at least up to its pixels.
    ///   - name: The file or sample id, for the error.
    /// - Returns: Format, width and height.
    /// - Throws: ``ImageError`` for another format, a damaged header, or more than
    ///   ``maximumPixels`` pixels.
    public static func header(_ bytes: [UInt8], name: String) throws(ImageError) -> ImageHeader {
        switch try format(of: bytes, name: name) {
        case .png: try PNGFile(bytes, name: name).header
        case .jpeg: try JPEGFile(bytes, name: name).header
        }
    }

    /// The pixels of a PNG, JPEG or TIFF label with a stored sample above 0.
    ///
    /// A palette pixel is inside when its index is not 0, a colour pixel when any channel is not
    /// 0; alpha does not count. Samples of 16 bits count in full.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - name: The file or sample id, for the error.
    /// - Returns: The mask of the pixels inside, in the frame of the file.
    /// - Throws: ``ImageError`` as for ``decode(_:name:)``, and for a CMYK JPEG.
    public static func decodeLabel(
        _ bytes: [UInt8], name: String
    ) throws(ImageError) -> BinaryMask {
        if isTIFF(bytes) { return try TIFFFile(bytes, name: name).label() }
        return switch try format(of: bytes, name: name) {
        case .png: try PNGFile(bytes, name: name).label()
        case .jpeg: try JPEGFile(bytes, name: name).label()
        }
    }

    /// A PNG file of the picture; the same picture always gives the same bytes.
    ///
    /// - Throws: ``ImageError`` when the picture has 2 GiB or more.
    public static func encodePNG(_ image: RGBImage) throws(ImageError) -> [UInt8] {
        try PNGFile.encode(image.pixels, frame: image.frame, channels: 3)
    }

    /// A gray PNG file of the picture; the same picture always gives the same bytes.
    ///
    /// - Throws: ``ImageError`` when the picture has 2 GiB or more.
    public static func encodePNG(_ image: GrayImage) throws(ImageError) -> [UInt8] {
        try PNGFile.encode(image.pixels, frame: image.frame, channels: 1)
    }

    /// A gray PNG file with 255 inside the mask and 0 outside.
    ///
    /// - Throws: ``ImageError`` when the mask has 2 Gpixel or more.
    public static func encodePNG(_ mask: BinaryMask) throws(ImageError) -> [UInt8] {
        try PNGFile.encode(mask.bytes(), frame: mask.frame, channels: 1)
    }

    /// A PNG file of one bit per pixel, 1 inside the mask: an eighth of the bytes to unpack of
    /// ``encodePNG(_:)-(BinaryMask)``, and as much faster to read.
    ///
    /// - Throws: ``ImageError`` when the mask has 16 Gpixel or more.
    public static func encodeBitPNG(_ mask: BinaryMask) throws(ImageError) -> [UInt8] {
        try PNGFile.encodeBits(mask)
    }

    /// A baseline JPEG file with 4:2:0 chroma; the same picture always gives the same bytes.
    ///
    /// - Parameters:
    ///   - image: The picture, at most 65535 pixels wide and high.
    ///   - quality: 1...100 on libjpeg's scale.
    /// - Returns: The bytes of the file.
    /// - Throws: ``ImageError`` when the picture or the quality is out of range.
    public static func encodeJPEG(_ image: RGBImage, quality: Int) throws(ImageError) -> [UInt8] {
        try JPEGFile.encode(image, quality: quality)
    }

    static func format(
        of bytes: [UInt8], name: String
    ) throws(ImageError) -> ImageFormat {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return .png }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        guard !bytes.isEmpty else {
            throw ImageError(
                name: name, what: "the file is empty", hint: "copy or download it again")
        }
        // TIFF files are read where they lie, but shards hold none.
        guard !isTIFF(bytes) else {
            throw ImageError(
                name: name, what: "not a PNG or JPEG file but a TIFF file",
                hint: "convert it to PNG or JPEG")
        }
        let foreign = ForeignFormat(bytes)
        throw ImageError(
            name: name,
            what: "not a PNG, JPEG or TIFF file" + (foreign.map { " but \($0.name)" } ?? ""),
            hint: foreign?.advice ?? "convert it to PNG, for example: convert IN OUT.png")
    }
}

extension ImageError {
    /// The error of a C call that failed with `status`.
    init(name: String, format: String, status: CICStatus, message: CICMessage) {
        func string(_ bytes: UnsafeRawBufferPointer) -> String {
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let text = withUnsafeBytes(of: message.text) { string($0) }
        let advice = withUnsafeBytes(of: message.advice) { string($0) }
        let hint =
            switch status {
            case CIC_TRUNCATED: "the file is truncated: copy or download it again"
            case CIC_DAMAGED: "the file is damaged: copy or download it again"
            case CIC_TOO_LARGE: "use a smaller picture"
            case CIC_OUT_OF_MEMORY: "free some memory"
            default:
                advice.isEmpty ? "save the picture again in a common variant of the format" : advice
            }
        self.init(
            name: name, what: "\(format): \(text)", hint: hint,
            kind: status == CIC_OUT_OF_MEMORY ? .outOfMemory : .badData)
    }
}

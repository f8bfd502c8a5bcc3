import CImageCodecs

/// What pixels have besides their colours, and ``ImageCodec`` leaves out.
public enum LeftOutChannel: Hashable, Sendable, CustomStringConvertible {
    /// Alpha that is not full, or a transparent colour, at so many of the pixels.
    case alpha(pixels: Int, of: Int)
    /// A channel of which the file does not say what it is.
    case unknown

    /// What it means for the picture.
    public var description: String {
        switch self {
        case .alpha(let pixels, let all):
            "alpha is not full at \(pixels) of \(all) pixels, and is left out: their colours count as they "
                + "are stored"
        case .unknown: "the channel after the colours is left out"
        }
    }
}

/// A picture with what was done to make it.
public struct DecodedImage: Sendable {
    /// The picture.
    public let image: RGBImage
    /// What its samples of more than 8 bits were stretched by; nil where they have 8.
    public let ranges: StretchRanges?
    /// What its pixels have besides; nil if nothing is lost.
    public let leftOut: LeftOutChannel?

    fileprivate func turned(_ symmetry: SquareSymmetry) -> DecodedImage {
        DecodedImage(image: symmetry(image), ranges: ranges, leftOut: leftOut)
    }
}

extension ImageCodec {
    /// The picture in a PNG, JPEG or TIFF file, with what is lost or changed on the way.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - name: The file, for the error.
    ///   - stretch: What of samples with more than 8 bits is black and white; nil refuses them.
    ///   - measured: The percentiles, if they are those of several pictures; nil measures this one.
    ///   - turning: Whether a TIFF file is turned as its orientation says; without it, another one than
    ///     the usual is an error. Pictures in PNG and JPEG come as they are stored.
    /// - Returns: The picture.
    /// - Throws: ``ImageError`` as for ``decode(_:name:)``.
    public static func decode(
        _ bytes: [UInt8], name: String, stretch: Stretch?, measured: StretchRanges? = nil,
        turning: Bool = false
    ) throws(ImageError) -> DecodedImage {
        if isTIFF(bytes) {
            let file = try TIFFFile(bytes, name: name)
            if !turning { try file.requireUpright() }
            let leftOut = try file.leftOut()
            guard let deep = try file.deep() else {
                return DecodedImage(
                    image: try file.image(turning: turning), ranges: nil, leftOut: leftOut)
            }
            return try deep.decoded(stretch, measured, name: name, leftOut: leftOut)
                .turned(file.orientation.symmetry)
        }
        switch try format(of: bytes, name: name) {
        case .jpeg:
            return DecodedImage(
                image: try JPEGFile(bytes, name: name).image(), ranges: nil, leftOut: nil)
        case .png:
            let file = try PNGFile(bytes, name: name)
            let leftOut = try file.leftOut()
            if let deep = try file.deep() {
                return try deep.decoded(stretch, measured, name: name, leftOut: leftOut)
            }
            return DecodedImage(image: try file.image(), ranges: nil, leftOut: leftOut)
        }
    }

    /// The picture in the PNG, JPEG or TIFF file at `path`; see
    /// `decode(_:name:stretch:measured:)`.
    ///
    /// - Throws: ``ImageError`` naming the path.
    public static func load(path: String, stretch: Stretch?) throws(ImageError) -> DecodedImage {
        try decode(read(path: path), name: path, stretch: stretch)
    }

    /// Counts the samples of a file that has more than 8 bits per sample.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - name: The file, for the error.
    ///   - measurement: What it is added to.
    /// - Returns: Whether the file is such a one.
    /// - Throws: ``ImageError`` as for ``decode(_:name:)``.
    public static func measure(
        _ bytes: [UInt8], name: String, into measurement: inout StretchMeasurement
    ) throws(ImageError) -> Bool {
        let deep: DeepImage?
        if isTIFF(bytes) {
            deep = try TIFFFile(bytes, name: name).deep()
        } else {
            deep =
                try format(of: bytes, name: name) == .png
                ? PNGFile(bytes, name: name).deep() : nil
        }
        guard let deep else { return false }
        measurement.add(deep)
        return true
    }
}

extension DeepImage {
    fileprivate func decoded(
        _ stretch: Stretch?, _ measured: StretchRanges?, name: String, leftOut: LeftOutChannel?
    ) throws(ImageError) -> DecodedImage {
        guard let stretch else { throw unstretched(name, isStored: false) }
        guard valueRange != nil else {
            throw ImageError(
                name: name, what: "\(kind), none of them a value", hint: "leave the picture out")
        }
        let known = measured?.ofChannels(channels)
        let ranges = if let known { known } else { try ranges(stretch, name: name) }
        if let flat = ranges.first(where: { $0.low == $0.high }) {
            throw ImageError(
                name: name,
                what:
                    "the percentiles of --stretch \(stretch) are both \(short(flat.low)), so that all "
                    + "other values would be black or white",
                hint: "give percentiles that differ, or values: --stretch LOW,HIGH")
        }
        return DecodedImage(
            image: image(ranges),
            ranges: channels == 1
                ? StretchRanges(gray: ranges[0]) : StretchRanges(colors: ranges),
            leftOut: leftOut)
    }
}

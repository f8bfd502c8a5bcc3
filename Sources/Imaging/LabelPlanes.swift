/// Which pixels of a label file have a sample that is high enough, channel by channel.
///
/// Data sets differ in which channels of a label count, so nothing is joined here.
public struct LabelPlanes: Hashable, Sendable {
    /// One mask of a gray or palette file, three (red, green, blue) of a colour file; all have the
    /// file's frame.
    public private(set) var channels: [BinaryMask]
    /// Whether the samples are indices of a palette.
    public let isPalette: Bool
    /// Whether the file has an alpha channel, which ``channels`` leave out.
    public let hasAlpha: Bool

    /// The frame of the file.
    public var frame: ImageFrame { channels[0].frame }

    /// Takes samples apart; `samples` has `channels` bytes for each pixel, row after row.
    init(
        samples: [UInt8], width: Int, height: Int, channels: Int, isPalette: Bool, hasAlpha: Bool
    ) {
        self.channels = (0..<channels).map { channel in
            BinaryMask(
                width: width, height: height,
                bytes: channels == 1
                    ? samples : (0..<width * height).map { samples[$0 * channels + channel] })
        }
        self.isPalette = isPalette
        self.hasAlpha = hasAlpha
    }

    /// The planes without the pixels of a mask of the same frame, in every channel.
    public func subtracting(_ mask: BinaryMask?) -> LabelPlanes {
        guard let mask else { return self }
        var rest = self
        rest.channels = channels.map { $0.subtracting(mask) }
        return rest
    }
}

extension ImageCodec {
    /// Whether bytes begin as a TIFF file.
    public static func isTIFF(_ bytes: [UInt8]) -> Bool { TIFFFile.isOne(bytes) }

    /// The first page of a TIFF file, with the same bytes as Pillow's `convert("RGB")`.
    ///
    /// Samples of 1 to 8 bits are read: gray, a palette or RGB, with or without alpha, which is dropped,
    /// in any compression that libtiff knows. A block that the file leaves out has its nodata value, or 0,
    /// as GDAL reads it.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - name: The file or sample id, for the error.
    ///   - turning: Whether the picture is turned as the file's orientation says, as Pillow does;
    ///     otherwise a file with another orientation than the usual one is an error.
    /// - Returns: The picture.
    /// - Throws: ``ImageError`` for another kind of TIFF, a truncated or damaged file, or more than
    ///   ``maximumPixels`` pixels.
    public static func decodeTIFF(
        _ bytes: [UInt8], name: String, turning: Bool = false
    ) throws(ImageError) -> RGBImage {
        try TIFFFile(bytes, name: name).image(turning: turning)
    }

    /// Which pixels of a PNG, JPEG or TIFF file have a stored sample above 0, by channel.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - name: The file or sample id, for the error.
    /// - Returns: The masks, in the frame of the file.
    /// - Throws: ``ImageError`` as for ``decodeLabel(_:name:)`` and ``decodeTIFF(_:name:turning:)``.
    public static func decodeLabelPlanes(
        _ bytes: [UInt8], name: String
    ) throws(ImageError) -> LabelPlanes {
        try decodeLabelSamples(bytes, name: name).planes()
    }
}

public import Imaging

/// A stretch as results tell it.
public struct AppliedStretch: Encodable, Sendable {
    /// As it was given.
    public let given: String
    /// What became black and white in a gray picture; left out for others.
    public let gray: StretchRange?
    /// The same of red, green and blue; left out for gray pictures.
    public let colors: [StretchRange]?
}

/// A picture that a command is asked about, and what its user should know of it.
package struct InputPicture {
    /// The picture, turned if it is to be.
    let picture: RGBImage
    /// How it was turned.
    let orientation: ImageOrientation
    /// What its samples were stretched by; nil for 8 bits.
    let stretch: AppliedStretch?
    /// What may be taken wrongly.
    let warnings: [String]

    /// Reads a picture's file: PNG, JPEG or TIFF.
    ///
    /// - Parameters:
    ///   - path: the file
    ///   - exif: what is done with the orientation that the file states
    ///   - given: which values of more than 8 bits are black and white; nil refuses such a picture
    /// - Throws: `ImageError` naming the path
    init(path: String, exif: ExifPolicy, stretch given: Stretch?) throws(ImageError) {
        let bytes = try ImageCodec.read(path: path)
        let stated = ImageOrientation.stated(in: bytes)
        orientation = exif.applied(stated)
        let decoded = try ImageCodec.decode(
            bytes, name: path, stretch: given, turning: exif == .apply)
        // A TIFF file comes turned.
        picture =
            ImageCodec.isTIFF(bytes) ? decoded.image : orientation.symmetry(decoded.image)
        stretch = decoded.ranges.map { ranges in
            AppliedStretch(
                given: given?.description ?? "", gray: ranges.gray, colors: ranges.colors)
        }
        let isUnused = given != nil && decoded.ranges == nil
        warnings =
            (isUnused
                ? ["\(path): its samples have 8 bits: --stretch changed nothing"] : [])
            + (stated != .upright && exif == .ignore ? ["\(path): \(stated.ignoredWarning)"] : [])
            + (decoded.leftOut.map { ["\(path): \($0)"] } ?? [])
    }
}

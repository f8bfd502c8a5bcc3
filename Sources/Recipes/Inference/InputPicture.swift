import Imaging

/// A picture that a command is asked about, and what its user should know of it.
struct InputPicture {
    /// The picture, turned if it is to be.
    let picture: RGBImage
    /// How it was turned.
    let orientation: ImageOrientation
    /// What may be taken wrongly.
    let warnings: [String]

    /// Reads a picture's file.
    ///
    /// - Parameters:
    ///   - path: the file
    ///   - exif: what is done with the orientation that the file states
    /// - Throws: `ImageError` naming the path
    init(path: String, exif: ExifPolicy) throws(ImageError) {
        let bytes = try ImageCodec.read(path: path)
        let stated = ImageOrientation.stated(in: bytes)
        orientation = exif.applied(stated)
        picture = orientation.symmetry(try ImageCodec.decode(bytes, name: path))
        warnings =
            stated != .upright && exif == .ignore ? ["\(path): \(stated.ignoredWarning)"] : []
    }
}

/// How a stored picture is to be turned before it is looked at: the tag 274 of EXIF and TIFF.
///
/// Cameras store what the sensor saw, and say in this tag how they were held.
public enum ImageOrientation: UInt8, Hashable, Sendable, CaseIterable {
    /// As it is stored.
    case upright = 1
    /// Mirror left and right.
    case mirroredColumns = 2
    /// Turn by 180°.
    case upsideDown = 3
    /// Mirror top and bottom.
    case mirroredRows = 4
    /// Swap rows and columns.
    case transposed = 5
    /// Turn by 90° clockwise.
    case turnedLeft = 6
    /// Swap rows and columns, and turn by 180°.
    case transversed = 7
    /// Turn by 90° counterclockwise.
    case turnedRight = 8

    /// What has to be done to the stored pixels, as Pillow's `ImageOps.exif_transpose` does it.
    public var symmetry: SquareSymmetry {
        switch self {
        case .upright: .identity
        case .mirroredColumns: SquareSymmetry(1)
        case .upsideDown: SquareSymmetry(3)
        case .mirroredRows: SquareSymmetry(2)
        case .transposed: SquareSymmetry(4)
        case .turnedLeft: SquareSymmetry(6)
        case .transversed: SquareSymmetry(7)
        case .turnedRight: SquareSymmetry(5)
        }
    }

    /// Whether width and height change places: 5 to 8.
    public var swapsSides: Bool { rawValue >= 5 }

    /// What has to be done to the stored pixels, in words.
    public var words: String {
        switch self {
        case .upright: "as it is stored"
        case .mirroredColumns: "mirrored left to right"
        case .upsideDown: "turned by 180 degrees"
        case .mirroredRows: "mirrored top to bottom"
        case .transposed: "mirrored along its diagonal"
        case .turnedLeft: "turned by 90 degrees clockwise"
        case .transversed: "mirrored along its other diagonal"
        case .turnedRight: "turned by 90 degrees counterclockwise"
        }
    }
}

/// What is done with the orientation that an image file states.
public enum ExifPolicy: String, Hashable, Sendable, CaseIterable {
    /// Pixels are taken as they are stored.
    case ignore
    /// The picture is turned as the file says.
    case apply

    /// What to do with a picture that states an orientation.
    public func applied(_ stated: ImageOrientation) -> ImageOrientation {
        self == .apply ? stated : .upright
    }
}

extension ImageOrientation {
    /// That a picture states this orientation, and that nobody heeds it: a warning.
    public var ignoredWarning: String {
        "its EXIF orientation is \(rawValue) (to be \(words)), and is ignored: pixels are taken as "
            + "they are stored, not as viewers show them; --exif apply turns the picture"
    }
}

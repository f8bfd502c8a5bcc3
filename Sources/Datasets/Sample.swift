public import Imaging

/// How an image is stored in a shard: the bytes of the file as it was imported.
public enum EncodedImageFormat: String, Sendable, Codable {
    /// Portable Network Graphics.
    case png
    /// JPEG/JFIF.
    case jpeg
}

/// One image with its questions and the pixels that answer them.
public struct SegmentationSample: Sendable {
    /// The sample's name, unique in its data set.
    public var id: String
    /// The image file's bytes.
    public var image: [UInt8]
    /// What `image` is.
    public var format: EncodedImageFormat
    /// The image's size after its orientation is applied.
    public var frame: ImageFrame
    /// Every question that the data set asks about the image; at least one.
    public var questions: [String]
    /// The data set's answers in words; empty when the image has no target.
    public var answers: [String]
    /// The union of all target regions, in `frame`.
    public var mask: BinaryMask

    /// A sample from its parts.
    public init(
        id: String, image: [UInt8], format: EncodedImageFormat, frame: ImageFrame,
        questions: [String], answers: [String], mask: BinaryMask
    ) {
        self.id = id
        self.image = image
        self.format = format
        self.frame = frame
        self.questions = questions
        self.answers = answers
        self.mask = mask
    }

    /// Whether the questions have no target in the image.
    public var isEmptyTarget: Bool { mask.isEmpty }
}

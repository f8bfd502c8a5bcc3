public import Imaging

/// One object of a picture: all are known for drawn scenes, at most the target for photographs.
public struct InstanceTruth: Hashable, Sendable {
    /// What it is, such as "storage tank".
    public var className: String
    /// Whether the questions ask for it.
    public var isTarget: Bool
    /// The edges of its pixels in the image's frame: `x2` and `y2` are those of the last column
    /// and row, so a single pixel has a box of side 1.
    public var box: Box
    /// Its visible pixels, in the image's frame.
    public var mask: BinaryMask

    /// An instance from its parts.
    public init(className: String, isTarget: Bool, box: Box, mask: BinaryMask) {
        self.className = className
        self.isTarget = isTarget
        self.box = box
        self.mask = mask
    }
}

/// One image with its questions and the pixels that answer them.
public struct SegmentationSample: Hashable, Sendable {
    /// The sample's name, unique in its data set.
    public var id: String
    /// The image file's bytes.
    public var image: [UInt8]
    /// What `image` is.
    public var format: ImageFormat
    /// How the stored pixels are turned before anything else looks at them.
    ///
    /// Upright unless the sample was imported with the orientation that its image file states.
    public var orientation: ImageOrientation
    /// The image's size when it was turned as ``orientation`` says.
    public var frame: ImageFrame
    /// Every question that the data set asks about the image; at least one.
    public var questions: [String]
    /// The data set's answers in words; usually empty when the image has no target.
    ///
    /// Where answers and ``mask`` disagree, the mask decides.
    public var answers: [String]
    /// The union of all target regions, in `frame`.
    public var mask: BinaryMask
    /// The pixels of which nobody knows whether they are target, in `frame`: none of ``mask``, and
    /// they count neither in rewards nor in metrics; nil where there are none.
    public var ignored: BinaryMask?
    /// The objects that the data set knows, the targets and the others: all of a drawn scene, only
    /// the target where a class is all that is known; nil where nothing is.
    public var instances: [InstanceTruth]?

    /// A sample from its parts.
    public init(
        id: String, image: [UInt8], format: ImageFormat, frame: ImageFrame,
        questions: [String], answers: [String], mask: BinaryMask,
        ignored: BinaryMask? = nil, instances: [InstanceTruth]? = nil,
        orientation: ImageOrientation = .upright
    ) {
        self.id = id
        self.image = image
        self.format = format
        self.frame = frame
        self.questions = questions
        self.answers = answers
        self.mask = mask
        self.ignored = ignored
        self.instances = instances
        self.orientation = orientation
    }

    /// The picture, decoded and turned as ``orientation`` says, in ``frame``.
    ///
    /// - Throws: `ImageError` if the image file cannot be decoded
    public func picture() throws(ImageError) -> RGBImage {
        orientation.symmetry(try ImageCodec.decode(image, name: id))
    }

    /// Whether the questions have no target in the image.
    public var isEmptyTarget: Bool { mask.isEmpty }
}

/// Samples by index: shards, or an array in memory.
public protocol SampleSource: Sendable {
    /// How many samples there are.
    var count: Int { get }

    /// The name of the sample at `index`, `0..<count`.
    func id(at index: Int) -> String

    /// The sample at `index`, `0..<count`; may be called from any thread.
    func sample(at index: Int) throws -> SegmentationSample
}

/// Samples that are all in memory.
public struct InMemoryDataset: SampleSource {
    /// The samples in order.
    public let samples: [SegmentationSample]

    /// A data set of `samples`.
    public init(_ samples: [SegmentationSample]) {
        self.samples = samples
    }

    /// How many samples there are.
    public var count: Int { samples.count }

    /// The name of the sample at `index`.
    public func id(at index: Int) -> String { samples[index].id }

    /// The sample at `index`; never fails.
    public func sample(at index: Int) -> SegmentationSample { samples[index] }
}

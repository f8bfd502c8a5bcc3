public import Imaging

/// What a policy asks of a segmenter for one object, in the policy's frame.
public struct SegmentationPrompt: Hashable, Sendable {
    /// The box around the object, if the policy gave one.
    public var box: Box?
    /// Places inside the object.
    public var positivePoints: [Point]
    /// Places outside the object.
    public var negativePoints: [Point]

    /// A prompt from its parts.
    public init(box: Box? = nil, positivePoints: [Point] = [], negativePoints: [Point] = []) {
        self.box = box
        self.positivePoints = positivePoints
        self.negativePoints = negativePoints
    }
}

/// The segmenter's answer to one ``SegmentationPrompt``.
public struct ObjectMask: Sendable {
    /// The object's pixels, in the frame that was asked for.
    public var mask: BinaryMask
    /// The segmenter's own estimate of the mask's IoU with the truth.
    public var predictedIoU: Float
    /// The segmenter's logit for there being an object at all.
    public var objectScore: Float

    /// An answer from its parts.
    public init(mask: BinaryMask, predictedIoU: Float, objectScore: Float) {
        self.mask = mask
        self.predictedIoU = predictedIoU
        self.objectScore = objectScore
    }
}

/// A frozen promptable segmentation model: encodes an image once, then answers many prompts.
///
/// Several threads may use a segmenter at once, each with images of its own.
public protocol Segmenter: AnyObject {
    /// Encodes an image; all prompts about it go to the result.
    func encode(_ image: RGBImage) throws -> any SegmenterImage
}

/// An image that a ``Segmenter`` has encoded.
public protocol SegmenterImage: AnyObject {
    /// Segments what each prompt points at.
    ///
    /// - Parameters:
    ///   - prompts: what to segment, coordinates in `frame`; a prompt has a box or a point.
    ///   - frame: the frame of the prompts' coordinates.
    ///   - output: the frame of the masks.
    /// - Returns: one mask per prompt, in the order of the prompts.
    /// - Throws: what goes wrong in the segmenter; no prompt is an error.
    func masks(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, output: ImageFrame
    ) throws -> [ObjectMask]

    /// Segments what each prompt points at, in several frames.
    ///
    /// - Parameters:
    ///   - prompts: what to segment, coordinates in `frame`; a prompt has a box or a point.
    ///   - frame: the frame of the prompts' coordinates.
    ///   - outputs: the frames of the masks.
    /// - Returns: for each output what ``masks(for:in:output:)`` gives for it.
    /// - Throws: what goes wrong in the segmenter; no prompt is an error.
    func masks(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, outputs: [ImageFrame]
    ) throws -> [[ObjectMask]]
}

extension SegmenterImage {
    /// Asks for one frame after the other; a segmenter that can do better has its own.
    public func masks(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, outputs: [ImageFrame]
    ) throws -> [[ObjectMask]] {
        try outputs.map { try masks(for: prompts, in: frame, output: $0) }
    }

    /// The union of the masks of `prompts`, in `output`; empty when there are no prompts.
    public func mask(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, output: ImageFrame
    ) throws -> BinaryMask {
        var union = BinaryMask(width: output.width, height: output.height)
        if prompts.isEmpty { return union }
        for object in try masks(for: prompts, in: frame, output: output) {
            union.formUnion(object.mask)
        }
        return union
    }
}

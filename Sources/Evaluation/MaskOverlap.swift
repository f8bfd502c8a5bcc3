public import Imaging

/// How far a predicted mask and the truth agree, in pixels of their frame.
public struct MaskOverlap: Hashable, Sendable, Codable {
    /// Pixels in both masks.
    public var intersection: Int
    /// Pixels in at least one of them.
    public var union: Int
    /// Whether the truth has no pixel.
    public var isEmptyTarget: Bool

    /// An overlap from its parts.
    public init(intersection: Int, union: Int, isEmptyTarget: Bool) {
        self.intersection = intersection
        self.union = union
        self.isEmptyTarget = isEmptyTarget
    }

    /// The overlap of two masks of the same frame.
    public init(prediction: BinaryMask, truth: BinaryMask) {
        self.init(
            intersection: prediction.intersectionCount(truth),
            union: prediction.unionCount(truth), isEmptyTarget: truth.isEmpty)
    }

    /// Intersection over union; 1 if both masks are empty.
    public var iou: Double { union == 0 ? 1 : Double(intersection) / Double(union) }
}

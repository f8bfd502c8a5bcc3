public import Imaging

/// How far a predicted mask and the truth agree, in pixels of their frame that count.
public struct MaskOverlap: Hashable, Sendable, Codable {
    /// Pixels in both masks.
    public var intersection: Int
    /// Pixels in at least one of them.
    public var union: Int
    /// Whether the truth has no pixel.
    public var isEmptyTarget: Bool
    /// Pixels that do not count and are in neither number; nil where all count.
    public var ignored: Int?

    /// An overlap from its parts.
    public init(intersection: Int, union: Int, isEmptyTarget: Bool, ignored: Int? = nil) {
        self.intersection = intersection
        self.union = union
        self.isEmptyTarget = isEmptyTarget
        self.ignored = ignored
    }

    /// The overlap of two masks of the same frame, without the pixels of a third that do not count.
    public init(prediction: BinaryMask, truth: BinaryMask, ignored: BinaryMask? = nil) {
        let (prediction, truth) = (prediction.subtracting(ignored), truth.subtracting(ignored))
        self.init(
            intersection: prediction.intersectionCount(truth),
            union: prediction.unionCount(truth), isEmptyTarget: truth.isEmpty,
            ignored: ignored.flatMap { $0.isEmpty ? nil : $0.count })
    }

    /// Intersection over union; 1 if both masks are empty.
    public var iou: Double { union == 0 ? 1 : Double(intersection) / Double(union) }
}

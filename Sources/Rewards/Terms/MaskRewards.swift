import Foundation
import Imaging

/// The mask's IoU with the truth, 0...1 (arXiv 2512.19302, which weighs it twice).
///
/// Ignored pixels are in neither intersection nor union.
struct MaskIoUReward: Reward {
    static let name = RewardTerm.maskIoU.rawValue
    static let help = "IoU of the mask with the truth, 0 to 1"

    init(_: RewardParameters) {}

    func value(_ completion: RewardContext) -> Double { completion.iou }
}

/// The mask's Dice coefficient with the truth, 0...1: twice the intersection over the sum of both.
///
/// Ignored pixels are in neither mask.
struct MaskDiceReward: Reward {
    static let name = "mask_dice"
    static let help = "Dice coefficient of the mask with the truth, 0 to 1"

    init(_: RewardParameters) {}

    func value(_ completion: RewardContext) -> Double {
        if let value = completion.valueWithoutMasks { return value }
        // A mask of an answer that can be read and names something is there, if there is a target.
        guard let mask = completion.mask else { return 0 }
        let both = mask.count + completion.truth.count
        return 2 * Double(mask.intersectionCount(completion.truth)) / Double(both)
    }
}

/// Whether the mask's IoU reaches a threshold, hard or soft; ignored pixels are not in the IoU.
struct IoUThresholdReward: Reward {
    static let name = "iou_threshold"
    static let help =
        "1 if the mask's IoU is at least threshold, else 0; with softness a smooth step"
    static let parameters = [
        RewardParameter("threshold", 0.5, in: 0...1, "The IoU at which the value steps"),
        RewardParameter(
            "softness", 0, in: 0...1,
            "Width of the step, 1 / (1 + exp((threshold - IoU) / softness)); 0: hard"),
    ]
    let threshold: Double
    let softness: Double

    init(_ values: RewardParameters) {
        threshold = values["threshold"]
        softness = values["softness"]
    }

    func value(_ completion: RewardContext) -> Double {
        if completion.prompts == nil { return 0 }
        if softness == 0 { return completion.iou >= threshold ? 1 : 0 }
        return 1 / (1 + exp((threshold - completion.iou) / softness))
    }
}

/// IoU of the bands along the edges of mask and truth, 0...1 (Boundary IoU, arXiv 2103.16562).
///
/// The bands are those of both without ignored pixels, of which neither has any: where an object
/// borders on ignored pixels it has its edge there, in the mask as in the truth.
struct BoundaryIoUReward: Reward {
    static let name = "boundary_iou"
    static let help =
        "IoU of the inner bands along the edges of mask and truth, 0 to 1 (Boundary IoU)"
    static let parameters = [
        RewardParameter(
            "dilation", 0.02, in: 0...1,
            "Width of the bands as a share of the frame's diagonal; at least one pixel")
    ]
    let dilation: Double

    init(_ values: RewardParameters) { dilation = values["dilation"] }

    func value(_ completion: RewardContext) -> Double {
        if let value = completion.valueWithoutMasks { return value }
        guard let mask = completion.mask else { return 0 }
        let frame = completion.truth.frame
        let diagonal = Double(frame.width * frame.width + frame.height * frame.height).squareRoot()
        let distance = max(1, Int((dilation * diagonal).rounded(.toNearestOrEven)))
        return mask.boundary(distance: distance)
            .intersectionOverUnion(completion.truthBoundary(distance: distance))
    }
}

extension BinaryMask {
    /// The pixels of the mask that an erosion by a distance takes away.
    ///
    /// A pixel stays in the eroded mask if every pixel at most `distance` rows and columns away is in
    /// the mask; outside of the frame nothing is.
    func boundary(distance: Int) -> BinaryMask {
        var inside = bytes(value: 1)
        Self.erode(&inside, count: height, stride: width, length: width, step: 1, distance)
        Self.erode(&inside, count: width, stride: 1, length: height, step: width, distance)
        let all = bytes(value: 1)
        return BinaryMask(
            width: width, height: height, bytes: zip(all, inside).map { $0 & ~$1 & 1 })
    }

    /// Erodes along lines: each run of ones loses `distance` at both ends.
    private static func erode(
        _ pixels: inout [UInt8], count: Int, stride: Int, length: Int, step: Int, _ distance: Int
    ) {
        for line in 0..<count {
            let first = line * stride
            var start = 0
            while start < length {
                guard pixels[first + start * step] == 1 else {
                    start += 1
                    continue
                }
                var end = start
                while end < length, pixels[first + end * step] == 1 { end += 1 }
                for place in start..<min(start + distance, end) { pixels[first + place * step] = 0 }
                for place in max(end - distance, start)..<end { pixels[first + place * step] = 0 }
                start = end
            }
        }
    }
}

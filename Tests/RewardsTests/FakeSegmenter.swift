import Imaging
import Segmentation

/// Fills the box of each prompt, or a pixel for each point, and remembers what it was asked.
final class FakeSegmenterImage: SegmenterImage {
    struct Failure: Error {}

    private(set) var calls: [[SegmentationPrompt]] = []
    var failure: Failure?
    /// How many masks it gives too few.
    var missingMasks = 0
    /// What it estimates of each mask.
    var predictedIoU: Float = 1

    func masks(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, output: ImageFrame
    ) throws -> [ObjectMask] {
        calls.append(prompts)
        if let failure { throw failure }
        return prompts.dropLast(missingMasks).map { prompt in
            var mask = BinaryMask(width: output.width, height: output.height)
            if let box = prompt.box {
                for y in 0..<output.height where (box.y1..<max(box.y1, box.y2)).contains(Double(y))
                {
                    for x in 0..<output.width
                    where (box.x1..<max(box.x1, box.x2)).contains(Double(x)) {
                        mask[x, y] = true
                    }
                }
            } else {
                for point in prompt.positivePoints { mask[Int(point.x), Int(point.y)] = true }
            }
            return ObjectMask(mask: mask, predictedIoU: predictedIoU, objectScore: 1)
        }
    }
}

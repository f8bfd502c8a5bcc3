import Imaging
import Segmentation

/// Fills the box of each prompt, or a pixel for each point, and remembers what it was asked.
final class FakeSegmenterImage: SegmenterImage {
    struct Failure: Error {}

    private(set) var calls: [[SegmentationPrompt]] = []
    var failure: Failure?
    /// How many masks it gives too few.
    var missingMasks = 0

    func masks(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, output: ImageFrame
    ) throws -> [ObjectMask] {
        calls.append(prompts)
        if let failure { throw failure }
        return prompts.dropLast(missingMasks).map { prompt in
            var mask = BinaryMask(width: output.width, height: output.height)
            if let box = prompt.box {
                for y in Int(box.y1)..<Int(box.y2) {
                    for x in Int(box.x1)..<Int(box.x2) { mask[x, y] = true }
                }
            } else {
                for point in prompt.positivePoints { mask[Int(point.x), Int(point.y)] = true }
            }
            return ObjectMask(mask: mask, predictedIoU: 1, objectScore: 1)
        }
    }
}

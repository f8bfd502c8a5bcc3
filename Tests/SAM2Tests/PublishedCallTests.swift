import Imaging
import PromptedMasks
import SAM2
import Segmentation
import TestSupport
import Testing

@Suite struct PublishedCallTests {
    /// Whether a coordinate is no number in the element type that the segmenter computes in.
    private func isNowhere(_ prompt: PublishedCall.Prompt) -> Bool {
        prompt.numbers.contains { !Float($0).isFinite }
    }

    private func asked(_ prompt: PublishedCall.Prompt) -> SegmentationPrompt {
        SegmentationPrompt(
            box: prompt.box.map { Box(x1: $0[0], y1: $0[1], x2: $0[2], y2: $0[3]) },
            positivePoints: prompt.positivePoints.map { Point(x: $0[0], y: $0[1]) },
            negativePoints: prompt.negativePoints.map { Point(x: $0[0], y: $0[1]) })
    }

    @Test(
        "A prompt that is nowhere has an empty mask, as the official predictor gives it, and no error"
    )
    func nowhere() throws {
        let picture = patternPicture(width: 150, height: 150)
        let image = try SAM2Segmenter.load(path: Fixtures.path("sam2_official/checkpoint"))
            .encode(picture)
        var seen = 0
        for call in try PublishedCall.all() where call.prompts.contains(where: isNowhere) {
            if call.prompts.allSatisfy(isNowhere) { #expect(call.empty == true, "\(call.answer)") }
            let prompts = call.prompts.map(asked)
            let masks = try image.masks(
                for: prompts, in: picture.frame, output: picture.frame)
            for (prompt, mask) in zip(call.prompts, masks) where isNowhere(prompt) {
                #expect(mask.mask.isEmpty, "\(call.answer)")
                seen += 1
            }
        }
        #expect(seen > 30)
    }
}

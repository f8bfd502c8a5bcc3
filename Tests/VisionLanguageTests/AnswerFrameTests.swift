import Imaging
import Testing

@testable import VisionLanguage

@Suite("Frames of answers")
struct AnswerFrameTests {
    @Test("Coordinates are pixels of either picture, or thousandths")
    func frames() {
        let (given, resized) = (
            ImageFrame(width: 840, height: 600), ImageFrame(width: 832, height: 608)
        )
        func frame(_ kind: AnswerFrame) -> ImageFrame { kind.frame(given: given, resized: resized) }
        #expect(frame(.givenPixels) == given)
        #expect(frame(.resizedPixels) == resized)
        #expect(frame(.thousandths) == ImageFrame(width: 1000, height: 1000))
    }
}

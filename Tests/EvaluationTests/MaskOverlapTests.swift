import Evaluation
import Testing

@Suite struct MaskOverlapTests {
    @Test("Nothing predicted where nothing is counts as 1, anything else there as 0")
    func emptyTargets() {
        #expect(MaskOverlap(intersection: 0, union: 0, isEmptyTarget: true).iou == 1)
        #expect(MaskOverlap(intersection: 0, union: 3, isEmptyTarget: true).iou == 0)
    }
}

import Imaging
import Testing

@testable import Segmentation

@Suite struct BoxSuppressionTests {
    private func prompt(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double)
        -> SegmentationPrompt
    {
        SegmentationPrompt(box: Box(x1: x1, y1: y1, x2: x2, y2: y2))
    }

    @Test("the smaller of two boxes goes only above the threshold, not at it")
    func threshold() {
        let large = prompt(0, 0, 10, 10)
        let half = prompt(0, 0, 10, 5)
        let more = prompt(0, 0, 10, 5.001)
        #expect(BoxSuppression.apply([half, large]) == [half, large])
        #expect(BoxSuppression.apply([more, large]) == [large])
    }

    @Test("a box that was dropped drops no other")
    func greedy() {
        let large = prompt(0, 0, 10, 10)
        let middle = prompt(0, 3, 10, 11)
        let small = prompt(0, 6, 10, 11)
        #expect(BoxSuppression.apply([small, middle, large]) == [small, large])
    }

    @Test("of equal boxes the first stays; what has no box always stays, in its place")
    func order() {
        var named = prompt(0, 0, 9, 9)
        named.positivePoints = [Point(x: 1, y: 1)]
        let points = SegmentationPrompt(positivePoints: [Point(x: 2, y: 2)])
        let input = [points, named, points, prompt(0, 0, 9, 9)]
        #expect(BoxSuppression.apply(input) == [points, named, points])
    }

    @Test("a swapped box intersects nothing, so it stays and drops nothing")
    func swapped() {
        let input = [prompt(9, 9, 0, 0), prompt(9, 0, 0, 9), prompt(0, 0, 9, 9)]
        #expect(BoxSuppression.apply(input) == input)
    }
}

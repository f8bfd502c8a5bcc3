import Evaluation
import Imaging
import Testing

@Suite struct MaskOverlapTests {
    @Test("Nothing predicted where nothing is counts as 1, anything else there as 0")
    func emptyTargets() {
        #expect(MaskOverlap(intersection: 0, union: 0, isEmptyTarget: true).iou == 1)
        #expect(MaskOverlap(intersection: 0, union: 3, isEmptyTarget: true).iou == 0)
    }

    @Test("Ignored pixels are in neither intersection nor union, as counting pixel by pixel says")
    func ignoredPixels() {
        // Every pair of pixels that a linear congruence gives is another combination of the three.
        var state: UInt64 = 7
        func next() -> UInt8 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 40) % 3 == 0 ? 1 : 0
        }
        for side in [3, 9, 20] {
            let ignored = (0..<side * side).map { _ in next() }
            let truth = (0..<side * side).map { ignored[$0] == 1 ? 0 : next() }
            let predicted = (0..<side * side).map { _ in next() }
            func mask(_ bytes: [UInt8]) -> BinaryMask {
                BinaryMask(width: side, height: side, bytes: bytes)
            }
            let overlap = MaskOverlap(
                prediction: mask(predicted), truth: mask(truth), ignored: mask(ignored))
            let counted = truth.indices.filter { ignored[$0] == 0 }
            #expect(overlap.intersection == counted.count { predicted[$0] + truth[$0] == 2 })
            #expect(overlap.union == counted.count { predicted[$0] + truth[$0] > 0 })
            #expect(overlap.ignored == side * side - counted.count)
            let none = BinaryMask(width: side, height: side)
            #expect(
                MaskOverlap(prediction: mask(predicted), truth: mask(truth), ignored: none)
                    == MaskOverlap(prediction: mask(predicted), truth: mask(truth)))
        }
    }

    @Test("Both protocols say what they make of ignored pixels, where there are some")
    func statements() {
        func outcome(_ id: String, _ ignored: Int?) -> SampleOutcome {
            SampleOutcome(
                id: id,
                overlap: MaskOverlap(
                    intersection: 1, union: 2, isEmptyTarget: false, ignored: ignored),
                objectCount: 1)
        }
        let bootstrap = Bootstrap(resamples: 2)
        let strict = EvaluationSummary(
            [outcome("a", 3), outcome("a", 3), outcome("b", nil)], bootstrap: bootstrap)
        #expect(strict.ignored?.samples == 1 && strict.ignored?.rule == .leftOut)
        #expect(EvaluationSummary([outcome("b", nil)], bootstrap: bootstrap).ignored == nil)
        let paper = ["a", "b"].map {
            PaperOutcome(id: $0, objectCount: 1, truth: 4, union: 4, hasIgnored: $0 == "a")
        }
        let summary = PaperSummary(paper, questionSeed: 1, bootstrap: bootstrap)
        #expect(summary?.ignored?.samples == 1 && summary?.ignored?.rule == .background)
    }
}

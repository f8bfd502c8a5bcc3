import Supervised
import Testing
import Torch

/// Expected values are those of torch 2.13 in float64: `binary_cross_entropy_with_logits` for the
/// cross-entropy; its elements times (α t + (1 - α)(1 - t)) (1 - p_t)^γ for the focal loss; the
/// formula, written out with `sigmoid` and `sum`, for dice.
@Suite struct SegmenterLossTests {
    /// float32 rounds in the seventh digit.
    private let tolerance = 1e-6

    private func grid() throws -> (logits: Tensor, targets: Tensor) {
        (
            try Tensor.of([1.5, -0.25, 3, -2, 0.75, -4] as [Float], shape: [1, 2, 3]),
            try Tensor.of([1, 0.5, 0.75, 0, 1, 0.25] as [Float], shape: [1, 2, 3])
        )
    }

    @Test("Dice, cross-entropy and focal loss have torch's values, also for cells covered in part")
    func table() throws {
        let (logits, targets) = try grid()
        let values = [
            (try MaskLoss.dice(logits, targets), 0.21997355288269427),
            (try MaskLoss.crossEntropy(logits, targets), 0.5388148324185034),
            (try MaskLoss.crossEntropy(logits, targets, positiveWeight: 3), 1.2195588289841144),
            (try MaskLoss.focal(logits, targets, alpha: 0.25, gamma: 2), 0.027620142574884935),
            (try MaskLoss.focal(logits, targets, alpha: 0.6, gamma: 1.5), 0.05014690231209586),
        ]
        for (loss, expected) in values {
            #expect(loss.shape == [1])
            #expect(abs(try loss.item() - expected) < tolerance)
        }
    }

    @Test("Losses by hand: four cells of probability one half, one of which is covered")
    func byHand() throws {
        let logits = try Tensor.zeros([1, 2, 2])
        let targets = try Tensor.of([1, 0, 0, 0] as [Float], shape: [1, 2, 2])
        // 1 - (2 · 0.5 + 1) / (2 + 1 + 1); ln 2 everywhere; 2 ln 2 in one of four cells.
        #expect(abs(try MaskLoss.dice(logits, targets).item() - 0.5) < tolerance)
        #expect(abs(try MaskLoss.crossEntropy(logits, targets).item() - 0.693147) < tolerance)
        let weighted = try MaskLoss.crossEntropy(logits, targets, positiveWeight: 2)
        #expect(abs(try weighted.item() - 0.693147 * 5 / 4) < tolerance)
        // (0.25 + 3 · 0.75) / 4 · 0.5² · ln 2
        let focal = try MaskLoss.focal(logits, targets, alpha: 0.25, gamma: 2)
        #expect(abs(try focal.item() - 0.625 * 0.25 * 0.693147) < tolerance)
    }

    @Test("Every mask has its own loss, and an empty truth with an empty mask overlaps fully")
    func shapes() throws {
        let logits = try Tensor.of(
            [1, 1, -1, -1, -1, -1, -1, -1, 1, -1, 1, -1] as [Float], shape: [3, 1, 2, 2])
        let targets = try Tensor.of(
            [1, 0.4, 0.5, 0, 0, 0, 0, 0, 1, 0, 1, 0] as [Float], shape: [3, 1, 2, 2])
        #expect(try MaskLoss.dice(logits, targets).shape == [3, 1])
        // One cell in common of three; nothing and nothing; all.
        let overlaps = try MaskLoss.overlap(logits, targets).floats
        #expect(abs(overlaps[0] - 1 / 3) < 1e-6)
        #expect(overlaps[1...] == [1, 1])
    }

    @Test("Weights add the losses up, and a loss of weight 0 is left out")
    func weights() throws {
        let (logits, targets) = try grid()
        let (x, t) = (try logits.unsqueezed(0), try targets.unsqueezed(0))
        var weights = SegmenterLossWeights()
        weights.dice = 2
        weights.crossEntropy = 0
        weights.focal = 10
        let both = try weights.masks(x, t, progress: 0)
        #expect(both.shape == [1, 1])
        #expect(abs(try both.item() - (2 * 0.2199735529 + 10 * 0.0276201426)) < 1e-5)
        weights.focal = 0
        weights.dice = 0
        weights.crossEntropy = 1
        weights.positiveWeight = 5
        weights.positiveWeightShare = 0.5
        // Half of the way to 1 after a quarter of the run.
        let weighted = try weights.masks(x, t, progress: 0.25)
        #expect(abs(try weighted.item() - 1.2195588290) < 1e-5)
        let late = try weights.masks(x, t, progress: 0.5)
        #expect(abs(try late.item() - 0.5388148324) < 1e-5)
    }

    @Test("Losses of a grid whose other cells do not count are those of the part that does")
    func counted() throws {
        let (logits, targets) = try grid()
        func part(_ tensor: Tensor) throws -> Tensor { try tensor.sliced(2, to: 2) }
        // The third column does not count, whatever stands there.
        let counted = try Tensor.of([1, 1, 0, 1, 1, 0] as [Float], shape: [1, 2, 3])
        let (some, truth) = (try part(logits), try part(targets))
        let pairs = [
            (try MaskLoss.dice(logits, targets, counted: counted), try MaskLoss.dice(some, truth)),
            (
                try MaskLoss.crossEntropy(logits, targets, positiveWeight: 3, counted: counted),
                try MaskLoss.crossEntropy(some, truth, positiveWeight: 3)
            ),
            (
                try MaskLoss.focal(logits, targets, alpha: 0.6, gamma: 1.5, counted: counted),
                try MaskLoss.focal(some, truth, alpha: 0.6, gamma: 1.5)
            ),
            (
                try MaskLoss.overlap(logits, targets, counted: counted),
                try MaskLoss.overlap(some, truth)
            ),
        ]
        for (with, alone) in pairs {
            #expect(abs(try with.item() - alone.item()) < tolerance)
        }
        let none = try Tensor.zeros([1, 2, 3])
        #expect(try MaskLoss.crossEntropy(logits, targets, counted: none).item() == 0)
        #expect(try MaskLoss.overlap(logits, targets, counted: none).item() == 1)
    }
}

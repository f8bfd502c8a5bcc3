import NN
import TestSupport
import Testing
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

@Suite("The sizes of Qwen2.5-VL-3B")
struct RealShapesTests {
    /// Compares every 16th column, as far as 2e-4 of the largest value: sums of up to 11,008 products
    /// are rounded in another order.
    private func expectNear(
        _ found: Tensor, _ expected: Tensor, _ what: String
    ) throws {
        let columns = try spread(found.size(-1) - 15, found.size(-1) / 16)
        let some = try found.indexed(found.shape.count - 1, columns)
        let largest = try expected.abs().max().item()
        #expect(try difference(some, expected) < 2e-4 * max(1, largest), "\(what)")
    }

    @Test(
        "One layer of each type is that of transformers: window and full vision block, merger, decoder layer, head"
    )
    func layers() throws {
        let reference = try Reference("real")
        let configuration = reference.model.configuration
        #expect(configuration.text.hiddenSize == 2048 && configuration.text.headSize == 128)
        #expect(configuration.vision.hiddenSize == 1280 && configuration.vision.headSize == 80)
        #expect(reference.model.visual.blocks.count == 2)
        #expect(configuration.vision.fullAttentionBlocks == [1])
        let input = try reference.input("odd")
        try withoutGradients {
            let states = try LayerStates(reference.model, input)
            let patches = try spread(input.patches?.size(0) ?? 0, 4)
            let tokens = try spread(input.tokenIDs.count, 5)
            for (index, name) in ["window block", "full block"].enumerated() {
                try expectNear(
                    states.tower[index].indexed(0, patches),
                    reference.tensor("odd.tower").selected(0, index), name)
            }
            let vision = try #require(states.vision)
            try expectNear(
                vision.indexed(0, spread(vision.size(0), 12)), reference.tensor("odd.vision"),
                "merger")
            for (index, name) in ["embeddings", "decoder layer", "norm"].enumerated() {
                try expectNear(
                    states.hidden[index].indexed(0, tokens),
                    reference.tensor("odd.hidden").selected(0, index), name)
            }
            let logits = try reference.model.logits(
                of: states.hidden[2].indexed(0, tokens), reference.model.headWeights())
            try expectNear(logits, reference.tensor("odd.logits"), "head")
        }
    }
}

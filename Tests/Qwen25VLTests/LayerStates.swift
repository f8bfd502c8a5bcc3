import NN
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

/// What the model makes of a prompt, layer by layer.
struct LayerStates {
    // Legend: P prompt positions, N patches, C hidden size, E vision hidden size, M merged blocks.
    /// The embeddings, every layer's output and the final norm's, [P, C] each.
    let hidden: [Tensor]
    /// The patches after every vision block, [N, E] each, in the order of the input.
    let tower: [Tensor]
    /// The pictures' tokens, [M, C]; nil without pictures.
    let vision: Tensor?

    /// Goes through the model's own layers one at a time.
    init(_ model: VisionLanguageModel, _ input: VisionLanguageInput) throws {
        let prompt = try model.prepared([input])[0]
        let rotary = try model.text.rotary(prompt.positions)
        let pattern = CausalPattern(remembers: false)
        var hidden = [prompt.embeddings]
        for (index, layer) in model.text.layers.enumerated() {
            hidden.append(
                try layer(hidden[index], rotary: rotary, layer: index, pattern: pattern))
        }
        self.hidden = try hidden + [model.text.norm(hidden[hidden.count - 1])]
        guard let patches = input.patches else {
            tower = []
            vision = nil
            return
        }
        let visual = model.visual
        let layout = visual.layout(of: input.grids)
        let angles = try visual.rotary(layout)
        let places = try Tensor.of(layout.inverse)
        var x = try visual.embedded(patches, layout)
        var tower: [Tensor] = []
        for (index, block) in visual.blocks.enumerated() {
            x = try block(x, rotary: angles, runs: visual.runs(ofBlock: index, layout))
            tower.append(
                try x.reshaped(layout.order.count, -1).indexed(0, places)
                    .reshaped(patches.size(0), -1))
        }
        self.tower = tower
        vision = try visual.merged(x, layout)
    }
}

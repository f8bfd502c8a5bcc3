import NN
import Qwen25VL

// What a backward pass computes depends on what is trained: a layer's weights have a gradient if they are
// trained, and what came into the layer has one if it depends on anything trained before.
//
// Legend as in TextCost.swift and VisionCost.swift.

/// Which of the policy's weights are trained, by their checkpoint keys.
package struct TrainedWeights: Equatable {
    /// Patterns of the keys that are not, `*` standing for anything.
    package var frozen: [String] = []

    /// A value from its parts.
    package init(frozen: [String] = []) {
        self.frozen = frozen
    }

    /// Whether the weight of a key is trained.
    package func contains(_ key: String) -> Bool { !frozen.contains { keyFits(key, $0) } }

    /// Whether anything of a module is trained, by the keys of its weights.
    private func reaches(_ module: String, _ weights: [String]) -> Bool {
        weights.contains { contains("\(module).\($0).weight") || contains("\(module).\($0).bias") }
    }

    /// How many blocks of the vision tower have gradients, and keep what those need.
    package func visionBlocksWithGradient(_ depth: Int) -> Int {
        let weights = [
            "norm1", "norm2", "attn.qkv", "attn.proj", "mlp.gate_proj", "mlp.up_proj",
            "mlp.down_proj",
        ]
        if contains("visual.patch_embed.proj.weight") { return depth }
        return depth
            - ((0..<depth).first { reaches("visual.blocks.\($0)", weights) } ?? depth)
    }

    /// How many layers of the language model have gradients, and keep what those need.
    package func textLayersWithGradient(_ count: Int, pictureHasGradient: Bool) -> Int {
        let weights =
            ["input_layernorm", "post_attention_layernorm"]
            + ["q_proj", "k_proj", "v_proj", "o_proj"].map { "self_attn.\($0)" }
            + ["gate_proj", "up_proj", "down_proj"].map { "mlp.\($0)" }
        if pictureHasGradient || contains("model.embed_tokens.weight") { return count }
        return count - ((0..<count).first { reaches("model.layers.\($0)", weights) } ?? count)
    }
}

/// The matrix products of a backward pass, counted along the way of the forward pass.
private struct GradientWalk {
    let trained: TrainedWeights
    private(set) var flops = 0.0

    init(_ trained: TrainedWeights) {
        self.trained = trained
    }

    /// y = x·Wᵀ + b: a product for W, and one for x, as large as the forward pass's own.
    ///
    /// - Returns: whether y has a gradient
    mutating func linear(
        _ key: String, _ input: Bool, _ product: Double, hasBias: Bool = true
    ) -> Bool {
        let isTrained = trained.contains("\(key).weight")
        flops += (isTrained ? product : 0) + (input ? product : 0)
        return input || isTrained || (hasBias && trained.contains("\(key).bias"))
    }

    /// Attention: products for values, scores, queries and keys, each as large as that of the scores.
    ///
    /// - Returns: whether the result has a gradient
    mutating func attention(query: Bool, key: Bool, value: Bool, _ product: Double) -> Bool {
        let count = [query, key, value, query || key].count(where: \.self)
        flops += Double(count) * product
        return query || key || value
    }

    /// Weights that are no matrix.
    ///
    /// - Returns: whether the result has a gradient
    func scaled(_ key: String, _ input: Bool) -> Bool {
        input || trained.contains("\(key).weight")
    }

    /// silu(gate) · up, then down.
    ///
    /// - Returns: whether the result has a gradient
    mutating func gatedMLP(
        _ key: String, _ input: Bool, _ product: Double, hasBias: Bool
    ) -> Bool {
        let gate = linear("\(key).gate_proj", input, product, hasBias: hasBias)
        let up = linear("\(key).up_proj", input, product, hasBias: hasBias)
        return linear("\(key).down_proj", gate || up, product, hasBias: hasBias)
    }
}

extension TextCost {
    /// FLOPs of the gradient of a forward pass.
    ///
    /// - Parameters:
    ///   - work: the pass
    ///   - trained: what is trained
    ///   - isTied: whether the head's matrix is the embedding's
    ///   - pictureHasGradient: whether pictures' tokens depend on anything that is trained
    /// - Returns: twice the pass where everything is trained
    package func backward(
        _ work: TextWork, _ trained: TrainedWeights, isTied: Bool, pictureHasGradient: Bool
    ) -> Double {
        var walk = GradientWalk(trained)
        var flows = walk.scaled("model.embed_tokens", pictureHasGradient)
        let (c, k) = (Double(text.hiddenSize), Double(text.keyValueHeadCount * text.headSize))
        let wide = 2 * work.positions * c * c
        let narrow = 2 * work.positions * c * k
        let inner = 2 * work.positions * c * Double(text.intermediateSize)
        for index in 0..<text.layerCount {
            let layer = "model.layers.\(index)"
            let input = walk.scaled("\(layer).input_layernorm", flows)
            let query = walk.linear("\(layer).self_attn.q_proj", input, wide)
            let key = walk.linear("\(layer).self_attn.k_proj", input, narrow)
            let value = walk.linear("\(layer).self_attn.v_proj", input, narrow)
            let attention = walk.attention(
                query: query, key: key, value: value, 2 * c * work.pairs)
            let output = walk.linear(
                "\(layer).self_attn.o_proj", attention, wide, hasBias: false)
            flows = flows || output
            let second = walk.scaled("\(layer).post_attention_layernorm", flows)
            let mlp = walk.gatedMLP("\(layer).mlp", second, inner, hasBias: false)
            flows = flows || mlp
        }
        let states = walk.scaled("model.norm", flows)
        let head = isTied ? "model.embed_tokens" : "lm_head"
        _ = walk.linear(head, states, 2 * headWeights * work.logits, hasBias: false)
        return walk.flops
    }
}

extension VisionCost {
    /// FLOPs of the gradient of one pass, and whether the tokens that come out have one at all.
    ///
    /// With everything trained it is twice the pass, but for the gradient of pixels, which nobody asks for.
    package func backward(_ trained: TrainedWeights) -> (flops: Double, hasGradient: Bool) {
        var walk = GradientWalk(trained)
        let c = Double(vision.hiddenSize)
        let square = 2 * patches * c * c
        let inner = 2 * patches * c * Double(vision.intermediateSize)
        var flows = walk.linear("visual.patch_embed.proj", false, patchEmbedding, hasBias: false)
        for index in 0..<vision.depth {
            let block = "visual.blocks.\(index)"
            let input = walk.scaled("\(block).norm1", flows)
            let all = walk.linear("\(block).attn.qkv", input, 3 * square)
            let attention = walk.attention(
                query: all, key: all, value: all, 2 * c * pairs(ofBlock: index))
            let output = walk.linear("\(block).attn.proj", attention, square)
            flows = flows || output
            let second = walk.scaled("\(block).norm2", flows)
            let mlp = walk.gatedMLP("\(block).mlp", second, inner, hasBias: true)
            flows = flows || mlp
        }
        let merged = walk.scaled("visual.merger.ln_q", flows)
        let first = walk.linear("visual.merger.mlp.0", merged, firstMerge)
        let tokens = walk.linear("visual.merger.mlp.2", first, secondMerge)
        return (walk.flops, tokens)
    }
}

import NN
package import VisionLanguage

// What a backward pass computes depends on what is trained: a layer's weights have a gradient if they are
// trained, and what came into the layer has one if it depends on anything trained before.
//
// Legend as in TextCost.swift.

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

    /// Whether anything of some modules is trained.
    private func reaches(_ modules: [String]) -> Bool {
        modules.contains { contains("\($0).weight") || contains("\($0).bias") }
    }

    /// How many blocks of the vision tower have gradients, and keep what those need.
    package func visionBlocksWithGradient(_ vision: VisionOptions) -> Int {
        let work = vision.work([VisionGrid(rows: vision.mergeSize, columns: vision.mergeSize)])
        let stem = work.stem.flatMap(\.modules)
        if stem.contains(where: { contains("\($0).weight") }) { return vision.depth }
        let first = work.blocks.firstIndex { reaches($0.flatMap(\.modules)) }
        return vision.depth - (first ?? vision.depth)
    }

    /// How many layers of the language model have gradients, and keep what those need.
    package func textLayersWithGradient(_ policy: PolicyOptions, pictureHasGradient: Bool) -> Int {
        let count = policy.text.layerCount
        if pictureHasGradient || contains(policy.keys.embedding) { return count }
        let first = policy.text.mixers.indices.first { index in
            reaches(policy.text.modules(ofLayer: index, below: policy.keys.text))
        }
        return count - (first ?? count)
    }
}

/// The matrix products of a backward pass, counted along the way of the forward pass.
private struct GradientWalk {
    let trained: TrainedWeights
    fileprivate(set) var flops = 0.0

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

extension TextOptions {
    /// The keys of a layer's modules, without `.weight` and `.bias`.
    fileprivate func modules(ofLayer index: Int, below top: String) -> [String] {
        let mixer: [String] =
            switch mixers[index] {
            case .attention: ["q_proj", "k_proj", "v_proj", "o_proj"].map { "self_attn.\($0)" }
            case .recurrent(let work): work.matrices.map(\.key)
            }
        let mlp = ["gate_proj", "up_proj", "down_proj"].map { "mlp.\($0)" }
        return (["input_layernorm", "post_attention_layernorm"] + mixer + mlp).map {
            "\(top).layers.\(index).\($0)"
        }
    }
}

extension TextCost {
    /// FLOPs of the gradient of a forward pass.
    ///
    /// - Parameters:
    ///   - work: the pass
    ///   - trained: what is trained
    ///   - isTied: whether the head's matrix is the embedding's
    ///   - keys: the keys of the weights
    ///   - pictureHasGradient: whether pictures' tokens depend on anything that is trained
    /// - Returns: twice the pass where everything is trained
    package func backward(
        _ work: TextWork, _ trained: TrainedWeights, isTied: Bool,
        keys: PolicyKeys = PolicyKeys(), pictureHasGradient: Bool
    ) -> Double {
        var walk = GradientWalk(trained)
        var flows = walk.scaled("\(keys.text).embed_tokens", pictureHasGradient)
        let inner = 2 * work.positions * Double(text.hiddenSize) * Double(text.intermediateSize)
        for (index, kind) in text.mixers.enumerated() {
            let layer = "\(keys.text).layers.\(index)"
            let input = walk.scaled("\(layer).input_layernorm", flows)
            let mixed =
                switch kind {
                case .attention: attention(layer, input, work, &walk)
                case .recurrent(let recurrence):
                    recurrent(recurrence, layer, input, work, &walk)
                }
            flows = flows || mixed
            let second = walk.scaled("\(layer).post_attention_layernorm", flows)
            let mlp = walk.gatedMLP("\(layer).mlp", second, inner, hasBias: false)
            flows = flows || mlp
        }
        let states = walk.scaled("\(keys.text).norm", flows)
        let head = isTied ? "\(keys.text).embed_tokens" : keys.head
        _ = walk.linear(head, states, 2 * headWeights * work.logits, hasBias: false)
        return walk.flops
    }

    private func attention(
        _ layer: String, _ input: Bool, _ work: TextWork, _ walk: inout GradientWalk
    ) -> Bool {
        let (c, q, k) = (
            Double(text.hiddenSize), Double(text.queryWidth), Double(text.keyWidth)
        )
        let wide = 2 * work.positions * c * q
        let narrow = 2 * work.positions * c * k
        let bias = text.hasAttentionBias
        let query = walk.linear("\(layer).self_attn.q_proj", input, wide, hasBias: bias)
        let key = walk.linear("\(layer).self_attn.k_proj", input, narrow, hasBias: bias)
        let value = walk.linear("\(layer).self_attn.v_proj", input, narrow, hasBias: bias)
        let result = walk.attention(query: query, key: key, value: value, 2 * q * work.pairs)
        return walk.linear("\(layer).self_attn.o_proj", result, wide, hasBias: false)
    }

    /// Matrix after matrix, and twice the scan where anything before it has a gradient.
    private func recurrent(
        _ recurrence: RecurrentWork, _ layer: String, _ input: Bool, _ work: TextWork,
        _ walk: inout GradientWalk
    ) -> Bool {
        var flows = input
        for matrix in recurrence.matrices {
            let product = 2 * work.positions * Double(matrix.count)
            let result = walk.linear("\(layer).\(matrix.key)", input, product, hasBias: false)
            flows = flows || result
        }
        if flows { walk.flops += 2 * work.positions * Double(recurrence.scanFLOPs) }
        return flows
    }
}

extension VisionCost {
    /// FLOPs of the gradient of one pass, and whether the tokens that come out have one at all.
    ///
    /// With everything trained it is twice the pass, but for the gradient of pixels, which nobody asks for.
    package func backward(_ trained: TrainedWeights) -> (flops: Double, hasGradient: Bool) {
        var walk = GradientWalk(trained)
        let tokens = walk.steps(work.steps, false)
        return (walk.flops, tokens)
    }
}

extension GradientWalk {
    /// Steps one after the other.
    ///
    /// - Returns: whether the result has a gradient
    fileprivate mutating func steps(_ steps: [TowerStep], _ input: Bool) -> Bool {
        var flows = input
        for step in steps { flows = self.step(step, flows) }
        return flows
    }

    private mutating func step(_ step: TowerStep, _ input: Bool) -> Bool {
        switch step {
        case .linear(let key, let flops, let hasBias):
            return linear(key, input, flops, hasBias: hasBias)
        case .scale(let key): return scaled(key, input)
        case .ways(let ways):
            let results = ways.map { steps($0, input) }
            return results.contains(true)
        case .attention(let query, let key, let value, let flops):
            let (q, k, v) = (steps(query, input), steps(key, input), steps(value, input))
            return attention(query: q, key: k, value: v, flops)
        case .residual(let inner):
            let result = steps(inner, input)
            return input || result
        }
    }
}

import VisionLanguage

// FLOPs here are those of matrix products; a multiplication and its addition count 2.
//
// Legend: C hidden size, Q width of queries, K width of keys, F inner size of the MLP, V vocabulary, L layers, P tokens of
// a prompt, G completions, R tokens of each.

/// What the language model computes and reads.
struct TextCost {
    let text: TextOptions

    /// The cost of a model of these sizes.
    init(_ text: TextOptions) {
        self.text = text
    }

    private var hidden: Double { Double(text.hiddenSize) }
    private var layers: Double { Double(text.layerCount) }
    private var attentionLayers: Double { Double(text.attentionLayerCount) }
    /// Q.
    private var queryWidth: Double { Double(text.queryWidth) }
    /// K.
    private var keyWidth: Double { Double(text.keyWidth) }
    /// FLOPs that a position takes beside matrices, in layers that recur.
    private var scan: Double {
        text.mixers.reduce(0) { sum, kind in
            if case .recurrent(let work) = kind { sum + Double(work.scanFLOPs) } else { sum }
        }
    }

    /// Numbers of all layers' matrices: queries and output C·Q, keys and values C·K, the MLP 3·C·F.
    var weights: Double { Double(text.layerWeights) }
    /// Numbers of the head's matrix.
    var headWeights: Double { hidden * Double(text.vocabularySize) }
    /// Numbers that one position leaves in the caches of all layers.
    var cachePerPosition: Double { attentionLayers * 2 * keyWidth }

    /// FLOPs of a forward pass.
    func forward(_ work: TextWork) -> Double {
        // A pair is a product of Q numbers for the score, and one of Q numbers for the result.
        2 * weights * work.positions + 4 * queryWidth * attentionLayers * work.pairs
            + 2 * headWeights * work.logits + scan * work.positions
    }

    /// Bytes that decoding a group reads: in each of R steps the weights, and the caches of all that came before.
    ///
    /// - Parameters:
    ///   - group: the group; R - 1 steps feed a token to each row, R steps compute logits
    ///   - elementBytes: bytes of a number
    ///   - headBytes: bytes of a number of the head
    ///   - together: how many groups are decoded together, and share the reading of weights
    ///   - sharesPrompt: whether the rows read one copy of the prompt's keys and values
    /// - Returns: bytes
    func decodingBytes(
        _ group: GroupShape, elementBytes: Int, headBytes: Int, together: Double, sharesPrompt: Bool
    ) -> Double {
        let steps = group.length - 1
        let prompts = sharesPrompt ? 1 : group.count
        // Step s reads s own positions of each row.
        let cached = steps * prompts * group.prompt + group.count * steps * (steps + 1) / 2
        return Double(elementBytes) * (steps * weights / together + cached * cachePerPosition)
            + Double(headBytes) * group.length * headWeights / together
    }

    /// libtorch's operations in a step of decoding: some 60 per layer, counted in its code, and some 40
    /// for embedding, head and drawing.
    var operationsPerStep: Double { 60 * layers + 40 }
}

/// How much of what a forward pass computes.
struct TextWork: Equatable {
    /// Positions that go through the layers.
    var positions: Double
    /// Pairs of a position and one that it sees.
    var pairs: Double
    /// Positions whose logits are computed.
    var logits: Double

    /// The same for several passes.
    static func * (count: Double, work: TextWork) -> TextWork {
        TextWork(
            positions: count * work.positions, pairs: count * work.pairs,
            logits: count * work.logits)
    }
}

/// A prompt and its completions.
package struct GroupShape {
    /// P.
    var prompt: Double
    /// G.
    var count: Double
    /// R, of all completions.
    var length: Double

    /// A group from its numbers.
    init(promptTokens: Int, groupSize: Int, completionLength: Int) {
        prompt = Double(promptTokens)
        count = Double(groupSize)
        length = Double(max(1, completionLength))
    }

    /// Positions that a completion adds: nothing follows its last token, which is not read.
    private var fed: Double { length - 1 }

    /// Reading the prompt alone; what causality leaves out is not counted, as half the square.
    var prefill: TextWork { TextWork(positions: prompt, pairs: prompt * prompt / 2, logits: 0) }

    /// Decoding, in which row and step see the prompt and what the row has by then.
    var decoding: TextWork {
        TextWork(
            positions: count * fed, pairs: count * fed * (prompt + (fed + 1) / 2),
            logits: count * length)
    }

    /// Scoring all completions behind one pass over the prompt: each adds a rectangle of fed × P pairs
    /// and half the square of its own.
    var scoring: TextWork {
        TextWork(
            positions: prompt + count * fed,
            pairs: prompt * prompt / 2 + count * fed * (prompt + fed / 2), logits: count * length)
    }

    /// Scoring each completion behind a prompt of its own.
    var repeatedScoring: TextWork {
        let whole = prompt + fed
        return count * TextWork(positions: whole, pairs: whole * whole / 2, logits: length)
    }
}

import PromptedMasks

// Legend: C channels, B prompts, T tokens of a prompt, S cells of the picture's embedding, I inner width
// of attention between tokens and cells, M masks of a prompt.

/// FLOPs of matrix products in a segmenter; a multiplication and its addition count 2.
struct SegmenterCost {
    private let configuration: any SegmenterSizes
    private var decoder: MaskDecoderConfiguration { configuration.maskDecoder }

    /// The cost of a model of these sizes.
    init(_ configuration: any SegmenterSizes) {
        self.configuration = configuration
    }

    // MARK: - Picture

    /// Encoding a picture: trunk, neck, and the decoder's projections of its finer levels.
    var encoding: Double { configuration.encoderCost.flops + projections }

    /// To an eighth of the channels at 16·S cells, and to a quarter at 4·S.
    private var projections: Double {
        2 * cells * channels * (16 * eighth + 4 * quarter)
    }

    // MARK: - Prompts

    private var cells: Double {
        Double(configuration.embeddingSide * configuration.embeddingSide)
    }
    private var channels: Double { Double(decoder.hiddenSize) }
    private var quarter: Double { Double(decoder.hiddenSize / 4) }
    private var eighth: Double { Double(decoder.hiddenSize / 8) }
    private var inner: Double {
        Double(decoder.hiddenSize / max(1, decoder.attentionDownsampling))
    }
    private var masks: Double { Double(decoder.multimaskOutputs + 1) }

    /// Answering prompts about a picture, some at a time.
    ///
    /// - Parameters:
    ///   - count: how many prompts, all with the same number of points
    ///   - points: of each, the two corners of a box included, the filling at the end not
    ///   - limit: how many go through the decoder together
    /// - Returns: FLOPs
    func decoding(prompts count: Int, points: Int, limit: Int = 32) -> Double {
        let limit = max(1, limit)
        let whole = Double(count / limit) * call(prompts: Double(limit), points: Double(points))
        let rest = count % limit
        return whole + (rest == 0 ? 0 : call(prompts: Double(rest), points: Double(points)))
    }

    /// One call of the decoder.
    ///
    /// What the first layer makes of the picture's cells is the same for all
    /// prompts, and made once.
    private func call(prompts: Double, points: Double) -> Double {
        let places = points + 1  // The filling.
        let tokens = 2 + masks + places  // One for the object, one for the IoU.
        // Positions are two numbers times C / 2 frequencies.
        let positions = 2 * channels * (cells + prompts * places)
        var transformer = prompts * tokensToCells(tokens) + prompts * cellProjections
        for layer in 0..<decoder.layers {
            let shared = layer == 0 ? 1 : prompts
            transformer += prompts * (selfAttention(tokens) + mlp(tokens))
            transformer += prompts * tokensToCells(tokens) + shared * cellProjections
            transformer += prompts * cellsToTokens(tokens) + shared * cellQueries
        }
        return positions + transformer + prompts * (upscaling + heads)
    }

    private func selfAttention(_ tokens: Double) -> Double {
        8 * tokens * channels * channels + 4 * tokens * tokens * channels
    }

    private func mlp(_ tokens: Double) -> Double {
        tokens * feedForward(channels, Double(decoder.mlpSize), channels, layers: decoder.layers)
    }

    /// Queries, scores, results and output.
    private func tokensToCells(_ tokens: Double) -> Double {
        4 * tokens * channels * inner + 4 * tokens * cells * inner
    }

    /// The cells' keys and values.
    private var cellProjections: Double { 4 * cells * channels * inner }

    /// The cells' queries.
    private var cellQueries: Double { 2 * cells * channels * inner }

    /// Keys, values, scores, results, and output for each cell.
    private func cellsToTokens(_ tokens: Double) -> Double {
        4 * tokens * channels * inner + 4 * tokens * cells * inner + 2 * cells * channels * inner
    }

    /// Two transposed convolutions with kernels of 2 × 2, and a product for each mask.
    private var upscaling: Double {
        8 * cells * channels * quarter + 32 * cells * quarter * eighth
            + 32 * cells * eighth * masks
    }

    private var heads: Double {
        masks * feedForward(channels, channels, eighth, layers: 3)
            + feedForward(
                channels, Double(decoder.iouHeadHiddenSize), masks, layers: decoder.iouHeadDepth)
            + feedForward(channels, channels, 1, layers: 3)
    }

    /// A vector through linear layers, two at least.
    private func feedForward(
        _ inputs: Double, _ hidden: Double, _ outputs: Double, layers: Int
    ) -> Double {
        2 * hidden * (inputs + Double(max(0, layers - 2)) * hidden + outputs)
    }
}

package import SAM2

// Legend: C channels, B prompts, T tokens of a prompt, S cells of the picture's embedding, I inner width
// of attention between tokens and cells, M masks of a prompt.

/// FLOPs of matrix products in SAM2.1; a multiplication and its addition count 2.
struct SegmenterCost {
    private let configuration: SAM2Configuration
    private var decoder: MaskDecoderConfiguration { configuration.maskDecoder }

    /// The cost of a model of these sizes.
    init(_ configuration: SAM2Configuration) {
        self.configuration = configuration
    }

    // MARK: - Picture

    /// Encoding a picture: trunk, neck, and the decoder's projections of its finer levels.
    var encoding: Double { HieraCost(configuration).forward + neck + projections }

    /// The neck's convolutions, at all stages.
    private var neck: Double {
        let vision = configuration.vision
        let kernel = Double(vision.fpnKernel * vision.fpnKernel)
        return zip(HieraCost(configuration).sides, vision.backboneChannels.reversed())
            .reduce(0) { sum, stage in
                let side =
                    (stage.0 + 2 * vision.fpnPadding - vision.fpnKernel) / max(1, vision.fpnStride)
                    + 1
                return sum + 2 * Double(side * side) * Double(stage.1) * kernel
                    * Double(vision.fpnHiddenSize)
            }
    }

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

/// FLOPs of matrix products in the trunk of SAM2.1's picture encoder.
package struct HieraCost {
    private let trunk: HieraConfiguration
    /// The side of each stage's grid.
    package let sides: [Int]

    /// The cost of a model of these sizes.
    package init(_ configuration: SAM2Configuration) {
        let trunk = configuration.vision.backbone
        var side = max(
            0, configuration.imageSize + 2 * trunk.patchPadding.side - trunk.patchKernel.side)
        side = side / max(1, trunk.patchStride.side) + 1
        self.trunk = trunk
        sides = trunk.blocks.indices.map { stage in
            if Self.pools(trunk, stage: stage) { side /= max(1, trunk.queryStride.side) }
            return side
        }
    }

    /// Whether the first block of a stage shrinks the grid.
    private static func pools(_ trunk: HieraConfiguration, stage: Int) -> Bool {
        stage > 0 && stage <= trunk.queryPoolStages
    }

    /// One picture.
    var forward: Double {
        var total = 0
        var sum = patches
        for (stage, count) in trunk.blocks.enumerated() {
            for index in 0..<count {
                sum += block(stage: stage, isFirst: index == 0, number: total)
                total += 1
            }
        }
        return sum
    }

    private var patches: Double {
        let kernel = Double(trunk.patchKernel.side * trunk.patchKernel.side)
        return 2 * square(sides.first ?? 0) * kernel * Double(trunk.channels * trunk.hiddenSize)
    }

    /// A block: windows are filled up with zeros, which take part in everything but shortcut and MLP.
    ///
    /// The first block of a stage has the stage before's channels, grid and windows coming in.
    private func block(stage: Int, isFirst: Bool, number: Int) -> Double {
        let before = isFirst && stage > 0 ? stage - 1 : stage
        let pool =
            before != stage && Self.pools(trunk, stage: stage) ? max(1, trunk.queryStride.side) : 1
        let inputs = Double(trunk.embedDimensions[before])
        let outputs = Double(trunk.embedDimensions[stage])
        let side = sides[before]
        let window = trunk.globalBlocks.contains(number) ? side : max(1, trunk.windows[before])
        let windows = square((side + window - 1) / window)
        let (keys, queries) = (square(window), square(window / pool))
        let attention =
            windows
            * (6 * keys * inputs * outputs + 4 * queries * keys * outputs
                + 2 * queries * outputs * outputs)
        let shortcut = inputs == outputs ? 0 : 2 * square(side) * inputs * outputs
        let hidden = Double(Int(outputs * trunk.mlpRatio))
        return attention + shortcut + 4 * square(sides[stage]) * outputs * hidden
    }

    private func square(_ side: Int) -> Double { Double(side) * Double(side) }
}

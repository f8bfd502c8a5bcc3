import Qwen25VL

// Legend: N patches, M merged tokens, C hidden size, F inner size of the MLP, E numbers of a patch, U
// patches of a merged token, O width of the tokens that come out.

/// FLOPs of matrix products in the policy's vision tower; a multiplication and its addition count 2.
struct VisionCost {
    let vision: Qwen25VLConfiguration.Vision
    private let grids: [VisionGrid]

    /// The cost of one pass over the pictures of a prompt.
    init(_ vision: Qwen25VLConfiguration.Vision, grids: [VisionGrid]) {
        self.vision = vision
        self.grids = grids
    }

    private var hidden: Double { Double(vision.hiddenSize) }
    /// N.
    var patches: Double { Double(grids.reduce(0) { $0 + $1.patchCount }) }

    /// Making vectors of patches: 2·N·E·C.
    var patchEmbedding: Double { 2 * patches * Double(vision.patchElements) * hidden }

    /// All blocks: queries, keys, values and output 4·C·C, the MLP 3·C·F; and attention, in which a
    /// pair of patches is two products of C numbers.
    var blocks: Double {
        let weights = 4 * hidden * hidden + 3 * hidden * Double(vision.intermediateSize)
        let pairs = (0..<vision.depth).reduce(0) { $0 + self.pairs(ofBlock: $1) }
        return Double(vision.depth) * 2 * patches * weights + 4 * hidden * pairs
    }

    /// Pairs of patches that see each other in a block.
    func pairs(ofBlock index: Int) -> Double {
        vision.fullAttentionBlocks.contains(index) ? framePairs : windowPairs
    }

    /// U·C.
    private var mergedWidth: Double { hidden * Double(vision.mergeUnit) }
    private var mergedTokens: Double { patches / Double(vision.mergeUnit) }
    /// Making tokens, the first layer: U·C to U·C numbers.
    var firstMerge: Double { 2 * mergedTokens * mergedWidth * mergedWidth }
    /// The second: U·C to O numbers.
    var secondMerge: Double { 2 * mergedTokens * mergedWidth * Double(vision.outputSize) }
    /// Making tokens.
    var merger: Double { firstMerge + secondMerge }

    /// One pass.
    var forward: Double { patchEmbedding + blocks + merger }

    /// Pairs of patches of the same frame.
    var framePairs: Double {
        grids.reduce(0) {
            let size = Double($1.rows) * Double($1.columns)
            return $0 + Double($1.frames) * size * size
        }
    }

    /// Pairs of patches of the same window; windows at the right and lower edge are smaller.
    var windowPairs: Double {
        let unit = Double(vision.mergeUnit)
        return grids.reduce(0) { sum, grid in
            let squares =
                squaredStrips(grid.rows / vision.mergeSize)
                * squaredStrips(grid.columns / vision.mergeSize)
            return sum + Double(grid.frames) * unit * unit * squares
        }
    }

    /// Σ side² over the windows along a direction of so many cells.
    private func squaredStrips(_ cells: Int) -> Double {
        let side = max(1, vision.windowCells)
        let rest = cells % side
        return Double(cells / side) * Double(side * side) + Double(rest * rest)
    }
}

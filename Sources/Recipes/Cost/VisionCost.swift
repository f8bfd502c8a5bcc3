import Qwen25VL

// Legend: N patches, M merged tokens, C hidden size, F inner size of the MLP, E numbers of a patch, U
// patches of a merged token, O width of the tokens that come out.

/// FLOPs of matrix products in the policy's vision tower; a multiplication and its addition count 2.
struct VisionCost {
    private let vision: Qwen25VLConfiguration.Vision
    private let grids: [VisionGrid]

    /// The cost of one pass over the pictures of a prompt.
    init(_ vision: Qwen25VLConfiguration.Vision, grids: [VisionGrid]) {
        self.vision = vision
        self.grids = grids
    }

    private var hidden: Double { Double(vision.hiddenSize) }
    private var patches: Double { Double(grids.reduce(0) { $0 + $1.patchCount }) }

    /// Making vectors of patches: 2·N·E·C.
    var patchEmbedding: Double { 2 * patches * Double(vision.patchElements) * hidden }

    /// All blocks: queries, keys, values and output 4·C·C, the MLP 3·C·F; and attention, in which a
    /// pair of patches is two products of C numbers.
    var blocks: Double {
        let weights = 4 * hidden * hidden + 3 * hidden * Double(vision.intermediateSize)
        let full = vision.fullAttentionBlocks.count { (0..<vision.depth).contains($0) }
        let pairs = Double(full) * framePairs + Double(vision.depth - full) * windowPairs
        return Double(vision.depth) * 2 * patches * weights + 4 * hidden * pairs
    }

    /// Making tokens: two layers, of U·C to U·C and to O numbers.
    var merger: Double {
        let width = hidden * Double(vision.mergeUnit)
        return 2 * patches / Double(vision.mergeUnit) * width * (width + Double(vision.outputSize))
    }

    /// One pass.
    var forward: Double { patchEmbedding + blocks + merger }

    /// The gradient of one pass: twice as much, but for that of pixels, which nobody asks for.
    var backward: Double { 2 * forward - patchEmbedding }

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

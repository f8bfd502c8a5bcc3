package import VisionLanguage

// Legend: N patches, M merged tokens, C hidden size, F inner size of the MLP, E numbers of a patch, U
// patches of a merged token, O width of the tokens that come out.

/// FLOPs of matrix products in the vision tower; a multiplication and its addition count 2.
package struct Qwen25VLTowerWork {
    private let vision: Qwen25VLConfiguration.Vision
    private let grids: [VisionGrid]

    /// The work of one pass over the pictures of a prompt.
    package init(_ vision: Qwen25VLConfiguration.Vision, grids: [VisionGrid]) {
        self.vision = vision
        self.grids = grids
    }

    /// Making vectors of patches takes 2·N·E·C; tokens are made by two layers, from U·C to U·C and from U·C
    /// to O numbers.
    package var work: TowerWork {
        let merged = hidden * Double(vision.mergeUnit)
        let tokens = patches / Double(vision.mergeUnit)
        return TowerWork(
            stem: [
                .linear(
                    key: "visual.patch_embed.proj",
                    flops: 2 * patches * Double(vision.patchElements) * hidden, hasBias: false)
            ],
            blocks: (0..<vision.depth).map(block),
            ending: [
                .scale(key: "visual.merger.ln_q"),
                .linear(key: "visual.merger.mlp.0", flops: 2 * tokens * merged * merged),
                .linear(
                    key: "visual.merger.mlp.2",
                    flops: 2 * tokens * merged * Double(vision.outputSize)),
            ])
    }

    /// Queries, keys, values and output 4·C·C, the MLP 3·C·F; and attention, in which a pair of patches is
    /// two products of C numbers.
    private func block(_ index: Int) -> [TowerStep] {
        let key = "visual.blocks.\(index)"
        let square = 2 * patches * hidden * hidden
        let inner = 2 * patches * hidden * Double(vision.intermediateSize)
        return [
            .residual([
                .scale(key: "\(key).norm1"),
                .linear(key: "\(key).attn.qkv", flops: 3 * square),
                .attention(flops: 2 * hidden * pairs(ofBlock: index)),
                .linear(key: "\(key).attn.proj", flops: square),
            ]),
            .residual([
                .scale(key: "\(key).norm2"),
                .ways([
                    [.linear(key: "\(key).mlp.gate_proj", flops: inner)],
                    [.linear(key: "\(key).mlp.up_proj", flops: inner)],
                ]),
                .linear(key: "\(key).mlp.down_proj", flops: inner),
            ]),
        ]
    }

    private var hidden: Double { Double(vision.hiddenSize) }
    /// N.
    private var patches: Double { Double(grids.reduce(0) { $0 + $1.patchCount }) }

    /// Pairs of patches that see each other in a block.
    private func pairs(ofBlock index: Int) -> Double {
        vision.fullAttentionBlocks.contains(index) ? framePairs : windowPairs
    }

    /// Pairs of patches of the same frame.
    package var framePairs: Double {
        grids.reduce(0) {
            let size = Double($1.rows) * Double($1.columns)
            return $0 + Double($1.frames) * size * size
        }
    }

    /// Pairs of patches of the same window; windows at the right and lower edge are smaller.
    package var windowPairs: Double {
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

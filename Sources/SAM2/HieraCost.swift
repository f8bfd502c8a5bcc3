import PromptedMasks

/// What trunk and neck take for one picture; FLOPs of matrix products, a multiplication and its addition
/// count 2.
struct HieraCost {
    private let configuration: SAM2Configuration
    private let hiera: HieraConfiguration
    /// The side of each stage's grid.
    private let sides: [Int]

    /// The cost of a model of these sizes.
    init(_ configuration: SAM2Configuration) {
        self.configuration = configuration
        hiera = configuration.vision.backbone
        sides = hiera.gridSides(imageSize: configuration.imageSize)
    }

    /// The neck's convolutions, at all stages.
    var neck: Double {
        let vision = configuration.vision
        let kernel = Double(vision.fpnKernel * vision.fpnKernel)
        return zip(sides, vision.backboneChannels.reversed())
            .reduce(0) { sum, stage in
                let side =
                    (stage.0 + 2 * vision.fpnPadding - vision.fpnKernel) / max(1, vision.fpnStride)
                    + 1
                return sum + 2 * Double(side * side) * Double(stage.1) * kernel
                    * Double(vision.fpnHiddenSize)
            }
    }

    /// The trunk.
    var trunk: Double {
        var total = 0
        var sum = patches
        for (stage, count) in hiera.blocks.enumerated() {
            for index in 0..<count {
                sum += block(stage: stage, isFirst: index == 0, number: total)
                total += 1
            }
        }
        return sum
    }

    private var patches: Double {
        let kernel = Double(hiera.patchKernel.side * hiera.patchKernel.side)
        return 2 * square(sides.first ?? 0) * kernel * Double(hiera.channels * hiera.hiddenSize)
    }

    /// A block: windows are filled up with zeros, which take part in everything but shortcut and MLP.
    ///
    /// The first block of a stage has the stage before's channels, grid and windows coming in.
    private func block(stage: Int, isFirst: Bool, number: Int) -> Double {
        let before = isFirst && stage > 0 ? stage - 1 : stage
        let pool = before != stage && hiera.pools(stage: stage) ? hiera.queryStride.side : 1
        let inputs = Double(hiera.embedDimensions[before])
        let outputs = Double(hiera.embedDimensions[stage])
        let side = sides[before]
        let window = hiera.globalBlocks.contains(number) ? side : max(1, hiera.windows[before])
        let windows = square((side + window - 1) / window)
        let (keys, queries) = (square(window), square(window / pool))
        let attention =
            windows
            * (6 * keys * inputs * outputs + 4 * queries * keys * outputs
                + 2 * queries * outputs * outputs)
        let shortcut = inputs == outputs ? 0 : 2 * square(side) * inputs * outputs
        let hidden = Double(Int(outputs * hiera.mlpRatio))
        return attention + shortcut + 4 * square(sides[stage]) * outputs * hidden
    }

    private func square(_ side: Int) -> Double { Double(side) * Double(side) }

    /// The widest of the stages' MLPs.
    var widestProduct: ImageEncoderCost.Product {
        let candidates = zip(sides, hiera.embedDimensions).map { side, width in
            ImageEncoderCost.Product(
                rows: side * side, inputs: width, outputs: Int(Double(width) * hiera.mlpRatio))
        }
        return candidates.max { $0.work < $1.work }
            ?? ImageEncoderCost.Product(rows: 0, inputs: 0, outputs: 0)
    }

    /// A block of the first stage: its input in several layouts, and two inner vectors of its MLP.
    var numbersHeld: Int {
        let side = configuration.imageSize / max(1, hiera.patchStride.side)
        let inner = Int(Double(hiera.hiddenSize) * hiera.mlpRatio)
        return side * side * (8 * hiera.hiddenSize + 2 * inner)
    }
}

public import Imaging
public import NN
public import Torch

// Legend: M merged blocks of a picture, C hidden size, K classes, O blocks with an object.

/// Two linear maps on a picture's tokens that exist in training only: what each block shows, and the box
/// of the object there.
///
/// A policy that starts from nothing learns to look much sooner when every block is asked; the answers'
/// few tokens say too little. Released weights need none of this.
public struct PictureHeads {
    /// The names of the classes; a block without any is of class K.
    public let classNames: [String]
    /// What the heads add to what is trained.
    public let parameters: [Parameter]
    private let early: Head
    private let late: Head

    private struct Head {
        let classes: Linear
        let box: Linear

        init(_ scope: ParameterScope, _ size: Int, _ count: Int) throws {
            classes = try Linear(scope / "class", size, count)
            box = try Linear(scope / "box", size, 4)
        }
    }

    /// Heads with random weights.
    ///
    /// - Parameters:
    ///   - classNames: what blocks may show
    ///   - size: C
    ///   - seed: decides about the weights
    ///   - device: where they live
    /// - Throws: `TorchError`
    public init(classNames: [String], size: Int, seed: UInt64, device: Device) throws {
        self.classNames = classNames
        let builder = ParameterBuilder(source: RandomWeights(seed: seed), device: device)
        early = try Head(builder.root / "heads" / "early", size, classNames.count + 1)
        late = try Head(builder.root / "heads" / "late", size, classNames.count + 1)
        parameters = builder.parameters
    }

    /// The loss of a picture: cross entropy of the classes over all blocks, plus five times the mean
    /// distance of the boxes' edges, as shares of the picture's sides, over blocks with an object.
    ///
    /// The heads on the tokens that enter the language model tell boxes by the block's place, as the
    /// vision tower does not know where in the picture it looks; those inside the language model tell
    /// them by the picture's.
    ///
    /// - Parameters:
    ///   - scores: pictures' tokens before the language model and inside it
    ///   - blocks: what the blocks show
    /// - Returns: a scalar
    /// - Throws: `TorchError`
    public func loss(_ scores: LessonTokens, _ blocks: PictureBlocks) throws -> Tensor {
        let first = try loss(early, scores.early, blocks, boxes: blocks.relativeBoxes)
        guard let inside = scores.late else { return first }
        return try first + loss(late, inside, blocks, boxes: blocks.boxes)
    }

    private func loss(
        _ head: Head, _ tokens: Tensor, _ blocks: PictureBlocks, boxes: [Float]
    ) throws -> Tensor {
        let tokens = try tokens.to(.float32)
        let labels = try Tensor.of(blocks.classes, shape: [blocks.classes.count, 1])
            .to(tokens.device)
        var scores = try head.classes(tokens).logSoftmax(-1).gathered(-1, labels)
        if let counted = blocks.counted, !counted.isEmpty {
            scores = try scores.indexed(0, Tensor.of(counted).to(tokens.device))
        }
        let entropy = try -scores.mean()
        if blocks.occupied.isEmpty { return entropy }
        let guesses = try head.box(tokens.indexed(0, Tensor.of(blocks.occupied).to(tokens.device)))
        let truth = try Tensor.of(boxes, shape: [blocks.occupied.count, 4]).to(tokens.device)
        return try entropy + (guesses - truth).abs().mean() * 5
    }
}

/// A picture's tokens at two places of the model, [M, C] each.
public struct LessonTokens {
    /// As they enter the language model.
    public var early: Tensor
    /// After one of its layers.
    public var late: Tensor?

    /// Tokens from their parts.
    public init(early: Tensor, late: Tensor?) {
        self.early = early
        self.late = late
    }
}

/// What each block of a picture shows.
public struct PictureBlocks: Sendable, Hashable {
    /// The class of each block, row after row; the number of classes for none.
    public var classes: [Int] = []
    /// The blocks with an object.
    public var occupied: [Int] = []
    /// Their objects' edges x1, y1, x2, y2 as shares of the picture's sides.
    public var boxes: [Float] = []
    /// The same from the blocks' centres.
    public var relativeBoxes: [Float] = []
    /// The blocks of which it is known what they show; nil where that is all of them.
    public var counted: [Int]?

    /// Looks for the object with the most pixels in each block, at least a tenth of it.
    ///
    /// A block without an object that is ignored by a tenth or more is none of those that are known; if
    /// none is, all count.
    ///
    /// - Parameters:
    ///   - objects: what is known of the picture
    ///   - classNames: the classes; other objects do not count
    ///   - side: rows and columns of a block, in pixels
    ///   - frame: the frame that the policy sees the picture in; objects may be in another one
    ///   - ignored: the pixels that do not count, in the objects' frame; nil where all do
    public init(
        _ objects: [KnownObject], classNames: [String], side: Int, frame: ImageFrame,
        ignored: BinaryMask? = nil
    ) {
        let known = objects.compactMap { object in
            classNames.firstIndex(of: object.className).map { (index: $0, object: object.target) }
        }
        let (width, height) = (Float(frame.width), Float(frame.height))
        let (columns, rows) = (frame.width / side, frame.height / side)
        let coverages = known.map { $0.object.mask.coverage(columns: columns, rows: rows) }
        for row in 0..<rows {
            for column in 0..<columns {
                let shares = coverages.map { $0[row * columns + column] }
                let most = shares.max() ?? 0
                guard most >= 0.1, let best = shares.firstIndex(of: most) else {
                    classes.append(classNames.count)
                    continue
                }
                occupied.append(classes.count)
                classes.append(known[best].index)
                let box = known[best].object.box
                let own = known[best].object.mask.frame
                let edges = [
                    Float(box.x1) / Float(own.width), Float(box.y1) / Float(own.height),
                    Float(box.x2) / Float(own.width), Float(box.y2) / Float(own.height),
                ]
                let x = (Float(column) + 0.5) * Float(side) / width
                let y = (Float(row) + 0.5) * Float(side) / height
                boxes += edges
                relativeBoxes += [edges[0] - x, edges[1] - y, edges[2] - x, edges[3] - y]
            }
        }
        if let ignored {
            let shares = ignored.coverage(columns: columns, rows: rows)
            let found = Set(occupied)
            counted = classes.indices.filter { shares[$0] < 0.1 || found.contains($0) }
        }
    }
}

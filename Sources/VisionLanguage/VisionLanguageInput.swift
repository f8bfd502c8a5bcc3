public import Imaging
public import Torch

/// How many patches a picture has in each direction.
public struct VisionGrid: Hashable, Sendable {
    /// Frames, each `temporalPatchSize` pictures; 1 for a still picture.
    public var frames: Int
    /// Rows of patches.
    public var rows: Int
    /// Columns of patches.
    public var columns: Int

    /// A grid from its sizes, all at least 1.
    public init(frames: Int = 1, rows: Int, columns: Int) {
        precondition(frames > 0 && rows > 0 && columns > 0)
        self.frames = frames
        self.rows = rows
        self.columns = columns
    }

    /// How many patches there are.
    public var patchCount: Int { frames * rows * columns }

    /// How many tokens they become when blocks of `mergeSize` by `mergeSize` are merged.
    public func tokenCount(mergeSize: Int) -> Int { patchCount / (mergeSize * mergeSize) }
}

/// One prompt, ready for the model: token ids, and the patches of the pictures that they refer to.
public struct VisionLanguageInput: Sendable {
    /// The prompt; every picture is a run of placeholders, one per merged token.
    public var tokenIDs: [Int]
    /// [N, patch elements], float32: the patches of all pictures, one after the other; nil without
    /// pictures.
    public var patches: Tensor?
    /// The grids of the pictures, in order.
    public var grids: [VisionGrid]
    /// What the language model takes of the pictures, where it was made of the patches before; nil to make
    /// it whenever the prompt is read.
    ///
    /// It brings no gradient to the vision tower.
    public var pictures: PictureFeatures?
    /// The sizes of the resized pictures, which are what the policy sees.
    public var frames: [ImageFrame]

    /// A prompt from its parts.
    ///
    /// - Parameters:
    ///   - tokenIDs: the prompt with its placeholders
    ///   - patches: [N, patch elements], nil without pictures
    ///   - grids: one per picture
    ///   - frames: one per picture; the sizes of the pictures after resizing
    public init(
        tokenIDs: [Int], patches: Tensor? = nil, grids: [VisionGrid] = [], frames: [ImageFrame] = []
    ) {
        self.tokenIDs = tokenIDs
        self.patches = patches
        self.grids = grids
        self.frames = frames
    }

    /// A prompt from its ids and its processed pictures.
    public init(tokenIDs: [Int], images: [ProcessedImage]) throws {
        self.init(
            tokenIDs: tokenIDs,
            patches: images.count > 1
                ? try Tensor.concatenate(images.map(\.patches), dim: 0) : images.first?.patches,
            grids: images.map(\.grid), frames: images.map(\.frame))
    }
}

/// A picture as the vision tower takes it.
public struct ProcessedImage: Sendable {
    /// [N, patch elements], float32, in merge-block order; columns are channel, time, row, column.
    public let patches: Tensor
    /// The patches' arrangement.
    public let grid: VisionGrid
    /// The size of the resized picture.
    public let frame: ImageFrame
    /// How many placeholders the prompt needs for it.
    public let tokenCount: Int

    /// A picture from its parts.
    public init(patches: Tensor, grid: VisionGrid, frame: ImageFrame, tokenCount: Int) {
        self.patches = patches
        self.grid = grid
        self.frame = frame
        self.tokenCount = tokenCount
    }
}

// Reference: transformers, models/qwen2_5_vl/modeling_qwen2_5_vl.py (get_rope_index)

/// The three-dimensional positions of a prompt's tokens.
public struct MultimodalPositions: Equatable, Sendable {
    /// The time position of each token.
    public var time: [Int] = []
    /// The row position of each token.
    public var row: [Int] = []
    /// The column position of each token.
    public var column: [Int] = []
    /// The position of the token that follows, the same in all three directions.
    public var next = 0

    /// Positions of `count` tokens of text from `start` on.
    public init(text count: Int, from start: Int = 0) {
        time = Array(start..<start + count)
        row = time
        column = time
        next = start + count
    }

    /// Positions of a prompt.
    ///
    /// Text counts up in all three directions. A picture's tokens have the start plus frame, row and
    /// column of the merged grid, and the text after it goes on at the start plus the larger side; or they
    /// count up as text does.
    ///
    /// - Parameters:
    ///   - tokenIDs: the prompt
    ///   - grids: one per picture, in patches
    ///   - imageTokenID: the placeholder
    ///   - mergeSize: patches per token in one direction
    ///   - rule: how a picture's tokens count
    /// - Throws: ``PolicyInputError`` if the placeholders do not fit the grids
    public init(
        tokenIDs: [Int], grids: [VisionGrid], imageTokenID: Int, mergeSize: Int,
        rule: PicturePositions = .grid
    ) throws {
        var index = 0
        var picture = 0
        while index < tokenIDs.count {
            if tokenIDs[index] != imageTokenID {
                append(next, next, next)
                next += 1
                index += 1
                continue
            }
            guard picture < grids.count else {
                throw PolicyInputError(
                    "token \(index) of the prompt is an image placeholder, but there are only "
                        + "\(grids.count) pictures",
                    advice: "give one picture per run of placeholders")
            }
            let grid = grids[picture]
            let count = grid.tokenCount(mergeSize: mergeSize)
            let run = tokenIDs[index...].prefix(count).prefix { $0 == imageTokenID }.count
            guard run == count else {
                throw PolicyInputError(
                    "picture \(picture) has \(count) tokens, but the prompt has \(run) placeholders "
                        + "at token \(index)",
                    advice: "do not cut prompts inside a picture")
            }
            switch rule {
            case .grid: append(grid, mergeSize: mergeSize)
            case .sequential:
                append(text: count, from: next)
                next += count
            }
            index += count
            picture += 1
        }
        guard picture == grids.count else {
            throw PolicyInputError(
                "there are \(grids.count) pictures, but the prompt has placeholders for \(picture)",
                advice: "give one run of placeholders per picture")
        }
    }

    /// Adds `count` tokens of text at `start` and on; where the next prompt token would go is unchanged.
    mutating func append(text count: Int, from start: Int) {
        for position in start..<start + count { append(position, position, position) }
    }

    /// Adds the positions of another prompt, which begin anew; where the next prompt token would go is
    /// unchanged.
    mutating func append(_ other: MultimodalPositions) {
        time += other.time
        row += other.row
        column += other.column
    }

    private mutating func append(_ t: Int, _ h: Int, _ w: Int) {
        time.append(t)
        row.append(h)
        column.append(w)
    }

    private mutating func append(_ grid: VisionGrid, mergeSize: Int) {
        let (rows, columns) = (grid.rows / mergeSize, grid.columns / mergeSize)
        for frame in 0..<grid.frames {
            for y in 0..<rows {
                for x in 0..<columns { append(next + frame, next + y, next + x) }
            }
        }
        next += max(rows, columns)
    }
}

/// How the positions of a picture's tokens count.
public enum PicturePositions: Sendable, Hashable {
    /// By frame, row and column of the merged grid.
    case grid
    /// One after the other, as those of text.
    case sequential
}

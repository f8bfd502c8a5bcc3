// Reference: transformers, vision_utils.py (get_vision_window_index, get_vision_position_ids)
import VisionLanguage

/// The order in which the vision tower works through the patches of some pictures.
///
/// Patches arrive in blocks of merge × merge, block row after block row. The tower wants the blocks
/// of a window side by side. Which window comes first does not matter to attention, so windows of the
/// same size stand together: they are computed in one batch. Windows at the right and lower edge are
/// smaller; none is ever empty, whether or not the window's side divides the picture's.
struct VisionLayout: Equatable {
    /// `count` stretches of `length` patches, each of which attends to itself only.
    struct Run: Equatable {
        var count: Int
        var length: Int
    }

    /// For each place in the tower's order, the merged block that stands there.
    var order: [Int] = []
    /// For each merged block, its place in the tower's order.
    var inverse: [Int] = []
    /// Stretches of attention within windows.
    var windows: [Run] = []
    /// Stretches of attention within one frame of one picture.
    var frames: [Run] = []
    /// The row of each patch, in the tower's order.
    var rows: [Int] = []
    /// The column of each patch, in the tower's order.
    var columns: [Int] = []

    /// - Parameters:
    ///   - grids: one per picture, in patches
    ///   - mergeSize: patches per merged block in one direction
    ///   - windowCells: merged blocks per window in one direction
    init(grids: [VisionGrid], mergeSize: Int, windowCells: Int) {
        var start = 0
        for grid in grids {
            let (height, width) = (grid.rows / mergeSize, grid.columns / mergeSize)
            for _ in 0..<grid.frames {
                let cells = Self.windows(height: height, width: width, side: windowCells)
                for window in cells {
                    for cell in window {
                        order.append(start + cell)
                        appendPatches(row: cell / width, column: cell % width, mergeSize: mergeSize)
                    }
                    Self.extend(&windows, length: window.count * mergeSize * mergeSize)
                }
                Self.extend(&frames, length: grid.rows * grid.columns)
                start += height * width
            }
        }
        inverse = [Int](repeating: 0, count: order.count)
        for (place, block) in order.enumerated() { inverse[block] = place }
    }

    /// The blocks of each window of a frame, larger windows first.
    private static func windows(height: Int, width: Int, side: Int) -> [[Int]] {
        var result: [[Int]] = []
        for top in stride(from: 0, to: height, by: side) {
            for left in stride(from: 0, to: width, by: side) {
                result.append(
                    (top..<min(top + side, height)).flatMap { y in
                        (left..<min(left + side, width)).map { x in y * width + x }
                    })
            }
        }
        return result.enumerated().sorted {
            ($1.element.count, $0.offset) < ($0.element.count, $1.offset)
        }.map(\.element)
    }

    private static func extend(_ runs: inout [Run], length: Int) {
        if let last = runs.last, last.length == length {
            runs[runs.count - 1].count += 1
        } else {
            runs.append(Run(count: 1, length: length))
        }
    }

    private mutating func appendPatches(row: Int, column: Int, mergeSize: Int) {
        for y in 0..<mergeSize {
            for x in 0..<mergeSize {
                rows.append(row * mergeSize + y)
                columns.append(column * mergeSize + x)
            }
        }
    }
}

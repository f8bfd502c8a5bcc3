// Reference: transformers, models/sam2/modeling_sam2.py (window_partition, window_unpartition)
//
// Legend: B pictures, h × w a grid, W the side of a window, C channels.
package import Torch

/// How a grid is cut into square windows.
///
/// The last row and column of windows are filled up with zeros, and nothing masks them: as in the
/// reference, they take part in attention.
package struct WindowGrid {
    let height: Int
    let width: Int
    let window: Int

    /// A grid of `height` × `width` cells, and the side of its windows.
    package init(height: Int, width: Int, window: Int) {
        self.height = height
        self.width = width
        self.window = window
    }

    private var rows: Int { (height + window - 1) / window }
    private var columns: Int { (width + window - 1) / window }

    /// [B, h, w, C] to [B · windows, W, W, C].
    package func partition(_ x: Tensor) throws -> Tensor {
        let (batch, channels) = (x.size(0), x.size(-1))
        let (below, right) = (rows * window - height, columns * window - width)
        let padded = below == 0 && right == 0 ? x : try x.padded([0, 0, 0, right, 0, below])
        return try padded.reshaped(batch, rows, window, columns, window, channels)
            .permuted(0, 1, 3, 2, 4, 5)  // [B, rows, columns, W, W, C]
            .reshaped(batch * rows * columns, window, window, channels)
    }

    /// [B · windows, W, W, C] to [B, h, w, C], without what was filled up.
    package func joined(_ windows: Tensor) throws -> Tensor {
        let batch = windows.size(0) / (rows * columns)
        return try windows.reshaped(batch, rows, columns, window, window, windows.size(-1))
            .permuted(0, 1, 3, 2, 4, 5)  // [B, rows, W, columns, W, C]
            .reshaped(batch, rows * window, columns * window, windows.size(-1))
            .sliced(1, to: height).sliced(2, to: width)
    }
}

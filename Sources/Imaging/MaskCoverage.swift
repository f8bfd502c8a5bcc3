extension BinaryMask {
    /// How much of each cell of a square grid the mask covers, when the grid is stretched over the
    /// mask's frame.
    ///
    /// - Parameter side: rows and columns of the grid
    /// - Returns: shares from 0 to 1, row after row: `side * side`
    public func coverage(side: Int) -> [Float] { coverage(columns: side, rows: side) }

    /// The same for a grid of `columns` by `rows` cells.
    public func coverage(columns columnCount: Int, rows rowCount: Int) -> [Float] {
        precondition(columnCount > 0 && rowCount > 0, "a grid has at least one cell")
        let columns = Self.overlaps(pixels: width, cells: columnCount)
        let rows = Self.overlaps(pixels: height, cells: rowCount)
        var result = [Float](repeating: 0, count: columnCount * rowCount)
        for y in 0..<height {
            for x in 0..<width where self[x, y] {
                for row in rows[y] {
                    for column in columns[x] {
                        result[row.cell * columnCount + column.cell] += row.share * column.share
                    }
                }
            }
        }
        return result
    }

    /// Which cells each pixel of a row touches, and which share of the cell it is.
    private static func overlaps(pixels: Int, cells: Int) -> [[(cell: Int, share: Float)]] {
        let scale = Double(cells) / Double(pixels)
        return (0..<pixels).map { pixel in
            let (start, end) = (Double(pixel) * scale, Double(pixel + 1) * scale)
            let last = min(cells - 1, Int(end))
            return (Int(start)...max(Int(start), last)).compactMap { cell in
                let share = min(end, Double(cell + 1)) - max(start, Double(cell))
                return share > 0 ? (cell, Float(share)) : nil
            }
        }
    }

    /// The places of all pixels in the set, as `y * width + x`, in ascending order.
    public var pixelPlaces: [Int] {
        var places: [Int] = []
        places.reserveCapacity(count)
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                places.append(index * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return places
    }
}

/// Smooth random fields made from integer hashes.
enum SceneNoise {
    /// A number of -1...1 that depends on the cell and the seed only.
    @inline(__always)
    static func lattice(_ x: Int, _ y: Int, _ seed: UInt32) -> Float {
        var h = UInt32(truncatingIfNeeded: x) &* 0x8DA6_B343
        h ^= UInt32(truncatingIfNeeded: y) &* 0xD816_3841
        h ^= seed &* 0xCB1A_B31F
        h ^= h >> 15
        h = h &* 0x2C1B_3C6D
        h ^= h >> 12
        h = h &* 0x297A_2D39
        h ^= h >> 15
        return Float(h >> 8) * 0x1p-23 - 1
    }

    /// One-dimensional value noise of -1...1 with one knot per unit of `t`.
    static func line(_ t: Float, seed: UInt32) -> Float {
        let cell = floorInt(t)
        let f = t - Float(cell)
        let s = f * f * (3 - 2 * f)
        let a = lattice(cell, 0, seed)
        let b = lattice(cell + 1, 0, seed)
        return a + (b - a) * s
    }

    /// Value noise summed over octaves.
    ///
    /// - Parameters:
    ///   - side: pixels per row and column.
    ///   - cells: the size of the lattice cells of each octave in pixels.
    ///   - weights: the amplitude of each octave.
    ///   - seed: chooses the field.
    /// - Returns: `side * side` numbers of about -1...1, row after row.
    static func field(side: Int, cells: [Float], weights: [Float], seed: UInt32) -> [Float] {
        var result = [Float](repeating: 0, count: side * side)
        for (octave, cell) in cells.enumerated() {
            add(
                octaveOf: max(cell, 1), weight: weights[octave],
                seed: seed &+ UInt32(octave) &* 7919, side: side, to: &result)
        }
        return result
    }

    private static func add(
        octaveOf cell: Float, weight: Float, seed: UInt32, side: Int, to result: inout [Float]
    ) {
        let step = 1 / cell
        let knots = Int(Float(side) * step) + 3
        var columns = [Int](repeating: 0, count: side)
        var fractions = [Float](repeating: 0, count: side)
        for x in 0..<side {
            let t = Float(x) * step
            columns[x] = Int(t)
            let f = t - Float(columns[x])
            fractions[x] = f * f * (3 - 2 * f)
        }
        var row = [Float](repeating: 0, count: knots)
        for y in 0..<side {
            let t = Float(y) * step
            let cellY = Int(t)
            let f = t - Float(cellY)
            let s = f * f * (3 - 2 * f)
            for k in 0..<knots {
                let upper = lattice(k, cellY, seed)
                row[k] = (upper + (lattice(k, cellY + 1, seed) - upper) * s) * weight
            }
            result.withUnsafeMutableBufferPointer { out in
                row.withUnsafeBufferPointer { row in
                    let base = y * side
                    for x in 0..<side {
                        let left = row[columns[x]]
                        out[base + x] += left + (row[columns[x] + 1] - left) * fractions[x]
                    }
                }
            }
        }
    }

    /// The side of ``tile``.
    static let tileSide = 256

    /// A texture that repeats without a seam, `tileSide * tileSide` numbers of about -1...1, for
    /// the mottling of painted shapes.
    static let tile: [Float] = {
        var result = [Float](repeating: 0, count: tileSide * tileSide)
        for (cell, weight) in [(32, Float(0.4)), (8, 0.35), (4, 0.3), (2, 0.25)] {
            let count = tileSide / cell
            for y in 0..<tileSide {
                for x in 0..<tileSide {
                    let (cx, cy) = (x / cell, y / cell)
                    let fx = Float(x % cell) / Float(cell)
                    let fy = Float(y % cell) / Float(cell)
                    let sx = fx * fx * (3 - 2 * fx)
                    let sy = fy * fy * (3 - 2 * fy)
                    let (nx, ny) = ((cx + 1) % count, (cy + 1) % count)
                    let seed = UInt32(cell)
                    let a = lattice(cx, cy, seed)
                    let b = lattice(nx, cy, seed)
                    let c = lattice(cx, ny, seed)
                    let d = lattice(nx, ny, seed)
                    let upper = a + (b - a) * sx
                    let lower = c + (d - c) * sx
                    result[y * tileSide + x] += (upper + (lower - upper) * sy) * weight
                }
            }
        }
        return result
    }()
}

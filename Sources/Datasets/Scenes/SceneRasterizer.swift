/// Turns outlines into the exact share of each pixel that they cover.
struct SceneRasterizer {
    /// The pixels that a path can touch.
    struct Window {
        var x: Int
        var y: Int
        var width: Int
        var height: Int
    }

    private let side: Int
    private let pixelsPerUnit: Float
    /// Row after row of the window, `stride` numbers each: coverage after ``rasterize(_:)``.
    private(set) var coverage: [Float]
    /// Numbers per row of ``coverage``: two more than the window is wide.
    private(set) var stride = 0

    /// A rasterizer for pictures of `side` by `side` pixels.
    init(side: Int, pixelsPerUnit: Float) {
        self.side = side
        self.pixelsPerUnit = pixelsPerUnit
        coverage = [Float](repeating: 0, count: (side + 2) * side)
    }

    /// Fills ``coverage`` with the covered share, 0...1, of each pixel of the returned window;
    /// nil when the path is outside the picture.
    mutating func rasterize(_ path: ScenePath) -> Window? {
        guard let window = window(of: path) else { return nil }
        stride = window.width + 2
        let origin = SceneVector(Float(window.x), Float(window.y))
        let scale = pixelsPerUnit
        let rowStride = stride
        coverage.withUnsafeMutableBufferPointer { buffer in
            for k in 0..<rowStride * window.height { buffer[k] = 0 }
            for contour in path.contours {
                guard var previous = contour.last.map({ $0 * scale - origin }) else { continue }
                for corner in contour {
                    let next = corner * scale - origin
                    SceneRasterizer.add(
                        from: previous, to: next, window: window, stride: rowStride, to: buffer)
                    previous = next
                }
            }
            for y in 0..<window.height {
                var sum: Float = 0
                for x in 0..<window.width {
                    sum += buffer[y * rowStride + x]
                    buffer[y * rowStride + x] = min(abs(sum), 1)
                }
            }
        }
        return window
    }

    private func window(of path: ScenePath) -> Window? {
        var low = SceneVector(.infinity, .infinity)
        var high = SceneVector(-.infinity, -.infinity)
        for contour in path.contours {
            for point in contour {
                low = pointwiseMin(low, point)
                high = pointwiseMax(high, point)
            }
        }
        let limit = Float(side)
        let x1 = max(0, min(low.x * pixelsPerUnit, limit))
        let y1 = max(0, min(low.y * pixelsPerUnit, limit))
        let x2 = max(0, min(high.x * pixelsPerUnit, limit))
        let y2 = max(0, min(high.y * pixelsPerUnit, limit))
        guard x2 > x1, y2 > y1 else { return nil }
        let (x, y) = (Int(x1), Int(y1))
        return Window(
            x: x, y: y, width: min(side, Int(x2) + 1) - x, height: min(side, Int(y2) + 1) - y)
    }

    /// Adds what one edge changes in the running sum of every row: the sum along a row is then
    /// the covered area of each pixel.
    private static func add(
        from a: SceneVector, to b: SceneVector, window: Window, stride: Int,
        to buffer: UnsafeMutableBufferPointer<Float>
    ) {
        guard a.y != b.y else { return }
        let sign: Float = a.y < b.y ? 1 : -1
        let upper = a.y < b.y ? a : b
        let lower = a.y < b.y ? b : a
        let limit = Float(window.width)
        let slope = (lower.x - upper.x) / (lower.y - upper.y)
        let first = max(upper.y, 0)
        let last = min(lower.y, Float(window.height))
        guard first < last else { return }
        var x = upper.x + (first - upper.y) * slope
        for y in Int(first)..<min(window.height, Int(last) + 1) {
            let height = min(Float(y + 1), last) - max(Float(y), first)
            if height <= 0 { break }
            let next = x + slope * height
            let row = y * stride
            let d = height * sign
            let x0 = max(0, min(min(x, next), limit))
            let x1 = max(0, min(max(x, next), limit))
            x = next
            let left = Int(x0)
            let right = Int(x1)
            if left == right {
                let outside = (x0 + x1) * 0.5 - Float(left)
                buffer[row + left] += d * (1 - outside)
                buffer[row + left + 1] += d * outside
            } else {
                addSlanted(d, x0, x1, row: row, to: buffer)
            }
        }
    }

    /// The part of an edge within one row that crosses several columns.
    private static func addSlanted(
        _ d: Float, _ x0: Float, _ x1: Float, row: Int,
        to buffer: UnsafeMutableBufferPointer<Float>
    ) {
        let perColumn = d / (x1 - x0)
        var start = x0
        var column = Int(x0)
        while start < x1 {
            let end = min(Float(column + 1), x1)
            let part = perColumn * (end - start)
            let outside = (start + end) * 0.5 - Float(column)
            buffer[row + column] += part * (1 - outside)
            buffer[row + column + 1] += part * outside
            start = end
            column += 1
        }
    }
}

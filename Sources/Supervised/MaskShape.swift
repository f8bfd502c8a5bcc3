import Foundation
import Imaging

/// Where a mask's pixels lie: their centre and their spread along and across its longer axis.
struct MaskShape {
    private let mask: BinaryMask
    private let centre: Point
    /// The longer axis' direction times the deviation along it, in pixels.
    private let along: Point
    /// The same across.
    private let across: Point

    /// The shape of a mask with at least one pixel.
    init(_ mask: BinaryMask) {
        self.mask = mask
        var (count, x, y, xx, xy, yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for row in 0..<mask.height {
            for column in 0..<mask.width where mask[column, row] {
                let (u, v) = (Double(column), Double(row))
                count += 1
                x += u
                y += v
                xx += u * u
                xy += u * v
                yy += v * v
            }
        }
        precondition(count > 0, "a shape of no pixels")
        centre = Point(x: x / count, y: y / count)
        let (a, b, c) = (
            xx / count - centre.x * centre.x, xy / count - centre.x * centre.y,
            yy / count - centre.y * centre.y
        )
        let root = ((a - c) * (a - c) / 4 + b * b).squareRoot()
        let angle = abs(b) < 1e-12 && a >= c ? 0 : atan2((a + c) / 2 + root - a, b)
        let long = max(0, (a + c) / 2 + root).squareRoot()
        let short = max(0, (a + c) / 2 - root).squareRoot()
        along = Point(x: cos(angle) * long, y: sin(angle) * long)
        across = Point(x: -sin(angle) * short, y: cos(angle) * short)
    }

    /// `count` places along the longer axis, evenly from -0.8 to 0.8 deviations; one in the centre.
    func places(_ count: Int) -> [Point] {
        (0..<count).map { index in
            let t = count == 1 ? 0 : -0.8 + 1.6 * Double(index) / Double(count - 1)
            return Point(x: centre.x + along.x * t, y: centre.y + along.y * t)
        }.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    }

    /// `count` places beside the mask, on alternating sides of it.
    func placesOutside(_ count: Int) -> [Point] {
        (0..<count).map { index in
            let side = index % 2 == 0 ? 3.0 : -3.0
            let shift = Double(index / 2) * 0.8 * (index % 4 < 2 ? 1 : -1)
            return Point(
                x: centre.x + across.x * side + along.x * shift,
                y: centre.y + across.y * side + along.y * shift)
        }
    }

    /// The pixel nearest to a place that is allowed: one with coordinates that are multiples of
    /// `step` if there is any within four steps, else any.
    ///
    /// - Parameters:
    ///   - place: where to look
    ///   - step: what coordinates should be multiples of
    ///   - isAllowed: tells pixels that will do
    /// - Returns: the pixel; the nearest of the frame if none is allowed
    func nearest(
        to place: Point, step: Int, where isAllowed: (Int, Int) -> Bool
    ) -> (x: Int, y: Int) {
        best(near: place, step: step, reach: 4, isAllowed)
            ?? best(near: place, step: 1, reach: max(mask.width, mask.height), isAllowed)
            ?? clamped(Int(place.x), Int(place.y))
    }

    private func best(
        near place: Point, step: Int, reach: Int, _ isAllowed: (Int, Int) -> Bool
    ) -> (x: Int, y: Int)? {
        let (column, row) = (
            Int((place.x / Double(step)).rounded()), Int((place.y / Double(step)).rounded())
        )
        var found: (distance: Double, x: Int, y: Int)?
        for v in row - reach...row + reach {
            for u in column - reach...column + reach {
                let (x, y) = (u * step, v * step)
                guard x >= 0, y >= 0, x < mask.width, y < mask.height, isAllowed(x, y) else {
                    continue
                }
                let (dx, dy) = (Double(x) - place.x, Double(y) - place.y)
                let distance = dx * dx + dy * dy
                if distance < found?.distance ?? .infinity { found = (distance, x, y) }
            }
        }
        return found.map { ($0.x, $0.y) }
    }

    private func clamped(_ x: Int, _ y: Int) -> (x: Int, y: Int) {
        (min(max(x, 0), mask.width - 1), min(max(y, 0), mask.height - 1))
    }
}

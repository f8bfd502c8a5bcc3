// Reference: pycocotools, common/maskApi.c (rleFrPoly)

import Imaging

/// A closed outline, and the pixels inside of it.
///
/// The outline is walked on a grid five times as fine as the pixels. Where the walk crosses the
/// middle of a column of pixels, the column's pixels from there on change sides. A pixel is inside
/// after an odd number of changes, so it does not matter which way round the walk goes, or whether
/// it crosses itself. What is left of the frame or right of it counts nowhere; what is above or
/// below it counts at the column's end. The rounding is that of pycocotools.
struct COCOOutline {
    /// A point of the fine grid.
    private struct Point {
        var x: Int
        var y: Int
    }

    private let corners: [Point]

    /// Steps of the fine grid that outlines of one object may take together; an outline around the
    /// largest picture takes far fewer.
    static let stepLimit = 1 << 26
    /// How far from the frame's corner an outline may go, in pixels.
    private static let reach = 1_000_000.0
    /// Steps of the fine grid per pixel.
    private static let fineness = 5.0

    /// An outline of x, y, x, y, … in pixels; (0, 0) is the upper left corner of the first pixel.
    ///
    /// - Throws: ``COCOFault`` if there are fewer than three corners, half a corner, or one that is
    ///   beyond any picture.
    init(_ numbers: [Double]) throws(COCOFault) {
        guard numbers.count.isMultiple(of: 2) else {
            throw COCOFault("a polygon has \(numbers.count) numbers: the last x has no y")
        }
        guard numbers.count >= 6 else {
            throw COCOFault("a polygon has \(numbers.count / 2) corners, and needs three")
        }
        for number in numbers where !(abs(number) <= Self.reach) {
            throw COCOFault("a polygon has a corner at \(number), which is beyond any picture")
        }
        corners = stride(from: 0, to: numbers.count, by: 2).map {
            Point(
                x: Int(Self.fineness * numbers[$0] + 0.5),
                y: Int(Self.fineness * numbers[$0 + 1] + 0.5))
        }
    }

    /// The pixels inside of the outline.
    ///
    /// - Parameters:
    ///   - frame: The pixels that there are.
    ///   - budget: How many steps are left; those of this outline are taken off.
    /// - Returns: The mask, in the frame.
    /// - Throws: ``COCOFault`` if too few steps are left.
    func mask(in frame: ImageFrame, budget: inout Int) throws(COCOFault) -> BinaryMask {
        var changes: [Int] = []
        var last: Point?
        for (index, corner) in corners.enumerated() {
            let next = corners[index + 1 < corners.count ? index + 1 : 0]
            budget -= max(abs(next.x - corner.x), abs(next.y - corner.y)) + 1
            guard budget >= 0 else { throw COCOFault("the polygons are too long for any picture") }
            Self.walk(from: corner, to: next) { point in
                if let last, let change = Self.change(from: last, to: point, frame) {
                    changes.append(change)
                }
                last = point
            }
        }
        changes.sort()
        var mask = ColumnMask(frame)
        for index in stride(from: 0, to: changes.count, by: 2) {
            let end = index + 1 < changes.count ? changes[index + 1] : frame.area
            mask.fill(changes[index]..<end)
        }
        return mask.mask
    }

    /// Visits the points of a straight line, both ends too.
    ///
    /// The line advances by one along its longer side. The other coordinate is computed from the
    /// end where the longer side's is smaller, whichever way the walk goes.
    private static func walk(from start: Point, to end: Point, _ visit: (Point) -> Void) {
        let (width, height) = (abs(end.x - start.x), abs(end.y - start.y))
        let steps = max(width, height)
        guard steps > 0 else { return visit(start) }
        let isFlat = width >= height
        let isBackward = isFlat ? start.x > end.x : start.y > end.y
        let (low, high) = isBackward ? (end, start) : (start, end)
        let slope = Double(isFlat ? high.y - low.y : high.x - low.x) / Double(steps)
        let base = Double(isFlat ? low.y : low.x)
        for step in 0...steps {
            let distance = isBackward ? steps - step : step
            let across = Int(base + slope * Double(distance) + 0.5)
            visit(
                isFlat
                    ? Point(x: low.x + distance, y: across) : Point(x: across, y: low.y + distance))
        }
    }

    /// The number of the first pixel that changes sides between two points beside each other, if
    /// the middle of a column is between them.
    private static func change(from one: Point, to other: Point, _ frame: ImageFrame) -> Int? {
        guard one.x != other.x else { return nil }
        let left = min(one.x, other.x)
        // The middle of column c is between 5 c + 2 and 5 c + 3.
        guard left >= 2, (left - 2).isMultiple(of: 5), (left - 2) / 5 < frame.width else {
            return nil
        }
        let y = (Double(min(one.y, other.y)) + 0.5) / fineness - 0.5
        let row = Int(min(max(y, 0), Double(frame.height)).rounded(.up))
        return (left - 2) / 5 * frame.height + row
    }
}

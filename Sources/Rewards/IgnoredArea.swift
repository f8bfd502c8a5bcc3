import Imaging
import Segmentation

/// How many ignored pixels any box of a frame has, in parts of pixels too.
///
/// The sums of all rectangles from the upper left corner: a box with edges inside of pixels is
/// between them linear in each edge, so its area is exact.
struct IgnoredArea: Sendable {
    private let mask: BinaryMask
    /// `(height + 1) * (width + 1)`: the ignored pixels above and to the left of each corner.
    private let sums: [Int32]

    /// The area of a mask, which has at most 2^31 - 1 pixels.
    init(_ mask: BinaryMask) {
        self.mask = mask
        let stride = mask.width + 1
        var sums = [Int32](repeating: 0, count: stride * (mask.height + 1))
        let bytes = mask.bytes(value: 1)
        for y in 0..<mask.height {
            var row: Int32 = 0
            for x in 0..<mask.width {
                row += Int32(bytes[y * mask.width + x])
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row
            }
        }
        self.sums = sums
    }

    /// All ignored pixels.
    var total: Double { Double(sums[sums.count - 1]) }

    /// The ignored area of a box, in pixels; what is outside of the frame is not ignored, and a box
    /// whose corners are the wrong way round has none.
    func area(of box: Box) -> Double {
        guard box.x2 > box.x1, box.y2 > box.y1 else { return 0 }
        return sum(box.x2, box.y2) - sum(box.x1, box.y2) - sum(box.x2, box.y1)
            + sum(box.x1, box.y1)
    }

    /// The area of a box that counts, in pixels.
    func countedArea(of box: Box) -> Double { box.signedArea - area(of: box) }

    /// The ignored area from the frame's corner to a place.
    private func sum(_ x: Double, _ y: Double) -> Double {
        let (x, y) = (min(max(x, 0), Double(mask.width)), min(max(y, 0), Double(mask.height)))
        let (column, row) = (min(Int(x), mask.width - 1), min(Int(y), mask.height - 1))
        let (right, down) = (x - Double(column), y - Double(row))
        let stride = mask.width + 1
        func corner(_ column: Int, _ row: Int) -> Double { Double(sums[row * stride + column]) }
        let above = corner(column, row) * (1 - right) + corner(column + 1, row) * right
        let below = corner(column, row + 1) * (1 - right) + corner(column + 1, row + 1) * right
        return above * (1 - down) + below * down
    }

    /// Whether the pixel that a point is in is ignored.
    func contains(_ point: Point) -> Bool { mask.contains(point) }

    /// Whether a prompt is on ignored pixels alone: its box, or without one all positive points.
    func holds(_ prompt: SegmentationPrompt) -> Bool {
        if let box = prompt.box {
            let area = box.signedArea
            return box.x2 > box.x1 && box.y2 > box.y1 && self.area(of: box) >= area * (1 - 1e-12)
        }
        return !prompt.positivePoints.isEmpty && prompt.positivePoints.allSatisfy(contains)
    }
}

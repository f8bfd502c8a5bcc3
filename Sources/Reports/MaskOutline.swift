public import Imaging

extension BinaryMask {
    /// The edges of the mask as the `d` of an SVG path in the mask's frame, to be filled by the rule
    /// `evenodd`: the pixels inside are exactly those of the mask.
    ///
    /// Empty for an empty mask.
    public var outlinePath: String { OutlineTracer(self).path }
}

/// Walks along the edges between inside and outside.
private struct OutlineTracer {
    /// Right, down, left, up.
    private static let steps = [(1, 0), (0, 1), (-1, 0), (0, -1)]

    private let width: Int
    private var starts: [Int] = []
    /// The directions of the edges that begin at a corner: bit d for direction d.
    private var edges: [Int: UInt8] = [:]

    /// Collects the edges, the mask on the right hand of each.
    init(_ mask: BinaryMask) {
        width = mask.width + 1
        let inside = mask.bytes(value: 1)
        func isInside(_ x: Int, _ y: Int) -> Bool {
            x >= 0 && y >= 0 && x < mask.width && y < mask.height && inside[y * mask.width + x] == 1
        }
        for y in 0..<mask.height {
            for x in 0..<mask.width where inside[y * mask.width + x] == 1 {
                if !isInside(x, y - 1) { add(x, y, 0) }
                if !isInside(x + 1, y) { add(x + 1, y, 1) }
                if !isInside(x, y + 1) { add(x + 1, y + 1, 2) }
                if !isInside(x - 1, y) { add(x, y + 1, 3) }
            }
        }
    }

    private mutating func add(_ x: Int, _ y: Int, _ direction: Int) {
        let corner = y * width + x
        starts.append(corner)
        edges[corner, default: 0] |= 1 << UInt8(direction)
    }

    /// Every closed walk, each edge used once.
    var path: String {
        var left = edges
        var path = ""
        for start in starts {
            while let first = (0..<4).first(where: { (left[start] ?? 0) >> UInt8($0) & 1 == 1 }) {
                path += walk(from: start, direction: first, &left)
            }
        }
        return path
    }

    private func walk(
        from start: Int, direction first: Int, _ left: inout [Int: UInt8]
    ) -> String {
        var path = "M\(start % width) \(start / width)"
        var (corner, direction, length) = (start, first, 0)
        func run() -> String {
            let (dx, dy) = Self.steps[direction]
            return dx != 0 ? "h\(dx * length)" : "v\(dy * length)"
        }
        while true {
            left[corner, default: 0] &= ~(1 << UInt8(direction))
            corner += Self.steps[direction].0 + Self.steps[direction].1 * width
            length += 1
            if corner == start { return path + run() + "z" }
            let open = left[corner] ?? 0
            // Where two pixels touch at a corner, the right turn stays with the pixel at hand.
            let turns = [direction + 1, direction, direction + 3].map { $0 % 4 }
            guard let next = turns.first(where: { open >> UInt8($0) & 1 == 1 }) else {
                return path + run() + "z"
            }
            if next != direction {
                path += run()
                (direction, length) = (next, 0)
            }
        }
    }
}

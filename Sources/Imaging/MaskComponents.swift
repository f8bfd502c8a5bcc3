/// Which neighbours of a pixel belong to the same component.
public enum Connectivity: Int, Hashable, Sendable {
    /// Left, right, above, below.
    case four = 4
    /// Also the four diagonal neighbours.
    case eight = 8
}

/// A set of connected pixels of a ``BinaryMask``.
public struct MaskComponent: Hashable, Sendable {
    /// How many pixels it has.
    public let pixelCount: Int
    /// The smallest box around its pixels, in the mask's frame: `x2` and `y2` are one more than
    /// the last column and row.
    public let box: Box
}

/// Neighbouring pixels of one row that are in a mask: columns `start..<end`.
private struct Run {
    let row: Int
    let start: Int
    let end: Int
}

/// Size and borders of a set of runs that is given from top to bottom.
private struct Extent {
    private var left: Int
    private var right: Int
    private let top: Int
    private var bottom: Int
    private var count: Int

    init(_ run: Run) {
        (left, right, top, bottom) = (run.start, run.end, run.row, run.row + 1)
        count = run.end - run.start
    }

    mutating func add(_ run: Run) {
        left = min(left, run.start)
        right = max(right, run.end)
        bottom = run.row + 1
        count += run.end - run.start
    }

    var component: MaskComponent {
        MaskComponent(
            pixelCount: count,
            box: Box(x1: Double(left), y1: Double(top), x2: Double(right), y2: Double(bottom)))
    }
}

extension BinaryMask {
    /// The smallest box around the pixels, or nil when there are none; `x2` and `y2` are one more
    /// than the last column and row.
    public var boundingBox: Box? {
        let runs = runs()
        guard let first = runs.first else { return nil }
        var extent = Extent(first)
        for run in runs.dropFirst() { extent.add(run) }
        return extent.component.box
    }

    /// The connected components, ordered by their first pixel, row after row.
    public func components(_ connectivity: Connectivity) -> [MaskComponent] {
        let runs = runs()
        let roots = Self.roots(of: runs, reach: connectivity == .eight ? 1 : 0)
        var extents: [Extent] = []
        var slots = [Int](repeating: -1, count: runs.count)
        for (root, run) in zip(roots, runs) {
            if slots[root] < 0 {
                slots[root] = extents.count
                extents.append(Extent(run))
            } else {
                extents[slots[root]].add(run)
            }
        }
        return extents.map(\.component)
    }

    /// For each run the earliest run of its component; runs of neighbouring rows touch when they
    /// overlap after one of them has grown by `reach` at both ends.
    private static func roots(of runs: [Run], reach: Int) -> [Int] {
        var parents = Array(runs.indices)
        func root(_ index: Int) -> Int {
            var index = index
            while parents[index] != index {
                parents[index] = parents[parents[index]]
                index = parents[index]
            }
            return index
        }
        // `above` follows the current run through the runs of the row before.
        var above = 0
        for (index, run) in runs.enumerated() {
            while runs[above].row < run.row - 1
                || runs[above].row == run.row - 1 && runs[above].end + reach <= run.start
            { above += 1 }
            var other = above
            while runs[other].row == run.row - 1 && runs[other].start < run.end + reach {
                let (a, b) = (root(other), root(index))
                // The earliest run stays the root, which keeps the order of first pixels.
                parents[max(a, b)] = min(a, b)
                other += 1
            }
        }
        return parents.indices.map(root)
    }

    private func runs() -> [Run] {
        var runs: [Run] = []
        for row in 0..<height {
            let end = (row + 1) * width
            var at = nextPixel(from: row * width, to: end, inside: true)
            while at < end {
                let stop = nextPixel(from: at, to: end, inside: false)
                runs.append(Run(row: row, start: at - row * width, end: stop - row * width))
                at = nextPixel(from: stop, to: end, inside: true)
            }
        }
        return runs
    }

    /// The first index at or after `start` whose pixel is inside (or outside), at most `end`.
    private func nextPixel(from start: Int, to end: Int, inside: Bool) -> Int {
        var at = start
        while at < end {
            let word = (inside ? words[at >> 6] : ~words[at >> 6]) >> UInt64(at & 63)
            if word != 0 { return min(at + word.trailingZeroBitCount, end) }
            at = (at | 63) + 1
        }
        return end
    }
}

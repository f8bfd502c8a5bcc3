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

extension BinaryMask {
    /// The smallest box around the pixels, or nil when there are none; `x2` and `y2` are one more
    /// than the last column and row.
    public var boundingBox: Box? { Self.component(of: runs())?.box }

    /// The connected components, ordered by their first pixel, row after row.
    public func components(_ connectivity: Connectivity) -> [MaskComponent] {
        let runs = runs()
        var parents = Array(runs.indices)
        func root(_ index: Int) -> Int {
            var index = index
            while parents[index] != index {
                parents[index] = parents[parents[index]]
                index = parents[index]
            }
            return index
        }
        let reach = connectivity == .eight ? 1 : 0
        // `above` follows the current run through the runs of the row before.
        var above = 0
        for (index, run) in runs.enumerated() {
            while above < index
                && (runs[above].row < run.row - 1
                    || runs[above].row == run.row - 1 && runs[above].end + reach <= run.start)
            { above += 1 }
            var other = above
            while other < index && runs[other].row == run.row - 1
                && runs[other].start < run.end + reach
            {
                let (a, b) = (root(other), root(index))
                // The earliest run stays the root, which keeps the order of first pixels.
                parents[max(a, b)] = min(a, b)
                other += 1
            }
        }
        var members: [[Run]] = []
        var slots = [Int](repeating: -1, count: runs.count)
        for (index, run) in runs.enumerated() {
            let root = root(index)
            if slots[root] < 0 {
                slots[root] = members.count
                members.append([])
            }
            members[slots[root]].append(run)
        }
        return members.compactMap(Self.component)
    }

    private static func component(of runs: [Run]) -> MaskComponent? {
        guard let first = runs.first, let last = runs.last else { return nil }
        var (left, right, count) = (first.start, first.end, 0)
        for run in runs {
            left = min(left, run.start)
            right = max(right, run.end)
            count += run.end - run.start
        }
        return MaskComponent(
            pixelCount: count,
            box: Box(
                x1: Double(left), y1: Double(first.row), x2: Double(right),
                y2: Double(last.row + 1)))
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

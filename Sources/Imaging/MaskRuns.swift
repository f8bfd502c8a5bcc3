/// A mask as lengths of runs, the way COCO writes it without compression: column after column,
/// pixels outside first.
public struct MaskRuns: Hashable, Sendable, Codable {
    /// Rows, columns.
    public let size: [Int]
    /// How many pixels are outside, then inside, then outside, and so on.
    public let counts: [Int]

    /// The runs of a mask.
    public init(_ mask: BinaryMask) {
        var counts: [Int] = []
        var isInside = false
        var length = 0
        for x in 0..<mask.width {
            for y in 0..<mask.height {
                if mask[x, y] != isInside {
                    counts.append(length)
                    (isInside, length) = (!isInside, 0)
                }
                length += 1
            }
        }
        counts.append(length)
        size = [mask.height, mask.width]
        self.counts = counts
    }

    /// The mask; nil where the runs do not fill it exactly.
    public var mask: BinaryMask? {
        guard size.count == 2, size.allSatisfy({ (1...1 << 20).contains($0) }),
            size[0] * size[1] <= ImageCodec.maximumPixels
        else { return nil }
        var mask = BinaryMask(width: size[1], height: size[0])
        var place = 0
        for (index, count) in counts.enumerated() {
            guard count >= 0, count <= size[0] * size[1] - place else { return nil }
            if index % 2 == 1 {
                for pixel in place..<place + count { mask[pixel / size[0], pixel % size[0]] = true }
            }
            place += count
        }
        return place == size[0] * size[1] ? mask : nil
    }
}

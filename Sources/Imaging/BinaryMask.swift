/// A set of pixels, one bit each, so that intersections and unions are counted 64 pixels at a time.
public struct BinaryMask: Hashable, Sendable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Pixel (x, y) is bit `(y * width + x) % 64` of word `(y * width + x) / 64`; the bits past the
    /// last pixel are 0.
    public private(set) var words: [UInt64]

    /// The empty set of pixels of a frame.
    public init(width: Int, height: Int) {
        precondition(width > 0 && height > 0)
        self.width = width
        self.height = height
        words = [UInt64](repeating: 0, count: (width * height + 63) / 64)
    }

    /// The pixels whose byte is greater than `threshold`; `bytes` has one byte per pixel, row
    /// after row.
    public init(width: Int, height: Int, bytes: some Collection<UInt8>, above threshold: UInt8 = 0)
    {
        precondition(bytes.count == width * height)
        self.init(width: width, height: height)
        for (index, byte) in bytes.enumerated() where byte > threshold {
            words[index >> 6] |= 1 << UInt64(index & 63)
        }
    }

    /// The pixels whose value is greater than `threshold`; `values` has one per pixel, row after
    /// row. NaN is not greater.
    public init(width: Int, height: Int, values: [Float], above threshold: Float) {
        precondition(values.count == width * height)
        self.init(width: width, height: height)
        for (index, value) in values.enumerated() where value > threshold {
            words[index >> 6] |= 1 << UInt64(index & 63)
        }
    }

    /// The frame of the mask's coordinates.
    public var frame: ImageFrame { ImageFrame(width: width, height: height) }

    /// Whether the pixel in column `x` of row `y` is in the set.
    public subscript(x: Int, y: Int) -> Bool {
        get {
            let index = y * width + x
            return words[index >> 6] >> UInt64(index & 63) & 1 == 1
        }
        set {
            let index = y * width + x
            let bit: UInt64 = 1 << UInt64(index & 63)
            if newValue { words[index >> 6] |= bit } else { words[index >> 6] &= ~bit }
        }
    }

    /// How many pixels are in the set.
    public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// Whether no pixel is in the set.
    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// One byte per pixel, row after row: `value` inside, 0 outside.
    public func bytes(value: UInt8 = 255) -> [UInt8] {
        (0..<width * height).map { words[$0 >> 6] >> UInt64($0 & 63) & 1 == 1 ? value : 0 }
    }

    /// Adds the pixels of a mask of the same frame.
    public mutating func formUnion(_ other: BinaryMask) {
        requireSameFrame(other)
        for index in words.indices { words[index] |= other.words[index] }
    }

    /// How many pixels are in both masks, which have the same frame.
    public func intersectionCount(_ other: BinaryMask) -> Int {
        requireSameFrame(other)
        return zip(words, other.words).reduce(0) { $0 + ($1.0 & $1.1).nonzeroBitCount }
    }

    /// How many pixels are in either mask; both have the same frame.
    public func unionCount(_ other: BinaryMask) -> Int {
        requireSameFrame(other)
        return zip(words, other.words).reduce(0) { $0 + ($1.0 | $1.1).nonzeroBitCount }
    }

    /// Intersection over union with a mask of the same frame, 0...1; 1 when both are empty.
    public func intersectionOverUnion(_ other: BinaryMask) -> Double {
        let union = unionCount(other)
        return union == 0 ? 1 : Double(intersectionCount(other)) / Double(union)
    }

    private func requireSameFrame(_ other: BinaryMask) {
        precondition(width == other.width && height == other.height, "masks of different frames")
    }
}

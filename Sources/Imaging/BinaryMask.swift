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

    /// The mask with these words; bits past the last pixel are 0.
    init(width: Int, height: Int, words: [UInt64]) {
        precondition(width > 0 && height > 0 && words.count == (width * height + 63) / 64)
        self.width = width
        self.height = height
        self.words = words
    }

    /// The pixels whose byte is greater than `threshold`; `bytes` has one byte per pixel, row
    /// after row.
    public init(width: Int, height: Int, bytes: some Collection<UInt8>, above threshold: UInt8 = 0)
    {
        precondition(bytes.count == width * height)
        let words =
            bytes.withContiguousStorageIfAvailable { Self.pack($0) { $0 > threshold } }
            ?? Array(bytes).withUnsafeBufferPointer { Self.pack($0) { $0 > threshold } }
        self.init(width: width, height: height, words: words)
    }

    /// The pixels whose value is greater than `threshold`, which NaN is not.
    ///
    /// `values` has one per pixel, row after row.
    public init(width: Int, height: Int, values: [Float], above threshold: Float) {
        precondition(values.count == width * height)
        let words = values.withUnsafeBufferPointer { Self.pack($0) { $0 > threshold } }
        self.init(width: width, height: height, words: words)
    }

    @inline(__always)
    private static func pack<Value>(
        _ values: UnsafeBufferPointer<Value>, _ isInside: (Value) -> Bool
    ) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: (values.count + 63) / 64)
        for index in words.indices {
            let start = index * 64
            var word: UInt64 = 0
            for bit in 0..<min(64, values.count - start) {
                word |= (isInside(values[start &+ bit]) ? 1 : 0) << UInt64(truncatingIfNeeded: bit)
            }
            words[index] = word
        }
        return words
    }

    /// The mask of rows of `(width + 7) / 8` bytes, the first pixel in a byte's lowest bit; bits past
    /// the end of a row may be anything.
    init(width: Int, height: Int, rows: [UInt8]) {
        let rowLength = (width + 7) / 8
        precondition(width > 0 && height > 0 && rows.count == rowLength * height)
        self.init(width: width, height: height)
        if width % 8 == 0 {
            // No row has bits too many: the bytes are the words', lowest first.
            words.withUnsafeMutableBytes { $0.copyBytes(from: rows) }
            for index in words.indices { words[index] = UInt64(littleEndian: words[index]) }
            return
        }
        let last = UInt8.max >> UInt8(rowLength * 8 - width)
        words.withUnsafeMutableBufferPointer { words in
            for row in 0..<height {
                for column in 0..<rowLength {
                    var byte = rows[row &* rowLength &+ column]
                    if column == rowLength - 1 { byte &= last }
                    if byte == 0 { continue }
                    let place = row &* width &+ column &* 8
                    let shift = UInt64(place & 63)
                    words[place >> 6] |= UInt64(byte) << shift
                    // Where the byte reaches into the next word it has pixels there.
                    let rest = UInt64(byte) >> (64 - shift)
                    if shift > 56, rest != 0 { words[place >> 6 &+ 1] |= rest }
                }
            }
        }
    }

    /// Rows of `(width + 7) / 8` bytes, the first pixel in a byte's lowest bit; what a row's last byte
    /// has too much is 0.
    var rows: [UInt8] {
        let rowLength = (width + 7) / 8
        var rows = [UInt8](repeating: 0, count: rowLength * height)
        for row in 0..<height {
            for column in 0..<rowLength {
                let place = row &* width &+ column &* 8
                let shift = UInt64(place & 63)
                var bits = words[place >> 6] >> shift
                if shift > 56, place >> 6 &+ 1 < words.count {
                    bits |= words[place >> 6 &+ 1] << (64 - shift)
                }
                let count = min(8, width - column * 8)
                rows[row &* rowLength &+ column] =
                    UInt8(truncatingIfNeeded: bits) & (UInt8.max >> UInt8(8 - count))
            }
        }
        return rows
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
        let count = width * height
        return [UInt8](unsafeUninitializedCapacity: count) { bytes, used in
            used = count
            for (index, word) in words.enumerated() {
                let start = index * 64
                for bit in 0..<min(64, count - start) {
                    bytes[start &+ bit] =
                        word >> UInt64(truncatingIfNeeded: bit) & 1 == 1 ? value : 0
                }
            }
        }
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

// MARK: - Pixels that do not count

extension BinaryMask {
    /// Takes away the pixels of a mask of the same frame.
    public mutating func subtract(_ other: BinaryMask) {
        requireSameFrame(other)
        for index in words.indices { words[index] &= ~other.words[index] }
    }

    /// The pixels that are not in a mask of the same frame; all of them where there is none.
    public func subtracting(_ other: BinaryMask?) -> BinaryMask {
        guard let other else { return self }
        var rest = self
        rest.subtract(other)
        return rest
    }

    /// Whether no pixel is in both masks, which have the same frame.
    public func isDisjoint(with other: BinaryMask) -> Bool {
        requireSameFrame(other)
        return zip(words, other.words).allSatisfy { $0 & $1 == 0 }
    }
}

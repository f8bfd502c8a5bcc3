extension RGBImage {
    /// The picture stretched to `frame`, with the same bytes as Pillow's `resize`.
    ///
    /// When a side shrinks, the filter widens in proportion, so that every pixel counts.
    /// Columns and rows are resampled one after the other, with 8-bit samples in between; the
    /// order is that of Pillow 13 (earlier versions differ by a level where the height shrinks
    /// much more than the width).
    public func resized(to frame: ImageFrame, filter: ResizeFilter) -> RGBImage {
        let samples = Samples(width: width, height: height, channels: 3, bytes: pixels)
            .resized(to: frame, filter: filter)
        return RGBImage(width: samples.width, height: samples.height, pixels: samples.bytes)
    }
}

extension GrayImage {
    /// The picture stretched to `frame`, as ``RGBImage/resized(to:filter:)`` does.
    public func resized(to frame: ImageFrame, filter: ResizeFilter) -> GrayImage {
        let samples = Samples(width: width, height: height, channels: 1, bytes: pixels)
            .resized(to: frame, filter: filter)
        return GrayImage(width: samples.width, height: samples.height, pixels: samples.bytes)
    }
}

extension BinaryMask {
    /// The mask stretched to `frame`: each pixel is that of the old mask under its middle, as
    /// Pillow's NEAREST picks it.
    public func resized(to frame: ImageFrame) -> BinaryMask {
        if frame == self.frame { return self }
        let columns = nearestPositions(input: width, output: frame.width)
        let rows = nearestPositions(input: height, output: frame.height)
        var index = 0
        var resized = [UInt64](repeating: 0, count: (frame.area + 63) / 64)
        words.withUnsafeBufferPointer { words in
            for row in rows {
                // Most rows of most masks are empty.
                if Self.isEmpty(words, row * width..<(row + 1) * width) {
                    index &+= columns.count
                    continue
                }
                for column in columns {
                    let from = row &* width &+ column
                    let bit = words[from >> 6] >> UInt64(from & 63) & 1
                    resized[index >> 6] |= bit << UInt64(index & 63)
                    index &+= 1
                }
            }
        }
        return BinaryMask(width: frame.width, height: frame.height, words: resized)
    }

    /// Whether no bit of a range that is not empty is set, in words of 64 bits.
    private static func isEmpty(
        _ words: UnsafeBufferPointer<UInt64>, _ bits: Range<Int>
    ) -> Bool {
        let (first, last) = (bits.lowerBound >> 6, (bits.upperBound - 1) >> 6)
        let head = UInt64.max << UInt64(bits.lowerBound & 63)
        let tail = UInt64.max >> UInt64(63 - (bits.upperBound - 1) & 63)
        if first == last { return words[first] & head & tail == 0 }
        if words[first] & head != 0 || words[last] & tail != 0 { return false }
        return words[(first + 1)..<last].allSatisfy { $0 == 0 }
    }
}

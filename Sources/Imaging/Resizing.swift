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
}

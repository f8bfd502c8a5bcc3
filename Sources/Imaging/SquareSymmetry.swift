/// One of the eight ways to lay a square picture on itself: quarter turns, and their mirror images.
///
/// Pictures that are not square change their sides with an odd number of quarter turns.
public struct SquareSymmetry: Hashable, Sendable {
    /// How many symmetries there are.
    public static let count = 8
    /// The symmetry that changes nothing.
    public static let identity = SquareSymmetry(0)

    /// Which one, `0..<count`: bit 0 mirrors left and right, bit 1 top and bottom, bit 2 swaps rows
    /// and columns, in this order.
    public let index: Int

    /// The symmetry of a number, `0..<count`.
    public init(_ index: Int) {
        precondition((0..<Self.count).contains(index), "there are eight symmetries")
        self.index = index
    }

    /// The frame of what was laid on itself.
    public func callAsFunction(_ frame: ImageFrame) -> ImageFrame {
        index & 4 == 0 ? frame : ImageFrame(width: frame.height, height: frame.width)
    }

    /// The picture, laid on itself.
    public func callAsFunction(_ image: RGBImage) -> RGBImage {
        if self == .identity { return image }
        let frame = self(image.frame)
        var pixels = [UInt8](repeating: 0, count: image.pixels.count)
        forEachPixel(of: image.frame) { source, target in
            for channel in 0..<3 {
                pixels[3 * target + channel] = image.pixels[3 * source + channel]
            }
        }
        return RGBImage(width: frame.width, height: frame.height, pixels: pixels)
    }

    /// The mask, laid on itself.
    public func callAsFunction(_ mask: BinaryMask) -> BinaryMask {
        if self == .identity { return mask }
        let frame = self(mask.frame)
        var result = BinaryMask(width: frame.width, height: frame.height)
        forEachPixel(of: mask.frame) { source, target in
            if mask[source % mask.width, source / mask.width] {
                result[target % frame.width, target / frame.width] = true
            }
        }
        return result
    }

    /// Calls `body` with each pixel's place in the picture of `frame` and where it goes, row after row.
    private func forEachPixel(of frame: ImageFrame, _ body: (Int, Int) -> Void) {
        let width = self(frame).width
        for y in 0..<frame.height {
            for x in 0..<frame.width {
                let mirroredX = index & 1 == 0 ? x : frame.width - 1 - x
                let mirroredY = index & 2 == 0 ? y : frame.height - 1 - y
                let target =
                    index & 4 == 0
                    ? mirroredY * width + mirroredX : mirroredX * width + mirroredY
                body(y * frame.width + x, target)
            }
        }
    }
}

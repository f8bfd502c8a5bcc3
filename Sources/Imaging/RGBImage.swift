/// An 8-bit RGB picture in memory.
public struct RGBImage: Hashable, Sendable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Bytes R, G, B of each pixel, row after row: `height * width * 3`.
    public var pixels: [UInt8]

    /// A picture from its bytes; `pixels` holds `width * height * 3` of them.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// A picture of one colour.
    public init(width: Int, height: Int, fill: (UInt8, UInt8, UInt8)) {
        var pixels = [UInt8](repeating: fill.0, count: width * height * 3)
        for index in stride(from: 0, to: pixels.count, by: 3) {
            pixels[index + 1] = fill.1
            pixels[index + 2] = fill.2
        }
        self.init(width: width, height: height, pixels: pixels)
    }

    /// The frame of the picture's coordinates.
    public var frame: ImageFrame { ImageFrame(width: width, height: height) }

    /// The colour of the pixel in column `x` of row `y`.
    public subscript(x: Int, y: Int) -> (UInt8, UInt8, UInt8) {
        get {
            let index = (y * width + x) * 3
            return (pixels[index], pixels[index + 1], pixels[index + 2])
        }
        set {
            let index = (y * width + x) * 3
            pixels[index] = newValue.0
            pixels[index + 1] = newValue.1
            pixels[index + 2] = newValue.2
        }
    }
}

/// An 8-bit picture with one channel: a label, or an intermediate of drawing.
public struct GrayImage: Hashable, Sendable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// One byte per pixel, row after row: `height * width`.
    public var pixels: [UInt8]

    /// A picture from its bytes; `pixels` holds `width * height` of them.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height)
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// The frame of the picture's coordinates.
    public var frame: ImageFrame { ImageFrame(width: width, height: height) }
}

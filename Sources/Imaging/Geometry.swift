/// The size of the pixel grid that coordinates belong to, in pixels.
///
/// Three frames occur in this project: the original image, the square that the policy sees, and
/// the square that the segmenter sees. ``convert(_:to:)-(Point,_)`` is the only way from one to
/// another.
public struct ImageFrame: Hashable, Sendable, Codable {
    /// Columns.
    public var width: Int
    /// Rows.
    public var height: Int

    /// A frame of `width` columns and `height` rows, both at least 1.
    public init(width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a frame has at least one pixel")
        self.width = width
        self.height = height
    }

    /// The square frame with `side` rows and columns.
    public static func square(_ side: Int) -> ImageFrame { .init(width: side, height: side) }

    /// How many pixels the frame has.
    public var area: Int { width * height }

    /// The size in words.
    package var text: String { "\(width) x \(height)" }

    /// The same place of the picture in another frame; coordinates are continuous and are
    /// neither rounded nor clamped.
    public func convert(_ point: Point, to other: ImageFrame) -> Point {
        Point(
            x: point.x / Double(width) * Double(other.width),
            y: point.y / Double(height) * Double(other.height))
    }

    /// The same box of the picture in another frame.
    public func convert(_ box: Box, to other: ImageFrame) -> Box {
        let low = convert(Point(x: box.x1, y: box.y1), to: other)
        let high = convert(Point(x: box.x2, y: box.y2), to: other)
        return Box(x1: low.x, y1: low.y, x2: high.x, y2: high.y)
    }
}

/// A place in an ``ImageFrame``: x to the right, y downwards, in pixels, the origin at the upper
/// left corner of the frame.
public struct Point: Hashable, Sendable, Codable {
    /// Pixels from the left edge.
    public var x: Double
    /// Pixels from the upper edge.
    public var y: Double

    /// The point (`x`, `y`).
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }
}

/// An axis-parallel box in an ``ImageFrame``, in pixels.
///
/// A policy may write its corners in any order, so `x1 <= x2` is not promised.
public struct Box: Hashable, Sendable, Codable {
    /// Left edge.
    public var x1: Double
    /// Upper edge.
    public var y1: Double
    /// Right edge.
    public var x2: Double
    /// Lower edge.
    public var y2: Double

    /// The box with the corners (`x1`, `y1`) and (`x2`, `y2`).
    public init(x1: Double, y1: Double, x2: Double, y2: Double) {
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }

    /// `(x2 - x1) * (y2 - y1)`: negative when just one pair of edges is swapped.
    public var signedArea: Double { (x2 - x1) * (y2 - y1) }
}

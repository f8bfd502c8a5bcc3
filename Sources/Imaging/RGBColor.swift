/// An 8-bit colour.
public struct RGBColor: Hashable, Sendable {
    /// Red, 0...255.
    public var red: UInt8
    /// Green, 0...255.
    public var green: UInt8
    /// Blue, 0...255.
    public var blue: UInt8

    /// The colour with these three parts.
    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// Black.
    public static let black = RGBColor(0, 0, 0)
    /// White.
    public static let white = RGBColor(255, 255, 255)
    /// The colour of points that are to be inside.
    public static let positive = RGBColor(40, 200, 70)
    /// The colour of points that are to be outside.
    public static let negative = RGBColor(225, 40, 40)

    /// Colours for the objects of a picture, told apart also by most colour-blind eyes: the
    /// object with index `index` gets one of eight, over and over.
    public static func object(_ index: Int) -> RGBColor {
        let remainder = index % objects.count
        return objects[remainder < 0 ? remainder + objects.count : remainder]
    }

    private static let objects = [
        RGBColor(255, 176, 0), RGBColor(30, 136, 229), RGBColor(216, 27, 160),
        RGBColor(0, 190, 170), RGBColor(140, 90, 255), RGBColor(255, 105, 60),
        RGBColor(120, 200, 30), RGBColor(90, 200, 250),
    ]
}

extension RGBImage {
    /// A picture of one colour.
    public init(frame: ImageFrame, color: RGBColor) {
        self.init(
            width: frame.width, height: frame.height, fill: (color.red, color.green, color.blue))
    }

    /// Gives the pixels of a rectangle one colour; what lies outside the picture is left out.
    public mutating func fill(x: Int, y: Int, width: Int, height: Int, color: RGBColor) {
        let columns = Range(x, count: width).clamped(to: 0..<self.width)
        let rows = Range(y, count: height).clamped(to: 0..<self.height)
        for row in rows {
            for column in columns { set(column, row, color) }
        }
    }

    /// Gives a pixel of the picture a colour.
    mutating func set(_ x: Int, _ y: Int, _ color: RGBColor) {
        let index = (y * width + x) * 3
        pixels[index] = color.red
        pixels[index + 1] = color.green
        pixels[index + 2] = color.blue
    }
}

extension Range where Bound == Int {
    fileprivate init(_ start: Int, count: Int) { self = start..<(start + Swift.max(0, count)) }
}

/// How prompts and masks are drawn; lengths in pixels.
public struct OverlayStyle: Hashable, Sendable {
    /// Thickness of box outlines and contours, at least 1.
    public var lineWidth: Int
    /// Radius of the discs that mark points, without their rim.
    public var pointRadius: Int
    /// How much of the mask's colour covers the picture, 0...1.
    public var opacity: Double

    /// A style with these measures.
    public init(lineWidth: Int, pointRadius: Int, opacity: Double = 0.4) {
        self.lineWidth = max(1, lineWidth)
        self.pointRadius = max(1, pointRadius)
        self.opacity = min(max(0, opacity), 1)
    }

    /// Measures that are easy to see in a picture of this size.
    public init(for frame: ImageFrame) {
        let side = min(frame.width, frame.height)
        self.init(lineWidth: (side + 200) / 400, pointRadius: (side + 60) / 120)
    }
}

extension RGBImage {
    /// Draws the outline of a box in the picture's frame, its edges in the middle of the line.
    ///
    /// Corners may come in any order; what lies outside the picture is left out, and a box with an
    /// edge that is not a number is not drawn.
    public mutating func draw(_ box: Box, color: RGBColor, style: OverlayStyle) {
        guard ![box.x1, box.y1, box.x2, box.y2].contains(where: \.isNaN) else { return }
        let width = style.lineWidth
        let left = edge(min(box.x1, box.x2), limit: self.width) - width / 2
        let right = edge(max(box.x1, box.x2), limit: self.width) - width / 2
        let top = edge(min(box.y1, box.y2), limit: height) - width / 2
        let bottom = edge(max(box.y1, box.y2), limit: height) - width / 2
        fill(x: left, y: top, width: right - left + width, height: width, color: color)
        fill(x: left, y: bottom, width: right - left + width, height: width, color: color)
        fill(x: left, y: top, width: width, height: bottom - top + width, color: color)
        fill(x: right, y: top, width: width, height: bottom - top + width, color: color)
    }

    /// Draws a point in the picture's frame as a disc with a white rim: green when the object is
    /// there, red when it is not.
    ///
    /// A point that is not a number is not drawn.
    public mutating func draw(_ point: Point, isPositive: Bool, style: OverlayStyle) {
        draw(point, color: isPositive ? .positive : .negative, rim: .white, style: style)
    }

    /// Draws a point in the picture's frame as a disc of a colour, with a rim of another one.
    ///
    /// A point that is not a number is not drawn.
    public mutating func draw(
        _ point: Point, color: RGBColor, rim rimColor: RGBColor, style: OverlayStyle
    ) {
        guard !point.x.isNaN, !point.y.isNaN else { return }
        let rim = max(1, style.pointRadius / 3)
        drawDisc(point, radius: style.pointRadius + rim + 1, color: .black)
        drawDisc(point, radius: style.pointRadius + rim, color: rimColor)
        drawDisc(point, radius: style.pointRadius, color: color)
    }

    /// Tints the pixels of a mask of the picture's frame and draws a line along its inner edge.
    public mutating func draw(_ mask: BinaryMask, color: RGBColor, style: OverlayStyle) {
        tint(mask, color: color, opacity: style.opacity)
        drawContour(mask, color: color, thickness: style.lineWidth)
    }

    /// Mixes a colour into the pixels of a mask of the picture's frame; `opacity` is the colour's
    /// share, 0...1.
    public mutating func tint(_ mask: BinaryMask, color: RGBColor, opacity: Double) {
        precondition(mask.frame == frame, "the mask has another frame than the picture")
        let share = Int((min(max(0, opacity), 1) * 256).rounded())
        let parts = [Int(color.red), Int(color.green), Int(color.blue)]
        for (index, inside) in mask.bytes(value: 1).enumerated() where inside == 1 {
            for channel in 0..<3 {
                let old = Int(pixels[index * 3 + channel])
                let mixed = (old * (256 - share) + parts[channel] * share + 128) >> 8
                pixels[index * 3 + channel] = UInt8(mixed)
            }
        }
    }

    /// Draws a line of `thickness` pixels along the inner edge of a mask of the picture's frame.
    ///
    /// The border of the picture is no edge.
    public mutating func drawContour(_ mask: BinaryMask, color: RGBColor, thickness: Int) {
        precondition(mask.frame == frame, "the mask has another frame than the picture")
        let reach = max(1, thickness)
        let inside = mask.bytes(value: 1)
        for y in 0..<height {
            for x in 0..<width where inside[y * width + x] == 1 {
                let isEdge = (1...reach).contains { step in
                    x >= step && inside[y * width + x - step] == 0
                        || x + step < width && inside[y * width + x + step] == 0
                        || y >= step && inside[(y - step) * width + x] == 0
                        || y + step < height && inside[(y + step) * width + x] == 0
                }
                if isEdge { set(x, y, color) }
            }
        }
    }

    /// Hatches the pixels of a mask of the picture's frame that do not count: slanted stripes, dark
    /// and light in turn.
    public mutating func drawIgnored(_ mask: BinaryMask) {
        precondition(mask.frame == frame, "the mask has another frame than the picture")
        let stripe = max(2, min(width, height) / 100)
        for place in mask.pixelPlaces {
            let isLight = (place % width + place / width) / stripe % 2 == 0
            for channel in 0..<3 {
                let old = Int(pixels[place * 3 + channel])
                pixels[place * 3 + channel] = UInt8((old + (isLight ? 225 : 45) * 2) / 3)
            }
        }
    }

    private mutating func drawDisc(_ center: Point, radius: Int, color: RGBColor) {
        // Far outside the picture nothing is drawn, and huge numbers have no Int.
        guard (-Double(radius)...Double(width + radius)).contains(center.x),
            (-Double(radius)...Double(height + radius)).contains(center.y)
        else { return }
        let (x, y, limit) = (Int(center.x), Int(center.y), Double(radius * radius))
        for row in max(0, y - radius - 1)..<max(0, min(height, y + radius + 2)) {
            for column in max(0, x - radius - 1)..<max(0, min(width, x + radius + 2)) {
                let dx = Double(column) + 0.5 - center.x
                let dy = Double(row) + 0.5 - center.y
                if dx * dx + dy * dy <= limit { set(column, row, color) }
            }
        }
    }

    /// The pixel border nearest to a coordinate; far outside the picture it does not matter which.
    private func edge(_ coordinate: Double, limit: Int) -> Int {
        let margin = Double(limit) + 1000
        return Int(min(max(-margin, coordinate), 2 * margin).rounded())
    }
}

/// Pictures side by side, each with a caption above it if it has one.
public struct ImageStrip: Sendable {
    /// A picture of the strip.
    public struct Panel: Sendable {
        /// The picture.
        public var image: RGBImage
        /// Printable ASCII; empty for none.
        public var caption: String

        /// A picture with a caption.
        public init(_ image: RGBImage, caption: String = "") {
            self.image = image
            self.caption = caption
        }
    }

    /// The pictures, from left to right; they may differ in size.
    public var panels: [Panel]
    /// Pixels between two pictures, and around a caption.
    public var gap: Int
    /// Size of the captions: each dot of the font is a square of this many pixels.
    public var scale: Int
    /// The colour of gaps and captions' ground.
    public var background: RGBColor
    /// The colour of captions.
    public var ink: RGBColor

    /// A strip of pictures with black captions on white.
    public init(_ panels: [Panel], gap: Int = 4, scale: Int = 1) {
        precondition(!panels.isEmpty && gap >= 0 && scale >= 1)
        self.panels = panels
        self.gap = gap
        self.scale = scale
        background = .white
        ink = .black
    }

    /// The strip as one picture; pictures stand at the upper edge, and a caption that is wider
    /// than its picture is cut off with two dots.
    public func rendered() -> RGBImage {
        let hasCaptions = panels.contains { !$0.caption.isEmpty }
        let top = hasCaptions ? BitmapFont.height * scale + 2 * gap : 0
        let width = panels.map(\.image.width).reduce(0, +) + gap * (panels.count - 1)
        let height = top + (panels.map(\.image.height).max() ?? 0)
        var strip = RGBImage(
            frame: ImageFrame(width: width, height: height), color: background)
        var left = 0
        for panel in panels {
            strip.paste(panel.image, x: left, y: top)
            strip.drawText(
                fitted(panel.caption, width: panel.image.width), x: left, y: gap, color: ink,
                scale: scale)
            left += panel.image.width + gap
        }
        return strip
    }

    private func fitted(_ caption: String, width: Int) -> String {
        let room = width / (BitmapFont.advance * scale)
        guard caption.count > room else { return caption }
        return String((caption.prefix(max(0, room - 2)) + "..").prefix(room))
    }
}

extension RGBImage {
    /// Copies a picture to the place with the upper left corner (`x`, `y`); what lies outside is
    /// left out.
    public mutating func paste(_ image: RGBImage, x: Int, y: Int) {
        let columns = max(0, -x)..<max(max(0, -x), min(image.width, width - x))
        guard !columns.isEmpty else { return }
        for row in 0..<image.height where (0..<height).contains(y + row) {
            let source = (row * image.width + columns.lowerBound) * 3
            let target = ((y + row) * width + x + columns.lowerBound) * 3
            pixels.replaceSubrange(
                target..<target + columns.count * 3,
                with: image.pixels[source..<source + columns.count * 3])
        }
    }
}

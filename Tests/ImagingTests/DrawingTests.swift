import Foundation
import Imaging
import Testing

@Suite("Drawing")
struct DrawingTests {
    private let gray = RGBColor(100, 100, 100)
    private let ink = RGBColor(200, 10, 30)
    private let style = OverlayStyle(lineWidth: 1, pointRadius: 2, opacity: 0.5)

    private func canvas() -> RGBImage {
        RGBImage(frame: ImageFrame(width: 20, height: 12), color: gray)
    }

    /// The pixels that are not the canvas's gray.
    private func changed(_ image: RGBImage) -> BinaryMask {
        var mask = BinaryMask(width: image.width, height: image.height)
        for y in 0..<image.height {
            for x in 0..<image.width { mask[x, y] = image[x, y] != (100, 100, 100) }
        }
        return mask
    }

    @Test("A box outline is closed, hollow, and the same for swapped corners")
    func box() {
        var image = canvas()
        image.draw(Box(x1: 3, y1: 2, x2: 10, y2: 7), color: ink, style: style)
        let mask = changed(image)
        #expect(mask.boundingBox == Box(x1: 3, y1: 2, x2: 11, y2: 8))
        #expect(mask.count == 2 * 8 + 2 * 4)
        var swapped = canvas()
        swapped.draw(Box(x1: 10, y1: 7, x2: 3, y2: 2), color: ink, style: style)
        #expect(swapped == image)
    }

    @Test(
        "Numbers that no picture holds neither trap nor draw inside",
        arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300, 40])
    func extremes(number: Double) {
        var image = canvas()
        image.draw(Point(x: number, y: number), isPositive: true, style: style)
        image.draw(Box(x1: number, y1: number, x2: number, y2: number), color: ink, style: style)
        image.paste(image, x: 100, y: -100)
        image.fill(x: -10, y: -10, width: 5, height: 50, color: ink)
        #expect(image == canvas())
    }

    @Test("A box that is partly outside is drawn where it is inside")
    func clippedBox() {
        var image = canvas()
        image.draw(
            Box(x1: -.infinity, y1: 4, x2: 6, y2: .infinity), color: ink, style: style)
        #expect(changed(image).boundingBox == Box(x1: 0, y1: 4, x2: 7, y2: 12))
        #expect(changed(image).count == 7 + 7)
    }

    @Test("Positive points are green, negative ones red, both with a rim around the place")
    func points() {
        for (isPositive, color) in [(true, RGBColor.positive), (false, .negative)] {
            var image = canvas()
            image.draw(Point(x: 8.5, y: 6.5), isPositive: isPositive, style: style)
            #expect(image[8, 6] == (color.red, color.green, color.blue))
            #expect(image[8 + 3, 6] == (255, 255, 255))
            #expect(changed(image).boundingBox == Box(x1: 4, y1: 2, x2: 13, y2: 11))
        }
    }

    @Test("A mask is tinted inside, outlined at its edge, and nothing else changes")
    func maskOverlay() {
        var mask = BinaryMask(width: 20, height: 12)
        for y in 2..<9 { for x in 3..<12 { mask[x, y] = true } }
        var image = canvas()
        image.draw(mask, color: ink, style: style)
        #expect(changed(image) == mask)
        #expect(image[3, 2] == (200, 10, 30))
        #expect(image[6, 5] == (150, 55, 65))
        var clear = canvas()
        clear.tint(mask, color: ink, opacity: 0)
        #expect(clear == canvas())
    }

    @Test("The border of the picture is no edge of a mask")
    func fullMask() {
        let mask = BinaryMask(width: 20, height: 12, bytes: [UInt8](repeating: 1, count: 240))
        var image = canvas()
        image.drawContour(mask, color: ink, thickness: 2)
        #expect(image == canvas())
    }

    @Test("Every printable character but the space has dots, and no two look alike")
    func font() {
        var looks: Set<BinaryMask> = []
        for code in UInt8(32)..<127 {
            var image = canvas()
            image.drawText(String(UnicodeScalar(code)), x: 1, y: 1, color: ink)
            let dots = changed(image)
            #expect(dots.isEmpty == (code == 32))
            if let box = dots.boundingBox { #expect(box.x2 <= 6 && box.y2 <= 9) }
            looks.insert(dots)
        }
        #expect(looks.count == 95)
    }

    @Test("Objects of one picture have different colours")
    func palette() {
        #expect(Set((0..<8).map(RGBColor.object)).count == 8)
        #expect(RGBColor.object(9) == .object(1))
        #expect(RGBColor.object(-1) == .object(7))
    }

    @Test("A strip holds its pictures unchanged, side by side with a gap")
    func strip() {
        let (a, b) = (testPicture(30, 20), testPicture(9, 25))
        let plain = ImageStrip([.init(a), .init(b)], gap: 3).rendered()
        #expect(plain.frame == ImageFrame(width: 42, height: 25))
        #expect(plain[29, 19] == a[29, 19])
        #expect(plain[30, 0] == (255, 255, 255))
        #expect(plain[33, 24] == b[0, 24])
        let captioned = ImageStrip(
            [.init(a, caption: "too long to fit"), .init(b)], gap: 3
        ).rendered()
        #expect(captioned.frame == ImageFrame(width: 42, height: 39))
        #expect(captioned[29, 33] == a[29, 19])
    }

    /// Set IMAGING_SAMPLE to a path to look at the result.
    @Test("An overlay with everything on it is written and read back unchanged")
    func sample() throws {
        let frame = ImageFrame(width: 240, height: 180)
        let ground = testPicture(6, 5).resized(to: frame, filter: .bicubic)
        var overlay = ground
        let style = OverlayStyle(lineWidth: 2, pointRadius: 4)
        for index in 0..<4 {
            let center = Point(x: 40 + 55 * Double(index), y: 60 + 25 * Double(index % 3))
            var mask = BinaryMask(width: frame.width, height: frame.height)
            for y in 0..<frame.height {
                for x in 0..<frame.width {
                    let (dx, dy) = (Double(x) - center.x, Double(y) - center.y)
                    mask[x, y] = dx * dx / 500 + dy * dy / 900 < 1
                }
            }
            let color = RGBColor.object(index)
            overlay.draw(mask, color: color, style: style)
            let box = try #require(mask.boundingBox)
            overlay.draw(box, color: color, style: style)
            overlay.draw(center, isPositive: true, style: style)
            overlay.draw(Point(x: box.x2, y: box.y1 - 8), isPositive: false, style: style)
        }
        let text = String(String.UnicodeScalarView((32..<127).compactMap(UnicodeScalar.init)))
        for row in 0..<3 {
            overlay.drawText(
                String(text.dropFirst(row * 38).prefix(38)), x: 4, y: 150 + row * 10, color: .white)
        }
        let strip = ImageStrip([
            .init(ground, caption: "picture"), .init(overlay, caption: "prompts, IoU 0.87"),
        ]).rendered()
        let file = try ImageCodec.encodePNG(strip)
        #expect(try ImageCodec.decode(file, name: "strip") == strip)
        if let path = ProcessInfo.processInfo.environment["IMAGING_SAMPLE"] {
            try ImageCodec.write(file, path: path)
        }
    }
}

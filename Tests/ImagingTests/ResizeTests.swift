import Imaging
import Testing

@Suite("Resizing")
struct ResizeTests {
    /// A fixture such as `lanczos-37x29-to-17x5.rgb`.
    private struct Case {
        let filter: ResizeFilter
        let source: ImageFrame
        let target: ImageFrame
        let pixels: [UInt8]
        let expected: [UInt8]

        init(file: String) throws {
            let parts = file.split { $0 == "-" || $0 == "." }
            filter = try #require(ResizeFilter(rawValue: String(parts[0])))
            source = try Self.frame(parts[1])
            target = try Self.frame(parts[3])
            pixels = try FixtureFiles.bytes("resize/source-\(parts[1]).\(parts[4])")
            expected = try FixtureFiles.bytes("resize/" + file)
        }

        private static func frame(_ text: Substring) throws -> ImageFrame {
            let sides = text.split(separator: "x").compactMap { Int($0) }
            try #require(sides.count == 2)
            return ImageFrame(width: sides[0], height: sides[1])
        }
    }

    private static func cases(_ mode: String) -> [String] {
        FixtureFiles.names("resize", suffix: "." + mode).filter { !$0.hasPrefix("source") }
    }

    @Test("There are fixtures of every kind")
    func fixturesExist() {
        #expect(Self.cases("rgb").count == 50)
        #expect(Self.cases("gray").count == 12)
        #expect(Self.cases("mask").count == 11)
    }

    @Test("A colour picture is resized to the bytes that Pillow gives", arguments: cases("rgb"))
    func rgb(file: String) throws {
        let test = try Case(file: file)
        let image = RGBImage(
            width: test.source.width, height: test.source.height, pixels: test.pixels)
        let resized = image.resized(to: test.target, filter: test.filter)
        #expect(resized.frame == test.target)
        #expect(resized.pixels == test.expected)
    }

    @Test("A gray picture is resized to the bytes that Pillow gives", arguments: cases("gray"))
    func gray(file: String) throws {
        let test = try Case(file: file)
        let image = GrayImage(
            width: test.source.width, height: test.source.height, pixels: test.pixels)
        #expect(image.resized(to: test.target, filter: test.filter).pixels == test.expected)
    }

    @Test("A mask is resized to the pixels that Pillow's NEAREST picks", arguments: cases("mask"))
    func mask(file: String) throws {
        let test = try Case(file: file)
        let mask = BinaryMask(
            width: test.source.width, height: test.source.height, bytes: test.pixels)
        #expect(mask.resized(to: test.target).bytes() == test.expected)
    }

    @Test("The same size gives the same picture", arguments: ResizeFilter.allCases)
    func identity(filter: ResizeFilter) {
        let image = testPicture(19, 7)
        #expect(image.resized(to: image.frame, filter: filter) == image)
    }
}

import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Reading TIFF files")
struct TIFFTests {
    static let names =
        ((try? FileManager.default.contentsOfDirectory(atPath: Fixtures.path("importing/tiff")))
        ?? [])
        .filter { $0.hasSuffix(".tif") }.sorted()

    private func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Fixtures.data("importing/tiff/" + name))
    }

    /// The error of a file that is not read.
    private func error(_ bytes: [UInt8]) throws -> ImageError {
        try #require(throws: ImageError.self) { try ImageCodec.decodeTIFF(bytes, name: "a.tif") }
    }

    /// A little-endian file of one strip; entries of the directory are number, type, count, value.
    private func file(
        width: UInt32 = 2, height: UInt32 = 2, samples: UInt16 = 1, photometric: UInt16 = 1,
        data: [UInt8] = [1, 2, 3, 4], more: [(UInt16, UInt16, UInt32, UInt32)] = []
    ) -> [UInt8] {
        var entries: [(UInt16, UInt16, UInt32, UInt32)] = [
            (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1),
            (262, 3, 1, UInt32(photometric)), (273, 4, 1, 8), (277, 3, 1, UInt32(samples)),
            (278, 4, 1, height), (279, 4, 1, UInt32(data.count)),
        ]
        for entry in more {
            entries.removeAll { $0.0 == entry.0 }
            entries.append(entry)
        }
        entries.sort { $0.0 < $1.0 }
        var bytes: [UInt8] = [0x49, 0x49, 0x2A, 0] + little(UInt32(8 + data.count)) + data
        bytes += little(UInt16(entries.count))
        for (tag, type, count, value) in entries {
            bytes += little(tag) + little(type) + little(count) + little(value)
        }
        return bytes + [0, 0, 0, 0]
    }

    @Test("there are fixtures of strips, tiles, planes and all colours")
    func fixturesExist() { #expect(Self.names.count == 18) }

    @Test("a file decodes to the bytes that Pillow gives", arguments: names)
    func decodesAsPillow(name: String) throws {
        #expect(try ImageCodec.isTIFF(bytes(name)))
        let image = try ImageCodec.decodeTIFF(bytes(name), name: name)
        let expected = try bytes(name.dropLast(4) + ".rgb")
        try #require(image.pixels.count == expected.count)
        #expect(zip(image.pixels, expected).filter { $0 != $1 }.count == 0)
    }

    @Test(
        "a TIFF file becomes a PNG file of the same pixels",
        arguments: ["palette.tif", "tiles.tif"])
    func becomesPNG(name: String) throws {
        let image = try ImageCodec.decodeTIFF(bytes(name), name: name)
        #expect(try ImageCodec.decode(ImageCodec.encodePNG(image), name: name) == image)
    }

    @Test("every cut of a file is an error that names it")
    func truncation() throws {
        for name in ["rgb.tif", "rgb-lzw.tif", "rgb-jpeg.tif", "tiles.tif", "palette.tif"] {
            let whole = try bytes(name)
            for length in stride(from: 0, to: whole.count - 1, by: 61) {
                let error = try error(Array(whole[..<length]))
                #expect(error.name == "a.tif" && error.what.hasPrefix("TIFF: "))
                #expect(error.what.count > 10, "\(error)")
            }
        }
    }

    @Test("files of other kinds say which they are, and what to do")
    func unsupported() throws {
        #expect(try ImageCodec.decodeTIFF(file(), name: "a").pixels.count == 12)
        let cases: [([UInt8], String)] = [
            (file(more: [(258, 3, 1, 24)]), "whole numbers of 24 bits"),
            (file(more: [(258, 3, 1, 16), (339, 3, 1, 3)]), "floating-point numbers of 16 bits"),
            (file(more: [(258, 3, 1, 64), (339, 3, 1, 6)]), "complex numbers of 64 bits"),
            (file(photometric: 5), "CMYK"), (file(samples: 3, photometric: 6), "YCbCr"),
            (file(photometric: 8), "L*a*b*"), (file(photometric: 32803), "raw"),
            (file(samples: 3), "3 samples per pixel"),
            (file(samples: 1, photometric: 2), "1 samples per pixel"),
            (file(samples: 2, more: [(338, 3, 1, 1)]), "multiplied with alpha"),
            (file(more: [(259, 3, 1, 34712)]), "compressed as JPEG 2000"),
            (file(more: [(259, 3, 1, 33005)]), "compressed as JPEG 2000"),
            (file(more: [(259, 3, 1, 34933)]), "compressed as PNG"),
            (file(more: [(259, 3, 1, 50002)]), "compressed as JPEG XL"),
            (file(more: [(259, 3, 1, 22610)]), "compressed as JPEG XR"),
            (file(more: [(259, 3, 1, 61234)]), "compression 61234"),
            (file(more: [(258, 3, 1, 12), (259, 3, 1, 7)]), "JPEG of 12 bits"),
        ]
        for (bytes, part) in cases {
            let error = try error(bytes)
            #expect(error.what.contains(part), "\(error)")
            #expect(error.hint.contains("for example: "), "\(error)")
            #expect(!error.hint.contains("download"), "\(error)")
        }
    }

    /// A gray row of floats.
    private func floats(_ values: [Float]) -> [UInt8] {
        file(
            width: UInt32(values.count), height: 1, data: values.flatMap { little($0.bitPattern) },
            more: [(258, 3, 1, 32), (339, 3, 1, 3)])
    }

    @Test(
        "what levels of labels cannot hold is told with its first value: fractions, signs, no numbers"
    )
    func unheldLevels() throws {
        for (values, expected) in [
            ([0, 1, 255, 65535], nil), ([0, 0.25, 1, 0.5], "0.25 at 2 of 4 pixels"),
            ([-1, 0, 1, -1], "-1 at 2 of 4 pixels"), ([0, .nan, 1, 1], "NaN at 1 of 4 pixels"),
            ([0, 70000, 80000, 1], "70000 at 2 of 4 pixels"),
        ] as [([Float], String?)] {
            let samples = try ImageCodec.decodeLabelSamples(floats(values), name: "a")
            #expect(samples.unheld == expected, "\(values)")
        }
    }

    @Test(
        "percentiles that are one value, and pictures without any, are errors and no black pictures"
    )
    func degenerateStretches() throws {
        func problem(_ values: [Float], _ stretch: String) throws -> String? {
            let error = #expect(throws: ImageError.self) {
                try ImageCodec.decode(floats(values), name: "a", stretch: Stretch(stretch))
            }
            return error?.what
        }
        let flat = [Float](repeating: 0, count: 200) + [900, 2900]
        #expect(try problem(flat, "p2,p98")?.contains("are both 0") == true)
        for stretch in ["p2,p98", "0,10"] {
            #expect(
                try problem([.nan, .infinity], stretch)?.contains("none of them a value") == true)
        }
    }

    @Test("an orientation that is none of the eight says nothing")
    func unknownOrientation() throws {
        for value: UInt32 in [0, 9] {
            let bytes = file(more: [(274, 3, 1, value)])
            #expect(
                try ImageCodec.decodeTIFF(bytes, name: "a")
                    == ImageCodec.decodeTIFF(file(), name: "a"))
        }
    }

    @Test("an orientation is an error that names it, or undone where that is asked for")
    func orientation() throws {
        let bytes = file(more: [(274, 3, 1, 6)])
        let error = try error(bytes)
        #expect(error.what.contains("its orientation is 6") && error.hint.contains("--exif apply"))
        let upright = try ImageCodec.decodeTIFF(file(), name: "a")
        let turned = try ImageCodec.decodeTIFF(bytes, name: "a", turning: true)
        #expect(turned == ImageOrientation.turnedLeft.symmetry(upright))
        #expect(ImageOrientation.stated(in: bytes) == .turnedLeft)
    }

    @Test("sizes that lie are errors, and cost no memory")
    func sizes() throws {
        #expect(try error(file(width: 1 << 20, height: 1 << 20)).hint == "use a smaller picture")
        #expect(try error(file(width: 0)).what.contains("TIFF: "))
        #expect(try error(file(width: 20000, height: 19999)).hint.contains("truncated"))
        let tiles: [(UInt16, UInt16, UInt32, UInt32)] = [
            (322, 4, 1, 1 << 16), (323, 4, 1, 1 << 16), (324, 4, 1, 8), (325, 4, 1, 4),
        ]
        #expect(try error(file(more: tiles)).hint == "use a smaller picture")
        #expect(try error(Array("II*\0".utf8)).what.contains("TIFF: "))
    }

    @Test("channels of a label are told apart, whatever the format")
    func planes() throws {
        let gray = try ImageCodec.decodeLabelPlanes(file(data: [0, 1, 0, 255]), name: "a")
        #expect(gray.channels.map { $0.bytes(value: 1) } == [[0, 1, 0, 1]])
        #expect(!gray.isPalette && !gray.hasAlpha)
        let inverted = try ImageCodec.decodeLabelPlanes(
            file(photometric: 0, data: [0, 1, 254, 255]), name: "a")
        #expect(inverted.channels[0].bytes(value: 1) == [1, 1, 1, 0])
        var picture = RGBImage(width: 2, height: 1, fill: (0, 0, 0))
        picture[0, 0] = (1, 0, 0)
        picture[1, 0] = (0, 0, 200)
        let colors = try ImageCodec.decodeLabelPlanes(ImageCodec.encodePNG(picture), name: "a")
        #expect(colors.channels.map { $0.bytes(value: 1) } == [[1, 0], [0, 0], [0, 1]])
        let palette = try ImageCodec.decodeLabelPlanes(bytes("palette.tif"), name: "a")
        #expect(palette.isPalette && palette.channels.count == 1)
        #expect(try ImageCodec.decodeLabelPlanes(bytes("rgba.tif"), name: "a").hasAlpha)
    }

    @Test("files are read on several threads at once, each with its own errors")
    func threads() async throws {
        let (good, bad) = (file(), file(samples: 3))
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<64 {
                group.addTask {
                    let result = Result {
                        try ImageCodec.decodeTIFF(index % 2 == 0 ? good : bad, name: "a")
                    }
                    #expect((try? result.get()) != nil || index % 2 == 1)
                }
            }
        }
    }
}

import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Reading and writing image files")
struct CodecTests {
    static let files =
        FixtureFiles.names("decode", suffix: ".png") + FixtureFiles.names("decode", suffix: ".jpg")

    /// Those whose samples have more than 8 bits.
    static let deep = FixtureFiles.names("decode", suffix: "16.png")

    @Test("There are fixtures of both formats")
    func fixturesExist() {
        #expect(Self.files.filter { $0.hasSuffix(".png") }.count == 21)
        #expect(Self.deep.count == 4)
        #expect(Self.files.filter { $0.hasSuffix(".jpg") }.count == 13)
    }

    @Test(
        "A file decodes to the bytes that Pillow gives",
        arguments: files.filter { !deep.contains($0) })
    func decodesAsPillow(file: String) throws {
        let image = try ImageCodec.decode(FixtureFiles.bytes("decode/" + file), name: file)
        let expected = try FixtureFiles.bytes("decode/" + file.dropLast(4) + ".rgb")
        try #require(image.pixels.count == expected.count)
        let differing = zip(image.pixels, expected).filter { $0 != $1 }.count
        #expect(differing == 0)
    }

    @Test("The header says the size that the decoded picture has", arguments: files)
    func headerMatches(file: String) throws {
        let bytes = try FixtureFiles.bytes("decode/" + file)
        let header = try ImageCodec.header(bytes, name: file)
        let decoded = try ImageCodec.decode(bytes, name: file, stretch: .whole)
        #expect(header.frame == decoded.image.frame)
        #expect(header.format == (file.hasSuffix(".png") ? .png : .jpeg))
    }

    @Test("The start of a file is enough for its header")
    func headerOfStart() throws {
        for file in ["png-rgb8.png", "jpg-rgb420.jpg"] {
            let bytes = try FixtureFiles.bytes("decode/" + file)
            let header = try ImageCodec.header(Array(bytes[..<(bytes.count - 100)]), name: file)
            #expect(header == (try ImageCodec.header(bytes, name: file)))
        }
    }

    @Test("Every cut of a file is an error that names it and says it is truncated")
    func truncationIsAnError() throws {
        for file in ["png-rgb8.png", "png-palette4.png", "jpg-rgb420.jpg", "jpg-progressive.jpg"] {
            let bytes = try FixtureFiles.bytes("decode/" + file)
            for length in stride(from: 40, to: bytes.count, by: 97) + [bytes.count - 1] {
                let error = #expect(throws: ImageError.self, "\(file) cut at \(length)") {
                    try ImageCodec.decode(Array(bytes[..<length]), name: file)
                }
                #expect(error?.name == file)
                #expect(error?.hint.contains("truncated") == true, "\(error as Any) at \(length)")
            }
        }
    }

    @Test("Damage within a file is an error")
    func damageIsAnError() throws {
        var png = try FixtureFiles.bytes("decode/png-rgb8.png")
        png[png.count / 2] ^= 0xFF
        #expect(throws: ImageError.self) { try ImageCodec.decode(png, name: "png") }
        // The data of the scan stop early, but the end marker is there.
        let jpeg = try FixtureFiles.bytes("decode/jpg-rgb420.jpg")
        #expect(throws: ImageError.self) {
            try ImageCodec.decode(
                Array(jpeg[..<(jpeg.count * 2 / 3)]) + [0xFF, 0xD9], name: "jpeg")
        }
    }

    @Test("A file that claims more pixels than the limit is refused unread")
    func bombIsRefused() throws {
        var jpeg = try FixtureFiles.bytes("decode/jpg-gray.jpg")
        let frame = try #require(
            (0..<jpeg.count - 1).first { jpeg[$0...].starts(with: [0xFF, 0xC0]) })
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0x00, 0xFF, 0x00])
        let error = #expect(throws: ImageError.self) {
            try ImageCodec.header(jpeg, name: "bomb.jpg")
        }
        #expect(error?.what.contains("65280 x 65280") == true)
    }

    @Test(
        "Other formats are named in the error",
        arguments: [("II*\0", "TIFF"), ("GIF89a", "GIF"), ("", "empty"), ("hello", "not a PNG")])
    func otherFormats(text: String, word: String) {
        let error = #expect(throws: ImageError.self) {
            try ImageCodec.decode(Array(text.utf8), name: "a.jpg")
        }
        #expect(error?.description.hasPrefix("a.jpg: ") == true)
        #expect(error?.what.contains(word) == true)
    }

    @Test("A PNG of a picture decodes to the same picture, and its bytes do not vary")
    func pngRoundTrip() throws {
        let image = testPicture(31, 17)
        let file = try ImageCodec.encodePNG(image)
        #expect(try ImageCodec.decode(file, name: "") == image)
        #expect(try ImageCodec.encodePNG(image) == file)
        let gray = GrayImage(width: 31, height: 17, pixels: Array(image.pixels[..<(31 * 17)]))
        let decoded = try ImageCodec.decode(ImageCodec.encodePNG(gray), name: "")
        #expect(
            stride(from: 0, to: decoded.pixels.count, by: 3).map { decoded.pixels[$0] }
                == gray.pixels)
    }

    @Test("A better quality makes a larger JPEG that is nearer to the picture")
    func jpegQuality() throws {
        let image = RGBImage(width: 40, height: 30, fill: (200, 90, 30))
            .resized(to: .square(64), filter: .bilinear)
        let file = try ImageCodec.encodeJPEG(image, quality: 95)
        let decoded = try ImageCodec.decode(file, name: "")
        #expect(zip(decoded.pixels, image.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 2 })
        let busy = testPicture(64, 64)
        let sizes = try [20, 60, 95].map { try ImageCodec.encodeJPEG(busy, quality: $0).count }
        #expect(sizes == sizes.sorted() && Set(sizes).count == 3)
        #expect(throws: ImageError.self) { try ImageCodec.encodeJPEG(image, quality: 0) }
    }

    @Test("A picture too wide for JPEG is an error")
    func jpegSide() {
        let image = RGBImage(width: 65536, height: 1, fill: (0, 0, 0))
        #expect(throws: ImageError.self) { try ImageCodec.encodeJPEG(image, quality: 90) }
    }
}

@Suite("Labels")
struct LabelTests {
    @Test("A mask comes back from its PNG")
    func roundTrip() throws {
        var mask = BinaryMask(width: 13, height: 11)
        for index in stride(from: 0, to: 143, by: 3) { mask[index % 13, index / 13] = true }
        #expect(try ImageCodec.decodeLabel(ImageCodec.encodePNG(mask), name: "") == mask)
    }

    @Test(
        "A gray level counts as inside even where the picture rounds it to black",
        arguments: [("png-gray16.png", 7), ("png-rgb16.png", 3), ("png-gray-alpha16.png", 3)])
    func sixteenBits(file: String, count: Int) throws {
        let label = try ImageCodec.decodeLabel(FixtureFiles.bytes("decode/" + file), name: file)
        #expect(label.count == count)
    }

    @Test("A black pixel of a palette label is inside when its index is not 0")
    func paletteIndex() throws {
        let file = "decode/png-palette8-index-too-large.png"
        let image = try ImageCodec.decode(FixtureFiles.bytes(file), name: file)
        let label = try ImageCodec.decodeLabel(FixtureFiles.bytes(file), name: file)
        // The palette has ten colours, none black; index 0 is (0, 1, 2), others are black.
        for y in 0..<image.height {
            for x in 0..<image.width {
                #expect(label[x, y] == (image[x, y] != (0, 1, 2)))
            }
        }
    }

    @Test(
        "Gray and colour labels are the pixels that are not black",
        arguments: ["png-gray1", "png-gray2", "png-gray4", "png-gray8", "png-rgba8"])
    func notBlack(name: String) throws {
        let bytes = try FixtureFiles.bytes("decode/\(name).png")
        let image = try ImageCodec.decode(bytes, name: name)
        let label = try ImageCodec.decodeLabel(bytes, name: name)
        let inside = (0..<image.frame.area).filter {
            image.pixels[$0 * 3..<$0 * 3 + 3] != [0, 0, 0]
        }
        #expect(label.count == inside.count)
        #expect(inside.allSatisfy { label[$0 % image.width, $0 / image.width] })
    }

    @Test("A CMYK JPEG is no label")
    func cmyk() throws {
        let bytes = try FixtureFiles.bytes("decode/jpg-cmyk.jpg")
        #expect(throws: ImageError.self) { try ImageCodec.decodeLabel(bytes, name: "") }
    }
}

@Suite("Image files on disk")
struct ImageFileTests {
    @Test("A written file replaces the old one and leaves no temporary file")
    func writesWhole() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a.png"
            let image = testPicture(200, 150)
            try ImageCodec.write([1, 2, 3], path: path)
            try ImageCodec.write(ImageCodec.encodePNG(image), path: path)
            #expect(try ImageCodec.load(path: path) == image)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.png"])
            #expect(try ImageCodec.loadLabel(path: path).frame == image.frame)
        }
    }

    @Test("A missing file or folder is an error with its path and the system's reason")
    func namesPath() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/none/a.png"
            for error in [
                #expect(throws: ImageError.self) { try ImageCodec.load(path: path) },
                #expect(throws: ImageError.self) { try ImageCodec.write([1], path: path) },
            ] {
                #expect(error?.name == path)
                #expect(error?.what.contains("No such file or directory") == true)
            }
            let error = #expect(throws: ImageError.self) { try ImageCodec.load(path: folder) }
            #expect(error?.what.contains("Is a directory") == true)
        }
    }

    @Test("A failed replacement leaves neither file nor temporary file")
    func cleansUp() throws {
        try withTemporaryFolder { folder in
            try FileManager.default.createDirectory(
                atPath: folder + "/a.png/b", withIntermediateDirectories: true)
            #expect(throws: ImageError.self) {
                try ImageCodec.write([1], path: folder + "/a.png")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.png"])
        }
    }
}

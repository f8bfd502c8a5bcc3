import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Files that are no pictures, or of kinds that are not read")
struct ForeignFormatTests {
    private static func boxed(_ kind: String) -> [UInt8] {
        [0, 0, 0, 0x1C] + Array(kind.utf8) + [0, 0, 0, 0]
    }

    @Test(
        "An error names the format and a command, and does not call the file damaged",
        arguments: [
            (
                [0, 0, 0, 12] + Array("jP  \r\n".utf8) + [0x87, 0x0A], "JPEG 2000", "gdal_translate"
            ),
            ([0xFF, 0x4F, 0xFF, 0x51, 0, 41], "JPEG 2000", "gdal_translate"),
            ([0, 0, 0, 12] + Array("JXL \r\n".utf8), "JPEG XL", "djxl"),
            ([0xFF, 0x0A, 0x7A], "JPEG XL", "djxl"), (boxed("ftypavif"), "AVIF", "avifdec"),
            (boxed("ftypavis"), "AVIF", "avifdec"), (boxed("ftypheic"), "HEIC", "heif-convert"),
            (boxed("ftypmif1"), "HEIF", "heif-convert"),
            (Array("RIFF\u{24}\0\0\0WEBPVP8 ".utf8), "WebP", "dwebp"),
            (Array("GIF89a".utf8), "GIF", "convert"),
            (Array("BM\u{36}\0\0".utf8), "BMP", "convert"),
            (Array("P6\n3 2\n".utf8), "PNM", "convert"),
            (Array("Pf\n3 2\n".utf8), "PNM", "convert"),
            (Array("%PDF-1.7".utf8), "PDF", "pdftoppm"),
            (Array("8BPS\0".utf8), "Photoshop", "convert"),
            ([0x49, 0x49, 0xBC, 1], "JPEG XR", "JxrDecApp"),
            ([0x76, 0x2F, 0x31, 1, 2], "OpenEXR", "convert"),
            (Array("EHFA_HEADER_TAG".utf8), "ERDAS", "gdal_translate"),
            ([0x89] + Array("HDF\r\n".utf8), "HDF5", "gdal_translate"),
            (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "Git LFS", "git lfs pull"),
            (Array("<!DOCTYPE html>".utf8), "HTML", "download"),
            ([0x50, 0x4B, 3, 4], "ZIP", "unpack"),
        ])
    func names(bytes: [UInt8], format: String, advice: String) throws {
        for read in [
            { _ = try ImageCodec.decode(bytes, name: "a", stretch: nil) },
            { _ = try ImageCodec.decode(bytes, name: "a") },
            { _ = try ImageCodec.decodeLabel(bytes, name: "a") },
        ] {
            let error = try #require(throws: ImageError.self) { try read() }
            #expect(error.what.contains(format) && error.hint.contains(advice), "\(error)")
            #expect(!error.hint.contains("damaged") && !error.hint.contains("truncated"))
        }
    }

    @Test(
        "A JPEG of a kind that is not read says which",
        arguments: [
            ([0xC1, 12], "12 bits"), ([0xC3, 8], "lossless"), ([0xC3, 16], "lossless"),
            ([0xCB, 8], "lossless"), ([0xC5, 8], "hierarchical"), ([0xF7, 8], "JPEG-LS"),
        ] as [([UInt8], String)])
    func jpegKinds(frame: [UInt8], words: String) throws {
        var bytes = try FixtureFiles.bytes("decode/jpg-rgb420.jpg")
        let at = try #require((0..<bytes.count).first { bytes[$0...].starts(with: [0xFF, 0xC0]) })
        (bytes[at + 1], bytes[at + 4]) = (frame[0], frame[1])
        let error = try #require(throws: ImageError.self) {
            try ImageCodec.decode(bytes, name: "a")
        }
        #expect(error.what.contains(words) && error.hint.contains("for example"), "\(error)")
        #expect(!error.hint.contains("damaged"))
    }
}

@Suite("Alpha and transparent colours")
struct TransparencyTests {
    private func leftOut(_ name: String) throws -> LeftOutChannel? {
        let isTIFF = name.hasSuffix(".tif")
        let bytes =
            try isTIFF
            ? [UInt8](Fixtures.data("importing/tiff/" + name))
            : FixtureFiles.bytes("decode/" + name)
        return try ImageCodec.decode(bytes, name: name, stretch: .whole).leftOut
    }

    @Test("What is not full anywhere is counted, in every kind of file")
    func counted() throws {
        for name in [
            "png-rgba8.png", "png-gray-alpha8.png", "png-rgba16.png", "png-gray-alpha16.png",
            "png-palette8-transparent.png", "rgba.tif", "gray-alpha.tif",
        ] {
            guard case .alpha(let pixels, let all) = try leftOut(name) else {
                Issue.record("\(name)")
                continue
            }
            #expect(pixels > 0 && pixels <= all, "\(name)")
        }
        // One of its two pixels has the transparent colour.
        #expect(try leftOut("png-rgb8-transparent-color.png") == .alpha(pixels: 1, of: 2))
    }

    @Test("A file without alpha, or with full alpha everywhere, loses nothing")
    func nothingLost() throws {
        for name in ["png-rgb8.png", "png-rgb8-interlaced.png", "png-gray16.png", "jpg-rgb420.jpg"]
        {
            #expect(try leftOut(name) == nil)
        }
    }
}

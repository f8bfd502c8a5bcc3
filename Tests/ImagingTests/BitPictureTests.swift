import Foundation
import Imaging
import Testing

@Suite("Pictures of one bit per pixel, and what a decoder forgets")
struct BitPictureTests {
    private func mask(_ width: Int, _ height: Int) -> BinaryMask {
        var mask = BinaryMask(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width where (x * x + 3 * y + x * y) % 7 < 3 { mask[x, y] = true }
        }
        return mask
    }

    @Test("A mask comes back from a file of one bit per pixel, whatever its width")
    func roundTrip() throws {
        for width in Array(1...70) + [127, 128, 129, 840] {
            for height in [1, 2, 9] {
                let mask = mask(width, height)
                let file = try ImageCodec.encodeBitPNG(mask)
                #expect(try ImageCodec.decodeLabel(file, name: "m") == mask, "\(width) x \(height)")
                #expect(try ImageCodec.encodeBitPNG(mask) == file)
                #expect(try ImageCodec.header(file, name: "m").frame == mask.frame)
            }
        }
    }

    @Test("Files of one and of eight bits per pixel hold the same mask and the same picture")
    func sameAsBytes() throws {
        for width in [1, 8, 61, 200] {
            let mask = mask(width, 37)
            let (bits, bytes) = (
                try ImageCodec.encodeBitPNG(mask), try ImageCodec.encodePNG(mask)
            )
            #expect(try ImageCodec.decodeLabel(bits, name: "m") == mask)
            #expect(try ImageCodec.decodeLabel(bytes, name: "m") == mask)
            #expect(
                try ImageCodec.decode(bits, name: "m") == ImageCodec.decode(bytes, name: "m"))
        }
    }

    @Test("A file of one bit per pixel that is cut is an error, not a part of a mask")
    func cut() throws {
        let file = try ImageCodec.encodeBitPNG(mask(200, 100))
        for length in stride(from: 40, to: file.count, by: 53) {
            #expect(throws: ImageError.self) {
                try ImageCodec.decodeLabel(Array(file[..<length]), name: "m")
            }
        }
    }

    @Test("Random masks, whose files hardly shrink, fit as well")
    func noise() throws {
        var state: UInt64 = 7
        var mask = BinaryMask(width: 1001, height: 300)
        for y in 0..<300 {
            for x in 0..<1001 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                mask[x, y] = state >> 63 == 1
            }
        }
        #expect(try ImageCodec.decodeLabel(ImageCodec.encodeBitPNG(mask), name: "m") == mask)
    }

    /// A JPEG file without its tables of a kind: DB are quantisers, C4 Huffman codes.
    private func without(_ marker: UInt8, _ file: [UInt8]) -> [UInt8] {
        var result = Array(file[..<2])
        var at = 2
        while file[at + 1] != 0xDA {
            let end = at + 2 + Int(file[at + 2]) << 8 + Int(file[at + 3])
            if file[at + 1] != marker { result += file[at..<end] }
            at = end
        }
        return result + file[at...]
    }

    @Test("What a file lacks does not come from the file that was decoded before")
    func tables() throws {
        let whole = try ImageCodec.encodeJPEG(testPicture(64, 48), quality: 80)
        func decoded(_ file: [UInt8]) -> RGBImage? { try? ImageCodec.decode(file, name: "j") }
        for marker: UInt8 in [0xDB, 0xC4] {
            let bare = without(marker, whole)
            #expect(bare.count < whole.count)
            let before = decoded(bare)
            #expect(decoded(whole) != nil)
            #expect(decoded(bare) == before)
        }
    }

    @Test("The bare loop decodes JPEG files, and refuses others and damaged ones")
    func bare() throws {
        let files = try [(64, 48), (30, 70)].map {
            try ImageCodec.encodeJPEG(testPicture($0.0, $0.1), quality: 90)
        }
        try BareDecoding(files).run()
        #expect(throws: ImageError.self) {
            try BareDecoding([ImageCodec.encodePNG(testPicture(4, 4))])
        }
        let cut = Array(files[0][..<(files[0].count / 2)])
        #expect(throws: ImageError.self) { try BareDecoding([files[1], cut]).run() }
    }
}

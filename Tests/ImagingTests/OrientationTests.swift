import Foundation
import Imaging
import TestSupport
import Testing

/// What Pillow's `ImageOps.exif_transpose` makes of files that state an orientation.
private struct OrientationCase: Decodable, CustomTestStringConvertible {
    var name: String
    var file: Data
    var width: Int
    var height: Int
    var rgb: Data

    var testDescription: String { name }

    static var all: [OrientationCase] {
        (try? Fixtures.decode([OrientationCase].self, "imaging/orientation.json")) ?? []
    }
}

@Suite struct OrientationTests {
    @Test("A file is turned as Pillow turns it", arguments: OrientationCase.all)
    private func turning(_ item: OrientationCase) throws {
        let bytes = [UInt8](item.file)
        let picture: RGBImage
        if ImageCodec.isTIFF(bytes) {
            picture = try ImageCodec.decodeTIFF(bytes, name: item.name, turning: true)
        } else {
            picture = ImageOrientation.stated(in: bytes)
                .symmetry(try ImageCodec.decode(bytes, name: item.name))
        }
        #expect(picture.frame == ImageFrame(width: item.width, height: item.height))
        #expect(Data(picture.pixels) == item.rgb)
    }

    @Test("The eight orientations and every way to state one are among the cases")
    func cases() {
        let cases = OrientationCase.all
        #expect(cases.count > 40)
        for number in 1...8 {
            for kind in ["jpeg-\(number).jpg", "png-\(number).png", "tiff-\(number).tif"] {
                let file = cases.first { $0.name == kind }.map { [UInt8]($0.file) } ?? []
                #expect(Int(ImageOrientation.stated(in: file).rawValue) == number, "\(kind)")
            }
        }
    }

    @Test("Changed and cut files state something, and never end the process")
    func hostile() {
        for (number, item) in OrientationCase.all.enumerated() {
            let bytes = [UInt8](item.file)
            for end in 0..<min(bytes.count, 140) {
                _ = ImageOrientation.stated(in: Array(bytes[..<end]))
            }
            var changed = bytes
            for place in 0..<min(bytes.count, 180) {
                changed[place] = UInt8(truncatingIfNeeded: (place + number) * 83 + 255)
                _ = ImageOrientation.stated(in: changed)
                if place % 3 != 0 { changed[place] = bytes[place] }
            }
        }
    }

    @Test("Turning there and back is nothing")
    func inverse() {
        let picture = testPicture(7, 5)
        let backs: [ImageOrientation: ImageOrientation] = [
            .turnedLeft: .turnedRight, .turnedRight: .turnedLeft,
        ]
        for orientation in ImageOrientation.allCases {
            let turned = orientation.symmetry(picture)
            #expect((turned.frame == picture.frame) != orientation.swapsSides)
            #expect((backs[orientation] ?? orientation).symmetry(turned) == picture)
        }
    }
}

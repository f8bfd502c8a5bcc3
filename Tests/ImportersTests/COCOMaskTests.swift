import Foundation
import Imaging
import TestSupport
import Testing

@testable import Importers

/// A mask as the fixtures write it: eight pixels in a byte, the first in the lowest bit.
func unpackedMask(_ text: String, width: Int, height: Int) throws -> BinaryMask {
    let bytes = [UInt8](try #require(Data(base64Encoded: text)))
    return BinaryMask(
        width: width, height: height,
        bytes: (0..<width * height).map { (place: Int) -> UInt8 in
            (bytes[place / 8] >> UInt8(place % 8)) & 1
        })
}

@Suite struct COCOMaskTests {
    private struct PolygonCase: Decodable {
        var height: Int
        var width: Int
        var polygons: [[Double]]
        var mask: String
    }

    private struct RunsCase: Decodable {
        var height: Int
        var width: Int
        var segmentation: COCOSegmentation
        var mask: String
    }

    private func problem(_ segmentation: COCOSegmentation, width: Int = 4, height: Int = 3)
        -> String?
    {
        do throws(COCOFault) {
            _ = try segmentation.mask(in: ImageFrame(width: width, height: height))
            return nil
        } catch { return error.problem }
    }

    @Test("polygons fill the pixels that pycocotools fills")
    func polygons() throws {
        let cases = try Fixtures.decode([PolygonCase].self, "importing/masks/polygons.json")
        #expect(cases.count >= 160)
        for (index, one) in cases.enumerated() {
            let frame = ImageFrame(width: one.width, height: one.height)
            let mask = try COCOSegmentation.polygons(one.polygons).mask(in: frame)
            let expected = try unpackedMask(one.mask, width: one.width, height: one.height)
            #expect(mask == expected, "case \(index)")
        }
    }

    @Test("runs, as texts and as lists, alone and several, are the pixels that pycocotools decodes")
    func runs() throws {
        let cases = try Fixtures.decode([RunsCase].self, "importing/masks/rles.json")
        #expect(cases.count == 60)
        for (index, one) in cases.enumerated() {
            let mask = try one.segmentation.mask(
                in: ImageFrame(width: one.width, height: one.height))
            let expected = try unpackedMask(one.mask, width: one.width, height: one.height)
            #expect(mask == expected, "case \(index)")
        }
    }

    @Test("runs that are broken are refused with what is wrong")
    func brokenRuns() {
        func runs(_ counts: COCORuns.Counts, _ size: [Int] = [3, 4]) -> String? {
            problem(.runs([COCORuns(size: size, counts: counts)]))
        }
        #expect(runs(.list([2, 3, 7])) == nil && runs(.list([0, 12])) == nil)
        #expect(runs(.text("237")) == nil)
        #expect(runs(.list([2, 3])) == "the RLE has 5 pixels, 4 x 3 are 12")
        #expect(runs(.list([2, 30])) == "the RLE has more than the 12 pixels of 4 x 3")
        #expect(runs(.list([2, .max, .max])) == "the RLE has more than the 12 pixels of 4 x 3")
        #expect(runs(.list([14, -2])) == "the RLE has more than the 12 pixels of 4 x 3")
        #expect(runs(.list([2, -1, 11])) == "run 2 of the RLE is negative")
        #expect(runs(.list([12]), [4, 3]) == "the RLE is 3 x 4, the image is 4 x 3")
        #expect(runs(.list([12]), [12]) == "'size' of the RLE has 1 numbers, not two")
        #expect(runs(.text("23")) == "the RLE has 5 pixels, 4 x 3 are 12")
        #expect(runs(.text("23W"))?.contains("cut short") == true)
        #expect(runs(.text("2 3"))?.contains("character \" \"") == true)
        #expect(runs(.text(String(repeating: "o", count: 40)))?.contains("too long") == true)
        #expect(runs(.text("")) == "the RLE has 0 pixels, 4 x 3 are 12")
    }

    @Test("polygons that are no polygons are refused with what is wrong")
    func brokenPolygons() {
        #expect(problem(.polygons([[0, 0, 3, 0, 3, 3]])) == nil)
        #expect(problem(.polygons([[0, 0, 3, 0, 3]]))?.contains("has no y") == true)
        #expect(problem(.polygons([[0, 0, 3, 0]]))?.contains("2 corners") == true)
        #expect(problem(.polygons([[]]))?.contains("0 corners") == true)
        for number in [Double.nan, .infinity, 1.1e6, -1e300] {
            #expect(
                problem(.polygons([[0, 0, number, 0, 3, 3]]))?.contains("beyond any picture")
                    == true)
        }
        let long = (0..<40).flatMap { _ in [-1e6, 1.0, 1e6, 2.0] }
        #expect(problem(.polygons([long]))?.contains("too long") == true)
    }

    @Test("an outline without a pixel is an empty mask, and no outline is an error")
    func empty() throws {
        let frame = ImageFrame(width: 4, height: 3)
        #expect(problem(.polygons([])) == "'segmentation' is empty")
        #expect(try COCOSegmentation.polygons([[9, 9, 10, 9, 10, 10]]).mask(in: frame).isEmpty)
    }
}

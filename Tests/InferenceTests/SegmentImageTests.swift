import FilesTestSupport
import Foundation
import Imaging
import Inference
import Segmentation
import TestSupport
import Testing

@Suite("Segmenting image files of all kinds")
struct SegmentImageTests {
    /// Segments a file; the result and the bytes of the mask's file.
    private func segment(
        _ file: [UInt8], as name: String, stretch: Stretch? = nil
    ) throws -> (result: SegmentRecipe.Result, mask: [UInt8]) {
        try withTemporaryFolder { folder in
            let image = folder + "/" + name
            try ImageCodec.write(file, path: image)
            var recipe = SegmentRecipe(
                segmenter: Fixtures.path("sam2_official/checkpoint"), image: image,
                prompts: [SegmentationPrompt(box: Box(x1: 2, y1: 1, x2: 9, y2: 8))])
            recipe.stretch = stretch
            let mask = folder + "/mask.png"
            return (try recipe.run(.init(mask: mask)), try ImageCodec.read(path: mask))
        }
    }

    @Test(
        "a picture of 16 bits is refused without a stretch, and with one segmented as the stretched one",
        arguments: [("png rgb", "a.png"), ("tiff > big rgb", "a.tif")])
    func sixteenBits(name: String, file: String) throws {
        let example = try #require(
            DepthFixtures.all.pictures.first { $0.name == name && $0.stretch == "p2,p98" })
        let error = try #require(throws: ImageError.self) { try segment(example.bytes, as: file) }
        #expect(
            error.name.hasSuffix(file) && error.what.contains("samples of 16 bits, values from"))
        let stretched = try segment(
            example.bytes, as: file, stretch: .percentiles(low: 2, high: 98))
        let picture = RGBImage(width: 13, height: 11, pixels: [UInt8](example.rgb))
        let plain = try segment(ImageCodec.encodePNG(picture), as: "b.png")
        #expect(stretched.mask == plain.mask)
        let applied = try #require(stretched.result.stretch)
        #expect(applied.given == "p2,p98" && applied.colors?.count == 3 && applied.gray == nil)
        #expect(plain.result.stretch == nil && plain.result.warnings.isEmpty)
        let unused = try segment(ImageCodec.encodePNG(picture), as: "b.png", stretch: .whole)
        #expect(unused.mask == plain.mask && unused.result.warnings.count == 1)
        #expect(unused.result.warnings[0].contains("--stretch changed nothing"))
        let document = try #require(
            JSONSerialization.jsonObject(with: jsonDocument(stretched.result)) as? [String: Any])
        let values = try #require(document["stretch"] as? [String: Any])
        #expect((values["colors"] as? [[String: Double]])?[0]["low"] != nil)
    }

    @Test("a TIFF of 8 bits is segmented as the PNG of its pixels, and alpha is a warning")
    func tiffAndAlpha() throws {
        let tiff = [UInt8](try Fixtures.data("importing/tiff/rgba.tif"))
        let result = try segment(tiff, as: "a.tif")
        let picture = try ImageCodec.decodeTIFF(tiff, name: "a")
        #expect(try segment(ImageCodec.encodePNG(picture), as: "b.png").mask == result.mask)
        #expect(result.result.warnings.count == 1)
        #expect(result.result.warnings[0].contains("a.tif: alpha is not full at"))
    }
}

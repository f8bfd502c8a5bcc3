import FilesTestSupport
import Foundation
import Imaging
import Inference
import PromptedMasks
import SAM2
import Segmentation
import TestSupport
import Testing
import Torch

@Suite("Segmenting with an official .pt file")
struct SegmentRecipeTests {
    /// The picture that the reference's answers are about.
    private static let picture: RGBImage = {
        let (width, height) = (150, 110)
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                for c in 0..<3 {
                    pixels.append(UInt8((x * (3 + c) + y * (5 - c) + x * y / (7 + c)) % 256))
                }
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }()

    @Test(
        "files of logits and masks are the official predictor's, from the file and from its folder",
        arguments: ["sam2_official/checkpoint", "sam2_official/checkpoint/model.pt"])
    func official(checkpoint: String) throws {
        try withTemporaryFolder { folder in
            let image = folder + "/picture.png"
            try ImageCodec.write(ImageCodec.encodePNG(Self.picture), path: image)
            var recipe = SegmentRecipe(
                segmenter: Fixtures.path(checkpoint), image: image,
                prompts: [SegmentationPrompt(box: Box(x1: 20, y1: 15, x2: 90.5, y2: 80.25))])
            recipe.resizing = .floats
            let result = try recipe.run(
                .init(mask: folder + "/mask.png", logits: folder + "/logits.safetensors"))
            let expected = try SafetensorsFile(
                path: Fixtures.path("sam2_official/answers.safetensors"))
            let written = try SafetensorsFile(path: folder + "/logits.safetensors")
            func tensor(_ key: String, _ file: SafetensorsFile) throws -> Tensor {
                try file.tensor(#require(file.entry(key)))
            }
            let logits = try tensor("logits", written)
            let some = try logits.sliced(1, step: 7).sliced(2, step: 7)
            let difference = try (some - tensor("150x110.box.one.logits", expected)).abs().max()
            // Both sides sum in other orders, and logits reach ±60.
            #expect(try difference.item() < 5e-4)
            #expect(try tensor("low_res_logits", written).shape == [1, 32, 32])
            let above = try logits.floats.filter { $0 > 0 }.count
            #expect(result.mask.area == above)
            #expect(FileManager.default.fileExists(atPath: folder + "/mask.png"))
        }
    }

    @Test("a picture that states an orientation is warned of, or segmented as a viewer shows it")
    func orientation() throws {
        try withTemporaryFolder { folder in
            let jpeg = try ImageCodec.encodeJPEG(Self.picture, quality: 90)
            let stored = try ImageCodec.decode(jpeg, name: "a")
            let (image, turned) = (folder + "/six.jpg", folder + "/turned.png")
            try ImageCodec.write(stating(6, jpeg), path: image)
            try ImageCodec.write(
                ImageCodec.encodePNG(ImageOrientation.turnedLeft.symmetry(stored)), path: turned)
            func run(_ path: String, _ exif: ExifPolicy) throws -> (SegmentRecipe.Result, [UInt8]) {
                var recipe = SegmentRecipe(
                    segmenter: Fixtures.path("sam2_official/checkpoint"), image: path,
                    prompts: [SegmentationPrompt(box: Box(x1: 20, y1: 15, x2: 90.5, y2: 80.25))])
                recipe.exif = exif
                let mask = folder + "/mask.png"
                return (try recipe.run(.init(mask: mask)), try ImageCodec.read(path: mask))
            }
            let (ignored, _) = try run(image, .ignore)
            #expect(ignored.mask.width == 150 && ignored.warnings.count == 1)
            #expect(ignored.warnings.first?.contains("six.jpg: its EXIF orientation is 6") == true)
            let (applied, mask) = try run(image, .apply)
            #expect(applied.mask.width == 110 && applied.warnings.isEmpty)
            #expect(try run(turned, .ignore).1 == mask)
            #expect(try run(turned, .ignore).0.warnings.isEmpty)
        }
    }
}

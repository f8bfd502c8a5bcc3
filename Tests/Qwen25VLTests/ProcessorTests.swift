import Foundation
import Imaging
import Testing
import Torch

@testable import Qwen25VL

@Suite("Preparing pictures")
struct ProcessorTests {
    private func configuration(_ name: String) throws -> ImageProcessorConfiguration {
        try decodeFile(fixture("processor/" + name), as: ImageProcessorConfiguration.self)
    }

    private func picture(width: Int, height: Int) -> RGBImage {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                for c in 0..<3 {
                    pixels.append(UInt8((x * 7 + y * 13 + c * 50 + (x * y) % 31 * 3) % 256))
                }
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    @Test("Both spellings of the limits are read")
    func spellings() throws {
        let hub = try configuration("hub.json")
        let new = try configuration("new.json")
        #expect(hub.minPixels == 3136 && hub.maxPixels == 12_845_056)
        #expect(new.minPixels == 3136 && new.maxPixels == 1_003_520)
        #expect(hub.factor == 28)
        #expect(hub.mean == new.mean && hub.deviation == new.deviation)
        #expect(abs(hub.rescaleFactor - new.rescaleFactor) < 1e-18)
    }

    @Test("Pictures are resized to the size that transformers gives them")
    func sizes() throws {
        let processor = Qwen25VLProcessor(configuration: try configuration("new.json"))
        let data = try Data(contentsOf: URL(fileURLWithPath: fixture("processor/sizes.json")))
        let sizes = try JSONDecoder().decode([[Int]].self, from: data)
        #expect(sizes.count > 10)
        for size in sizes {
            let frame = try processor.resizedFrame(ImageFrame(width: size[1], height: size[0]))
            #expect(frame == ImageFrame(width: size[3], height: size[2]), "\(size)")
        }
        #expect(throws: Qwen25VLInputError.self) {
            try processor.resizedFrame(ImageFrame(width: 2010, height: 10))
        }
    }

    @Test("Patches are those of transformers, to the last bit")
    func patches() throws {
        let processor = Qwen25VLProcessor(configuration: try configuration("new.json"))
        let result = try processor.process(picture(width: 61, height: 45))
        let file = try SafetensorsFile(path: fixture("processor/picture.safetensors"))
        let expected = try file.tensor(#require(file.entry("patches")))
        #expect(try result.patches.isEqual(to: expected))
        #expect(result.grid == VisionGrid(rows: 4, columns: 4))
        #expect(result.frame == ImageFrame(width: 56, height: 56))
        #expect(result.tokenCount == 4)
    }

    @Test("A small picture beside a large one changes nothing")
    func independence() throws {
        let processor = Qwen25VLProcessor(configuration: try configuration("new.json"))
        let large = try processor.process(picture(width: 120, height: 90))
        _ = try processor.process(picture(width: 9, height: 9))
        let again = try processor.process(picture(width: 120, height: 90))
        #expect(try large.patches.isEqual(to: again.patches))
        let both = try Qwen25VLInput(tokenIDs: [1], images: [large, again])
        #expect(both.frames == [large.frame, again.frame])
        #expect(both.patches?.size(0) == 2 * large.grid.patchCount)
    }

    @Test("Settings that are missing, or that the model contradicts, are named")
    func errors() throws {
        let model = try Qwen25VLConfiguration.load(path: fixture("tied.json"))
        func key(_ json: String, _ file: String) throws -> String? {
            try withFolder { folder in
                try Data(json.utf8).write(to: URL(fileURLWithPath: folder + "/" + file))
                do {
                    _ = try ImageProcessorConfiguration.load(
                        directory: folder, vision: model.vision)
                    return nil
                } catch let error as Qwen25VLConfigurationError {
                    return error.key
                }
            }
        }
        let good = try String(contentsOfFile: fixture("processor/hub.json"), encoding: .utf8)
        let file = "preprocessor_config.json"
        #expect(try key(good, file) == nil)
        #expect(try key("{\"image_processor\": \(good)}", "processor_config.json") == nil)
        func changed(_ old: String, _ new: String) -> String {
            good.replacingOccurrences(of: old, with: new)
        }
        #expect(try key(changed("\"patch_size\": 14", "\"patch_size\": 16"), file) == "patch_size")
        #expect(try key(changed("merge_size", "merge_sizes"), file) == "merge_size")
        #expect(try key(changed("image_mean", "image_means"), file) == "image_mean")
        #expect(try key(changed("\"min_pixels\"", "\"least\""), file) == "min_pixels")
        #expect(
            try key(changed("\"merge_size\"", "\"resample\": 2, \"merge_size\""), file)
                == "resample")
        #expect(
            try key(changed("\"merge_size\"", "\"do_resize\": false, \"merge_size\""), file)
                == "do_resize")
        #expect(
            try withFolder { folder in
                do {
                    _ = try ImageProcessorConfiguration.load(
                        directory: folder, vision: model.vision)
                    return false
                } catch is Qwen25VLConfigurationError { return true }
            })
    }
}

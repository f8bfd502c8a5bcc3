import Foundation
import Imaging
import TestSupport
import Testing
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

@Suite("Preparing pictures")
struct ProcessorTests {
    private func configuration(_ name: String) throws -> ImageProcessorConfiguration {
        try decodeFile(fixture("processor/" + name), as: ImageProcessorConfiguration.self)
    }

    private func picture(width: Int, height: Int, shift: Int = 0) -> RGBImage {
        RGBImage(
            width: width, height: height,
            pixels: patternPixels(width: width, height: height, shift: shift))
    }

    /// What pictures.json holds.
    private struct Pictures: Decodable {
        struct Patches: Decodable {
            var rows: Int
            var columns: Int
            var checksum: String
        }
        struct Picture: Decodable {
            var width: Int
            var height: Int
            var patchSize: Int
            var minPixels: Int
            var maxPixels: Int
            var rows: Int
            var columns: Int
            var checksum: String
        }
        struct Stretched: Decodable {
            var width: Int
            var height: Int
            var side: Int
            var bytes: String
            var square: Patches
        }
        var shift: Int
        var patches: [Picture]
        var stretched: [Stretched]

        static func load() throws -> Pictures {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(
                Pictures.self, from: Fixtures.data("qwen25vl/processor/pictures.json"))
        }
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

    @Test("Pictures are resized to the size that transformers gives them, or refused as there")
    func sizes() throws {
        let base = try configuration("new.json")
        let sizes = try Fixtures.decode([[Int?]].self, "qwen25vl/processor/sizes.json")
        #expect(sizes.count > 300)
        #expect(sizes.contains { $0[5] == nil } && sizes.contains { $0[5] != nil })
        for entry in sizes {
            let given = entry.prefix(5).compactMap(\.self)
            var configuration = base
            configuration.patchSize = given[2] / configuration.mergeSize
            (configuration.minPixels, configuration.maxPixels) = (given[3], given[4])
            let frame = ImageFrame(width: given[1], height: given[0])
            let processor = Qwen25VLProcessor(configuration: configuration)
            guard let width = entry[6], let height = entry[5] else {
                #expect(throws: PolicyInputError.self, "\(given)") {
                    try processor.resizedFrame(frame)
                }
                continue
            }
            #expect(
                try processor.resizedFrame(frame) == ImageFrame(width: width, height: height),
                "\(given)")
        }
    }

    @Test("Patches are those of transformers, to the last bit, at every size and patch size")
    func patches() throws {
        let pictures = try Pictures.load()
        #expect(pictures.patches.count > 10)
        for entry in pictures.patches {
            var configuration = try configuration("new.json")
            configuration.patchSize = entry.patchSize
            configuration.minPixels = entry.minPixels
            configuration.maxPixels = entry.maxPixels
            let result = try Qwen25VLProcessor(configuration: configuration).process(
                picture(width: entry.width, height: entry.height, shift: pictures.shift))
            let what: Comment = "\(entry.width) × \(entry.height), patches of \(entry.patchSize)"
            #expect(result.grid == VisionGrid(rows: entry.rows, columns: entry.columns), what)
            #expect(try checksum(floats: result.patches.floats).description == entry.checksum, what)
            #expect(result.frame.width == entry.columns * entry.patchSize)
            #expect(result.tokenCount == entry.rows * entry.columns / 4)
        }
    }

    @Test("The numbers of single patches are those of transformers, to the last bit")
    func patchValues() throws {
        let processor = Qwen25VLProcessor(configuration: try configuration("new.json"))
        let result = try processor.process(
            picture(width: 61, height: 45, shift: Pictures.load().shift))
        let file = try SafetensorsFile(path: fixture("processor/picture.safetensors"))
        let expected = try file.tensor(#require(file.entry("patches")))
        #expect(try result.patches.indexed(0, Tensor.of([0, 13])).isEqual(to: expected))
    }

    @Test(
        "The square that the method stretches a picture to is Pillow's, byte for byte, and so are its patches"
    )
    func stretched() throws {
        let pictures = try Pictures.load()
        let processor = Qwen25VLProcessor(configuration: try configuration("hub.json"))
        #expect(pictures.stretched.contains { $0.side == 840 })
        #expect(pictures.stretched.contains { $0.side % 28 != 0 })
        for entry in pictures.stretched {
            let square = picture(width: entry.width, height: entry.height, shift: pictures.shift)
                .resized(to: .square(entry.side), filter: .lanczos)
            let what: Comment = "\(entry.width) × \(entry.height) to \(entry.side)"
            #expect(checksum(bytes: square.pixels).description == entry.bytes, what)
            let result = try processor.process(square)
            #expect(
                result.grid == VisionGrid(rows: entry.square.rows, columns: entry.square.columns),
                what)
            #expect(
                try checksum(floats: result.patches.floats).description == entry.square.checksum,
                what)
        }
    }

    @Test("A small picture beside a large one changes nothing")
    func independence() throws {
        let processor = Qwen25VLProcessor(configuration: try configuration("new.json"))
        let large = try processor.process(picture(width: 120, height: 90))
        _ = try processor.process(picture(width: 9, height: 9))
        let again = try processor.process(picture(width: 120, height: 90))
        #expect(try large.patches.isEqual(to: again.patches))
        let both = try VisionLanguageInput(tokenIDs: [1], images: [large, again])
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
                } catch let error as PolicyConfigurationError {
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
                } catch is PolicyConfigurationError { return true }
            })
    }
}

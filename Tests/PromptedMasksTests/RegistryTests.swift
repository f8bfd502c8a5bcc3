import Foundation
import NN
import PromptedMasks
import SAM2
import Segmenters
import TestSupport
import Testing
import Torch

@Suite("Registry of segmenters")
struct RegistryTests {
    private let both = SegmenterRegistry(SAM2Family.self, ToyFamily.self)

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private func fault(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test("model_type decides which family reads a folder")
    func folders() throws {
        try withTemporaryFolder { folder in
            let count = try ToySizes().writeRandomModel(
                to: folder + "/toy", seed: 5, dtype: .float32)
            let toy = try both.load(path: folder + "/toy")
            #expect(toy is PromptedSegmenter<ToySizes>)
            #expect(toy.parameters.reduce(0) { $0 + $1.tensor.count } == count)
            #expect(toy.warnings.isEmpty)
            let drawn = try PromptedModel.random(configuration: ToySizes(), seed: 5)
            for (one, other) in zip(toy.parameters, drawn.parameters) {
                #expect(try one.key == other.key && one.tensor.isEqual(to: other.tensor))
            }
            #expect(
                try both.files(path: folder + "/toy").map { ($0 as NSString).lastPathComponent }
                    == ["config.json", "model.safetensors", "preprocessor_config.json"])
            let sam = try both.load(path: Fixtures.path("sam2/tiny"))
            #expect(sam is SAM2Segmenter)
        }
    }

    @Test("an outline tells sizes and keys, and has no weights")
    func outlines() throws {
        try withTemporaryFolder { folder in
            _ = try ToySizes().writeRandomModel(to: folder, seed: 5, dtype: .bfloat16)
            let outline = try both.outline(path: folder, dtype: .bfloat16)
            #expect(outline.sizes.embeddingSide == 4 && outline.dtype == .bfloat16)
            let loaded = try both.load(path: folder)
            #expect(outline.parameters.map(\.key) == loaded.parameters.map(\.key))
            for path in [folder, folder + "/config.json"] {
                #expect(try both.sizes(path: path) as? ToySizes == ToySizes())
            }
        }
    }

    @Test("a model_type that no family has is refused with all that there are")
    func unknown() throws {
        try withTemporaryFolder { folder in
            let file = folder + "/config.json"
            try write(#"{"model_type": "sam"}"#, file)
            let expected = "\(file): model_type: \"sam\" is not sam2 or sam2_video"
            for body in [
                { _ = try SegmenterRegistry.standard.load(path: folder) },
                { _ = try SegmenterRegistry.standard.outline(path: folder) },
                { _ = try SegmenterRegistry.standard.sizes(path: file) },
                { _ = try SAM2Segmenter.load(path: folder) },
            ] { #expect(fault(body) == expected) }
            #expect(
                fault { _ = try both.load(path: folder) } == expected + " or toy_masks")
        }
    }

    @Test("what no family can read is told as the first of them tells it")
    func unreadable() throws {
        try withTemporaryFolder { folder in
            let paths = [folder + "/nowhere", folder, folder + "/config.json"]
            for text in ["", "{", "{\"model_type\": 3}", "{\"vision_config\": 1}"] {
                if !text.isEmpty { try write(text, folder + "/config.json") }
                for path in paths {
                    let one = fault { _ = try SegmenterRegistry.standard.sizes(path: path) }
                    let other = fault { _ = try SAM2Configuration.load(path: path) }
                    #expect(one == other)
                    #expect(one != "no error")
                    let loaded = fault { _ = try SegmenterRegistry.standard.load(path: path) }
                    #expect(loaded == fault { _ = try SAM2Segmenter.load(path: path) })
                }
            }
        }
    }

    @Test("an official file goes to the family that claims it, or else to the first")
    func officialFiles() throws {
        try withTemporaryFolder { folder in
            try write(ToyFamily.officialStart + "9", folder + "/toy.pt")
            let toy = try both.load(path: folder + "/toy.pt")
            let drawn = try PromptedModel.random(configuration: ToySizes(), seed: 9)
            #expect(try toy.parameters[0].tensor.isEqual(to: drawn.parameters[0].tensor))
            let file = Fixtures.path("sam2_official/checkpoint/model.pt")
            #expect(try both.load(path: file) is SAM2Segmenter)
            #expect(SAM2Family.claims(officialFile: file))
            #expect(!SAM2Family.claims(officialFile: folder + "/toy.pt"))
            try write("neither", folder + "/other.pt")
            #expect(
                fault { _ = try both.load(path: folder + "/other.pt") }
                    == fault { _ = try SAM2Segmenter.load(path: folder + "/other.pt") })
        }
    }

    @Test("a path that is no checkpoint is refused with the names of the families")
    func nowhere() throws {
        #expect(
            fault { _ = try SegmenterRegistry.standard.load(path: "/nowhere") }
                == "/nowhere: no such file or folder; give the folder of a SAM2.1 checkpoint in the "
                + "hub's layout, or an official .pt file")
        let named = fault { _ = try both.load(path: "/nowhere") }
        #expect(named.contains("a SAM2.1 or Toy checkpoint"))
    }
}

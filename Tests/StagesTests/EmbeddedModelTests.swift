import Foundation
import PromptedMasks
import SAM2
import Testing
import Torch

@testable import NewModels

@Suite struct EmbeddedModelTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "think2seg-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test(
        "The small segmenters are files that segmenter init reads, and the same models from them",
        arguments: [8, 16, 32])
    func segmenter(width: Int) throws {
        try withFolder { folder in
            let file = folder + "/config.json"
            try EmbeddedModels.segmenterFile(width: width).write(
                toFile: file, atomically: true, encoding: .utf8)
            #expect(
                try SAM2Configuration.load(path: file) == EmbeddedModels.segmenter(width: width))
            _ = try ModelInitialization.writeSegmenter(
                configuration: file, output: folder + "/new", seed: 8, dtype: .float32)
            try SAM2Model.random(configuration: EmbeddedModels.segmenter(width: width), seed: 8)
                .save(directory: folder + "/own")
            for name in ["config.json", "model.safetensors"] {
                #expect(
                    FileManager.default.contentsEqual(
                        atPath: "\(folder)/new/\(name)", andPath: "\(folder)/own/\(name)"))
            }
        }
    }

    @Test("What a small segmenter's file does not name is as in the released models")
    func released() {
        let (small, tiny) = (EmbeddedModels.segmenterConfiguration, SAM2Configuration.tiny)
        #expect(small.maskDecoder.multimaskOutputs == tiny.maskDecoder.multimaskOutputs)
        #expect(small.vision.backbone.mlpRatio == tiny.vision.backbone.mlpRatio)
        #expect(small.vision.backbone.patchKernel == tiny.vision.backbone.patchKernel)
        #expect(small.imageSize == 256)
    }
}

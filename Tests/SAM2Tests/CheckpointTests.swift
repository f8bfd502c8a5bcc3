import Foundation
import Imaging
import NN
import PromptedMasks
import SAM2
import Segmentation
import Testing
import Torch

@Suite("Checkpoints")
struct CheckpointTests {
    let cases: Cases
    init() throws { cases = try SAM2Fixtures.cases() }

    /// The tiny checkpoint's folder, copied so that it can be changed.
    private func copyOfTiny() throws -> String {
        let folder = try SAM2Fixtures.temporaryFolder()
        for name in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(
                atPath: SAM2Fixtures.path("tiny/" + name), toPath: folder + "/" + name)
        }
        return folder
    }

    private func tensors(_ folder: String) throws -> [NamedTensor] {
        let file = try SafetensorsFile(path: folder + "/model.safetensors")
        return try file.entries.map { NamedTensor($0.name, try file.tensor($0).clone()) }
    }

    private func logits(_ segmenter: SAM2Segmenter) throws -> Tensor {
        try segmenter.embed(cases.picture).predict(
            cases.cases[0].prompt, in: cases.frame, multimask: false, output: cases.outputFrame
        ).lowResolutionLogits
    }

    @Test("a folder that save_pretrained wrote answers as the reference does")
    func pretrained() throws {
        let segmenter = try SAM2Segmenter.load(path: SAM2Fixtures.path("tiny"))
        let expected = try SAM2Fixtures.expected("tiny")
        #expect(try expected.difference("box.logits", logits(segmenter)) < 5e-4)
    }

    @Test("a saved model loads again with the same configuration, keys and numbers")
    func saving() throws {
        let folder = try SAM2Fixtures.temporaryFolder()
        let model = try SAM2Model.load(path: SAM2Fixtures.path("tiny"))
        try model.save(directory: folder + "/new")
        let again = try SAM2Segmenter.load(path: folder + "/new")
        #expect(again.model.configuration == model.configuration)
        #expect(again.processor == PromptedImageProcessor(imageSize: 64))
        let first = try logits(SAM2Segmenter(model: model))
        #expect(try logits(again).isEqual(to: first))
        let old = try SafetensorsFile(path: SAM2Fixtures.path("tiny/model.safetensors"))
        let new = try SafetensorsFile(path: folder + "/new/model.safetensors")
        #expect(old.entries.map(\.name) == new.entries.map(\.name))
    }

    @Test("what only the video model has is ignored, any other tensor is an error that names it")
    func leftovers() throws {
        let folder = try copyOfTiny()
        #expect(cases.videoKeys.count == 9)
        var all = try tensors(folder)
        for key in cases.videoKeys { all.append(NamedTensor(key + ".0.weight", try .zeros([2]))) }
        try SafetensorsFile.write(all, to: folder + "/model.safetensors")
        _ = try SAM2Model.load(path: folder)
        all.append(NamedTensor("vision_encoder.extra.weight", try .zeros([2])))
        try SafetensorsFile.write(all, to: folder + "/model.safetensors")
        let error = #expect(throws: CheckpointError.self) { try SAM2Model.load(path: folder) }
        #expect(error?.description.contains("vision_encoder.extra.weight") == true)
    }

    @Test(
        "a missing matrix of positions is taken from the other encoder",
        arguments: [
            "shared_image_embedding.positional_embedding",
            "prompt_encoder.shared_embedding.positional_embedding",
        ])
    func sharedPositions(missing: String) throws {
        let folder = try copyOfTiny()
        try SafetensorsFile.write(
            tensors(folder).filter { $0.name != missing }, to: folder + "/model.safetensors")
        let expected = try SAM2Fixtures.expected("tiny")
        let segmenter = try SAM2Segmenter.load(path: folder)
        #expect(try expected.difference("box.logits", logits(segmenter)) < 5e-4)
    }

    @Test("a missing tensor and one of another shape are errors that name the key")
    func damaged() throws {
        let folder = try copyOfTiny()
        let key = "mask_decoder.conv_s0.weight"
        let others = try tensors(folder).filter { $0.name != key }
        try SafetensorsFile.write(others, to: folder + "/model.safetensors")
        let missing = #expect(throws: CheckpointError.self) { try SAM2Model.load(path: folder) }
        #expect(missing?.description.contains(key) == true)
        try SafetensorsFile.write(
            others + [NamedTensor(key, try .zeros([2, 15, 1, 1]))],
            to: folder + "/model.safetensors")
        let reshaped = #expect(throws: CheckpointError.self) { try SAM2Model.load(path: folder) }
        #expect(reshaped?.description.contains(key) == true)
        let absent = #expect(throws: CheckpointError.self) {
            try SAM2Model.load(path: folder + "/nowhere")
        }
        #expect(absent?.isMissing == true)
    }

    @Test("the processor's mean and deviation are read from either file that has them")
    func processor() throws {
        let folder = try SAM2Fixtures.temporaryFolder()
        try Data(#"{"image_processor": {"image_mean": [0, 0.5, 1], "image_std": [1, 2, 3]}}"#.utf8)
            .write(to: URL(fileURLWithPath: folder + "/processor_config.json"))
        let nested = try PromptedImageProcessor.load(path: folder, imageSize: 64)
        #expect(nested.mean == [0, 0.5, 1])
        #expect(nested.deviation == [1, 2, 3])
        let file = folder + "/preprocessor_config.json"
        try Data(#"{"image_std": [1, 4, 3]}"#.utf8).write(to: URL(fileURLWithPath: file))
        // The file that transformers 5 writes over a folder counts first.
        let both = try PromptedImageProcessor.load(path: folder, imageSize: 64)
        #expect(both == nested)
        let warning = try #require(both.warning(path: folder))
        #expect(
            warning.contains(
                "image_std is [1.0, 2.0, 3.0] in the first and [1.0, 4.0, 3.0] in the second"))
        try Data(#"{"image_mean": [0, 0.5, 1], "image_std": [1, 2, 3]}"#.utf8)
            .write(to: URL(fileURLWithPath: file))
        #expect(both.warning(path: folder) == nil)
        try Data(#"{"processor_class": "Sam2Processor"}"#.utf8)
            .write(to: URL(fileURLWithPath: folder + "/processor_config.json"))
        try Data(#"{"image_std": [1, 0, 3]}"#.utf8).write(to: URL(fileURLWithPath: file))
        let error = #expect(throws: CheckpointError.self) {
            try PromptedImageProcessor.load(path: folder, imageSize: 64)
        }
        #expect(error?.description.contains("image_std") == true)
    }

    @Test("random models depend on the seed only, and encode positions with one matrix")
    func random() throws {
        let configuration = try SAM2Configuration.load(path: SAM2Fixtures.path("tiny"))
        let first = try SAM2Model.random(configuration: configuration, seed: 1)
        let same = try SAM2Model.random(configuration: configuration, seed: 1)
        let other = try SAM2Model.random(configuration: configuration, seed: 2)
        for (a, b) in zip(first.parameters, same.parameters) {
            #expect(try a.tensor.isEqual(to: b.tensor), "\(a.key)")
        }
        let positions = first.parameters.filter { $0.key.hasSuffix("positional_embedding") }
        #expect(positions.count == 2)
        #expect(try positions[0].tensor.isEqual(to: positions[1].tensor))
        let otherPositions = other.parameters.first { $0.key == positions[0].key }
        #expect(try otherPositions?.tensor.isEqual(to: positions[0].tensor) == false)
    }
}
